"""All that a user of the shop is told on a day, held against the truth that there is nothing to tell.

The same functions that pages and commands show: a campaign's result, the report, an experiment's arms and guards,
alarms, and what was learned of ways to write, in the shop and in each segment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from composer.bandit.learned import Lesson
from composer.bandit.learning import learn_decisions
from composer.bandit.reading import what_was_learned
from composer.experiments import report as experiments
from composer.experiments.model import Experiment, Plan
from composer.experiments.outcomes import ArmOutcome
from composer.experiments.outcomes import outcomes as outcomes_of
from composer.harm import service as harm
from composer.harm.model import Limits
from composer.reports.model import Period
from composer.reports.reading import make_report
from composer.results import wording
from composer.results.model import Comparison
from composer.results.reading import Results, results_of
from composer.simulation.happening import CAMPAIGN
from store.database import Database

FOUND = frozenset({"more", "less"})
_CANNOT = ("Cannot tell", "Nothing has been counted", "Too few", "Nobody has been", "Nobody was")
"""How a sentence begins that claims nothing."""
_MONTH = 28


class Look(NamedTuple):
    """What was said on one day."""

    verdict: str
    """Of what is compared: the campaign, or the first arm against control."""
    untrue: tuple[str, ...]
    """Where something was said to be there, each place once, in the order of the alphabet."""


async def look(database: Database, night: datetime, experiment: Experiment | None, *, guarded: bool) -> Look:
    """All that is told that night, once facts were counted. `guarded`: anything came in that alarms go by."""
    lesson = await learn_decisions(database, night)
    untrue = set(of_lesson(lesson))
    if guarded:
        async with database.session() as session:
            untrue |= {"alarms"} if await _alarmed(session, night) else set()
    async with database.session(readonly=True) as session:
        untrue |= set(await _in_report(session, night))
        if experiment is None:
            results = await results_of(session, CAMPAIGN)
            untrue |= set(_of_results(results))
            verdict = results.comparison.verdict
        else:
            found = await outcomes_of(session, experiment)
            untrue |= set(_of_arms(found, experiment.plan))
            verdict = found[0].verdict
    return Look(verdict, tuple(sorted(untrue)))


def of_lesson(lesson: Lesson) -> Iterator[str]:
    """`penfriend learn` and the page of what was learned: in the shop, and in each segment that can be asked about."""
    known = what_was_learned(lesson)
    if any(one.tells or one.sentence.startswith("Best") for one in known.dimensions):
        yield "what was learned"
    for segment in known.segments:
        if any(one.tells for one in what_was_learned(lesson, segment).dimensions):
            yield "what was learned of a segment"


def _of_results(results: Results) -> Iterator[str]:
    yield from _of_comparison("result of the campaign", results.comparison)
    if not wording.told(results).startswith(_CANNOT):
        yield "sentence of the campaign"


def _of_comparison(where: str, comparison: Comparison) -> Iterator[str]:
    if comparison.verdict in FOUND:
        yield where
    if comparison.conversion is not None and comparison.conversion.tells:
        yield f"{where}: share who buy"


def _of_arms(found: Iterable[ArmOutcome], plan: Plan) -> Iterator[str]:
    for arm in found:
        yield from _of_comparison("experiment", arm.comparison)
        if arm.verdict in FOUND:
            yield "experiment"
        if arm.click is not None and arm.click.tells:
            yield "experiment: share who click"
        if arm.harmed:
            yield "experiment: guards"
        sentence = experiments.told(arm, plan)
        if not sentence.startswith(_CANNOT) or "weighs against it" in sentence:
            yield "sentence of an arm"


async def _in_report(session: AsyncSession, night: datetime) -> Sequence[str]:
    made = await make_report(session, Period.last(_MONTH, night.date()))
    compared = [one.comparison for one in (*made.flows, *made.campaigns)]
    found = [where for one in compared for where in _of_comparison("report", one)]
    arms = [arm for one in made.experiments for arm in one.arms if arm.verdict]
    if any(arm.verdict in FOUND or (arm.difference is not None and arm.difference.tells) for arm in arms):
        found.append("report: experiment")
    if any(one.mismatch for one in made.experiments):
        found.append("report: arms do not have the customers they should")
    return found


async def _alarmed(session: AsyncSession, night: datetime) -> bool:
    """Whether the guard against harm raised any, now or before."""
    verdict = harm.look(await harm.read_counts(session, night), await harm.alarms(session), night, Limits())
    await harm.settle(session, verdict, night)
    return bool(await harm.alarms(session, limit=1))
