"""Coming in: by a password or by a link; each way, and each refusal, is written to the audit log.

A password is compared outside any transaction: it takes a tenth of a second, and SQLite has one writer at a time.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from api import audit
from api.studio import attempts
from api.studio.accounts import row_of
from api.studio.passwords import compare
from api.studio.sessions import close_session, open_session, use_link
from api.studio.tables import AccountRow
from store.database import Database

STRANGER = "visitor"
"""Actor of whoever is not signed in."""
WRONG = "The address or the password is wrong."
TOO_MANY = (
    "Too many wrong passwords. Wait 15 minutes, or come in by a link: an admin can make one on the team page, "
    "and `penfriend studio` on the machine that it runs on."
)


@dataclass(frozen=True, slots=True)
class Knock:
    """Who is at the door."""

    client: str
    """IP address; empty where unknown."""
    user_agent: str
    cookie: str
    """Of a session that ends here, or empty."""


@dataclass(frozen=True, slots=True)
class Entered:
    """Signed in."""

    cookie: str
    invited: bool = False
    """By an invitation: a password is to be chosen."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Not signed in, and what the form says: the same whether anybody has the address or not."""

    reason: str


async def by_password(database: Database, address: str, password: str, knock: Knock) -> Entered | Refused:
    """In three steps: count the try, compare, write down what came of it."""
    async with database.session() as session:
        if not await attempts.may_try(session, address, knock.client):
            return Refused(TOO_MANY)
        row = await row_of(session, address)
    right, newer = await compare(password, row.password_hash if row else "")
    async with database.session() as session:
        account = await session.get(AccountRow, row.id) if row else None
        # Changed meanwhile: what was compared is no longer the password.
        same = account is not None and row is not None and account.password_hash == row.password_hash
        if account is None or not (same and right) or account.disabled_at is not None:
            audit.act_as(STRANGER)
            await audit.append(session, "account.sign_in_refused", account.id if account else "")
            return Refused(WRONG)
        account.password_hash = newer or account.password_hash
        await attempts.was_right(session, address, knock.client)
        return await _enter(session, account.id, knock)


async def by_link(session: AsyncSession, token: str, knock: Knock) -> Entered | None:
    """None where the link no longer works."""
    link = await use_link(session, token)
    if link is None:
        return None
    return await _enter(session, link.account.id, knock, by_link=True, invited=link.invitation)


async def leave(session: AsyncSession, account_id: str, cookie: str) -> None:
    """Out, in this browser."""
    await close_session(session, cookie)
    await audit.append(session, "account.sign_out", account_id)


async def _enter(
    session: AsyncSession, account_id: str, knock: Knock, *, by_link: bool = False, invited: bool = False
) -> Entered:
    if knock.cookie:
        await close_session(session, knock.cookie)
    cookie = await open_session(session, account_id, user_agent=knock.user_agent, by_link=by_link)
    audit.act_as(f"account:{account_id}")
    await audit.append(session, "account.sign_in", account_id, why="by a link" if by_link else "by a password")
    return Entered(cookie, invited)
