"""What a person's own past does to picks: what is due again, what is blocked, what counts less."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import NamedTuple

import numpy as np

from catalog.columns import Mask
from catalog.corpus import GONE
from catalog.learning.model import NOWHERE
from catalog.learning.repeats import SAME_PURCHASE_DAYS
from catalog.model import Signal
from catalog.view import CatalogView

JUST_BOUGHT = timedelta(days=30)
DUE_FROM = 0.75
"""Share of a unit's usual life after which it may be offered again, by the feed's word."""
OWN_DUE_FROM = 0.5
"""The same by this person's own pace: they buy sooner than they run out about as often as later."""
TOO_SOON, AT_MOST_DAYS = 0.1, 7.0
"""The same, though never longer than a week, where the shop's history ranks and tells what comes first. Of what Online
Retail's customers bought three times or more, 35 % was bought again within four weeks if a tenth to a quarter of its
life had passed, 41 % if half to three quarters had: waiting until it is due lost a sixth of what they came back for.
"""
SAME_VISIT_DAYS = 0.25
"""Where people do not wait: the order of a few hours ago is still the same errand, yesterday's is not."""
LOW_UNTIL = 2.5
"""Beyond this many lives it is not running low any more: it ran out, or the person moved on."""
HABIT_SECONDS = 120.0 * 86_400
"""Half-life of a purchase in a habit."""
LEAST_HABIT = 0.5
"""What the faintest habit counts; the firmest counts 1."""
STAPLE_TIMES = 3
ONCE_FACTOR = 0.7
"""What was bought once may have been a try; from the fourth purchase on it is a staple."""
REBUYS, REBUYS_SHARE = 2, 0.1
"""Products bought more than once, and their share of all bought, from which somebody buys things again."""
DEMOTED = {"returned": 0.1, "passed_over": 0.3}
"""What counts less, by the kind of signal."""
SHOWN_FACTOR = 0.45
SHOWN_HALF_LIFE_DAYS = 14.0
ENOUGH_INTERVALS = 20
"""Seen between purchases of a product: from here they say better than the feed how long it lasts."""
DAY = timedelta(days=1)


Kinds = Mapping[str, Sequence[Signal]]
"""Signals by kind, each in the order they came in: a long past is gone through once."""
_AT_AND_ID = attrgetter("at", "product_id")


class Due(NamedTuple):
    """A product that may be bought again: its row, how strongly (0..1), the purchase, and how long it lasts."""

    row: int
    strength: float
    signal: Signal
    lasts_days: float | None
    """None: it is not used up."""


@dataclass(frozen=True, slots=True)
class History:
    """One person's signals, sorted out against one view."""

    signals: tuple[Signal, ...]
    due: tuple[Due, ...]
    blocked: frozenset[int]
    """Rows never to be picked: just bought, or bought once and not used up."""
    turned_away: frozenset[int]
    """Rows they said no to, and did not put into the basket since."""
    demoted: dict[int, float]
    """Factor by row, below 1: returned, passed over, or shown in an e-mail of late."""
    rows: Mapping[str, int]
    """The row of each product of the signals that the catalog has."""
    bought: frozenset[int]
    """Rows of everything they ever bought."""
    by_kind: Kinds

    def of(self, kind: str, since: datetime) -> list[Signal]:
        """Signals of one kind that are not older than `since`, newest first."""
        found = [signal for signal in self.by_kind.get(kind, ()) if signal.at >= since]
        return sorted(found, key=_AT_AND_ID, reverse=True)


def decay(now: datetime, at: datetime, half_life_days: float) -> float:
    """1 now, a half after `half_life_days`; the future counts as now."""
    return float(0.5 ** (max((now - at) / DAY, 0.0) / half_life_days))


def _lasting(view: CatalogView, bought: Mapping[int, Signal]) -> dict[int, float | None]:
    """How long each purchase lasts, by row: as long as it lasts this person, else by the feed's word, else as its
    category does; None: it is not used up."""
    said = view.columns.table["lasts"][list(bought)].tolist()
    found: dict[int, float | None] = {}
    for (row, signal), days in zip(bought.items(), said, strict=True):
        paced = signal.paced_days
        found[row] = paced if paced is not None else days or signal.lasts_days
    return found


def again_strength(signal: Signal, lasts_days: float | None, now: datetime, *, rebuys: bool = False) -> float:
    """How much a bought product is due again, 0..1; 0 means it must not be offered. For a shop that learned nothing.

    What is used up from three quarters of its life, from half of it by the person's own pace. Others when they were
    bought more than once, from half the person's own gap; without moments, after 30 days. After as long what was
    bought once, by somebody who `rebuys` things.
    """
    elapsed = now - signal.at
    if lasts_days is None:
        if elapsed < _may_come_back_after(signal):
            return 0.0
        if signal.times > 1:
            return habit(signal, now)
        return ONCE_FACTOR * habit(signal, now) if rebuys else 0.0
    lives = elapsed / DAY / lasts_days
    if lives < DUE_FROM and (signal.paced_days is None or lives <= OWN_DUE_FROM):
        return 0.0
    return float(_staple(signal.times) * 0.5 ** max(0.0, (lives - LOW_UNTIL) / LOW_UNTIL))


