"""What happened to e-mails, and the orders that are given to them: sums of each kind, in one statement each.

This says after which e-mail money was last seen, not what made it (`composer.facts`).
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Float, Integer, case, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from composer.bandit.tables import DecisionRow
from composer.experiments.board import experiment_of
from composer.experiments.tables import ExperimentRow
from composer.facts.tables import EpisodeRow
from composer.reports.model import By, Line, Period
from composer.reports.shop import Shop
from composer.reports.wording import flow_name
from composer.results.model import UNITS, Interval, Side
from composer.results.statistics import LEAST_BUYERS, Z, share
from memory.tables import Contact
from store.upsert import table_of

_DECISION, _EPISODE, _CONTACT = table_of(DecisionRow).c, table_of(EpisodeRow).c, table_of(Contact).c
_FLAGS = ("delivered", "opened", "machine_opened", "clicked", "unsubscribed", "complained")
_KEYS = ("campaign_id", "flow", "lifecycle", "experiment", "variant")
_BEFORE = timedelta(days=2)
"""An e-mail may be noted in the ledger so long before it was decided."""
Group = tuple[str, ...]


@dataclass
class Sums:
    """Of e-mails of a kind, and of what those who got them bought. Money in 1/10000, squares in the currency."""

    counts: Counter[str] = field(default_factory=Counter)
    squared: float = 0.0

    def __iadd__(self, other: Sums) -> Sums:
        self.counts.update(other.counts)
        self.squared += other.squared
        return self


def counts_of(shop: Shop, period: Period, *, sought_by: Literal["campaign_id", "at"]) -> list[ColumnElement[bool]]:
    """Which decisions are of e-mails that left and were counted since.

    `sought_by`: the column whose index is worth its while. By the other one databases would gather a million e-mails
    out of their order and sort them, which takes four seconds instead of a half.
    """
    since, until = (datetime.combine(day, time(), UTC) for day in period)
    taken_back = select(_CONTACT.email_id).where(
        _CONTACT.decision == "withdrawn",
        _CONTACT.email_id.is_not(None),
        _CONTACT.campaign.in_(shop.names),
        _CONTACT.at >= since - _BEFORE,
    )
    campaign, at = (
        _DECISION[name] if name == sought_by else func.coalesce(_DECISION[name], _DECISION[name])
        for name in ("campaign_id", "at")
    )
    return [
        at >= since,
        at < until,
        campaign.in_(shop.names),
        _DECISION.counted_at.is_not(None),
        _DECISION.email_id.not_in(taken_back),
    ]


async def attributed(session: AsyncSession, shop: Shop, period: Period) -> tuple[Line, dict[By, list[Line]], list[str]]:
    """All together, by each breakdown, and the versions of the rules they were counted by."""
    sums, rules = await _emails(session, shop, period)
    for key, bought in (await _bought(session, shop, period)).items():
        sums[key] += bought
    total = Sums()
    for one in sums.values():
        total += one
    experiments = {
        one.id: experiment_of(one).plan.name for one in (await session.execute(select(ExperimentRow))).scalars()
    }
    namers: Mapping[By, tuple[Callable[[Group], str], Callable[[str], str]]] = {
        "campaign": (lambda key: key[0], lambda key: shop.names.get(key, key)),
        "flow": (lambda key: key[1], flow_name),
        "lifecycle": (lambda key: key[2], lambda key: key.replace("_", " ").capitalize() or "Not known"),
        "variant": (lambda key: "/".join(key[3:]) if key[3] else "", lambda key: _variant(key, experiments)),
    }
    lines = {by: _lines(sums, *namers[by]) for by in namers}
    return line("", "All e-mails", total), lines, rules


def _variant(key: str, experiments: Mapping[str, str]) -> str:
    if not key:
        return "In no experiment"
    experiment, _, arm = key.partition("/")
    return f"{experiments.get(experiment, experiment)}: {arm}"


def _lines(sums: Mapping[Group, Sums], key_of: Callable[[Group], str], name_of: Callable[[str], str]) -> list[Line]:
    rolled: dict[str, Sums] = defaultdict(Sums)
    for key, one in sums.items():
        rolled[key_of(key)] += one
    made = [line(key, name_of(key), one) for key, one in rolled.items()]
    return sorted((one for one in made if one.emails), key=lambda one: (-one.emails, one.name))


async def _emails(session: AsyncSession, shop: Shop, period: Period) -> tuple[dict[Group, Sums], list[str]]:
    keys = [_DECISION[name] for name in (*_KEYS, "rules")]
    money = cast(_DECISION.revenue, Float) / UNITS
    query = (
        select(
            *keys,
            func.count().label("emails"),
            *(func.sum(cast(_DECISION[name], Integer)).label(name) for name in _FLAGS),
            func.sum(case((_DECISION.orders > 0, 1), else_=0)).label("converted"),
            func.sum(_DECISION.orders).label("orders"),
            func.sum(_DECISION.revenue).label("revenue"),
            func.sum(money * money).label("squared"),
        )
        .where(*counts_of(shop, period, sought_by="campaign_id"))
        .group_by(*keys)
    )
    sums: dict[Group, Sums] = defaultdict(Sums)
    rules: set[str] = set()
    for row in (await session.execute(query)).mappings():
        rules.add(row["rules"])
        sums[_key(row)] += _sums(row)
    return sums, sorted(rules)


async def _bought(session: AsyncSession, shop: Shop, period: Period) -> dict[Group, Sums]:
    """Within the windows of who was written to: for the average order, and what is left of it."""
    keys = [_EPISODE[name] for name in _KEYS]
    known = _EPISODE.margin.is_not(None)
    query = (
        select(
            *keys,
            func.sum(_EPISODE.orders - _EPISODE.other_currency).label("their_orders"),
            func.sum(_EPISODE.revenue).label("their_revenue"),
            func.sum(case((known, _EPISODE.revenue), else_=0)).label("costed_revenue"),
            func.sum(func.coalesce(_EPISODE.margin, 0)).label("margin"),
        )
        .where(
            _EPISODE.side == Side.MAILED,
            _EPISODE.orders > 0,
            _EPISODE.day >= period.since,
            _EPISODE.day < period.until,
            _EPISODE.campaign_id.in_(shop.names),
        )
        .group_by(*keys)
    )
    return {_key(row): _sums(row) for row in (await session.execute(query)).mappings()}


def _key(row: Mapping[Any, Any]) -> Group:
    return tuple(row[name] for name in _KEYS)


def _sums(row: Mapping[Any, Any]) -> Sums:
    counts = {name: int(value or 0) for name, value in row.items() if name not in (*_KEYS, "rules", "squared")}
    return Sums(Counter(counts), float(row.get("squared") or 0.0))


def line(key: str, name: str, sums: Sums) -> Line:
    """Rates and averages of sums."""
    counts = sums.counts
    emails, costed, theirs = counts["emails"], counts["costed_revenue"], counts["their_revenue"]
    return Line(
        key=key,
        name=name,
        emails=emails,
        **{flag: counts[flag] for flag in (*_FLAGS, "converted", "orders")},
        revenue=counts["revenue"] / UNITS,
        open_rate=share(counts["opened"], emails),
        click_rate=share(counts["clicked"], emails),
        conversion=share(counts["converted"], emails),
        unsubscribe_rate=share(counts["unsubscribed"], emails),
        complaint_rate=share(counts["complained"], emails),
        per_email=counts["revenue"] / UNITS / emails if emails else None,
        rpe=_rpe(sums),
        aov=theirs / UNITS / counts["their_orders"] if counts["their_orders"] else None,
        margin_rate=counts["margin"] / costed if costed else None,
        margin_known=costed / theirs if theirs else None,
    )


def _rpe(sums: Sums) -> Interval | None:
    emails, revenue = sums.counts["emails"], sums.counts["revenue"] / UNITS
    if sums.counts["converted"] < LEAST_BUYERS:
        return None
    mean = revenue / emails
    half = Z * math.sqrt(max(0.0, sums.squared / emails - mean**2) / max(1, emails - 1))
    return Interval(value=mean, low=mean - half, high=mean + half)
