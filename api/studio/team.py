"""What may be done to accounts, and by whom; each change is written to the audit log.

Two things cannot happen: a studio without an admin, and somebody who takes their own rights away by accident.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from api import audit
from api.studio import attempts
from api.studio.accounts import (
    Account,
    UnknownAccount,
    create_account,
    fit_name,
    known_role,
    read,
    row_of,
)
from api.studio.passwords import BadPassword, compare, hashed
from api.studio.sessions import (
    INVITATION_LASTS,
    Visitor,
    browsers,
    close_browser,
    close_sessions,
    make_link,
    revoke_links,
)
from api.studio.tables import AccountRow
from store import clock
from store.database import Database
from store.errors import Conflict


class LastAdmin(Conflict):
    """Nobody would be left who may invite people."""

    reason = "last_admin"


class OwnAccount(Conflict):
    """People do not change their own role, nor shut themselves out."""

    reason = "own_account"


class AccountDisabled(Conflict):
    """Somebody who may not sign in gets no link."""

    reason = "account_disabled"


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of the team, as the page lists them."""

    account: Account
    browsers: int
    """In which they are signed in."""


async def members(session: AsyncSession) -> list[Member]:
    """Everybody, disabled people last, in the order in which they came."""
    rows = (await session.execute(select(AccountRow).order_by(col(AccountRow.id)))).scalars().all()
    found = [Member(read(row), len(await browsers(session, row.id))) for row in rows]
    return sorted(found, key=lambda member: member.account.disabled)


async def invite(session: AsyncSession, address: str, name: str, role: str) -> tuple[Account, str]:
    """Make an account, and the token of the link that its owner comes in by. Raises AccountExists, InvalidInput."""
    account = await create_account(session, address, name, role)
    token = await make_link(session, account.id, INVITATION_LASTS, invitation=True)
    await audit.append(session, "account.invite", account.id, why=f"as {account.role}")
    return account, token


async def new_link(session: AsyncSession, account_id: str) -> tuple[Account, str]:
    """Another link; those made before no longer work. Raises UnknownAccount, AccountDisabled."""
    row = await _row(session, account_id)
    if row.disabled_at is not None:
        raise AccountDisabled("This account is disabled.", fix="Enable it first.")
    await revoke_links(session, account_id)
    token = await make_link(session, account_id, INVITATION_LASTS, invitation=True)
    await audit.append(session, "account.link", account_id)
    return read(row), token


async def set_role(session: AsyncSession, account_id: str, role: str, *, by: str = "") -> Account:
    """`by` is the account that wants it. Raises UnknownAccount, OwnAccount, LastAdmin, InvalidInput."""
    row = await _row(session, account_id)
    wanted = known_role(role)
    if wanted == row.role:
        return read(row)
    if by == account_id:
        raise OwnAccount("You cannot change your own role.", fix="Ask another admin to do it.")
    if row.role == "admin":
        await _need_another_admin(session, account_id)
    why, row.role = f"{row.role} to {wanted}", wanted
    await audit.append(session, "account.role", account_id, why=why)
    return read(row)


async def disable(session: AsyncSession, account_id: str, *, by: str = "") -> Account:
    """No longer in, from the next request on. Raises UnknownAccount, OwnAccount, LastAdmin."""
    row = await _row(session, account_id)
    if row.disabled_at is not None:
        return read(row)
    if by == account_id:
        raise OwnAccount("You cannot disable your own account.", fix="Ask another admin to do it.")
    if row.role == "admin":
        await _need_another_admin(session, account_id)
    row.disabled_at = clock.now()
    await revoke_links(session, account_id)
    await close_sessions(session, account_id)
    await audit.append(session, "account.disable", account_id)
    return read(row)


async def enable(session: AsyncSession, account_id: str) -> Account:
    """May sign in again, as before. Raises UnknownAccount."""
    row = await _row(session, account_id)
    if row.disabled_at is not None:
        row.disabled_at = None
        await audit.append(session, "account.enable", account_id)
    return read(row)