def _may_come_back_after(signal: Signal) -> timedelta:
    if len(signal.moments) < 2:
        return JUST_BOUGHT
    gap = (signal.moments[0] - signal.moments[-1]) / (len(signal.moments) - 1)
    return max(OWN_DUE_FROM * gap, SAME_PURCHASE_DAYS * DAY)


def habit(signal: Signal, now: datetime) -> float:
    """0.5..1: how firmly somebody buys it, each purchase worth a half after 120 days. The order of this alone found
    the next purchase nearly as well as all that was learned."""
    weight = 0.0
    # In seconds, as a year of purchases is read for every e-mail; a moment to come counts as now.
    for at in signal.moments or (signal.at,) * signal.times:
        ago = (now - at).total_seconds()
        weight += 0.5 ** (ago / HABIT_SECONDS) if ago > 0.0 else 1.0
    return LEAST_HABIT + (1.0 - LEAST_HABIT) * weight / (1.0 + weight)


def _staple(times: int) -> float:
    """0.7 for what was bought once, 1 from the fourth purchase on."""
    return ONCE_FACTOR + (1.0 - ONCE_FACTOR) * min(1.0, (times - 1) / STAPLE_TIMES)


def learned_strength(signal: Signal, *, habitual: bool, waits: bool, now: datetime) -> float | None:
    """The same by what the shop's customers did: do they come back for it, do they wait? 0 on the day it was bought,
    and for a tenth of the person's own pace, at most a week; where they do not wait, 0 for some hours.

    None where neither they nor this person come back for it, which leaves it to the rules of `again_strength`.
    """
    paced = signal.paced_days
    if not habitual and paced is None:
        return None
    days = (now - signal.at) / DAY
    own_pace = SAME_PURCHASE_DAYS if paced is None else max(SAME_PURCHASE_DAYS, min(TOO_SOON * paced, AT_MOST_DAYS))
    soon = own_pace if waits else SAME_VISIT_DAYS
    return 0.0 if days < soon else habit(signal, now)


def _strengths(
    view: CatalogView,
    bought: Mapping[int, Signal],
    lasts: Mapping[int, float | None],
    now: datetime,
    *,
    rebuys: bool,
) -> dict[int, float]:
    """How much each product bought is due again, by row. `lasts`: how long each of them lasts.

    By what was learned where that rests on enough, else by the feed's word on how long a unit lasts, else the rules.
    """
    bound = view.learned
    if bound is None or not bound.shop.repeats.known:
        return {row: again_strength(signal, lasts[row], now, rebuys=rebuys) for row, signal in bought.items()}
    repeats, numbers = bound.shop.repeats, bound.numbers_at(np.array(list(bought), dtype=np.int32))
    habitual, often = repeats.are_habitual(numbers).tolist(), (repeats.intervals[numbers] >= ENOUGH_INTERVALS).tolist()
    known = (numbers != NOWHERE).tolist()
    found = {}
    for (row, signal), is_known, come_back, enough in zip(bought.items(), known, habitual, often, strict=True):
        if not is_known:
            found[row] = again_strength(signal, lasts[row], now, rebuys=rebuys)
        elif not enough and lasts[row] is not None and lasts[row] != signal.lasts_days:
            # The feed's word on how long a unit lasts, where what was learned rests on little.
            found[row] = again_strength(signal, lasts[row], now)
        else:
            learned = learned_strength(signal, habitual=come_back, waits=repeats.waits, now=now)
            found[row] = again_strength(signal, lasts[row], now) if learned is None else learned
    return found


def _rebuys(bought: Iterable[Signal]) -> bool:
    """Does this person buy things again?"""
    times = [signal.times for signal in bought]
    again = sum(count > 1 for count in times)
    return again >= REBUYS and again >= REBUYS_SHARE * len(times)


def is_running_low(signal: Signal, lasts_days: float | None, now: datetime) -> bool:
    """True while "you may be running low" is a fair thing to say."""
    return lasts_days is not None and DUE_FROM <= (now - signal.at) / DAY / lasts_days <= LOW_UNTIL


def _newest_purchases(rows: Mapping[str, int], bought: Iterable[Signal]) -> dict[int, Signal]:
    """The last purchase of each product the catalog has."""
    newest: dict[int, Signal] = {}
    for signal in bought:
        row = rows.get(signal.product_id)
        if row is not None and (row not in newest or signal.at > newest[row].at):
            newest[row] = signal
    return newest


