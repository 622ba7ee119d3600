"""Signed-in browsers, and links that sign somebody in once. Of both only a SHA-256 is kept: 256 random bits need no
slower hash."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from api.studio.accounts import Account, read
from api.studio.tables import AccountRow, SessionRow, SignInLinkRow
from store import clock

IDLE = timedelta(hours=12)
"""A browser that was not seen for so long is signed out."""
LONGEST = timedelta(days=7)
LINK_LASTS = timedelta(minutes=15)
_SEEN_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever is signed in, and what their forms must bring."""

    account: Account
    csrf: str
    stale: bool = False
    """`seen_at` wants writing again."""


async def open_session(session: AsyncSession, account_id: str) -> str:
    """Sign a browser in; its cookie."""
    token, now = secrets.token_urlsafe(32), clock.now()
    session.add(
        SessionRow(
            hash=_digest(token), account_id=account_id, csrf=secrets.token_urlsafe(32), created_at=now, seen_at=now
        )
    )
    await session.flush()
    return token


async def find_visitor(session: AsyncSession, token: str) -> Visitor | None:
    """Who signed in with this cookie; None where nobody did, or too long ago, or the account is disabled."""
    row = await session.get(SessionRow, _digest(token))
    now = clock.now()
    if row is None or now - row.seen_at > IDLE or now - row.created_at > LONGEST:
        return None
    account = read(await session.get_one(AccountRow, row.account_id))
    return None if account.disabled else Visitor(account, row.csrf, now - row.seen_at > _SEEN_EVERY)


async def note_seen(session: AsyncSession, token: str) -> None:
    """The browser is still in use."""
    row = await session.get(SessionRow, _digest(token))
    if row is not None:
        row.seen_at = clock.now()


async def close_session(session: AsyncSession, token: str) -> None:
    """Sign a browser out."""
    row = await session.get(SessionRow, _digest(token))
    if row is not None:
        await session.delete(row)


async def make_link(session: AsyncSession, account_id: str, lasts: timedelta = LINK_LASTS) -> str:
    """The token of a link that signs this account in, once."""
    token = secrets.token_urlsafe(32)
    session.add(SignInLinkRow(hash=_digest(token), account_id=account_id, expires_at=clock.now() + lasts))
    await session.flush()
    return token


async def use_link(session: AsyncSession, token: str) -> Account | None:
    """Whom this link signs in; None where it was used, is too old, or was never made."""
    row = await session.get(SignInLinkRow, _digest(token), with_for_update=True)
    if row is None or row.used_at is not None or clock.now() > row.expires_at:
        return None
    row.used_at = clock.now()
    account = read(await session.get_one(AccountRow, row.account_id))
    return None if account.disabled else account


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
