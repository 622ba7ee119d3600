"""Signed-in browsers, and links that sign somebody in once. Of both only a SHA-256 is kept: 256 random bits need no
slower hash."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from api.studio.accounts import Account, read
from api.studio.browsers import browser_of
from api.studio.tables import AccountRow, SessionRow, SignInLinkRow
from store import clock

IDLE = timedelta(hours=12)
"""A browser that was not seen for so long is signed out."""
LONGEST = timedelta(days=7)
LINK_LASTS = timedelta(minutes=15)
INVITATION_LASTS = timedelta(days=3)
FRESH = timedelta(minutes=30)
"""For so long after coming in by a link, a password may be chosen without the old one."""
_SEEN_EVERY = timedelta(minutes=5)
_HANDLE = 16


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever is signed in, and what their forms must bring."""

    account: Account
    csrf: str
    stale: bool = False
    """`seen_at` wants writing again."""
    came_by_link: bool = False
    """A short while ago."""


@dataclass(frozen=True, slots=True)
class Browser:
    """A browser that is signed in."""

    handle: str
    """Names it among those of one account, and opens nothing."""
    name: str
    signed_in_at: datetime
    seen_at: datetime
    this: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A link that may still be used."""

    account: Account
    invitation: bool


async def open_session(session: AsyncSession, account_id: str, *, user_agent: str = "", by_link: bool = False) -> str:
    """Sign a browser in; its cookie. Always a new one: what a browser brought along before is worth nothing."""
    token, now = secrets.token_urlsafe(32), clock.now()
    await _forget_old(session, now)
    session.add(
        SessionRow(
            hash=_digest(token),
            account_id=account_id,
            csrf=secrets.token_urlsafe(32),
            browser=browser_of(user_agent),
            by_link=by_link,
            created_at=now,
            seen_at=now,
        )
    )
    (await session.get_one(AccountRow, account_id)).seen_at = now
    await session.flush()
    return token


async def find_visitor(session: AsyncSession, token: str) -> Visitor | None:
    """Who signed in with this cookie; None where nobody did, or too long ago, or the account is disabled."""
    row = await session.get(SessionRow, _digest(token))
    now = clock.now()
    if row is None or now - row.seen_at > IDLE or now - row.created_at > LONGEST:
        return None
    account = read(await session.get_one(AccountRow, row.account_id))
    if account.disabled:
        return None
    fresh = row.by_link and now - row.created_at < FRESH
    return Visitor(account, row.csrf, stale=now - row.seen_at > _SEEN_EVERY, came_by_link=fresh)


async def note_seen(session: AsyncSession, token: str) -> None:
    """The browser is still in use."""
    row = await session.get(SessionRow, _digest(token))
    if row is not None:
        row.seen_at = clock.now()
        (await session.get_one(AccountRow, row.account_id)).seen_at = row.seen_at


async def close_session(session: AsyncSession, token: str) -> None:
    """Sign a browser out."""
    await session.execute(delete(SessionRow).where(col(SessionRow.hash) == _digest(token)))


async def close_browser(session: AsyncSession, account_id: str, handle: str) -> None:
    """Sign out one browser of this account."""
    if len(handle) == _HANDLE and handle.isalnum():
        mine = col(SessionRow.account_id) == account_id
        await session.execute(delete(SessionRow).where(mine, col(SessionRow.hash).startswith(handle, autoescape=True)))


async def close_sessions(session: AsyncSession, account_id: str, *, but: str = "") -> int:
    """Sign out every browser of this account, but the one with the cookie `but`. How many there were."""
    mine = select(SessionRow).where(col(SessionRow.account_id) == account_id, col(SessionRow.hash) != _digest(but))
    rows = (await session.execute(mine)).scalars().all()
    for row in rows:
        await session.delete(row)
    await session.flush()
    return len(rows)


async def browsers(session: AsyncSession, account_id: str, *, this: str = "") -> list[Browser]:
    """Where this account is signed in, last used first; `this` is the cookie of who asks."""
    now = clock.now()
    query = (
        select(SessionRow)
        .where(col(SessionRow.account_id) == account_id, col(SessionRow.seen_at) > now - IDLE)
        .where(col(SessionRow.created_at) > now - LONGEST)
        .order_by(col(SessionRow.seen_at).desc())
    )
    own = _digest(this)
    rows = (await session.execute(query)).scalars()
    return [
        Browser(row.hash[:_HANDLE], row.browser or "A browser", row.created_at, row.seen_at, row.hash == own)
        for row in rows
    ]


async def make_link(
    session: AsyncSession, account_id: str, lasts: timedelta = LINK_LASTS, *, invitation: bool = False
) -> str:
    """The token of a link that signs this account in, once."""
    token = secrets.token_urlsafe(32)
    await _forget_old(session, clock.now())
    session.add(
        SignInLinkRow(hash=_digest(token), account_id=account_id, invitation=invitation, expires_at=clock.now() + lasts)
    )
    await session.flush()
    return token


async def revoke_links(session: AsyncSession, account_id: str) -> None:
    """No link that was made for this account works any more."""
    await session.execute(delete(SignInLinkRow).where(col(SignInLinkRow.account_id) == account_id))


async def find_link(session: AsyncSession, token: str) -> Link | None:
    """Whom this link would sign in; it stays as it is."""
    return await _link(session, await session.get(SignInLinkRow, _digest(token)))


async def use_link(session: AsyncSession, token: str) -> Link | None:
    """Whom this link signs in, once, also when it is used twice at the same moment; None where it no longer works."""
    row = await session.get(SignInLinkRow, _digest(token), with_for_update=True)
    link = await _link(session, row)
    if row is not None and link is not None:
        row.used_at = clock.now()
    return link


async def _link(session: AsyncSession, row: SignInLinkRow | None) -> Link | None:
    if row is None or row.used_at is not None or clock.now() > row.expires_at:
        return None
    account = read(await session.get_one(AccountRow, row.account_id))
    return None if account.disabled else Link(account, row.invitation)


async def _forget_old(session: AsyncSession, now: datetime) -> None:
    over = or_(col(SessionRow.seen_at) < now - IDLE, col(SessionRow.created_at) < now - LONGEST)
    await session.execute(delete(SessionRow).where(over))
    await session.execute(delete(SignInLinkRow).where(col(SignInLinkRow.expires_at) < now))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
