"""A report over a period: as it was made after outcomes were counted last, or made now.

To make one over a million e-mails takes seconds. Those of the usual periods are therefore made by the hourly job right
after it has counted, and hold until it counts again, or the day is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from composer.experiments.board import experiment_of
from composer.experiments.model import Experiment, Status
from composer.experiments.report import ArmReport
from composer.experiments.report import report as report_of
from composer.experiments.tables import ExperimentRow
from composer.facts.ruling import rules_in_force
from composer.facts.totals import Which
from composer.facts.updating import FACTS
from composer.facts.updating import VERSION as FACTS_VERSION
from composer.reports import incremental, wording
from composer.reports.arms import NEWEST, arms
from composer.reports.attributed import attributed
from composer.reports.everything import all_they_bought
from composer.reports.model import ArmTold, Curve, ExperimentTold, Period, Report, Values
from composer.reports.shop import Shop, shop_of
from composer.reports.values import values_of
from composer.results.leaving_out import left_out
from composer.results.reading import counted
from memory.learned import Learned, load_learned, save_learned
from store import clock
from store.database import Database
from store.errors import InvalidInput

USUAL = (7, 28, 90, 365)
"""Days, up to today, of the reports that are made beforehand."""
LONGEST = timedelta(days=3 * 366)
VALUES, VALUES_VERSION = "customer values", "1"
VALUES_EVERY = timedelta(hours=20)
"""Reading every order of a large shop takes minutes, and what customers are worth changes slowly."""
_REPORT, _VERSION = "report", "4"


class _Kept(BaseModel):
    """A report with what it was made of."""

    counted_at: datetime | None
    report: Report


async def read_report(session: AsyncSession, period: Period, currency: str = "") -> Report:
    """Of a period, in one currency; in that of most e-mails, where none is asked for.

    Raises InvalidInput for a period of no day or of more than three years, and a currency that no brand has.
    """
    _check(period)
    days = (period.until - period.since).days
    if not currency and days in USUAL:
        kept = await load_learned(session, f"{_REPORT} {days}", _VERSION)
        if kept is not None:
            found = _Kept.model_validate(kept.document)
            made_of = found.counted_at, Period(found.report.since, found.report.until)
            if made_of == (await _counted_at(session), period):
                return found.report
    return await make_report(session, period, currency)


async def make_report(session: AsyncSession, period: Period, currency: str = "") -> Report:
    """The same, made now."""
    shop = await shop_of(session, period, currency)
    if currency and currency not in shop.currencies:
        known = ", ".join(shop.currencies) or "none yet"
        raise InvalidInput(
            "No brand has this currency.", pointer="/currency", fix=f"Brands of your campaigns have: {known}."
        )
    window = (await rules_in_force(session)).window_days
    total, lines, rules = await attributed(session, shop, period)
    found = await counted(session, Which(campaigns=tuple(shop.names), since=period.since, until=period.until))
    return Report(
        since=period.since,
        until=period.until,
        currency=shop.currency,
        currencies=list(shop.currencies),
        window_days=window,
        counted_at=await _counted_at(session),
        incremental_note=wording.INCREMENTAL,
        shop=await all_they_bought(session, shop, period),
        shop_in_windows=await incremental.against_shops_holdout(session, shop, period, window),
        occasions_note=wording.OCCASIONS,
        flows=incremental.by_flow(found, period),
        campaigns=incremental.by_campaign(found, period),
        experiments=[await _told(session, one) for one in await _experiments(session, shop, period)],
        attributed_note=wording.ATTRIBUTED,
        left_out=left_out({"currency": shop.others, "too_old": total.emails - NEWEST}),
        rules=rules,
        total=total,
        lines=lines,
        arms_note=wording.ARMS,
        arms=await arms(session, shop, period),
        values=await _values(session, shop.currency),
    )


async def learn_reports(database: Database, now: datetime) -> None:
    """Make the reports of the usual periods, and once a day what customers are worth, and keep them."""
    await learn_values(database, now)
    for days in USUAL:
        async with database.session(readonly=True) as session:
            counted_at = await _counted_at(session)
            made = await make_report(session, Period.last(days, now.date()))
        document = _Kept(counted_at=counted_at, report=made).model_dump(mode="json")
        async with database.session() as session:
            await save_learned(session, Learned(f"{_REPORT} {days}", _VERSION, now, document))


async def learn_values(database: Database, now: datetime, *, unless_within: timedelta = VALUES_EVERY) -> None:
    """Sum up what customers are worth and keep it, unless that was done lately."""
    async with database.session(readonly=True) as session:
        last = await load_learned(session, VALUES, VALUES_VERSION)
        default = (await shop_of(session, Period.last(1, now.date()))).home
    if last is not None and now - last.as_of < unless_within:
        return
    found = await values_of(database, now, default)
    document = {
        currency: {kind: [one.model_dump(mode="json") for one in curves] for kind, curves in kinds.items()}
        for currency, kinds in found.items()
    }
    async with database.session() as session:
        await save_learned(session, Learned(VALUES, VALUES_VERSION, now, document))


def _check(period: Period) -> None:
    if period.since >= period.until:
        raise InvalidInput(
            "The period has no day: it ends before it begins.", pointer="/until", fix="Give an earlier first day."
        )
    if period.until - period.since > LONGEST:
        raise InvalidInput("A report is of three years at most.", pointer="/since", fix="Give a later first day.")


async def _counted_at(session: AsyncSession) -> datetime | None:
    last = await load_learned(session, FACTS, FACTS_VERSION)
    return None if last is None else last.as_of


async def _experiments(session: AsyncSession, shop: Shop, period: Period) -> Sequence[Experiment]:
    """Those that ran on a day of the period, the newest first."""
    row = ExperimentRow
    query = select(row).where(col(row.status) != Status.DRAFT.value).order_by(col(row.started_at).desc())
    found = [experiment_of(one) for one in (await session.execute(query)).scalars()]
    return [one for one in found if _ran(one, period) and not shop.names.keys().isdisjoint(one.plan.campaigns)]


def _ran(experiment: Experiment, period: Period) -> bool:
    begins, ends = experiment.started_at, experiment.stopped_at or clock.now()
    return begins is not None and begins.date() < period.until and ends.date() >= period.since


async def _told(session: AsyncSession, experiment: Experiment) -> ExperimentTold:
    found = await report_of(session, experiment)
    return ExperimentTold(
        id=experiment.id,
        name=experiment.plan.name,
        metric=found.metric,
        running=experiment.status is Status.RUNNING,
        mismatch=found.mismatch,
        arms=[_arm(one) for one in found.arms],
    )


def _arm(one: ArmReport) -> ArmTold:
    outcome = one.outcome
    return ArmTold(
        arm=one.name,
        customers=one.customers,
        verdict=outcome.verdict if outcome else "",
        difference=outcome.comparison.revenue if outcome else None,
        sentence=one.sentence,
    )


async def _values(session: AsyncSession, currency: str) -> Values | None:
    last = await load_learned(session, VALUES, VALUES_VERSION)
    if last is None:
        return None
    curves = last.document.get(currency, {})
    return Values(
        as_of=last.as_of,
        currency=currency,
        acquired=[Curve.model_validate(one) for one in curves.get("acquired", ())],
        contacted=[Curve.model_validate(one) for one in curves.get("contacted", ())],
    )
