"""What came of the arms of an experiment, each against control: the figure that decides, and those that may not worsen.

Over several campaigns an order counts once, for the campaign that came last before it; where that is not one of the
experiment's, it does not count, in no arm.

Everybody who was assigned counts, written to or not (intention to treat), in always-valid intervals that share what may
be untrue among the arms (`composer.results`): they may be looked at every day.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from math import log

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, Float, case, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from composer.experiments.model import CONTROL, GUARDS, Experiment
from composer.facts.noting import counted_since
from composer.facts.tables import EpisodeRow
from composer.facts.totals import Which, samples
from composer.harm.evidence import above_others
from composer.harm.model import Seen
from composer.results.clusters import Sample, Totals
from composer.results.model import Comparison, Interval
from composer.results.sequential import ALPHA, critical, information
from composer.results.statistics import compare_arms, share_difference
from store.upsert import table_of

_EPISODE = table_of(EpisodeRow).c
_COLUMNS = {"click": _EPISODE.clicked, "unsubscribe": _EPISODE.unsubscribed, "complaint": _EPISODE.complained}
_NOBODY = Totals()


class ArmOutcome(BaseModel):
    """One arm against control."""

    model_config = ConfigDict(frozen=True)

    arm: str
    comparison: Comparison
    """Revenue and buying, per customer and occasion; the other side is control, whatever its fields are called."""
    click: Interval | None = None
    """Difference of the shares of occasions on which they clicked; None where nobody did on one of the sides."""
    harmed: tuple[str, ...] = ()
    """Guards that are worse than in control, as far as can be told: `unsubscribe`, `complaint`."""
    verdict: str = "nothing_yet"
    """By the experiment's metric: `more`, `less`, `cannot_tell_yet`, `too_few`, `nothing_yet` or `kept_no_more`."""
    kept_since: date | None = None
    """It began before: only what came of customers who were reached from then on is kept. None: all of it is."""


async def outcomes(session: AsyncSession, experiment: Experiment) -> list[ArmOutcome]:
    """Each arm against control, in their order; what was counted up to the last hour."""
    several = len(experiment.plan.campaigns) > 1
    found = await samples(session, Which(experiment=experiment.id, once=several), ("variant",))
    by_arm: dict[str, Sample] = {}
    for (variant, _side), sample in found.items():
        before = by_arm.get(variant)
        by_arm[variant] = sample if before is None else Sample(*map(_added, before, sample))
    nothing = Sample(_NOBODY, _NOBODY)
    others = [arm.name for arm in experiment.plan.arms if arm.name != CONTROL]
    compared = compare_arms({name: by_arm.get(name, nothing) for name in others}, by_arm.get(CONTROL, nothing))
    responded = await _responses(session, experiment.id)
    since = await _kept_since(session, experiment)
    told = [_outcome(experiment, name, compared[name], responded, len(others)) for name in others]
    return [one.model_copy(update=_as_kept(one, since)) for one in told]


async def _kept_since(session: AsyncSession, experiment: Experiment) -> date | None:
    horizon, begins = await counted_since(session), experiment.started_at
    return horizon.date() if horizon is not None and begins is not None and begins < horizon else None


def _as_kept(outcome: ArmOutcome, since: date | None) -> dict[str, object]:
    """Of an experiment some of whose episodes are gone. Where none is left of one of the two, there was one once, or
    nobody came to it in all the time that episodes are kept."""
    gone = since is not None and outcome.verdict == "nothing_yet"
    return {"kept_since": since, "verdict": "kept_no_more" if gone else outcome.verdict}


def _added(one: Totals, other: Totals) -> Totals:
    return one + other


def _outcome(
    experiment: Experiment, arm: str, comparison: Comparison, responded: Mapping[str, Mapping[str, Totals]], arms: int
) -> ArmOutcome:
    mine, control = responded.get(arm, {}), responded.get(CONTROL, {})

    def difference(name: str) -> Interval | None:
        one, other = mine.get(name, _NOBODY), control.get(name, _NOBODY)
        seen = information(one, other)
        return share_difference(one, other, critical(seen, alpha=ALPHA / arms)) if seen else None

    click = difference("click")
    harmed = (
        name
        for name in GUARDS
        if worse(mine.get(name, _NOBODY), control.get(name, _NOBODY), ALPHA / arms / len(GUARDS))
    )
    return ArmOutcome(
        arm=arm,
        comparison=comparison,
        click=click,
        harmed=tuple(harmed),
        verdict=_verdict(experiment, comparison, click),
    )


def worse(arm: Totals, control: Totals, alpha: float) -> bool:
    """Do more customers of the arm respond so than of control? At all looks together it is said in vain with `alpha`.

    Each who does is on one side or the other, were the sides alike by how many customers each has: a test that needs
    none in control, where forty complaints against none speak as loudly as they can (`composer.harm.evidence`).
    """
    return above_others([(Seen(arm.n, arm.positive), Seen(control.n, control.positive))]) >= log(1 / alpha)


def _verdict(experiment: Experiment, comparison: Comparison, click: Interval | None) -> str:
    if comparison.verdict in ("nothing_yet", "no_holdout"):
        return "nothing_yet"
    metric = experiment.plan.metric
    if metric == "revenue":
        return "too_few" if comparison.verdict == "too_few_orders" else comparison.verdict
    decides = comparison.conversion if metric == "conversion" else click
    if decides is None or (metric == "conversion" and comparison.verdict == "too_few_orders"):
        return "too_few"
    return "cannot_tell_yet" if not decides.tells else "more" if decides.low > 0 else "less"


async def _responses(session: AsyncSession, experiment: str) -> dict[str, dict[str, Totals]]:
    """Of each arm and kind: on how many of their occasions customers responded so, summed over customers."""
    person = (
        select(
            _EPISODE.variant,
            cast(func.count(), Float).label("m"),
            *(cast(func.sum(case((column > 0, 1), else_=0)), Float).label(name) for name, column in _COLUMNS.items()),
        )
        .where(_EPISODE.experiment == experiment)
        .group_by(_EPISODE.variant, _EPISODE.customer_id)
        .subquery()
    )
    sums: list[ColumnElement[float]] = [func.sum(person.c.m).label("m"), func.sum(person.c.m * person.c.m).label("mm")]
    for name in _COLUMNS:
        x = person.c[name]
        sums += [
            func.sum(x).label(f"{name}_x"),
            func.sum(x * x).label(f"{name}_xx"),
            func.sum(x * person.c.m).label(f"{name}_xm"),
            func.sum(case((x > 0, 1), else_=0)).label(f"{name}_positive"),
        ]
    query = select(person.c.variant, func.count().label("n"), *sums).group_by(person.c.variant)
    rows = (await session.execute(query)).mappings()
    return {row["variant"]: {name: _totals(dict(row), name) for name in _COLUMNS} for row in rows}


def _totals(row: Mapping[str, float], name: str) -> Totals:
    return Totals(
        n=int(row["n"]),
        positive=int(row[f"{name}_positive"]),
        hits=int(row[f"{name}_x"]),
        x=row[f"{name}_x"],
        m=row["m"],
        xx=row[f"{name}_xx"],
        mm=row["mm"],
        xm=row[f"{name}_xm"],
    )
