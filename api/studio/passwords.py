"""Checking passwords: slow hashes in a thread, the same effort for nobody, and a lock after too many tries."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from pwdlib import PasswordHash
from sqlalchemy.ext.asyncio import AsyncSession

from api.studio.accounts import Account, read, row_of
from store import clock

TRIES = 5
"""Wrong passwords in a row before an account is locked for a while."""
LOCK = timedelta(minutes=5)
_WRONG = "The address or the password is wrong."
_HASHER = PasswordHash.recommended()
_NOBODY = _HASHER.hash("nobody signs in with this")


@dataclass(frozen=True, slots=True)
class Refused:
    """Not signed in, and what the form says."""

    reason: str


async def verify(session: AsyncSession, address: str, password: str) -> Account | Refused:
    """The account that this address and password open; failures are counted in the caller's transaction."""
    row = await row_of(session, address)
    if row is not None and row.locked_until is not None and row.locked_until > clock.now():
        return Refused("Too many wrong passwords. Wait five minutes, or ask an admin for a link.")
    # Compared even for nobody: how long a refusal takes must not tell who works here.
    right = await asyncio.to_thread(
        _HASHER.verify, password, row.password_hash if row and row.password_hash else _NOBODY
    )
    if row is None or not right or not row.password_hash or row.disabled_at is not None:
        if row is not None:
            row.failures += 1
            if row.failures >= TRIES:
                row.failures, row.locked_until = 0, clock.now() + LOCK
        return Refused(_WRONG)
    row.failures, row.locked_until = 0, None
    return read(row)
