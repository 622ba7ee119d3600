"""Arms of what varies between e-mails, as if everybody had got each: e-mails weighted by the inverse probability with
which their arm was drawn (Horvitz & Thompson 1952; divided by the weights, Hájek 1971).

Only e-mails for which the same arms were allowed are compared: where one was not, its place was taken by others.
"""

from __future__ import annotations

import math
from array import array
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray
from sqlalchemy import Text, cast, select
from sqlalchemy.ext.asyncio import AsyncSession

from composer.bandit.model import DIMENSIONS
from composer.bandit.tables import DecisionRow
from composer.reports.attributed import counts_of
from composer.reports.model import ArmGroup, ArmLine, Period
from composer.reports.shop import Shop
from composer.reports.wording import of_arms
from composer.results.leaving_out import left_out
from composer.results.model import UNITS, Interval
from composer.results.statistics import LEAST_BUYERS, Z, share
from store.upsert import table_of

NEWEST = 100_000
"""E-mails that are read: more tell little more, and take long."""
READ_AHEAD = 2_000
FIGURES = 5
"""Of each e-mail (`_Log.came`)."""
FLOWS_OWN = "angle"
"""Each flow has its own."""
_DECISION = table_of(DecisionRow).c
_COLUMNS = ("flow", "customer", "clicked", "unsubscribed", "orders", "revenue")
_CHOICES = cast(_DECISION.choices, Text)
"""Read one by one: thousands at a time keep the garbage collector busier than reading them takes."""
Array = NDArray[np.float64]


class _Drawn(NamedTuple):
    """One arm, where these arms were allowed."""

    dimension: str
    flow: str
    """Of angles; empty for the rest."""
    allowed: tuple[str, ...]
    arm: str


@dataclass
class _Log:
    """E-mails, and which arms were drawn for each, in columns: sums over a hundred thousand of them take no time."""

    customers: dict[str, int] = field(default_factory=dict)
    came: array[float] = field(default_factory=lambda: array("d"))
    """Customer, clicked, unsubscribed, orders, revenue of each e-mail, one after the other."""
    arms: dict[tuple[str, str, tuple[str, ...], str], int] = field(default_factory=dict)
    """As `_Drawn` has them, numbered."""
    arm: array[int] = field(default_factory=lambda: array("q"))
    email: array[int] = field(default_factory=lambda: array("q"))
    probability: array[float] = field(default_factory=lambda: array("d"))
    """Of each draw."""

    def add(self, choices: str, flow: str, customer: str, *came: Any) -> None:
        """One e-mail; where one arm alone was allowed, nothing was drawn."""
        number = len(self.came) // FIGURES
        self.came.extend((self.customers.setdefault(customer, len(self.customers)), *came))
        for dimension, (arm, probability, allowed) in orjson.loads(choices).items():
            if len(allowed) > 1:
                drawn = (dimension, flow if dimension == FLOWS_OWN else "", tuple(allowed), arm)
                self.arm.append(self.arms.setdefault(drawn, len(self.arms)))
                self.email.append(number)
                self.probability.append(probability)


async def arms(session: AsyncSession, shop: Shop, period: Period) -> list[ArmGroup]:
    """Of the newest e-mails of the period; dimensions of which no chance chose are left out."""
    log = _Log()
    query = select(_CHOICES, *(_DECISION[name] for name in _COLUMNS)).where(*counts_of(shop, period, sought_by="at"))
    query = query.order_by(_DECISION.at.desc()).limit(NEWEST)
    rows = await session.stream(query.execution_options(yield_per=READ_AHEAD))
    async for some in rows.partitions():
        for row in some:
            log.add(*row)
    groups: dict[tuple[str, str], dict[tuple[str, ...], list[ArmLine]]] = defaultdict(lambda: defaultdict(list))
    for drawn, line in _lines(log):
        groups[drawn.dimension, drawn.flow][drawn.allowed].append(line)
    return [_group(*about, groups[about]) for about in _ordered(groups)]


def _lines(log: _Log) -> Iterator[tuple[_Drawn, ArmLine]]:
    """Of each arm."""
    drawn, email, weight = np.array(log.arm), np.array(log.email), 1 / np.array(log.probability)
    came = np.array(log.came).reshape(-1, FIGURES)
    for arm, number in log.arms.items():
        mine = drawn == number
        customer, clicked, unsubscribed, orders, revenue = came[email[mine]].T
        of = weight[mine]
        sums = [float((of * one).sum()) for one in (np.ones_like(of), of, clicked, orders > 0, unsubscribed)]
        rpe = _rpe(customer.astype(int), of, revenue / UNITS, int((orders > 0).sum()))
        yield _Drawn(*arm), _line(arm[-1], len(of), sums, rpe)


def _ordered(groups: Mapping[tuple[str, str], object]) -> Iterator[tuple[str, str]]:
    """Those of the whole shop first, then those of single flows."""
    for dimension in sorted(DIMENSIONS, key=lambda one: one == FLOWS_OWN):
        yield from sorted(about for about in groups if about[0] == dimension)


def _group(dimension: str, flow: str, by_allowed: Mapping[tuple[str, ...], Sequence[ArmLine]]) -> ArmGroup:
    sizes = {allowed: sum(line.emails for line in lines) for allowed, lines in by_allowed.items()}
    most = max(sizes, key=lambda allowed: (sizes[allowed], allowed))
    lines = sorted(by_allowed[most], key=lambda line: most.index(line.arm))
    return ArmGroup(
        dimension=dimension,
        flow=flow,
        emails=sizes[most],
        left_out=left_out({"other_ways": sum(sizes.values()) - sizes[most]}),
        arms=lines,
        sentence=of_arms(lines),
    )


def _line(name: str, emails: int, sums: Sequence[float], rpe: Interval | None) -> ArmLine:
    """`sums`: of the weights, their squares, and of the weights of who clicked, bought, unsubscribed."""
    weight, squared, *hits = sums
    effective = weight**2 / squared
    clicked, bought, unsubscribed = (share(round(one / weight * effective), round(effective)) for one in hits)
    return ArmLine(
        arm=name,
        emails=emails,
        effective=effective,
        click_rate=clicked,
        conversion=bought,
        unsubscribe_rate=unsubscribed,
        rpe=rpe,
    )


def _rpe(customer: NDArray[np.int64], weight: Array, revenue: Array, sold: int) -> Interval | None:
    """Of e-mails of one arm, each (e-mails,): by the linearised variance of a ratio, customers being what is
    independent; None below 40 e-mails that `sold`."""
    if sold < LEAST_BUYERS:
        return None
    mean = float((weight * revenue).sum() / weight.sum())
    # E-mails of one customer hang together.
    spread = float((np.bincount(customer, weight * (revenue - mean)) ** 2).sum())
    half = Z * math.sqrt(spread) / float(weight.sum())
    return Interval(value=mean, low=mean - half, high=mean + half)
