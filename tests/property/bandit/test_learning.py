"""Whatever was sent and came of it: sums add up to the byte in any order, and draws stay proper ones."""

from __future__ import annotations

from dataclasses import replace
from math import isclose
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from composer.bandit.model import Tried
from composer.bandit.policy import Thompson
from composer.bandit.posterior import Belief, best, learn_posterior
from composer.bandit.reward import Kind
from composer.bandit.statistics import Statistics, Told
from composer.lessons.preferences import Preferences, Voted, Votes
from tests.kit.decisions import TONES, emails, many, situation, summed
from tests.kit.events import NOW

BELIEFS = st.lists(
    st.builds(Belief, st.floats(-2, 2), st.floats(1e-5, 4.0)),
    min_size=2,
    max_size=6,
)
TRIED = st.dictionaries(st.sampled_from(TONES), st.builds(Tried, st.floats(0, 60), st.floats(-20, 30)))


def merged(*parts: Statistics) -> Statistics:
    everything = Statistics()
    for part in parts:
        everything.merge(part)
    return everything


@given(told=emails(), seed=st.integers(0, 99))
def test_sums_do_not_depend_on_the_order(told: list[Told], seed: int) -> None:
    mixed = Random(seed).sample(told, len(told))
    assert summed(mixed).to_plain() == summed(told).to_plain()


@given(one=emails(), two=emails(), three=emails())
def test_merging_is_associative_and_commutative_and_equals_adding(
    one: list[Told], two: list[Told], three: list[Told]
) -> None:
    a, b, c = summed(one), summed(two), summed(three)
    assert merged(merged(a, b), c).to_plain() == merged(a, merged(b, c)).to_plain()
    assert merged(a, b).to_plain() == merged(b, a).to_plain()
    assert merged(a, b, c).to_plain() == summed([*one, *two, *three]).to_plain()


@given(told=emails())
def test_what_is_kept_is_what_was_summed(told: list[Told]) -> None:
    statistics = summed(told)
    assert Statistics.from_plain(statistics.to_plain()) == statistics


@given(told=emails(), own=TRIED, explore=st.floats(0.01, 1.0), votes=st.integers(0, 40))
def test_shares_are_proper_and_leave_every_arm_its_floor(
    told: list[Told], own: dict[str, Tried], explore: float, votes: int
) -> None:
    preferences = Preferences({Voted("newsletter", "tone", "warm"): Votes(1, votes)})
    policy = Thompson(learn_posterior(summed(told), NOW, {}), "v", preferences, explore)
    shares = policy.shares(situation(own={"tone": own}), "tone", TONES)
    assert isclose(sum(shares), 1.0, abs_tol=1e-9)
    assert min(shares) >= explore / len(TONES) - 1e-12


@given(told=emails(), own=TRIED, arms=st.permutations(TONES))
def test_the_order_in_which_arms_are_asked_about_does_not_matter(
    told: list[Told], own: dict[str, Tried], arms: list[str]
) -> None:
    policy = Thompson(learn_posterior(summed(told), NOW, {}), "v")
    asked = situation(own={"tone": own})
    usual = dict(zip(TONES, policy.shares(asked, "tone", TONES), strict=True))
    assert policy.shares(asked, "tone", arms) == pytest.approx([usual[arm] for arm in arms], abs=1e-9)


@given(beliefs=BELIEFS, more=st.floats(0.0, 1.0))
def test_who_is_believed_to_be_better_is_drawn_no_less(beliefs: list[Belief], more: float) -> None:
    before = best(beliefs)
    after = best([beliefs[0]._replace(mean=beliefs[0].mean + more), *beliefs[1:]])
    # Exact to about 0.001: see the function.
    assert after[0] >= before[0] - 0.002
    assert isclose(sum(after), 1.0, abs_tol=1e-9)


@settings(max_examples=12)
@given(clicks=st.integers(40, 90), more=st.integers(1, 60))
def test_an_arm_that_was_clicked_more_is_drawn_more(clicks: int, more: int) -> None:
    usual = {"plain": 60, "warm": clicks, "playful": 60}
    liked = usual | {"warm": clicks + more}
    few, many_ = (
        Thompson(learn_posterior(summed(many(told, 900)), NOW, {})).shares(situation(), "tone", TONES)[1]
        for told in (usual, liked)
    )
    assert many_ >= few - 1e-3


@given(own=TRIED, shifted=st.floats(0.05, 3.0))
def test_a_persons_own_click_of_an_arm_never_makes_it_rarer(own: dict[str, Tried], shifted: float) -> None:
    before = {tone: own.get(tone, Tried(5.0, 0.0)) for tone in TONES}
    after = before | {"warm": Tried(before["warm"].weight, before["warm"].reward + shifted)}
    # Whoever complained of one arm is believed to be worth less all in all: that is another matter.
    assume(all(tried.weight >= 1 and tried.reward >= 0 for tried in before.values()))
    shares = [Thompson().shares(situation(own={"tone": told}), "tone", TONES)[1] for told in (before, after)]
    assert shares[1] >= shares[0] - 0.005


@given(explore=st.floats(0.01, 1.0), lifecycle=st.sampled_from(["prospect", "new", "active", "at_risk", "lapsed"]))
def test_no_evidence_leaves_the_draw_even(explore: float, lifecycle: str) -> None:
    nothing = learn_posterior(Statistics(), NOW, {})
    policy = replace(Thompson(nothing), explore=explore)
    asked = situation(lifecycle=lifecycle)  # type: ignore[arg-type]
    assert policy.shares(asked, "cta", ("short", "long", "product")) == (1 / 3,) * 3


@settings(max_examples=10)
@given(complaints=st.integers(4, 40))
def test_an_arm_that_drives_people_off_loses(complaints: int) -> None:
    arms = ("plain", "warm")
    told = list(many({"plain": 40, "warm": 40}, 600))
    driven = [one._replace(kind=Kind.COMPLAINED) for one in told if one.choices["tone"][0] == "warm"][
        100 : 100 + complaints
    ]
    kept = [one for one in told if one.choices["tone"][0] == "plain"]
    rest = [one for one in told if one.choices["tone"][0] == "warm"][complaints:]
    shares = Thompson(learn_posterior(summed([*kept, *rest, *driven]), NOW, {})).shares(situation(), "tone", arms)
    assert shares[0] > shares[1]
