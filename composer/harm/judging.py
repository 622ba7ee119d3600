"""Which rules were broken. Pure: equal counts, equal findings.

Every hour is a look. In a year in which nothing changes, one shop in twenty gets an alarm at most, whatever its number
of flows and campaigns: `ALPHA` is shared among scopes, measures, rules, and the stretches of time of a year. Stretches
begin on fixed days, the same for everybody, so that nothing is chosen by what was seen: short ones, to see what rises
now, and long ones, for shops that send little.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from math import log

from composer.harm.counting import DAY, Count, midnight, within
from composer.harm.evidence import RISE, above_before, above_limit, above_others
from composer.harm.model import Alarm, Finding, Key, Level, Limits, Measure, Rule, Scope, Seen

ALPHA = 0.05
STRETCHES = (timedelta(days=14), timedelta(days=84))
BEFORE = timedelta(days=84)
READ = STRETCHES[-1] + BEFORE
"""As far back as anything is counted."""
LATE = timedelta(days=7)
"""A short stretch that is over is looked at for so long: complaints come days after e-mails."""
SETTLED = timedelta(days=3)
"""Most complaints and unsubscribes are in by then."""
ENOUGH = 3
"""Happenings that the bar would have brought, before an alarm closes by itself."""
USUAL: Mapping[Measure, float] = {Measure.COMPLAINTS: 0.0003, Measure.UNSUBSCRIBES: 0.003}
_EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
_EVER = datetime(9999, 1, 1, tzinfo=UTC)
_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days that are counted together."""

    since: datetime
    until: datetime
    alpha: float
    """Its part of `ALPHA`."""


def stretches(now: datetime) -> list[Stretch]:
    """Those that are looked at at a moment."""
    found = []
    for length in STRETCHES:
        since = _EPOCH + (now - _EPOCH) // length * length
        alpha = ALPHA / len(STRETCHES) / (_YEAR // length + 1)
        found.append(Stretch(since, since + length, alpha))
        if length is STRETCHES[0] and now - since < LATE:
            found.append(Stretch(since - length, since, alpha))
    return found


def judge(
    found: Sequence[Count],
    now: datetime,
    limits: Limits,
    *,
    closed: Mapping[Key, datetime] | None = None,
    standing: Collection[Key] = (),
) -> list[Finding]:
    """At most one finding a key, and none of a key that stands. What one campaign explains is held against it alone,
    not against its flow and the shop, which would fall back with it; likewise a flow.

    `closed`: when the newest alarm of a key was closed; what was sent until then counts no more.
    """
    scopes = {scope: _of(found, scope) for scope in _scopes(found)}
    needed = log(max(1, len(scopes)) * len(Measure) * len(Rule))
    explained = {key: midnight(at) + DAY for key, at in (closed or {}).items()} | dict.fromkeys(standing, _EVER)
    broken: list[Finding] = []
    for scope, own in scopes.items():
        for measure in Measure:
            key = Key(scope, measure)
            left = [one for one in own if not _explained(one, key, explained)]
            one = None if key in standing else _worst(key, left, found, now, limits, needed)
            if one is not None:
                broken.append(one)
                explained[key] = _EVER
    return broken


def over(found: Sequence[Count], alarm: Alarm, now: datetime) -> Seen | None:
    """What was sent since an alarm, where the rate is back at its bar; None where it is not, or too little was sent."""
    since, until = midnight(alarm.raised_at) + DAY, now - SETTLED
    seen = total(_of(within(found, since, until), alarm.key.scope), alarm.measure)
    enough = seen.emails * alarm.bar >= ENOUGH
    return seen if enough and seen.rate <= alarm.bar else None


def total(found: Iterable[Count], measure: Measure) -> Seen:
    """All of them together."""
    return sum((one.seen(measure) for one in found), Seen())


def _scopes(found: Iterable[Count]) -> list[Scope]:
    """The narrowest first."""
    campaigns = sorted({Scope(Level.CAMPAIGN, one.campaign) for one in found})
    flows = sorted({Scope(Level.FLOW, one.flow) for one in found})
    return [*campaigns, *flows, Scope(Level.SHOP)] if campaigns else []


def _of(found: Sequence[Count], scope: Scope) -> list[Count]:
    return [one for one in found if scope in _around(one)]


def _around(one: Count) -> tuple[Scope, ...]:
    return Scope(Level.CAMPAIGN, one.campaign), Scope(Level.FLOW, one.flow), Scope(Level.SHOP)


def _explained(one: Count, key: Key, explained: Mapping[Key, datetime]) -> bool:
    """Whether it counts no more: for what was closed, or since it is held against a scope within this one."""
    within_ = takewhile(lambda scope: scope != key.scope, _around(one))
    return any(one.day < explained.get(Key(scope, key.measure), _EPOCH) for scope in (*within_, key.scope))


def _worst(
    key: Key, own: Sequence[Count], found: Sequence[Count], now: datetime, limits: Limits, needed: float
) -> Finding | None:
    """Of all rules that are broken the first, in the stretch in which it speaks the loudest."""
    others = [one for one in found if not one.learned]
    for rule in Rule:
        broken = [
            one
            for stretch in stretches(now)
            if (one := _finding(key, rule, own, others, stretch, limits)).evidence >= needed - log(stretch.alpha)
        ]
        if broken:
            return max(broken, key=lambda one: one.evidence)
    return None


def _finding(
    key: Key, rule: Rule, own: Sequence[Count], others: Sequence[Count], stretch: Stretch, limits: Limits
) -> Finding:
    since, now = stretch.since, within(own, stretch.since, stretch.until)
    seen = total(now, key.measure)
    match rule:
        case Rule.LIMIT:
            return _limit(key, since, seen, limits)
        case Rule.LEARNED:
            return _learned(key, since, now, others)
        case Rule.BEFORE:
            return _before(key, since, seen, total(within(own, since - BEFORE, since), key.measure))


def _limit(key: Key, since: datetime, seen: Seen, limits: Limits) -> Finding:
    bar = limits.of(key.measure)
    return Finding(key, Rule.LIMIT, since, seen, Seen(), bar, above_limit(seen, bar, 2 * bar))


def _before(key: Key, since: datetime, seen: Seen, before: Seen) -> Finding:
    usual = USUAL[key.measure]
    return Finding(
        key, Rule.BEFORE, since, seen, before, max(RISE * before.rate, usual), above_before(seen, before, usual)
    )


def _learned(key: Key, since: datetime, own: Sequence[Count], others: Sequence[Count]) -> Finding:
    """Strata are days of a flow: its e-mails that were not decided by what was learned are the other side."""
    learned: dict[tuple[datetime, str], Seen] = defaultdict(Seen)
    beside: dict[tuple[datetime, str], Seen] = defaultdict(Seen)
    for one in own:
        if one.learned:
            learned[one.day, one.flow] += one.seen(key.measure)
    for one in others:
        if (one.day, one.flow) in learned:
            beside[one.day, one.flow] += one.seen(key.measure)
    pairs = [(learned[day], beside[day]) for day in beside]
    seen, against = (sum((pair[side] for pair in pairs), Seen()) for side in (0, 1))
    return Finding(key, Rule.LEARNED, since, seen, against, max(against.rate, USUAL[key.measure]), above_others(pairs))
