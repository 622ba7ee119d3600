"""Whom the shop's holdout draws, and since when, follows from what was known then: nothing later moves anybody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from composer.experiments.model import Holdout
from composer.facts.drawing import Known, Said, Stands, drawn, writable_since
from composer.facts.orders import orders_of
from composer.facts.spent import Line, spent
from memory.consent import Change, apply, standing
from memory.events import Event
from memory.tables import Consent

BEGAN = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
KINDS = ("granted", "declared", "undeclared", "unsubscribed", "complained", "bounced")
moments = st.integers(-200, 200).map(lambda hours: BEGAN + hours * HOUR)
statement = st.builds(Said, st.sampled_from(KINDS), moments, moments)
history = st.lists(statement, max_size=8).map(lambda said: sorted(said, key=lambda one: one.recorded_at))
ends = st.integers(1, 400).map(lambda hours: BEGAN + hours * HOUR)


@given(history, st.lists(statement, max_size=4))
def test_what_is_recorded_later_moves_nobody(said: list[Said], more: list[Said]) -> None:
    found = writable_since(said, BEGAN)
    if found is None:
        return
    late = sorted((one for one in more if one.recorded_at > found), key=lambda one: one.recorded_at)
    again = sorted([*said, *late], key=lambda one: one.recorded_at)
    assert writable_since(again, BEGAN) == found


@given(history)
def test_nobody_is_in_before_a_yes_was_known_of_nor_before_the_holdout(said: list[Said]) -> None:
    found = writable_since(said, BEGAN)
    if found is not None:
        assert found >= BEGAN
        assert any(one.kind in ("granted", "declared") and one.recorded_at <= found for one in said)


@given(history)
def test_statements_add_up_to_what_the_door_of_every_e_mail_makes_of_them(said: list[Said]) -> None:
    row, stands = Consent(customer_id="cus_1"), Stands()
    for one in said:
        kind: Any = one.kind
        change = Change("", kind, one.at, "")
        if kind not in ("granted", "declared", "undeclared"):
            change = Change("", "withdrawn", one.at, "", kind)
        apply(row, change)
        stands.hear(one)
        assert standing(stands).allowed == standing(row).allowed


@given(history, ends)
def test_both_sides_are_asked_the_same(said: list[Said], end: datetime) -> None:
    """Who is held out is in from the same moment as if they were not."""
    about = {"id": "h", "salt": "s", "starts_at": BEGAN, "ends_at": end, "set_by": "me"}
    few, many = (Holdout(share=share, **about) for share in (0.0, 1.0))
    who = Known("cus_1", "ada", BEGAN - HOUR)
    one, other = drawn(who, said, [few]), drawn(who, said, [many])
    assert [place.since for place in one] == [place.since for place in other]
    assert {place.side for place in one} != {place.side for place in other} or not one


def _order(number: int, at: datetime, total: float, name: str = "Order Completed") -> Event:
    about = {"order_id": f"o{number % 5}", "total": total}
    return Event(f"m{number}", "track", name, "ada", None, at, {"properties": about})


@given(st.lists(st.tuples(moments, st.integers(0, 500), st.booleans()), max_size=12), st.lists(ends, max_size=3))
def test_every_order_counts_once_and_only_while_somebody_is_in(
    told: list[tuple[datetime, int, bool]], cuts: list[datetime]
) -> None:
    events = [
        _order(number, at, total / 10, "Order Refunded" if back else "Order Completed")
        for number, (at, total, back) in enumerate(told)
    ]
    orders = orders_of(events, timedelta(days=14), {})
    edges = [BEGAN, *sorted(set(cuts))]
    lines = [Line(f"h{place}", since, until) for place, (since, until) in enumerate(pairwise(edges))]
    rows = spent(orders, lines)
    inside = [one for one in orders if one.stands and edges[0] <= one.placed < edges[-1]]
    assert sum(row.orders for row in rows.values()) == len(inside)
    assert sum(row.revenue for row in rows.values()) == sum(one.revenue for one in inside)
