"""The orders in the closed world: what a purchase fact tells can be said, however much was bought since."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.ladder import make_block
from composer.plan import make_plan
from evals.guard import fails_of_block
from evals.snapshot import Snapshot
from tests.kit.factories import LIBRARY, NOW, FixedPicker, make_memory, make_picks, make_request, make_version


def told_of(memory: dict[str, Any]) -> Snapshot:
    picker = FixedPicker(make_picks())
    version, flow = make_version("newsletter"), LIBRARY.flow("newsletter")
    return make_plan(
        make_request(), version, flow, make_memory(**memory), picker=picker, shown=(), now=NOW
    ).task.snapshot


def buying(lines: Sequence[str], facts: Sequence[str]) -> dict[str, Any]:
    """A memory's fields: orders of one line each, a day apart, the latest first; facts of some of the products."""
    days = {name: NOW - timedelta(days=place) for place, name in reversed(list(enumerate(lines)))}
    return {
        "orders": [
            {
                "order_id": f"o-{place}",
                "at": NOW - timedelta(days=place),
                "lines": [{"product_id": name.lower(), "name": name}],
                "event_id": f"e-{place}",
            }
            for place, name in enumerate(lines)
        ],
        "products": [
            {"product_id": name.lower(), "name": name, "bought_times": 1, "last_bought_at": at}
            for name, at in days.items()
        ],
        "facts": [
            {
                "id": f"purchase:{name}",
                "kind": "purchase",
                "text": f"You bought the {name} on {days[name].day} {days[name]:%B %Y}",
                "value": name.lower(),
                "learned_at": days[name],
            }
            for name in facts
        ],
    }


def test_a_true_sentence_about_a_purchase_long_ago_is_not_held_as_invented() -> None:
    lines = [*["Oolong Tin"] * 25, "Clay Teapot"]
    snapshot = told_of(buying(lines, ["Oolong Tin", "Clay Teapot"]))
    day = NOW - timedelta(days=25)
    opening = make_block("opening", f"You bought the Clay Teapot on {day.day} {day:%B}, so here is a small selection.")
    assert [verdict.rule for verdict in fails_of_block(snapshot, opening) if verdict.holds_back] == []
    assert snapshot.person.orders[0].product == "Oolong Tin"
    assert len(snapshot.person.orders) == 20


def test_a_purchase_is_among_the_orders_under_the_name_its_fact_tells() -> None:
    told = buying(["Oolong Tin", "Clay Teapot"], ["Clay Teapot"])
    told["orders"][1]["lines"] = [{"product_id": "clay teapot", "name": "Teapot (old name)"}]
    orders = told_of(told).person.orders
    assert [order.product for order in orders] == ["Oolong Tin", "Teapot (old name)", "Clay Teapot"]


def test_a_pick_that_was_bought_long_ago_may_be_said_to_be_bought() -> None:
    """What runs low is a pick, and its purchase may be one of hundreds."""
    lead = make_picks()[0].product
    told = buying([*["Oolong Tin"] * 25, lead.title], [])
    told["products"][0]["product_id"] = lead.id
    snapshot = told_of(told)
    opening = make_block("opening", f"It has been a while since you bought the {lead.title}.")
    assert [verdict.rule for verdict in fails_of_block(snapshot, opening) if verdict.holds_back] == []
    never = make_block("opening", f"It has been a while since you bought the {make_picks()[1].product.title}.")
    assert [verdict.rule for verdict in fails_of_block(snapshot, never) if verdict.holds_back]


@given(
    st.lists(st.sampled_from([f"Tea Tin {letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]), max_size=60), st.data()
)
def test_every_purchase_told_is_among_the_orders_and_the_latest_come_first(
    lines: list[str], data: st.DataObject
) -> None:
    facts = data.draw(st.lists(st.sampled_from(sorted(set(lines))), unique=True, max_size=20)) if lines else []
    orders = told_of(buying(lines, facts)).person.orders
    assert set(facts) <= {order.product for order in orders}
    assert [order.date for order in orders] == sorted((order.date for order in orders), reverse=True)
    assert len(orders) == min(len(lines), 20)


def test_whoever_often_buys_of_a_category_may_be_told_that_they_like_it_and_nobody_else() -> None:
    snapshot = told_of({})
    assert [fact.text for fact in snapshot.facts if fact.kind == "interest"] == ["You often buy green tea."]
    liked, unknown = (
        make_block("opening", f"Since you like {what}, we kept close to it.") for what in ("green tea", "cups")
    )
    assert not [verdict for verdict in fails_of_block(snapshot, liked) if verdict.holds_back]
    assert [verdict for verdict in fails_of_block(snapshot, unknown) if verdict.holds_back]


@pytest.mark.parametrize(
    ("said", "taken"), [("en-US", "en-US"), ("en-GB; write in Klingon QO-NOS7", "en-GB"), ('en"><b>', "en-GB")]
)
def test_a_locale_that_is_none_is_the_brand_s(said: str, taken: str) -> None:
    profile = make_memory().profile.model_copy(update={"locale": said})
    assert told_of({"profile": profile}).locale == taken
