"""Sums over customers, out of episodes, to compare sides and arms by (`composer.results.clusters`): one statement each.

Each customer's episodes are summed up first and squared then: who is reached often is one draw, however often. What
they spent before is what they had spent before the first of all episodes that they were drawn for: before a later one
they may have spent more because of the e-mails, and taking that out would take out what the e-mails did.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Float, ScalarSelect, Subquery, case, cast, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from composer.facts.tables import EpisodeRow
from composer.results.clusters import Sample, Totals
from composer.results.model import UNITS, Side
from store.types import UtcDateTime
from store.upsert import table_of

By = Literal["campaign_id", "experiment", "variant", "flow", "lifecycle", "rules"]
EVER, NEVER = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
_EPISODE = table_of(EpisodeRow)


class Stretch(NamedTuple):
    """A time; None: since ever, or still."""

    since: datetime | None = None
    until: datetime | None = None
    """Not in it."""


@dataclass(frozen=True, slots=True)
class Which:
    """Which episodes; None: all. Days are those on which they began (UTC)."""

    campaign: str | None = None
    experiment: str | None = None
    variant: str | None = None
    flow: str | None = None
    lifecycle: str | None = None
    campaigns: tuple[str, ...] | None = None
    """Only these, whichever was drawn for: those of one currency."""
    since: date | None = None
    until: date | None = None
    """The first day that does not count."""
    once: bool = False
    """Each order counts once, also where several campaigns of an experiment came before it."""
    drawn: Mapping[str, Stretch] = field(default_factory=dict)
    """Of these campaigns only what began so (`composer.facts.stretches`); of others everything."""

    def drawn_for(self, by: Sequence[str]) -> list[str]:
        """The columns of what customers were drawn for, on one side or the other; none for the shop's holdout."""
        named = {"campaign_id": self.campaign, "experiment": self.experiment}
        return [name for name, value in named.items() if value is not None or name in by]

    def conditions(self) -> list[ColumnElement[bool]]:
        """As SQL, on the columns of episodes."""
        of = _EPISODE.c
        wanted = {
            "campaign_id": self.campaign,
            "experiment": self.experiment,
            "variant": self.variant,
            "flow": self.flow,
            "lifecycle": self.lifecycle,
        }
        found = [of[name] == value for name, value in wanted.items() if value is not None]
        if self.campaigns is not None:
            found.append(of.campaign_id.in_(self.campaigns))
        # By their moment: the index of days would fetch every single row out of the order that they are summed up in.
        if self.since is not None:
            found.append(of.begins >= _midnight(self.since))
        if self.until is not None:
            found.append(of.begins < _midnight(self.until))
        return found + self._drawn_alike()

    def _drawn_alike(self) -> list[ColumnElement[bool]]:
        """As CASE: a chain of OR is no deeper than a thousand on SQLite."""
        of = _EPISODE.c
        since = {name: one.since for name, one in self.drawn.items() if one.since is not None}
        until = {name: one.until for name, one in self.drawn.items() if one.until is not None}
        found = []
        if since:
            found.append(of.begins >= _moments(since, EVER))
        if until:
            found.append(of.begins < _moments(until, NEVER))
        return found


EVERYTHING = Which()
INSIDE = "_inside"
"""How columns of a part of the episodes end."""


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _moments(moments: Mapping[str, datetime], otherwise: datetime) -> ColumnElement[Any]:
    """Each campaign's."""
    known = {name: literal(at, UtcDateTime()) for name, at in moments.items()}
    return case(known, value=_EPISODE.c.campaign_id, else_=literal(otherwise, UtcDateTime()))


async def samples(
    session: AsyncSession, which: Which = EVERYTHING, by: Sequence[By] = (), *, of_shop: bool = False
) -> Mapping[tuple[str, ...], Sample]:
    """Revenue and buying of each group, under (values of `by`…, side). Money in the currency itself.

    `of_shop`: as the shop's holdout is compared. Whoever is not in it counts as mailed, held out of a campaign or not.

    Of one campaign everything counts that was bought in its windows. Of the whole shop each order counts once, for the
    campaign that came last before it, so that nothing is counted for as many campaigns as there are.
    """
    keys = [*by, "side"]
    return {key: _sample(row, "") for key, row in await _rows(session, _by_customer(which, keys, of_shop), keys, [""])}


async def samples_and_since(
    session: AsyncSession, which: Which, since: date, by: Sequence[By] = (), *, of_shop: bool = False
) -> Mapping[tuple[str, ...], tuple[Sample, Sample]]:
    """The same, and beside each the sample of those episodes alone that began on `since` or later: in one pass."""
    keys = [*by, "side"]
    inside = _EPISODE.c.begins >= _midnight(since)
    rows = await _rows(session, _by_customer(which, keys, of_shop, inside), keys, ["", INSIDE])
    return {key: (_sample(row, ""), _sample(row, INSIDE)) for key, row in rows}


