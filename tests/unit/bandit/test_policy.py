"""Draws by what was learned: even where nothing was, the best mostly where it is known, and no arm ever lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from composer.bandit.arms import EXPLORING
from composer.bandit.model import DIMENSIONS, STATE_ONLY, Tried
from composer.bandit.policy import EXPLORE, Even, Prior, Thompson
from composer.bandit.posterior import learn_posterior
from composer.lessons.preferences import Preferences, Voted, Votes
from tests.kit.decisions import TONES, many, situation, summed
from tests.kit.events import NOW

LIKED = Preferences({
    Voted("newsletter", "tone", "warm"): Votes(30, 2),
    Voted("newsletter", "tone", "playful"): Votes(4, 20),
})  # fmt: skip


def learned(clicks: dict[str, int], emails: int = 3_000) -> Thompson:
    return Thompson(learn_posterior(summed(many(clicks, emails)), NOW, {}), "v1")


def test_nothing_learned_is_exactly_even() -> None:
    for dimension in DIMENSIONS:
        for arms in (("a",), ("a", "b"), ("a", "b", "c"), tuple("abcdefg")):
            assert Thompson().shares(situation(), dimension, arms) == (1 / len(arms),) * len(arms)


def test_the_best_arm_gets_most_of_it_and_the_others_the_floor() -> None:
    plain, warm, playful = learned({"plain": 60, "warm": 180, "playful": 60}).shares(situation(), "tone", TONES)
    assert warm > 0.85
    assert plain == pytest.approx(EXPLORE / 3, abs=0.01)
    assert playful == pytest.approx(EXPLORE / 3, abs=0.01)


def test_arms_that_do_equally_well_stay_close_to_even() -> None:
    shares = learned({"plain": 90, "warm": 90, "playful": 90}).shares(situation(), "tone", TONES)
    assert max(shares) - min(shares) < 0.02


def test_a_new_arm_gets_its_chance_beside_a_good_one() -> None:
    policy = learned({"plain": 60, "warm": 110, "playful": 60})
    new, warm = policy.shares(situation(), "tone", ("telegraphic", "warm"))
    assert 0.1 < new < warm


def test_the_brief_says_how_much_is_explored() -> None:
    policy = learned({"plain": 30, "warm": 240, "playful": 30})
    assert min(replace(policy, explore=0.6).shares(situation(), "tone", TONES)) == pytest.approx(0.2, abs=0.01)
    assert replace(policy, explore=1.0).shares(situation(), "tone", TONES) == pytest.approx([1 / 3] * 3)


def test_reviewers_are_the_odds_that_outcomes_begin_with_and_can_overrule() -> None:
    by_reviews = Thompson(preferences=LIKED).shares(situation(), "tone", TONES)
    assert by_reviews[1] > by_reviews[0] > by_reviews[2]
    playful = replace(learned({"plain": 30, "warm": 30, "playful": 300}, 10_000), preferences=LIKED)
    assert playful.shares(situation(), "tone", TONES)[2] > 0.85


def test_the_safe_start_draws_as_reviewers_like_and_knows_no_outcome() -> None:
    assert Prior(LIKED).shares(situation(), "tone", TONES) == LIKED.shares("newsletter", "tone", TONES)
    assert Prior(LIKED).learned == LIKED.version
    assert Prior().shares(situation(), "tone", TONES) == Even().shares(situation(), "tone", TONES) == (1 / 3,) * 3
    assert Prior(LIKED).shares(situation(), "cta", ("short", "long")) == (0.5, 0.5)


def test_a_persons_own_evidence_counts_and_only_where_it_may() -> None:
    own = {name: {"a": Tried(20.0, 2.0), "b": Tried(20.0, 0.0)} for name in ("tone", "offer")}
    somebody = situation(own=own, emails=40)
    assert Thompson().shares(somebody, "tone", ("a", "b"))[0] > 0.55
    for dimension in STATE_ONLY:
        assert Thompson().shares(somebody, dimension, ("a", "b")) == (0.5, 0.5)


def test_evidence_of_arms_that_are_not_asked_about_changes_nothing() -> None:
    somebody = situation(own={"tone": {"curious": Tried(20.0, 2.0)}})
    assert Thompson().shares(somebody, "tone", TONES) == (1 / 3,) * 3


def test_the_version_names_what_both_taught() -> None:
    assert Thompson().learned == ""
    assert learned({"plain": 1, "warm": 2}, 10).learned == "v1"
    both = Thompson(version="0123456789ab", preferences=LIKED).learned
    assert both == f"0123456789ab.{LIKED.version}"
    assert len(both) <= 32


def test_more_exploration_is_never_likelier_than_none_however_well_it_does() -> None:
    arms = ("none", "usual", "more")
    for clicks in ((60, 60, 400), (400, 60, 60), (60, 400, 60), (60, 200, 300)):
        emails = summed(many(dict(zip(arms, clicks, strict=True)), 3_000, dimension="exploration"))
        shares = Thompson(learn_posterior(emails, NOW, {})).shares(situation(), "exploration", arms)
        assert sum(shares) == pytest.approx(1.0)
        assert min(shares) >= EXPLORE / 3 - 1e-12
        assert sum(share * EXPLORING[arm] for share, arm in zip(shares, arms, strict=True)) <= 1 + 1e-12
    assert (shares[0], shares[2]) == pytest.approx((EXPLORE / 3, EXPLORE / 3), abs=0.01)
