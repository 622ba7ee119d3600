"""What outcomes taught, in words: the best arms of each dimension, how sure that is, and how much it rests on.

An arm is called the best where an interval of its lead over each other arm says so that holds at every look
(`composer.results.sequential`) and shares what may be untrue among all that is asked: in one shop of twenty, at most,
in which no way does better than any other, anything is ever called so. What draws go by is no such test: it may lean to
an arm that is no better, as that costs little, and is then told as a leaning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from math import inf, sqrt
from typing import get_args

from pydantic import BaseModel

from composer.bandit.learned import Lesson
from composer.bandit.model import DIMENSIONS, STATE_ONLY, Dimension
from composer.bandit.months import MATURE
from composer.bandit.posterior import BY_FLOW, Posterior, Shown, best, interval
from composer.bandit.statistics import Segment
from composer.results.sequential import ALPHA, critical
from memory.model import Lifecycle
from memory.pooling import Z_80

LEANS = 0.9
"""How likely an arm must be the best, by what draws go by, before it is told as a leaning."""
ENOUGH = 40.0
"""Happenings that e-mails of each arm must be worth before any is called the best: of fewer a handful decides
(`composer.results.statistics.LEAST_BUYERS`)."""
FLOWS = 12
"""Among which what may be untrue is shared from the first day on, so that flows which begin later take nothing."""
STAGES = len(get_args(Lifecycle))
WORDS: dict[Dimension, str] = {
    "angle": "angle",
    "tone": "tone",
    "length": "length",
    "subject": "style of subject",
    "cta": "style of button",
    "picks": "number of products",
    "exploration": "share of products that explore",
    "offer": "offer",
    "slot": "time of day",
}


class ArmLearned(BaseModel):
    """One arm. Effects are shares of what an e-mail is worth: 0.2 is a fifth more than an even mix of the arms."""

    arm: str
    emails: int
    """That were of it and came to something, in the whole shop (of an angle: in its flow)."""
    effect: float
    low: float
    high: float
    """`low` to `high` is an 80 % interval."""
    best: float
    """How likely it is the best of those that were ever drawn, 0 to 1."""


class DimensionLearned(BaseModel):
    """The arms of one dimension, best first."""

    dimension: Dimension
    flow: str
    """Of angles, which are a flow's own; empty for the rest."""
    arms: list[ArmLearned]
    tells: bool
    """Whether the first can be called the best: always-valid, all that is asked together 95 % sure."""
    lead: tuple[float, float] | None = None
    """How much more an e-mail of the best is worth than an even mix, as surely; None where none can be called so."""
    sentence: str


class WhatWasLearned(BaseModel):
    """All of it."""

    version: str
    """Empty where nothing was learned."""
    as_of: datetime | None
    emails: int
    """That it rests on: those that arrived and are old enough to be judged."""
    click_worth: float
    """A click, in orders."""
    leaving_costs: float
    """Somebody who unsubscribes, in orders; a complaint costs twice that."""
    dimensions: list[DimensionLearned]
    segments: list[Segment]
    """That anything was learned of: what may be asked about."""
    sentence: str


def what_was_learned(lesson: Lesson, segment: Segment | None = None) -> WhatWasLearned:
    """In the whole shop, or as it is believed of one segment."""
    posterior = lesson.posterior
    groups: dict[tuple[str, str], list[str]] = {}
    for dimension, flow, arm in sorted(posterior.shown):
        if segment is None or flow in ("", segment.flow):
            groups.setdefault((dimension, flow), []).append(arm)
    known = [
        _dimension(posterior, name, flow, groups[dimension, flow], segment)
        for name in DIMENSIONS
        for dimension, flow in groups
        if dimension == name
    ]
    return WhatWasLearned(
        version=lesson.version,
        as_of=lesson.as_of,
        emails=lesson.emails,
        click_worth=posterior.worth.click,
        leaving_costs=posterior.worth.loss,
        dimensions=known,
        segments=sorted({one for shown in posterior.shown.values() for one in shown}),
        sentence=_summary(lesson, known),
    )


def _dimension(
    posterior: Posterior, dimension: Dimension, flow: str, arms: Sequence[str], segment: Segment | None
) -> DimensionLearned:
    beliefs = [
        posterior.in_shop(dimension, flow, arm) if segment is None else posterior.in_segment(dimension, segment, arm)
        for arm in arms
    ]
    read = []
    for arm, belief, share in zip(arms, beliefs, best(beliefs), strict=True):
        low, high = interval(belief, Z_80)
        emails = posterior.emails(dimension, flow, arm)
        read.append(ArmLearned(arm=arm, emails=emails, effect=belief.mean, low=low, high=high, best=share))
    read.sort(key=lambda one: (-one.effect, one.arm))
    evidence = {arm: _evidence(posterior, dimension, flow, arm, segment) for arm in arms}
    alpha = _alpha(dimension, segment, len(arms)) / _renewals(posterior, evidence.values())
    lead = _lead(read[0].arm, evidence, alpha)
    sentence = _sentence(dimension, flow, read, lead)
    return DimensionLearned(
        dimension=dimension, flow=flow, arms=read, tells=lead is not None, lead=lead, sentence=sentence
    )


