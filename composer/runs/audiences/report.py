"""Whom an audience reaches, before anything is started: how many, who may be written to, where they stand."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from composer.permission import Errand, Permission, Question, permissions
from composer.runs.audiences.judging import Person
from composer.runs.audiences.members import BadRow, Members
from composer.runs.audiences.reading import CUSTOMER, Progress, silent
from memory.contacting.quiet import next_allowed
from memory.rebuild import load_states
from memory.state import empty
from store import clock
from store.ids import CustomerId

READ_AT_ONCE = 500
LOOKED_AT = 1_000
"""Customers whose lifecycle is looked up: shares among a thousand are right to about three points of a hundred."""
SHOWN = 5
PREVIEWED = 3
"""Customers of each locale who may be written to and are kept in mind for previews."""
_KNOWN = select(CUSTOMER.id, CUSTOMER.external_id, CUSTOMER.locale, CUSTOMER.timezone).where(
    CUSTOMER.external_id.in_(bindparam("customers", expanding=True))
)


class AudienceReport(BaseModel):
    """What is known of an audience without composing for it."""

    customers: int
    unknown: int
    """Ids that memory does not know: where consent is needed they end as failed, `unknown_customer`."""
    duplicates: int = 0
    """How often a list or file named somebody again."""
    rejected: int = 0
    """Lines of a file that name nobody; the first of them are in `issues`."""
    issues: list[BadRow] = []
    may_be_written_to: int
    """Those in `deferred` included."""
    refusals: dict[str, int] = {}
    """Known customers who may not be written to, by reason: `no_consent`, `unsubscribed`, `holdout`, `capped` …"""
    deferred: dict[str, int] = {}
    """Known customers who may be written to, but not yet, by reason: `capped`, `too_soon`."""
    deferred_until: datetime | None = None
    """When the first of these may."""
    quiet_now: int = 0
    """Known customers in whose time zone it is in the brand's quiet hours: what goes out now, goes to them later."""
    locales: dict[str, int] = {}
    """Known customers by locale, most first; empty where none is known."""
    lifecycle: dict[str, int] = {}
    """Known customers of a sample by stage."""
    samples: list[str] = []
    """A few customer ids."""


@dataclass
class Described:
    """The report, and for each locale a few customers who may be written to."""

    report: AudienceReport
    previewed: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class _Known:
    customer_id: CustomerId
    external_id: str
    locale: str
    timezone: str | None


@dataclass
class _Counted:
    known: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    deferred: Counter[str] = field(default_factory=Counter)
    until: datetime | None = None
    quiet_now: int = 0
    locales: Counter[str] = field(default_factory=Counter)
    previewed: dict[str, list[str]] = field(default_factory=dict)

    def take(self, one: _Known, answer: Permission) -> None:
        self.known += 1
        if answer.until is not None:
            self.deferred[answer.reason] += 1
            self.until = min(self.until or answer.until, answer.until)
        elif not answer.granted:
            self.refusals[answer.reason] += 1
        self.locales[one.locale] += 1
        if (answer.granted or answer.until) and len(kept := self.previewed.setdefault(one.locale, [])) < PREVIEWED:
            kept.append(one.external_id)


async def describe(
    session: AsyncSession, members: Members, errand: Errand, *, progress: Progress = silent
) -> Described:
    """Permission is asked as composing will ask it, for the current moment. Only reads."""
    counted, total, done = _Counted(), len(members), 0
    rules, now = errand.version.contact_rules, clock.now()
    for batch in members.batches(READ_AT_ONCE):
        known = await _known(session, batch)
        answers = await permissions(session, errand, {one.external_id: Question(one) for one in known})
        for one in known:
            counted.take(one, answers[one.external_id])
            counted.quiet_now += next_allowed(rules, one.timezone, now) > now
        done += len(batch)
        progress(done, total)
    unknown = total - counted.known
    strangers = 0 if errand.version.brand.consent_required else unknown
    report = AudienceReport(
        customers=total,
        unknown=unknown,
        duplicates=members.duplicates,
        rejected=members.rejected,
        issues=members.issues,
        may_be_written_to=counted.known - counted.refusals.total() + strangers,
        refusals=dict(counted.refusals.most_common()),
        deferred=dict(counted.deferred.most_common()),
        deferred_until=counted.until,
        quiet_now=counted.quiet_now,
        locales=dict(counted.locales.most_common()),
        lifecycle=await _lifecycles(session, members),
        samples=members.sample(SHOWN),
    )
    return Described(report, counted.previewed)


async def _known(session: AsyncSession, customers: Sequence[str]) -> list[_Known]:
    rows = await session.execute(_KNOWN, {"customers": list(customers)})
    return [_Known(CustomerId(id_), external_id, locale or "", zone) for id_, external_id, locale, zone in rows]


async def _lifecycles(session: AsyncSession, members: Members) -> dict[str, int]:
    sample, stages = await asyncio.to_thread(members.sample, LOOKED_AT), Counter[str]()
    for start in range(0, len(sample), READ_AT_ONCE):
        known = await _known(session, sample[start : start + READ_AT_ONCE])
        states = await load_states(session, [one.customer_id for one in known])
        for one in known:
            state = states.get(one.customer_id) or empty()
            stages[Person(one.external_id, members.as_of, state).lifecycle] += 1
    return dict(stages.most_common())
