"""Arms are drawn within what flow, brief and customer allow, with the probability that is logged."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from composer.decision import Decision, decide, grant_offer
from composer.documents import Brief, Offer
from store.errors import InvalidInput
from tests.kit.factories import LIBRARY, NOW

FLOW = LIBRARY.flow("win_back")
TODAY = NOW.date()


def offer(**changes: Any) -> Offer:
    values: dict[str, Any] = {"id": "ten", "kind": "percent", "value": Decimal(10), "code": "BACK10"}
    return Offer.model_validate({**values, **changes})


def draw(customer: str = "c-1", brief: Brief | None = None, at_hand: frozenset[str] = frozenset()) -> Decision:
    return decide(FLOW, brief or Brief(), at_hand=at_hand, lifecycle="lapsed", today=TODAY, key=("cmp", "1", customer))


def test_the_same_key_draws_the_same_arm() -> None:
    assert draw() == draw()


def test_arms_are_drawn_about_as_often_as_logged() -> None:
    drawn = [draw(f"c-{number}", at_hand=frozenset({"purchase", "interest"})) for number in range(2000)]
    counts = Counter((d.angle.name, d.tone, d.length) for d in drawn)
    assert len(counts) == drawn[0].arms
    expected = 2000 * drawn[0].probability
    assert all(abs(count - expected) < 6 * expected**0.5 for count in counts.values())


def test_an_angle_whose_needs_are_not_met_is_never_drawn() -> None:
    for number in range(300):
        angle = draw(f"c-{number}").angle
        assert not angle.needs


def test_the_brief_narrows_the_arms() -> None:
    brief = Brief(lengths=("short",), tones=(FLOW.tones[0],))
    drawn = [draw(f"c-{number}", brief) for number in range(50)]
    assert {(d.tone, d.length) for d in drawn} == {(FLOW.tones[0], "short")}


@pytest.mark.parametrize(
    ("field", "value"), [("angles", ("shouting",)), ("tones", ("sarcastic",)), ("offers", (offer(kind="percent"),))]
)
def test_a_brief_that_asks_for_what_the_flow_does_not_have_is_refused_by_field(field: str, value: Any) -> None:
    flow = LIBRARY.flow("post_purchase").model_copy(update={"offers": ()})
    with pytest.raises(InvalidInput) as caught:
        decide(
            flow,
            Brief.model_validate({field: value}),
            at_hand=(),
            lifecycle="active",
            today=TODAY,
            key=("k",),
        )
    assert caught.value.pointer == f"/brief/{field}/0"


@pytest.mark.parametrize(
    ("change", "granted"),
    [
        ({}, True),
        ({"expires": TODAY}, True),
        ({"expires": TODAY - timedelta(days=1)}, False),
        ({"starts": TODAY + timedelta(days=1)}, False),
        ({"lifecycles": ("lapsed",)}, True),
        ({"lifecycles": ("new",)}, False),
    ],
)
def test_an_offer_is_granted_only_in_its_time_and_to_its_stage(change: dict[str, Any], granted: bool) -> None:
    brief = Brief(offers=(offer(**change),))
    assert (grant_offer(FLOW, brief, lifecycle="lapsed", today=TODAY) is not None) is granted


def test_everybody_in_the_same_state_gets_the_same_offer() -> None:
    brief = Brief(offers=(offer(), offer(id="twenty", value=Decimal(20), code="BACK20")))
    assert {draw(f"c-{number}", brief).offer for number in range(50)} == {brief.offers[0]}