def _alpha(dimension: Dimension, segment: Segment | None, arms: int) -> float:
    """Of what may be untrue, the part of one arm of one question (Bonferroni): half is for the shop, half for all
    segments."""
    flows = FLOWS if segment is not None or dimension in BY_FLOW else 1
    return ALPHA / 2 / len(DIMENSIONS) / flows / (1 if segment is None else STAGES) / arms


def _renewals(posterior: Posterior, evidence: Iterable[Mapping[Segment, Shown]]) -> float:
    """What is old is forgotten, so that looks far apart rest on other e-mails, each with its own chance to be wrong:
    when all has been replaced n times, a part of 1 / (n (n + 1)) is left, which adds up to 1."""
    found = [(where, one) for arm in evidence for where, one in arm.items()]
    remembered = sum(posterior.flow(where.flow).noise / one.variance for where, one in found)
    replaced = max(1.0, sum(one.emails for _, one in found) / remembered) if found else 1.0
    return replaced * (replaced + 1)


def _evidence(
    posterior: Posterior, dimension: Dimension, flow: str, arm: str, segment: Segment | None
) -> Mapping[Segment, Shown]:
    """What e-mails show, without what is believed of arms and segments beforehand."""
    shown = posterior.shown[dimension, flow, arm]
    return {where: one for where, one in shown.items() if segment in (None, where)}


def _lead(first: str, evidence: Mapping[str, Mapping[Segment, Shown]], alpha: float) -> tuple[float, float] | None:
    """Over an even mix, where `first` is ahead of every other arm; None where that cannot be told."""
    others = [one for arm, one in evidence.items() if arm != first]
    own = evidence[first]
    if not others or min(_happenings(one) for one in evidence.values()) < ENOUGH:
        return None
    if any(_always(_apart(own, one), alpha)[0] <= 0 for one in others):
        return None
    low, high = _always(own, alpha)
    return (low, high) if low > 0 else None


def _happenings(found: Mapping[Segment, Shown]) -> float:
    """That it rests on: as these are rare, the variance of a relative effect is one over their number."""
    return sum(1 / one.variance for one in found.values())


def _apart(own: Mapping[Segment, Shown], other: Mapping[Segment, Shown]) -> dict[Segment, Shown]:
    """Within each segment, as segments differ in who is in them. What an even mix came to drops out."""
    return {
        where: Shown(one.effect - two.effect, one.variance + two.variance, min(one.emails, two.emails))
        for where, one in own.items()
        if (two := other.get(where)) is not None
    }


def _always(found: Mapping[Segment, Shown], alpha: float) -> tuple[float, float]:
    """All segments together, each by its precision, in an interval that misses with `alpha` at all looks together."""
    seen = _happenings(found)
    if not seen:
        return -inf, inf
    middle = sum(one.effect / one.variance for one in found.values()) / seen
    half = critical(seen, alpha=alpha) / sqrt(seen)
    return middle - half, middle + half


def _sentence(dimension: Dimension, flow: str, arms: Sequence[ArmLearned], lead: tuple[float, float] | None) -> str:
    about = f"{WORDS[dimension]} of {_words(flow)} e-mails" if flow else WORDS[dimension]
    emails = f"after {sum(one.emails for one in arms):,} e-mails"
    first = _words(arms[0].arm)
    left = ", once goods and discounts are paid" if dimension in STATE_ONLY else ""
    if lead is None:
        leans = f" Draws lean to “{first}” meanwhile." if len(arms) > 1 and arms[0].best >= LEANS else ""
        return f"Cannot tell yet which {about} does best{left}, {emails}.{leans}"
    low, high = lead
    return (
        f"Best {about}: “{first}”, worth {low:.0%} to {high:.0%} more than an even mix{left}, {emails} "
        "(95 % sure, on whichever day you look)."
    )


def _summary(lesson: Lesson, known: Sequence[DimensionLearned]) -> str:
    if not lesson.emails:
        return (
            f"Nothing was learned from outcomes yet: an e-mail teaches from {MATURE.days} days after it was sent, "
            "once its outcome was counted. Until then draws are even, or as reviewers like."
        )
    told = sum(one.tells for one in known)
    return f"Learned from {lesson.emails:,} e-mails: {told} of {len(known)} questions can be answered."


def _words(name: str) -> str:
    return name.replace("_", " ")
