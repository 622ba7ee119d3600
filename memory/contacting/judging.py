"""May this customer be written to at this moment? Pure: rules, the moment, and what they were sent before.

The hierarchy: a transactional e-mail waits for nothing; a triggered one and a campaign wait for quiet hours, the gap
and the caps, and of the total a campaign leaves `reserved` places to triggered ones. What has to wait is told until
when, and is allowed then unless something else was sent meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

from memory.contacting.quiet import next_allowed
from memory.contacting.rules import MOST_A_WEEK, ContactRules, Kind, Limits

DeferReason = Literal["quiet_hours", "capped", "too_soon", "personal_cap", "paused"]
DEFERRALS: tuple[DeferReason, ...] = get_args(DeferReason)
NO_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Wish:
    """How often the customer wants to hear from the shop at most, and from when on again."""

    limits: Limits = NO_LIMITS
    paused_until: datetime | None = None
    """May be past."""

    @property
    def memory(self) -> timedelta:
        """How far back contacts matter."""
        return max((length for _, length, _ in self.limits.windows()), default=timedelta(0))


NO_WISH = Wish()


@dataclass(frozen=True, slots=True)
class Contacted:
    """An e-mail that was sent, or is about to be."""

    at: datetime
    kind: Kind
    flow: str = ""


@dataclass(frozen=True, slots=True)
class Allowed:
    """Now."""


@dataclass(frozen=True, slots=True)
class Deferred:
    """Not now; asked again at `until`."""

    until: datetime
    reason: DeferReason
    rule: str
    """Which rule holds longest: `quiet_hours`, `min_gap_hours`, `total.week`, `flows.win_back.month`, `wish.week`,
    `learned.week` …"""


@dataclass(frozen=True, slots=True)
class Refused:
    """Not at all: by the time it is allowed it is too late for it."""

    reason: DeferReason
    rule: str


Verdict = Allowed | Deferred | Refused


@dataclass(frozen=True, slots=True)
class Asked:
    """The e-mail that is asked about."""

    kind: Kind
    flow: str = ""
    ahead: bool = False
    """Written now and handed over later: quiet hours are asked about then."""
    latest: datetime | None = None
    """Sent no later than this; None: whenever it is allowed."""


def judge(
    rules: ContactRules,
    asked: Asked,
    now: datetime,
    history: Sequence[Contacted],
    timezone: str | None,
    *,
    wish: Wish = NO_WISH,
    learned: int | None = None,
) -> Verdict:
    """Whether it may go out at `now` (aware), to a customer in `timezone` (IANA; None: the brand's).

    `history` is what they were sent in the last `rules.memory`, in any order; one that is planned for later counts too.
    `learned` is the number of e-mails a week that memory recommends for them, for rules that ask for it; None: no word.
    """
    if asked.kind == "transactional":
        return Allowed()
    moment = now.astimezone(UTC)
    until, reason, rule = moment, "", ""
    for free_at, why, name in _waits(rules, asked, history, wish, learned):
        if free_at > until:
            until, reason, rule = free_at, why, name
    if not asked.ahead and (open_at := next_allowed(rules, timezone, until)) > until:
        until, reason, rule = open_at, "quiet_hours", "quiet_hours"
    if until == moment:
        return Allowed()
    found = _reason(reason)
    if asked.latest is not None and until > asked.latest:
        return Refused(found, rule)
    return Deferred(until, found, rule)


def _waits(
    rules: ContactRules, asked: Asked, history: Sequence[Contacted], wish: Wish, learned: int | None
) -> Iterator[tuple[datetime, str, str]]:
    """(free at, reason, rule) of each rule that something was sent under; the moment may be past."""
    caps = rules.caps
    sent = sorted((one for one in history if one.kind != "transactional"), key=lambda one: one.at)
    if sent and caps.min_gap_hours:
        yield sent[-1].at + timedelta(hours=caps.min_gap_hours), "too_soon", "min_gap_hours"
    kept = caps.reserved if asked.kind == "campaign" else 0
    own = caps.campaign if asked.kind == "campaign" else caps.triggered
    everything = [one.at for one in sent]
    same_kind = [one.at for one in sent if one.kind == asked.kind]
    same_flow = [one.at for one in sent if one.flow == asked.flow]
    yield from _full("total", caps.total, everything, kept)
    yield from _full(asked.kind, own, same_kind)
    yield from _full(f"flows.{asked.flow}", caps.flows.get(asked.flow, NO_LIMITS), same_flow)
    if caps.learned_frequency and learned is not None:
        yield from _full("learned", Limits(week=min(max(learned, 1), MOST_A_WEEK)), everything)
    yield from ((free_at, "personal_cap", rule) for free_at, _, rule in _full("wish", wish.limits, everything))
    if wish.paused_until is not None:
        yield wish.paused_until, "paused", "wish.pause"


def _full(name: str, limits: Limits, sent: Sequence[datetime], kept: int = 0) -> Iterator[tuple[datetime, str, str]]:
    """When each window has room again, `kept` places aside: once the oldest of those that fill it has left it."""
    for window, length, most in limits.windows():
        room = max(most - kept, 1)
        if len(sent) >= room:
            yield sent[-room] + length, "capped", f"{name}.{window}"


def _reason(found: str) -> DeferReason:
    match found:
        case "quiet_hours" | "capped" | "too_soon" | "personal_cap" | "paused":
            return found
        case _:
            raise AssertionError("whoever has to wait waits for a rule")