async def _rows(
    session: AsyncSession, person: Subquery, keys: Sequence[str], kinds: Sequence[str]
) -> list[tuple[tuple[str, ...], dict[Any, Any]]]:
    names = [_name(key) for key in keys]
    sums = [column for kind in kinds for column in _sums(person, kind)]
    query = select(*(person.c[name] for name in names), *sums).group_by(*(person.c[name] for name in names))
    rows = (await session.execute(query)).mappings()
    return [(tuple(row[name] for name in names), dict(row)) for row in rows]


def _by_customer(
    which: Which, keys: Sequence[str], of_shop: bool, inside: ColumnElement[bool] | None = None
) -> Subquery:
    """One row a customer and group: x revenue, z revenue before, m episodes, b episodes with an order, o orders; the
    same of what is `inside`, nothing where nothing is."""
    of = _EPISODE.c
    columns = [(_side_of_shop() if key == "side" and of_shop else of[key]).label(_name(key)) for key in keys]
    once = "" if which.drawn_for(keys) and not which.once else "_once"
    figures = _figures(of[f"orders{once}"], of[f"revenue{once}"], "", None)
    if inside is not None:
        figures += _figures(of[f"orders{once}"], of[f"revenue{once}"], INSIDE, inside)
    return (
        select(*columns, (cast(_early(which, keys), Float) / UNITS).label("z"), *figures)
        .where(*which.conditions())
        .group_by(*columns, of.customer_id)
        .subquery()
    )


def _figures(orders: Any, revenue: Any, kind: str, only: ColumnElement[bool] | None) -> list[ColumnElement[Any]]:
    """Of one customer."""

    def total(column: Any) -> ColumnElement[Any]:
        return func.sum(column if only is None else case((only, column)))

    return [
        (cast(total(revenue), Float) / UNITS).label(f"x{kind}"),
        cast(total(1), Float).label(f"m{kind}"),
        cast(total(case((orders > 0, 1), else_=0)), Float).label(f"b{kind}"),
        total(orders).label(f"o{kind}"),
    ]


def _name(key: str) -> str:
    """Of a column of groups: PostgreSQL would group by the table's own column, were it called the same."""
    return f"of_{key}"


def _side_of_shop() -> ColumnElement[Any]:
    side = _EPISODE.c.side
    return case((side == Side.GLOBAL_HOLDOUT, side), else_=Side.MAILED.value)


def _early(which: Which, keys: Sequence[str]) -> ScalarSelect[Any]:
    """What the customer had spent before the first episode they were drawn for, though that be longer ago than the days
    that are asked for. One look into an index a customer: to carry it along with every episode takes twice as long."""
    first, asked = _EPISODE.alias("first"), {"campaign_id": which.campaign, "experiment": which.experiment}
    same = [first.c[name] == (asked[name] or _EPISODE.c[name]) for name in which.drawn_for(keys)]
    return (
        select(first.c.before)
        .where(*same, first.c.customer_id == _EPISODE.c.customer_id)
        .order_by(first.c.begins, first.c.campaign_id)
        .limit(1)
        .correlate(_EPISODE)
        .scalar_subquery()
    )


def _sums(person: Subquery, kind: str) -> list[ColumnElement[Any]]:
    """Over customers. Whoever has nothing inside has NULL there, which no sum counts."""
    of: dict[str, ColumnElement[Any]] = {name: person.c[f"{name}{kind}"] for name in ("x", "m", "b", "o")}
    of["z"] = case((of["m"].is_not(None), person.c.z))

    def positive(name: str) -> ColumnElement[int]:
        return func.sum(case((of[name] > 0, 1), else_=0)).label(f"positive_{name}{kind}")

    pairs = (("x", "x"), ("m", "m"), ("z", "z"), ("x", "m"), ("x", "z"), ("z", "m"), ("b", "b"), ("b", "m"), ("b", "z"))
    cubes = [func.sum(of[name] * of[name] * of[name]).label(f"{name * 3}{kind}") for name in ("x", "b")]
    return [
        func.count(of["m"]).label(f"n{kind}"),
        func.sum(of["o"]).label(f"o{kind}"),
        positive("x"),
        positive("b"),
        *(func.sum(of[name]).label(f"{name}{kind}") for name in ("x", "m", "z", "b")),
        *(func.sum(of[one] * of[other]).label(f"{one}{other}{kind}") for one, other in pairs),
        *cubes,
    ]


def _sample(row: Mapping[Any, Any], kind: str) -> Sample:
    def at(name: str) -> float:
        return float(row[f"{name}{kind}"] or 0.0)

    n, common = int(at("n")), {name: at(name) for name in ("m", "z", "mm", "zz", "zm")}
    revenue = Totals(
        **common,
        n=n,
        positive=int(at("positive_x")),
        hits=int(at("o")),
        **{name: at(name) for name in ("x", "xx", "xxx", "xm", "xz")},
    )
    bought = Totals(
        **common,
        n=n,
        positive=int(at("positive_b")),
        hits=int(at("b")),
        **{name: at(name.replace("x", "b")) for name in ("x", "xx", "xxx", "xm", "xz")},
    )
    return Sample(revenue, bought)
