"""Arms are drawn within what flow, brief and customer allow, each with the probability that is logged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from math import isclose, prod
from typing import Any

import pytest
from scipy.stats import chisquare

from catalog.model import Limits
from composer.bandit.arms import USUAL, AtHand, check_brief, explorations, offers_for, pick_counts
from composer.bandit.choosing import policy_for
from composer.bandit.deciding import again
from composer.bandit.drawing import Dice
from composer.bandit.model import Dimension, Situation
from composer.bandit.policy import Thompson
from composer.documents import Brief, Offer
from composer.lessons.preferences import Preferences, Voted, Votes
from store.errors import InvalidInput
from tests.kit.deciding import make_decision
from tests.kit.factories import LIBRARY, NOW

FLOW = LIBRARY.flow("win_back")
LETTER = LIBRARY.flow("newsletter")
TODAY = NOW.date()


def offer(**changes: Any) -> Offer:
    values: dict[str, Any] = {"id": "ten", "kind": "percent", "value": Decimal(10), "code": "BACK10"}
    return Offer.model_validate({**values, **changes})


TWO = (offer(), offer(id="twenty", value=Decimal(20), code="BACK20"))


@dataclass(frozen=True)
class Leaning:
    """A policy that likes the first arm, the more so the more e-mails somebody had; it keeps what it was asked."""

    name: str = "leaning"
    learned: str = "v1"

    def shares(self, situation: Situation, dimension: Dimension, arms: Sequence[str]) -> tuple[float, ...]:
        """0.6 and more for the first."""
        first = 0.6 + 0.1 * min(situation.per_week, 3)
        return (first, *((1 - first) / (len(arms) - 1) for _ in arms[1:]))


def test_the_same_key_draws_the_same_arms() -> None:
    assert make_decision(FLOW) == make_decision(FLOW)


def test_every_arm_is_drawn_as_often_as_is_logged() -> None:
    drawn = [make_decision(LETTER, f"c-{number}", topics=("purchase",), policy=Leaning()) for number in range(3000)]
    for dimension, first in drawn[0].choices.items():
        counts = Counter(one.choices[dimension].arm for one in drawn)
        likely = {one.choices[dimension].arm: one.choices[dimension].probability for one in drawn}
        assert set(counts) == set(first.arms), dimension
        assert isclose(sum(likely.values()), 1.0, abs_tol=1e-9)
        if len(first.arms) > 1:
            expected = [3000 * likely[arm] for arm in first.arms]
            assert chisquare([counts[arm] for arm in first.arms], expected).pvalue > 0.001, dimension


def test_dimensions_are_drawn_apart_from_each_other() -> None:
    drawn = [make_decision(LETTER, f"c-{number}") for number in range(2000)]
    pairs = Counter((one.tone, one.subject) for one in drawn)
    assert len(pairs) == len(LETTER.tones) * len(LETTER.subjects)
    assert chisquare(list(pairs.values())).pvalue > 0.001


def test_the_probability_of_the_whole_is_that_of_its_draws_together() -> None:
    one = make_decision(LETTER, policy=Leaning())
    assert isclose(one.probability, prod(choice.probability for choice in one.choices.values()))
    assert one.arms == prod(len(choice.arms) for choice in one.choices.values())


def test_an_angle_whose_needs_are_not_met_is_never_drawn() -> None:
    for number in range(300):
        assert not make_decision(FLOW, f"c-{number}").angle.needs


def test_the_brief_narrows_the_arms() -> None:
    brief = Brief(lengths=("short",), tones=(FLOW.tones[0],), subjects=("question", "plain"), ctas=("short",))
    drawn = [make_decision(FLOW, f"c-{number}", brief=brief) for number in range(60)]
    assert {(d.tone, d.length, d.cta) for d in drawn} == {(FLOW.tones[0], "short", "short")}
    assert {d.subject for d in drawn} == {"question", "plain"}


def test_only_what_can_be_filled_is_drawn() -> None:
    nothing = AtHand(topics=frozenset())
    drawn = [make_decision(LETTER, f"c-{number}", at_hand=nothing) for number in range(200)]
    assert {d.subject for d in drawn} == {"question", "plain"}
    assert {d.cta for d in drawn} == {"short", "long"}
    assert {d.slot for d in drawn} == {USUAL}


def test_a_brief_whose_only_style_cannot_be_filled_gets_a_plain_subject() -> None:
    one = make_decision(LETTER, brief=Brief(subjects=("name",), ctas=("product",)), at_hand=AtHand(frozenset()))
    assert (one.subject, one.cta) == ("plain", "long")


def test_a_button_names_no_product_that_it_has_no_room_for() -> None:
    long = AtHand(frozenset(), lead="Hand-thrown Stoneware Breakfast Bowl")
    drawn = {make_decision(LETTER, f"c-{number}", at_hand=long).cta for number in range(100)}
    assert drawn == {"short", "long"}


@pytest.mark.parametrize(("language", "fits"), [("en-GB", False), ("de-AT", False), ("fr-FR", True), ("es-MX", True)])
def test_the_room_of_a_button_is_that_of_its_language(language: str, fits: bool) -> None:
    lead = "Theiere de Bretagne 1 l"
    drawn = {
        make_decision(LETTER, f"c-{number}", at_hand=AtHand(frozenset(), lead=lead, language=language)).cta
        for number in range(100)
    }
    assert ("product" in drawn) == fits


@pytest.mark.parametrize(
    ("field", "value", "flow"),
    [
        ("angles", ("shouting",), LETTER),
        ("tones", ("sarcastic",), LETTER),
        ("subjects", ("number",), LIBRARY.flow("post_purchase")),
        ("ctas", ("product",), LIBRARY.flow("abandoned_cart")),
        ("offers", (offer(),), LETTER.model_copy(update={"offers": ()})),
    ],
)
def test_a_brief_that_asks_for_what_the_flow_does_not_have_is_refused_by_field(
    field: str, value: Any, flow: Any
) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_brief(flow, Brief.model_validate({field: value}))
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
    brief = Brief(offers=(offer(**change),), vary_offers=True)
    arms = offers_for(FLOW, brief, "lapsed", TODAY)
    assert list(arms) == (["ten"] if granted else ["none"])


def test_everybody_in_the_same_state_gets_the_same_offer_unless_the_brief_lets_offers_vary() -> None:
    fixed, free = Brief(offers=TWO), Brief(offers=TWO, vary_offers=True, may_withhold_offer=True)
    assert {make_decision(FLOW, f"c-{number}", brief=fixed).offer for number in range(50)} == {TWO[0]}
    assert {make_decision(FLOW, f"c-{number}", brief=free).offer for number in range(50)} == {*TWO, None}


def test_the_first_offer_or_none_where_the_brief_lets_it_be_withheld() -> None:
    assert list(offers_for(FLOW, Brief(offers=TWO, may_withhold_offer=True), "lapsed", TODAY)) == ["ten", "none"]


def test_the_chance_of_an_offer_rests_on_the_state_alone() -> None:
    brief = Brief(offers=TWO, vary_offers=True)

    def chance(per_week: int) -> float:
        situation = Situation(flow=FLOW.name, lifecycle="lapsed", per_week=per_week)
        arms = list(offers_for(FLOW, brief, "lapsed", TODAY))
        return Dice(Leaning(), situation, ("k",)).draw("offer", arms).probability

    def tone(per_week: int) -> float:
        situation = Situation(flow=FLOW.name, lifecycle="lapsed", per_week=per_week)
        return Dice(Leaning(), situation, ("k",)).draw("tone", FLOW.tones).probability

    assert chance(0) == chance(3)
    assert tone(0) != tone(3)


@pytest.mark.parametrize("ids", [("none",), ("ten", "ten")])
def test_offers_that_are_drawn_must_be_told_apart(ids: Sequence[str]) -> None:
    offers = tuple(offer(id=one) for one in ids)
    assert Brief(offers=offers).offers == offers
    for field in ("vary_offers", "may_withhold_offer"):
        with pytest.raises(ValueError, match=field):
            Brief.model_validate({"offers": offers, field: True})


def test_the_number_of_picks_stays_near_the_usual_and_above_the_least() -> None:
    assert pick_counts(LETTER, Limits()) == ("3", "4", "5")
    assert pick_counts(LETTER, Limits(count=7)) == ("7",)
    least = LETTER.model_copy(update={"picks": LETTER.picks.model_copy(update={"count": 2, "minimum": 2})})
    assert pick_counts(least, Limits()) == ("2", "3")
    most = LETTER.model_copy(update={"picks": LETTER.picks.model_copy(update={"count": 6})})
    assert pick_counts(most, Limits()) == ("5", "6")


def test_a_shop_that_explores_nowhere_has_nothing_to_vary_and_a_briefs_bound_is_kept() -> None:
    assert explorations(0.0, Brief()) == (USUAL,)
    assert explorations(0.1, Brief()) == ("none", USUAL, "more")
    assert explorations(0.1, Brief.model_validate({"merchandising": {"exploration": 0.1}})) == ("none", USUAL)


def test_a_brief_says_whether_it_learns_and_how_much_it_explores() -> None:
    votes = {
        Voted("newsletter", "tone", tone): Votes(20 * place, 20 - 20 * place)
        for place, tone in enumerate(LETTER.tones[:2])
    }
    learned = Thompson(preferences=Preferences(votes))
    tones, situation = LETTER.tones, Situation(flow="newsletter", lifecycle="active")
    wide = policy_for(Brief(explore=1.0), learned).shares(situation, "tone", tones)
    narrow = policy_for(Brief(explore=0.02), learned).shares(situation, "tone", tones)
    assert all(isclose(share, 1 / len(tones)) for share in wide)
    assert 0 < narrow[0] < wide[0]
    assert policy_for(Brief(), learned).name == learned.name
    for start in (policy_for(Brief(learn=False), learned), policy_for(Brief(), learned, may_learn=False)):
        assert start.name != learned.name
        assert start.learned == learned.preferences.version


def test_a_decision_is_logged_by_name_with_what_else_was_possible() -> None:
    one = make_decision(LETTER, brief=Brief(offers=(offer(),)), policy=Leaning())
    logged = one.logged()
    assert (
        logged["choices"].keys() == one.choices.keys() == {"angle", "tone", "length", "subject", "cta", "offer", "slot"}
    )
    assert logged["choices"]["tone"] == {
        "arm": one.tone,
        "probability": round(one.choices["tone"].probability, 9),
        "arms": list(LETTER.tones),
    }
    assert (logged["offer"], logged["subject"], logged["policy"], logged["learned"]) == (
        "ten",
        one.subject,
        "leaning",
        "v1",
    )


def test_a_logged_decision_is_read_again_as_it_was() -> None:
    one = make_decision(LETTER)
    back = again(one.logged(), angle=one.angle, tone=one.tone, length=one.length, offer=None)
    assert back.logged() == one.logged()
    assert back.situation is None


def test_a_decision_of_before_there_were_styles_is_read_too() -> None:
    angle = LETTER.angles[0]
    old = {"policy": "uniform-1", "angle": angle.name, "tone": "warm", "length": "short", "offer": None,
           "probability": 0.125, "arms": 8}  # fmt: skip
    back = again(old, angle=angle, tone="warm", length="short", offer=None)
    assert back.logged() == old
    assert (back.subject, back.cta, back.choices) == ("", "", {})


def test_what_is_decided_of_one_customer_does_not_hang_on_the_others() -> None:
    customers = [f"c-{number}" for number in range(30)]
    there = {one: make_decision(LETTER, one) for one in customers}
    back = {one: make_decision(LETTER, one) for one in reversed(customers)}
    assert there == back
