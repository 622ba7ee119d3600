"""What outcomes taught, as the page shows it: for a flow and a stage of life, each way it can be told, how likely it is
drawn, what it is worth, and what that rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.studio import charts
from api.studio.arm_words import arm_words, dimension_words
from catalog.model import Limits
from composer.bandit.arms import USUAL, explorations, pick_counts
from composer.bandit.choosing import policy_for
from composer.bandit.learned import Lesson
from composer.bandit.model import DIMENSIONS, Dimension, Policy, Situation
from composer.bandit.policy import Thompson
from composer.bandit.reading import ArmLearned, WhatWasLearned, what_was_learned
from composer.bandit.statistics import Segment
from composer.bandit.tables import DecisionRow
from composer.best_time import SLOTS, has_window
from composer.campaigns import get_campaign, list_campaigns
from composer.documents import Brief
from composer.harm.model import Level, Scope
from composer.harm.standing import Standing
from composer.lessons.preferences import Preferences
from memory.model import Lifecycle
from prompts.model import Flow
from store.upsert import table_of

STAGES: Mapping[Lifecycle, str] = {
    "prospect": "Never ordered",
    "new": "First order lately",
    "active": "Order as usual",
    "at_risk": "Overdue",
    "lapsed": "Away for long",
}
_CAMPAIGNS = 500
_ROW = table_of(DecisionRow).c


@dataclass(frozen=True, slots=True)
class ArmShown:
    """One way."""

    name: str
    share: float | None
    """How likely it is drawn where all ways are open; None for one that is no longer offered."""
    known: ArmLearned | None
    """None where no e-mail of it came to anything yet."""
    span: charts.Span | None
    first: bool
    """It can be called the best."""

    @property
    def text(self) -> str:
        """`+12 % (-1 to +26)`: how much more an e-mail is worth than an even mix; empty where nothing is known."""
        if self.known is None:
            return ""
        effect, low, high = (round(one * 100) for one in (self.known.effect, self.known.low, self.known.high))
        return f"{effect:+d} % ({low:+d} to {high:+d})"


@dataclass(frozen=True, slots=True)
class Question:
    """One thing that varies."""

    title: str
    tells: bool
    emails: int
    arms: Sequence[ArmShown]
    retired: Sequence[ArmShown]
    zero: float | None


@dataclass(frozen=True, slots=True)
class Deciding:
    """How one campaign is decided now."""

    id: str
    name: str
    held: bool
    """An alarm stands over it."""
    learns: bool
    """Its brief wants it."""
    explore: float
    newest: str
    """Its newest e-mail, whose page says how it was decided; empty where there is none."""


def stage_of(asked: str) -> Lifecycle:
    """The stage in an address; who orders as usual where it is none."""
    return next((stage for stage in get_args(Lifecycle) if stage == asked), "active")


def usual_flow(lesson: Lesson, flows: Sequence[Flow]) -> Flow:
    """The one that most is known of."""
    known: dict[str, int] = {}
    for shown in lesson.posterior.shown.values():
        for segment, one in shown.items():
            known[segment.flow] = known.get(segment.flow, 0) + one.emails
    return max(flows, key=lambda flow: known.get(flow.name, 0))


def questions(
    lesson: Lesson, preferences: Preferences, flow: Flow, stage: Lifecycle, standing: Standing, exploration: float
) -> tuple[WhatWasLearned, list[Question]]:
    """All that may vary in e-mails of a flow, in the order in which it is decided of.

    `exploration`: the share of places that the shop leaves to chance. What has one way only does not vary.
    """
    read = what_was_learned(lesson, Segment(flow.name, stage))
    told = {one.dimension: one for one in read.dimensions}
    held = not standing.scopes.isdisjoint({Scope(Level.SHOP), Scope(Level.FLOW, flow.name)})
    learned = Thompson(lesson.posterior, lesson.version, preferences)
    policy = policy_for(Brief(), learned, may_learn=not held)
    found = []
    for dimension in DIMENSIONS:
        arms = [*_offered(flow, dimension, exploration)]
        known = {one.arm: one for one in told[dimension].arms} if dimension in told else {}
        if dimension == "offer":
            arms = [*known]
        if len(arms) > 1:
            tells = dimension in told and told[dimension].tells
            found.append(_question(dimension, arms, known, policy, Situation(flow=flow.name, lifecycle=stage), tells))
    return read, found


async def campaigns(session: AsyncSession, flow: Flow, standing: Standing) -> list[Deciding]:
    """The campaigns of a flow, and how each is decided."""
    found = []
    for id_, _, name_of_flow, name in await list_campaigns(session, limit=_CAMPAIGNS):
        if name_of_flow == flow.name:
            brief = (await get_campaign(session, id_)).campaign.brief
            held = standing.over(flow=flow.name, campaign=id_)
            newest = await session.scalar(
                select(_ROW.email_id).where(_ROW.campaign_id == id_).order_by(_ROW.at.desc()).limit(1)
            )
            found.append(Deciding(id_, name or id_, held, brief.learn, brief.explore, newest or ""))
    return found


def _question(
    dimension: Dimension,
    arms: Sequence[str],
    known: Mapping[str, ArmLearned],
    policy: Policy,
    situation: Situation,
    tells: bool,
) -> Question:
    shares = dict(zip(arms, policy.shares(situation, dimension, arms), strict=True))
    chart = charts.spans([(one.arm, one.effect, one.low, one.high) for one in known.values()])
    spans = {one.label: one for one in chart.spans}
    best = max(known.values(), key=lambda one: one.effect).arm if tells else None
    every = [
        ArmShown(
            name=arm_words(dimension, arm),
            share=shares.get(arm),
            known=known.get(arm),
            span=spans.get(arm),
            first=arm == best,
        )
        for arm in dict.fromkeys((*arms, *known))
    ]
    every.sort(key=lambda one: (one.share is None, -(one.known.effect if one.known else -9.0)))
    return Question(
        title=dimension_words(dimension),
        tells=tells,
        emails=sum(one.emails for one in known.values()),
        arms=[one for one in every if one.share is not None],
        retired=[one for one in every if one.share is None],
        zero=chart.zero,
    )


def _offered(flow: Flow, dimension: Dimension, exploration: float) -> Sequence[str]:
    """Ways that e-mails of the flow can have today."""
    match dimension:
        case "angle":
            return [angle.name for angle in flow.angles]
        case "tone":
            return flow.tones
        case "length":
            return flow.lengths
        case "subject":
            return flow.subjects
        case "cta":
            return flow.ctas
        case "picks":
            return pick_counts(flow, Limits())
        case "exploration":
            return explorations(exploration, Brief())
        case "slot":
            return (USUAL, *SLOTS) if has_window(flow) else (USUAL,)
    return ()
