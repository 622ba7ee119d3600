"""What a review says of the way an e-mail was written, and what it says nothing of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from composer.lessons.preferences import DIMENSIONS, Dimension
from composer.reviews.model import Decision, RejectReason

BLAMED: Mapping[RejectReason, Dimension] = {
    RejectReason.OFF_VOICE: "tone",
    RejectReason.DULL: "angle",
    RejectReason.TOO_PERSONAL: "angle",
    RejectReason.BAD_LANGUAGE: "length",
}
"""What each reason is about: the angle chooses what is told, a shorter text has less to go wrong. A wrong price, a bad
pick or a broken look say nothing of how it was written."""


class Vote(NamedTuple):
    """For or against one arm."""

    dimension: Dimension
    good: bool


def votes_of(decision: Decision, reasons: Sequence[RejectReason]) -> Iterator[Vote]:
    """An approval speaks for all three; a rejection, or an edit that names its reasons, against what they are about.

    An edit without a reason says that another text was better, not that another arm would have been: no vote.
    """
    if decision is Decision.APPROVED:
        yield from (Vote(dimension, True) for dimension in DIMENSIONS)
        return
    blamed = {BLAMED[reason] for reason in reasons if reason in BLAMED}
    yield from (Vote(dimension, False) for dimension in DIMENSIONS if dimension in blamed)