def _carted_after(
    view: CatalogView, rows: Mapping[str, int], carted: Iterable[Signal], bought: dict[int, Signal]
) -> set[int]:
    """Rows put into the basket after they, or another variant of theirs, were bought: the person said so."""
    put = ((rows.get(signal.product_id), signal.at) for signal in carted)
    return {row for row, at in put if row is not None and _is_bought_before(view, row, at, bought)}


def _is_bought_before(view: CatalogView, row: int, at: datetime, bought: dict[int, Signal]) -> bool:
    """Whether something of the item of `row` was bought, and all of that before `at`."""
    moments = [bought[other].at for other in (row, *view.columns.variants(row).tolist()) if other in bought]
    return bool(moments) and at > max(moments)


def _variants(
    view: CatalogView,
    bought: Mapping[int, Signal],
    lasts: Mapping[int, float | None],
    strengths: Mapping[int, float],
    now: datetime,
) -> Iterator[int]:
    """Other colours and sizes of what was just bought and is not used up, and of what is used up but not yet due: who
    has a bag of coffee needs no larger one. What they bought beside it is due by itself."""
    for row, signal in bought.items():
        lasting = lasts[row] is None
        if lasting and now - signal.at < JUST_BOUGHT:
            yield from view.columns.variants(row).tolist()
        elif not lasting and strengths[row] == 0.0:
            yield from (other for other in view.columns.variants(row).tolist() if not strengths.get(other))


def _demoted(rows: Mapping[str, int], kinds: Kinds, now: datetime) -> dict[int, float]:
    factors: dict[int, float] = {}
    for kind in ("picked_before", *DEMOTED):
        for signal in kinds.get(kind, ()):
            row = rows.get(signal.product_id)
            if row is not None:
                factors[row] = factors.get(row, 1.0) * _factor(signal, now)
    return factors


def _factor(signal: Signal, now: datetime) -> float:
    if signal.kind == "picked_before":
        return 1.0 - SHOWN_FACTOR * decay(now, signal.at, SHOWN_HALF_LIFE_DAYS)
    return DEMOTED[signal.kind]


def _turned_away(rows: Mapping[str, int], kinds: Kinds) -> frozenset[int]:
    carted = {signal.product_id: signal.at for signal in kinds.get("carted", ())}
    named = (
        signal.product_id
        for signal in kinds.get("turned_away", ())
        if not carted.get(signal.product_id, signal.at) > signal.at
    )
    return frozenset(rows[name] for name in named if name in rows)


def _by_kind(signals: Iterable[Signal]) -> Kinds:
    found: dict[str, list[Signal]] = {}
    for signal in signals:
        found.setdefault(signal.kind, []).append(signal)
    return found


def read_history(view: CatalogView, signals: tuple[Signal, ...], now: datetime) -> History:
    """Sort a person's signals out."""
    kinds = _by_kind(signals)
    purchases = kinds.get("bought", ())
    names = list(dict.fromkeys(signal.product_id for signal in signals))
    found = zip(names, view.corpus.rows(names).tolist(), strict=True)
    rows = {name: row for name, row in found if row != GONE}
    bought = _newest_purchases(rows, purchases)
    lasts = _lasting(view, bought)
    strengths = _strengths(view, bought, lasts, now, rebuys=_rebuys(purchases))
    wanted = _carted_after(view, rows, kinds.get("carted", ()), bought)
    blocked = {row for row, strength in strengths.items() if strength == 0.0}
    blocked.update(_variants(view, bought, lasts, strengths, now))
    due = tuple(Due(row, strengths[row], bought[row], lasts[row]) for row in sorted(bought) if strengths[row] > 0)
    return History(
        signals=signals,
        due=due,
        blocked=frozenset(blocked - wanted),
        turned_away=_turned_away(rows, kinds),
        demoted=_demoted(rows, kinds, now),
        rows=rows,
        bought=frozenset(bought),
        by_kind=kinds,
    )


def without_blocked(allowed: Mask, history: History) -> Mask:
    """`allowed` [n] less what this person must not be offered."""
    return _without(allowed, history.blocked)


def without_turned_away(allowed: Mask, history: History) -> Mask:
    """`allowed` [n] less what this person said no to."""
    return _without(allowed, history.turned_away)


def _without(allowed: Mask, rows: Iterable[int]) -> Mask:
    mask = allowed.copy()
    mask[list(rows)] = False
    return mask


def never_bought(allowed: Mask, history: History) -> Mask:
    """`allowed` [n] less everything this person ever bought."""
    return _without(allowed, history.bought)
