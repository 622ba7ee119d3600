"""One webhook call, from its bytes to memory: verified, read, deduplicated, counted; answered when it is committed."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import timedelta

import structlog
from pydantic import BaseModel
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import TooLarge
from api.hooks import counts, secrets
from api.hooks.model import IGNORED, Call, Passed, Provider, Reading, Unsigned
from api.hooks.tables import HookTokenRow
from api.outcomes import EVENTS, remember
from composer.telemetry import hook_refused, hook_reported
from store import clock
from store.database import Database
from store.errors import NotFound
from store.upsert import insert_or_ignore, table_of

log = structlog.get_logger("penfriend.hooks")

MOST_REPORTS = 5_000
"""In one call. SendGrid, who sends most at once, posts up to 768 KB: some thousand."""
TOKENS_KEPT = timedelta(days=2)
"""Longer than any signature is believed."""
REPEATED = Passed("repeated", "")
_REPLAYED = Passed("repeated", "token")
_TOKEN = table_of(HookTokenRow)


class HookNotSet(NotFound):
    """Nothing was added that this provider's webhooks could be verified with."""

    reason = "hook_not_set"


class HookReport(BaseModel):
    """What became of a call's reports. A provider wants the status alone; people read this when they try it."""

    accepted: int = 0
    duplicates: int = 0
    """Known before, or said twice."""
    ignored: int = 0
    """Of a kind that tells nothing about an e-mail's outcome: queued, deferred …"""
    rejected: dict[str, int] = {}
    """Reason -> how many: of e-mails that are not ours, of people who were erased, unreadable."""


async def receive(database: Database, provider: Provider, call: Call) -> HookReport:
    """Believe what is signed, and remember it. Raises what `admit` and `take` raise."""
    await admit(database, provider, call)
    return await take(database, provider, call)


async def admit(database: Database, provider: Provider, call: Call) -> None:
    """Returns if the provider sent this. Raises HookNotSet, Unsigned, MalformedBody, Unavailable."""
    async with database.session(readonly=True) as session:
        known = await secrets.of(session, provider.name)
    if not known:
        hook_refused(provider.name, HookNotSet.reason)
        raise HookNotSet(
            f"Nothing was added that webhooks of {provider.title} could be verified with.",
            fix=f"Run `penfriend hooks add {provider.name}`.",
        )
    try:
        await provider.admit(call, known)
    except Unsigned as error:
        hook_refused(provider.name, error.reason)
        log.warning("hook_refused", provider=provider.name, reason=error.reason)
        raise


async def take(database: Database, provider: Provider, call: Call) -> HookReport:
    """Remember what an admitted call says. Raises MalformedBody, TooLarge, Unavailable."""
    reading = provider.read(call)
    found = len(reading.outcomes) + len(reading.passed)
    if found > MOST_REPORTS:
        raise TooLarge(f"{found} reports in one call; at most {MOST_REPORTS:,} are taken.", fix="Send several calls.")
    async with database.session() as session:
        report, counted = await _take(session, provider.name, reading)
        await counts.add(session, provider.name, counted)
    for (kind, reason), n in counted.items():
        hook_reported(provider.name, kind if kind in EVENTS else "other", reason or "placed", n)
    return report


async def _take(session: AsyncSession, provider: str, reading: Reading) -> tuple[HookReport, Counter[Passed]]:
    if reading.token and not await _first_time(session, provider, reading.token):
        n = len(reading.outcomes) + len(reading.passed)
        return HookReport(duplicates=n), Counter({_REPLAYED: n})
    done = await remember(session, reading.outcomes)
    passed = [*reading.passed]
    passed += [
        Passed(outcome.type, error.reason if (error := done.refused.get(place)) else "")
        for place, outcome in enumerate(reading.outcomes)
    ]
    counted = Counter(passed)
    if done.duplicates:
        counted[REPEATED] = done.duplicates
    rejected: Counter[str] = Counter(one.reason for one in passed if one.reason not in ("", IGNORED))
    ignored = sum(one.reason == IGNORED for one in passed)
    report = HookReport(accepted=done.accepted, duplicates=done.duplicates, ignored=ignored, rejected=dict(rejected))
    return report, counted


async def _first_time(session: AsyncSession, provider: str, token: str) -> bool:
    """Remembers it. Who asks at the same time waits until this transaction ends."""
    now = clock.now()
    await session.execute(delete(_TOKEN).where(_TOKEN.c.at < now - TOKENS_KEPT))
    digest = hashlib.sha256(f"{provider}\n{token}".encode()).hexdigest()
    insert = insert_or_ignore(session, HookTokenRow).values(digest=digest, at=now).returning(_TOKEN.c.digest)
    return (await session.execute(insert)).first() is not None
