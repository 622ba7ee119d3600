"""The audit log: who did what about whom, and why; append-only, each entry chained to the one before.

An entry's hash is a keyed one (HMAC-SHA256) over its content and the hash before it, as in Schneier & Kelsey, "Secure
audit logs to support computer forensics" (1999): whoever can write to the database but has not the keyring cannot
change, insert or remove an entry in the middle unnoticed. That the newest entries were cut off shows when the head
that was noted elsewhere is no longer in the chain.

It names nobody: customers by our id, which leads nowhere once they are erased, contents by keyed hashes.
"""

from __future__ import annotations

import getpass
from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from api.tables import AuditRow
from store import clock
from store.crypto import Keyring
from store.errors import InvalidInput
from store.types import keyring_of

AUDIT_LOCK = 7_365_286
"""Any constant: those who append take turns."""
ITSELF = "penfriend"
"""Who does what nobody asked for: the jobs of `penfriend serve`."""
MAX_WHY = 200
READ_AHEAD = 1_000


class BadReason(InvalidInput):
    """A reason that may not stand in the audit log."""

    reason = "bad_reason"


class Entry(BaseModel):
    """One entry, as it is shown."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    at: datetime
    actor: str
    action: str
    about: str
    why: str
    before: str | None
    after: str | None
    hash: str


class Chain(BaseModel):
    """What a verification came to."""

    entries: int
    intact: bool
    broken_at: int | None = None
    """The first entry that is not what was written, or that another is missing before."""
    head: str
    """Hash of the newest entry: note it elsewhere, and ask for it later."""
    has_expected: bool | None = None
    """Is the head that was noted earlier in the chain? None where none was asked for."""


_actor: ContextVar[str | None] = ContextVar("audit_actor", default=None)


def act_as(actor: str) -> None:
    """What this task, and those it starts, do from now on is done by `actor`: `key:…`, or `ITSELF`."""
    _actor.set(actor)


def actor() -> str:
    """Who acts now; the user of the command line where nobody else was named."""
    return _actor.get() or f"user:{getpass.getuser()}"[:100]


async def append(
    session: AsyncSession,
    action: str,
    about: str = "",
    *,
    why: str = "",
    before: Any = None,
    after: Any = None,
) -> None:
    """Write that `actor()` did this, in the transaction in which it is done; last in it, as others wait for its end.

    `before` and `after` are JSON documents; only their keyed hashes are kept. Raises BadReason.
    """
    if len(why) > MAX_WHY or "@" in why:
        raise BadReason(
            "The reason has an address in it, or more than 200 characters.",
            pointer="why",
            fix="Give a short reason or a ticket's number: the audit log names nobody.",
        )
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text(f"SELECT pg_advisory_xact_lock({AUDIT_LOCK})"))
    newest = select(col(AuditRow.id), col(AuditRow.hash)).order_by(col(AuditRow.id).desc()).limit(1)
    head = (await session.execute(newest)).first()
    number, chained = (0, "") if head is None else (head.id, head.hash)
    keyring = keyring_of(session)
    row = AuditRow(
        id=number + 1,
        at=clock.now(),
        actor=actor(),
        action=action,
        about=about,
        why=why,
        before=_content_hash(keyring, before),
        after=_content_hash(keyring, after),
        hash="",
    )
    row.hash = _hash(keyring, chained, row)
    session.add(row)
    await session.flush()


async def entries(
    session: AsyncSession, *, limit: int = 50, before: int | None = None, about: str = "", actor: str = ""
) -> list[Entry]:
    """The newest first, beginning behind entry `before`; of one thing or customer (`about`), or all.

    `actor` is one, or a kind of them as `user:`.
    """
    query = select(AuditRow).order_by(col(AuditRow.id).desc()).limit(limit)
    if before is not None:
        query = query.where(col(AuditRow.id) < before)
    if about:
        query = query.where(col(AuditRow.about) == about)
    if actor:
        by = col(AuditRow.actor)
        query = query.where(by.startswith(actor, autoescape=True) if actor.endswith(":") else by == actor)
    return [Entry.model_validate(row) for row in (await session.execute(query)).scalars()]


async def verify(session: AsyncSession, *, expected: str = "", progress: Callable[[int], None]) -> Chain:
    """Go through the whole chain; `expected` is a head noted earlier."""
    keyring = keyring_of(session)
    rows = await session.stream_scalars(
        select(AuditRow).order_by(col(AuditRow.id)).execution_options(yield_per=READ_AHEAD)
    )
    chained, number, broken, met = "", 0, None, expected == ""
    async for row in rows:
        right = row.id == number + 1 and row.hash == _hash(keyring, chained, row)
        if not right and broken is None:
            broken = row.id
        met = met or row.hash == expected
        chained, number = row.hash, row.id
        if number % READ_AHEAD == 0:
            progress(number)
    return Chain(
        entries=number,
        intact=broken is None and met,
        broken_at=broken,
        head=chained,
        has_expected=met if expected else None,
    )


def _hash(keyring: Keyring, chained: str, row: AuditRow) -> str:
    content = [chained, row.id, row.at.isoformat(), row.actor, row.action, row.about, row.why, row.before, row.after]
    return keyring.sign("audit", orjson.dumps(content)).hex()


def _content_hash(keyring: Keyring, document: Any) -> str | None:
    if document is None:
        return None
    return keyring.sign("audit content", orjson.dumps(document, option=orjson.OPT_SORT_KEYS, default=str)).hex()
