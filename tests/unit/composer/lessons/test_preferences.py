"""What reviewers like moves the draw of arms, and only as far as it may."""

from __future__ import annotations

from collections import Counter

import pytest

from composer.bandit.deciding import Decision
from composer.bandit.policy import Prior
from composer.documents import Brief
from composer.lessons.preferences import EVENLY, NO_PREFERENCES, Preferences, Voted, Votes
from composer.lessons.votes import Vote, votes_of
from composer.reviews.model import Decision as Said
from composer.reviews.model import RejectReason
from tests.kit.deciding import make_decision
from tests.kit.factories import LIBRARY

FLOW = LIBRARY.flow("newsletter")
WARM, OTHER = FLOW.tones[0], FLOW.tones[1]


def told(**votes: tuple[int, int]) -> Preferences:
    return Preferences({Voted(FLOW.name, "tone", tone): Votes(*cast) for tone, cast in votes.items()})


def draw(number: int, preferences: Preferences = NO_PREFERENCES, brief: Brief | None = None) -> Decision:
    return make_decision(FLOW, f"c-{number}", brief=brief, policy=Prior(preferences))


def test_approvals_alone_leave_it_even_however_often_an_arm_was_seen() -> None:
    praised = [draw(number, told(**{WARM: (9, 0), OTHER: (1, 0)})) for number in range(50)]
    assert [one.choices for one in praised] == [draw(number).choices for number in range(50)]


def test_a_tone_that_is_rejected_is_drawn_less_and_never_lost() -> None:
    liked = told(**{WARM: (20, 0), OTHER: (2, 18)})
    tones = Counter(draw(number, liked).tone for number in range(600))
    shares = dict(zip(FLOW.tones, liked.shares(FLOW.name, "tone", FLOW.tones), strict=True))
    assert shares[OTHER] < 1 / len(FLOW.tones) < shares[WARM]
    assert all(shares[tone] >= EVENLY / len(FLOW.tones) for tone in FLOW.tones)
    assert all(abs(tones[tone] / 600 - share) < 0.07 for tone, share in shares.items())


def test_the_logged_probability_is_that_of_the_arm_and_names_what_it_was_drawn_by() -> None:
    liked = told(**{WARM: (20, 0), OTHER: (2, 18)})
    one = draw(3, liked)
    by_tone = dict(zip(FLOW.tones, liked.shares(FLOW.name, "tone", FLOW.tones), strict=True))
    assert one.choices["tone"].probability == pytest.approx(by_tone[one.tone])
    assert one.probability == pytest.approx(by_tone[one.tone] * len(FLOW.tones) / one.arms)
    assert one.logged()["learned"] == liked.version


def test_the_same_votes_draw_the_same_arm_in_another_process() -> None:
    votes = {Voted(FLOW.name, "tone", WARM): Votes(4, 1), Voted(FLOW.name, "length", "short"): Votes(1, 3)}
    backwards = Preferences(dict(reversed(votes.items())))
    assert Preferences(votes).version == backwards.version
    assert all(draw(number, Preferences(votes)) == draw(number, backwards) for number in range(50))


def test_no_arm_leaves_what_the_brief_allows() -> None:
    liked = told(**{WARM: (50, 0), OTHER: (0, 50)})
    drawn = {draw(number, liked, Brief(tones=(OTHER,))).tone for number in range(50)}
    assert drawn == {OTHER}


def test_a_flow_without_votes_of_its_own_goes_by_the_shop() -> None:
    elsewhere = Preferences(
        {Voted("welcome", "tone", WARM): Votes(20, 0), Voted("welcome", "tone", OTHER): Votes(2, 18)}
    )
    here, there = elsewhere.rate(FLOW.name, "tone", OTHER), elsewhere.rate("welcome", "tone", OTHER)
    assert there.estimate < here.estimate < elsewhere.rate(FLOW.name, "tone", WARM).estimate
    assert here.high - here.low > there.high - there.low


@pytest.mark.parametrize(
    ("decision", "reasons", "votes"),
    [
        (Said.APPROVED, [], {Vote("angle", True), Vote("tone", True), Vote("length", True)}),
        (Said.REJECTED, [RejectReason.OFF_VOICE], {Vote("tone", False)}),
        (Said.REJECTED, [RejectReason.TOO_PERSONAL, RejectReason.DULL], {Vote("angle", False)}),
        (Said.REJECTED, [RejectReason.BAD_LANGUAGE], {Vote("length", False)}),
        (Said.REJECTED, [RejectReason.WRONG_PRICE, RejectReason.BAD_PICK, RejectReason.BAD_LOOK], set()),
        (Said.EDITED, [], set()),
    ],
)
def test_a_review_speaks_only_of_what_it_is_about(
    decision: Said, reasons: list[RejectReason], votes: set[Vote]
) -> None:
    found = list(votes_of(decision, reasons))
    assert set(found) == votes
    assert len(found) == len(votes)
