"""What the e-mails made: customers written to against customers whom chance held out, with always-valid intervals.

Each comparison is of all days since it began; the days asked for alone stand beside it, for one look.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, timedelta
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from composer.experiments import holdouts
from composer.experiments.model import Holdout
from composer.facts.noting import counted_since
from composer.facts.totals import Which, samples_and_since
from composer.reports import wording
from composer.reports.model import Compared, Period
from composer.reports.shop import Shop
from composer.results.clusters import NOBODY, Sample, Totals
from composer.results.leaving_out import LeftOut, left_out, together
from composer.results.model import UNITS, Figures, OneLook, Side
from composer.results.one_look import look_once
from composer.results.reading import Counted, Results
from composer.results.statistics import compare_strata
from composer.results.strata import Sides, means, weighed
from composer.results.wording import told


async def against_shops_holdout(session: AsyncSession, shop: Shop, period: Period, window_days: int) -> Compared | None:
    """All customers whom campaigns came to, and what they bought in the windows after that; None where the shop held
    nobody out in the period. What they bought at other times is in `composer.reports.everything`.

    Each period of the holdout draws anew, so that only the newest is told, since it began, and only days on which it
    was in force: on others nobody was in it whom the mailed could be compared with.
    """
    held = next((one for one in await holdouts.periods(session) if _common(one, period)), None)
    if held is None:
        return None
    kept = await counted_since(session)
    days = _common(held, Period(date.min if kept is None else kept.date(), period.until)) or period
    which = Which(campaigns=tuple(shop.names), since=days.since, until=days.until)
    found = await samples_and_since(session, which, max(period.since, days.since), of_shop=True)
    both = [found.get((side.value,), (NOBODY, NOBODY)) for side in (Side.MAILED, Side.GLOBAL_HOLDOUT)]
    sides, inside = Sides(*(one for one, _ in both)), Sides(*(one for _, one in both))
    look = look_once([inside], period.since, days.until, shop.currency) if period.since > days.since else None
    cut = kept is not None and held.starts_at < kept
    name = "The whole shop: in campaigns' windows"
    about = _Told("", name, shop.currency, window_days, days, days.since if cut else None, wording.of_shop)
    return _compared(about, [sides], look)


def by_flow(found: Sequence[Counted], period: Period) -> list[Compared]:
    """Campaigns of a flow, each against its own holdout, and their differences added up (`compare_strata`): of flows
    that came to somebody in the period, all their campaigns, or what is compared would depend on the period."""
    flows: dict[str, list[Counted]] = defaultdict(list)
    for one in found:
        flows[one.results.flow].append(one)
    reached = {one.results.flow for one in found if one.results.first is not None}
    compared = [_of_flow(flow, campaigns, period) for flow, campaigns in flows.items() if flow in reached]
    return sorted(compared, key=lambda one: (-one.mailed, one.name))


def _of_flow(flow: str, campaigns: Sequence[Counted], period: Period) -> Compared:
    strata, first = [one.sides for one in campaigns], campaigns[0].results
    parts = weighed(strata)
    alone = sum(one.mailed.revenue.n > 0 for one in strata) - len(parts) if parts else 0
    rest = together(each for one in campaigns for each in one.results.left_out)
    began = min((one.results.compared_first for one in campaigns if one.results.compared_first), default=period.since)
    look = None
    if began < period.since:
        look = look_once([one.inside for one in campaigns], *period, first.currency)
    name, days = wording.flow_name(flow), Period(began, period.until)
    cut = max((one.results.compared_since for one in campaigns if one.results.compared_since), default=None)
    about = _Told(flow, name, first.currency, first.window_days, days, cut, wording.of_flow)
    return _compared(about, strata, look, left_out({"no_holdout": alone, **rest}))


def by_campaign(found: Sequence[Counted], period: Period) -> list[Compared]:
    """Each that came to somebody in the period against its own holdout, in their order."""
    return [_of_campaign(one, period) for one in found if one.results.first is not None]


def _of_campaign(one: Counted, period: Period) -> Compared:
    results = one.results
    return Compared(
        key=results.campaign,
        name=results.name,
        mailed=one.sides.mailed.revenue.n,
        held_out=one.sides.holdout.revenue.n,
        mailed_mean=_mean(one.sides.mailed),
        held_out_mean=_mean(one.sides.holdout),
        comparison=results.comparison,
        sentence=told(results),
        compared_since=results.compared_first or period.since,
        compared_until=period.until,
        in_period=results.in_period,
        left_out=results.left_out,
    )


def _common(held: Holdout, period: Period) -> Period | None:
    """Whole days on which it was in force all day; None where there are none."""
    since = max(period.since, (held.starts_at.astimezone(UTC) + timedelta(days=1)).date())
    until = min(period.until, held.ends_at.astimezone(UTC).date())
    return Period(since, until) if since < until else None


class _Told(NamedTuple):
    """What is compared, and how it is said."""

    key: str
    name: str
    currency: str
    window_days: int
    days: Period
    kept_since: date | None
    """As `Results.compared_since`."""
    sentence: Callable[[Results], str]


def _compared(
    about: _Told, strata: Sequence[Sides], in_period: OneLook | None, rest: Sequence[LeftOut] = ()
) -> Compared:
    """Parts that can be compared, or all where none can."""
    parts = weighed(strata)
    compared = [part.sides for part in parts] or strata
    mailed, out = (_together(one[side] for one in compared) for side in (0, 1))
    one, other = means(parts) if parts else (_mean(mailed), _mean(out))
    comparison = compare_strata(strata)
    results = Results(
        campaign="",
        name=about.name,
        flow="",
        currency=about.currency,
        window_days=about.window_days,
        mailed=_figures(mailed),
        holdout=_figures(out),
        comparison=comparison,
        compared_first=about.days.since,
        compared_since=about.kept_since,
        in_period=in_period,
    )
    return Compared(
        key=about.key,
        name=about.name,
        mailed=mailed.revenue.n,
        held_out=out.revenue.n,
        mailed_mean=one,
        held_out_mean=other,
        comparison=comparison,
        sentence=about.sentence(results),
        compared_since=about.days.since,
        compared_until=about.days.until,
        in_period=in_period,
        left_out=list(rest),
    )


def _together(samples: Iterable[Sample]) -> Sample:
    """Counts of several campaigns: who was reached by two counts twice."""
    revenue, bought = Totals(), Totals()
    for one in samples:
        revenue, bought = revenue + one.revenue, bought + one.bought
    return Sample(revenue, bought)


def _mean(sample: Sample) -> float:
    """Revenue an occasion."""
    return sample.revenue.x / sample.revenue.m if sample.revenue.m else 0.0


def _figures(sample: Sample) -> Figures:
    revenue = sample.revenue
    return Figures(
        customers=revenue.n, buyers=sample.bought.positive, orders=revenue.hits, revenue=round(revenue.x * UNITS)
    )
