"""What was learned, as people read it: the best where it can be told, and "cannot tell" where it cannot."""

from __future__ import annotations

from composer.bandit.learned import NOTHING, Lesson
from composer.bandit.posterior import learn_posterior
from composer.bandit.reading import what_was_learned
from composer.bandit.statistics import Segment
from tests.kit.decisions import NEWSLETTER, many, summed
from tests.kit.events import NOW


def lesson(clicks: dict[str, int], emails: int = 3_000) -> Lesson:
    statistics = summed([
        *many(clicks, emails),
        *many({"by_interest": 40, "news": 40}, 400, dimension="angle"),
    ])  # fmt: skip
    return Lesson(learn_posterior(statistics, NOW, {}), "v1", statistics.emails, NOW)


def test_nothing_learned_is_said_so() -> None:
    read = what_was_learned(NOTHING)
    assert read.dimensions == []
    assert "Nothing was learned from outcomes yet" in read.sentence


def test_a_clear_best_arm_is_named_with_what_it_rests_on() -> None:
    angle, tone = what_was_learned(lesson({"plain": 60, "warm": 200, "playful": 60})).dimensions
    assert tone.tells
    assert tone.arms[0].arm == "warm"
    assert tone.arms[0].low > 0.1
    assert [arm.emails for arm in tone.arms] == [3_000] * 3
    assert tone.lead is not None
    assert 0 < tone.lead[0] < tone.arms[0].effect < tone.lead[1]
    assert tone.sentence.startswith(f"Best tone: “warm”, worth {tone.lead[0]:.0%} to {tone.lead[1]:.0%} more than")
    assert "9,000 e-mails" in tone.sentence
    assert angle.sentence == "Cannot tell yet which angle of newsletter e-mails does best, after 800 e-mails."


def test_arms_that_do_alike_are_not_told_apart() -> None:
    read = what_was_learned(lesson({"plain": 60, "warm": 66, "playful": 60}))
    assert not any(one.tells for one in read.dimensions)
    assert read.sentence == "Learned from 9,800 e-mails: 0 of 2 questions can be answered."


def test_what_is_likely_is_a_leaning_without_a_number() -> None:
    _, tone = what_was_learned(lesson({"plain": 60, "warm": 140, "playful": 60})).dimensions
    assert tone.arms[0].best > 0.9
    assert (tone.tells, tone.lead) == (False, None)
    assert tone.sentence == (
        "Cannot tell yet which tone does best, after 9,000 e-mails. Draws lean to “warm” meanwhile."
    )


def test_a_few_happenings_say_nothing_however_far_apart_they_are() -> None:
    _, tone = what_was_learned(lesson({"plain": 0, "warm": 25, "playful": 0}, emails=300)).dimensions
    assert not tone.tells


def test_in_one_segment_more_has_to_be_seen_as_more_is_asked() -> None:
    known = lesson({"plain": 60, "warm": 170, "playful": 60})
    assert what_was_learned(known).dimensions[-1].tells
    assert not what_was_learned(known, NEWSLETTER).dimensions[-1].tells


def test_one_segment_can_be_asked_about() -> None:
    known = lesson({"plain": 60, "warm": 200, "playful": 60})
    assert what_was_learned(known).segments == [NEWSLETTER]
    here = what_was_learned(known, NEWSLETTER).dimensions[-1].arms[0]
    elsewhere = what_was_learned(known, Segment("welcome", "new"))
    assert [one.dimension for one in elsewhere.dimensions] == ["tone"]
    assert here.effect > elsewhere.dimensions[0].arms[0].effect > 0
