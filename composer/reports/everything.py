"""What all e-mails together made: all that customers spent, those whom the shop holds out against everybody else.

Whatever they bought counts, and whenever, whether or not a campaign had come to them: this is what the shop earned, or
did not. Each period of the holdout draws anew, so that each is compared within itself and the differences are added up.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from composer.experiments import holdouts
from composer.experiments.model import Holdout
from composer.facts.line import LINE
from composer.facts.line import VERSION as LINE_VERSION
from composer.facts.line_totals import Days, Money, sides
from composer.facts.noting import counted_since
from composer.facts.tables import SpentRow
from composer.reports import wording
from composer.reports.model import Compared, Period
from composer.reports.shop import Shop
from composer.results.leaving_out import LeftOut, left_out
from composer.results.model import OneLook
from composer.results.one_look import look_once
from composer.results.statistics import compare_strata
from composer.results.strata import Sides, means, weighed
from memory.learned import load_learned
from store import clock
from store.upsert import table_of

_SPENT = table_of(SpentRow).c


class _Looked(NamedTuple):
    """Times of the holdout that are compared, the oldest first."""

    days: Sequence[Days]
    strata: Sequence[Sides]
    few: frozenset[date]
    """Days that are not compared: too few had bought in that time of the holdout."""

    @property
    def compared(self) -> frozenset[date]:
        """Days that are."""
        return _dates(self.days)


async def all_they_bought(session: AsyncSession, shop: Shop, period: Period) -> Compared | None:
    """Per customer, over all days up to the end of the period on which the shop held somebody out, as far as they are
    kept; None where it held out nobody in the period.

    A customer is compared from when they might first have been written to (`composer.facts.drawing`).
    """
    since = await counted_since(session)
    drawn = await _days(session, period.until)
    kept = drawn if since is None else _within(drawn, since.date())
    asked = _within(kept, period.since)
    if not asked:
        return None
    money = Money(shop.currency, unnamed=shop.currency == shop.home)
    ever = await _look(session, kept, money)
    comparison, (one, other) = compare_strata(ever.strata), means(weighed(ever.strata))
    span = Period(min(it.since for it in ever.days), max(it.until for it in ever.days))
    days = len(ever.compared)
    return Compared(
        key="",
        name="The whole shop: everything",
        per="customer",
        mailed=_customers(ever.strata, 0),
        held_out=_customers(ever.strata, 1),
        mailed_mean=one,
        held_out_mean=other,
        comparison=comparison,
        sentence=wording.of_everything(comparison, shop.currency, span, days, len(ever.days), cut=kept != drawn),
        compared_since=span.since,
        compared_until=span.until,
        in_period=None if asked == kept else await _in_period(session, asked, money),
        left_out=await _left_out(session, ever, kept, money),
    )


async def _look(session: AsyncSession, looked_at: Sequence[Days], money: Money) -> _Looked:
    """Means are of a customer who was there on all days that are compared: without those of times in which too few
    bought, of which nothing is known. All, where nothing can be compared."""
    strata = await sides(session, looked_at, money)
    found = [part.sides for part in weighed(strata)]
    compared = [days for days, one in zip(looked_at, strata, strict=True) if any(one is it for it in found)]
    if not compared or len(compared) == len(looked_at):
        return _Looked(looked_at, strata, frozenset())
    return _Looked(compared, await sides(session, compared, money), _dates(looked_at) - _dates(compared))


async def _in_period(session: AsyncSession, asked: Sequence[Days], money: Money) -> OneLook:
    found = await _look(session, asked, money)
    since, until = min(it.since for it in found.days), max(it.until for it in found.days)
    return look_once(found.strata, since, until, money.currency, len(found.compared))


async def _left_out(session: AsyncSession, ever: _Looked, kept: Sequence[Days], money: Money) -> list[LeftOut]:
    held = _dates(kept)
    gaps = (max(held) - min(held)).days + 1 - len(held)
    elsewhere = await _elsewhere(session, ever.days, money)
    return left_out({"few_days": len(ever.few), "no_holdout_days": gaps, "other_currency": elsewhere})


async def _elsewhere(session: AsyncSession, looked_at: Sequence[Days], money: Money) -> int:
    """Orders in other currencies."""
    query = select(func.sum(_SPENT.orders)).where(
        _SPENT.holdout_id.in_([one.holdout_id for one in looked_at]),
        _SPENT.day >= min(one.since for one in looked_at),
        _SPENT.day < max(one.until for one in looked_at),
        ~money.counts(_SPENT.currency),
    )
    return int((await session.execute(query)).scalar_one() or 0)


def _customers(strata: Sequence[Sides], side: int) -> int:
    """Counted once in each period of the holdout."""
    return sum(one[side].revenue.n for one in strata)


async def _days(session: AsyncSession, until: date) -> list[Days]:
    """Of each period of the holdout, the oldest first; as far as it was counted."""
    last = await load_learned(session, LINE, LINE_VERSION)
    until = min(until, _after(clock.now() if last is None else last.as_of))
    found = [
        _common(one, until)
        for one in reversed(await holdouts.periods(session))
        if last is None or one.id in last.document["begun"]
    ]
    return [one for one in found if one.since < one.until]


def _within(days: Iterable[Days], since: date) -> list[Days]:
    """The same from a day on."""
    found = [one._replace(since=max(since, one.since)) for one in days]
    return [one for one in found if one.since < one.until]


def _common(held: Holdout, until: date) -> Days:
    begins = held.starts_at.astimezone(UTC).date()
    return Days(held.id, begins, min(until, _after(held.ends_at - timedelta(microseconds=1))))


def _dates(days: Iterable[Days]) -> frozenset[date]:
    """Each once: on a day on which the holdout was drawn anew two of its times meet."""
    return frozenset(
        one.since + timedelta(days=number) for one in days for number in range((one.until - one.since).days)
    )


def _after(moment: datetime) -> date:
    """The day after a moment's."""
    return moment.astimezone(UTC).date() + timedelta(days=1)