async def sign_out_everywhere(session: AsyncSession, account_id: str) -> int:
    """How many browsers were signed out; links end too. Raises UnknownAccount."""
    await _row(session, account_id)
    await revoke_links(session, account_id)
    count = await close_sessions(session, account_id)
    await audit.append(session, "account.sign_out_everywhere", account_id)
    return count


async def rename(session: AsyncSession, account_id: str, name: str) -> None:
    """Raises UnknownAccount, InvalidInput."""
    row, name = await _row(session, account_id), fit_name(name)
    if row.name != name:
        row.name = name
        await audit.append(session, "account.rename", account_id)


def asks_old_password(visitor: Visitor) -> bool:
    """Whether the old password is needed for a new one: not where there is none, nor just after a link."""
    return visitor.account.has_password and not visitor.came_by_link


async def change_password(
    database: Database, visitor: Visitor, old: str, new: str, *, cookie: str, client: str
) -> None:
    """Choose a password; other browsers are signed out, and links no longer work. Raises BadPassword.

    Compared and hashed outside any transaction, as in `api.studio.entering`.
    """
    async with database.session(readonly=True) as session:
        before = await _row(session, visitor.account.id)
    if asks_old_password(visitor):
        await _require_old(database, before, old, client)
    if new.casefold() in (before.address.casefold(), before.name.casefold()):
        raise BadPassword("Your name and your address are the first that is tried.", pointer="/password")
    chosen = await hashed(new)
    async with database.session() as session:
        row = await _row(session, before.id)
        if row.password_hash != before.password_hash:
            raise BadPassword("Your password was changed meanwhile.", pointer="/password", fix="Load the page again.")
        row.password_hash = chosen
        await revoke_links(session, row.id)
        await close_sessions(session, row.id, but=cookie)
        await audit.append(session, "account.password", row.id)


async def _require_old(database: Database, row: AccountRow, old: str, client: str) -> None:
    """In three steps: count the try, compare, take it back where it was right."""
    async with database.session() as session:
        may_try = await attempts.may_try(session, row.address, client)
    if not may_try:
        raise BadPassword("Too many wrong passwords. Wait 15 minutes.", pointer="/old")
    if not (await compare(old, row.password_hash))[0]:
        raise BadPassword("This is not your password of now.", pointer="/old")
    async with database.session() as session:
        await attempts.was_right(session, row.address, client)


async def sign_out_browser(session: AsyncSession, account_id: str, handle: str) -> None:
    """Sign out one browser of one's own."""
    await close_browser(session, account_id, handle)
    await audit.append(session, "account.sign_out", account_id, why="in another browser")


async def sign_out_others(session: AsyncSession, account_id: str, *, cookie: str) -> None:
    """Sign out every browser of one's own but this one."""
    await close_sessions(session, account_id, but=cookie)
    await revoke_links(session, account_id)
    await audit.append(session, "account.sign_out_everywhere", account_id, why="but one")


async def account_named(session: AsyncSession, address: str) -> Account:
    """Raises UnknownAccount."""
    row = await row_of(session, address)
    if row is None:
        raise UnknownAccount(
            "Nobody with this address has an account.", fix="`penfriend users list` shows who has one."
        )
    return read(row)


async def _row(session: AsyncSession, account_id: str) -> AccountRow:
    row = await session.get(AccountRow, account_id)
    if row is None:
        raise UnknownAccount("There is no such account.", fix="Load the team page again.")
    return row


async def _need_another_admin(session: AsyncSession, account_id: str) -> None:
    """Locked in one order: two admins who disable each other at the same moment must not both succeed."""
    query = select(AccountRow).where(col(AccountRow.role) == "admin", col(AccountRow.disabled_at).is_(None))
    admins = (await session.execute(query.order_by(col(AccountRow.id)).with_for_update())).scalars().all()
    if all(admin.id == account_id for admin in admins):
        raise LastAdmin("Nobody else is an admin.", fix="Make somebody else an admin first.")
