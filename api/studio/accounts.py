"""People who work in the studio: who they are, and what they may do."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from api.studio.passwords import hashed
from api.studio.tables import AccountRow
from store import clock
from store.crypto import Keyring
from store.errors import Conflict, InvalidInput, NotFound
from store.ids import new_account_id
from store.types import keyring_of

Role = Literal["viewer", "reviewer", "editor", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
"""Each may do all that those before it may."""
MAY: dict[Role, str] = {
    "viewer": "reads everything but changes nothing",
    "reviewer": "approves, rejects and edits e-mails, and corrects what is remembered",
    "editor": "also edits campaigns, starts runs, and accepts the samples that let them leave",
    "admin": "also releases runs without an accepted sample, invites people, exports and erases customers, and reads "
    "the audit log",
}
LONGEST_NAME = 100
LONGEST_ADDRESS = 254
"""Characters (RFC 5321, 4.5.3.1.3)."""
_ADDRESS = re.compile(r"[^\s@<>\"]+@[^\s@<>\"]+")


class UnknownAccount(NotFound):
    """Nobody with this id or address works here."""

    reason = "unknown_account"


class AccountExists(Conflict):
    """Somebody with this address works here already."""

    reason = "account_exists"


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in."""

    id: str
    address: str
    name: str
    role: Role
    disabled: bool = False
    has_password: bool = False
    seen_at: datetime | None = None

    def may(self, role: Role) -> bool:
        """Whether this account may do what `role` may."""
        return not self.disabled and ROLES.index(self.role) >= ROLES.index(role)


async def create_account(
    session: AsyncSession, address: str, name: str, role: str, *, password: str | None = None
) -> Account:
    """Make an account; without a password its owner comes in by a link. Raises AccountExists, InvalidInput."""
    address = fit_address(address)
    if await row_of(session, address) is not None:
        raise AccountExists(
            "Somebody with this address works here already.", pointer="/address", fix="Change their role instead."
        )
    row = AccountRow(
        id=new_account_id(),
        address=address,
        address_key=address_key(keyring_of(session), address),
        name=fit_name(name),
        role=known_role(role),
        password_hash="" if password is None else await hashed(password),
        created_at=clock.now(),
    )
    session.add(row)
    await session.flush()
    return read(row)


async def find_account(session: AsyncSession, address: str) -> Account | None:
    """Whoever signs in with this address."""
    row = await row_of(session, address)
    return None if row is None else read(row)


async def names_of(session: AsyncSession) -> dict[str, str]:
    """The name of every account, by its id; of disabled ones too."""
    return {row.id: row.name for row in (await session.execute(select(AccountRow))).scalars()}


def fit_address(address: str) -> str:
    """Trimmed. Raises InvalidInput for what is no address."""
    address = address.strip()
    if len(address) > LONGEST_ADDRESS or _ADDRESS.fullmatch(address) is None:
        raise InvalidInput(
            "This is not an e-mail address.", pointer="/address", fix="Write it as in anna@shop.example."
        )
    return address


def fit_name(name: str) -> str:
    """Trimmed, without marks that turn or hide text. Raises InvalidInput for none, or a very long one."""
    name = " ".join("".join(sign for sign in name if sign.isspace() or unicodedata.category(sign)[0] != "C").split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise InvalidInput(
            f"A name has 1 to {LONGEST_NAME} characters.", pointer="/name", fix="Write what colleagues call them."
        )
    return name


def known_role(role: str) -> Role:
    """Raises InvalidInput."""
    for one in ROLES:
        if one == role:
            return one
    raise InvalidInput(f"There is no role {role!r}.", pointer="/role", fix=f"Roles are: {', '.join(ROLES)}.")


def read(row: AccountRow) -> Account:
    """As the rest of the studio may know it."""
    return Account(
        id=row.id,
        address=row.address,
        name=row.name,
        role=known_role(row.role),
        disabled=row.disabled_at is not None,
        has_password=bool(row.password_hash),
        seen_at=row.seen_at,
    )


async def row_of(session: AsyncSession, address: str) -> AccountRow | None:
    """The row of whoever signs in with this address."""
    query = select(AccountRow).where(col(AccountRow.address_key) == address_key(keyring_of(session), address))
    return (await session.execute(query)).scalar_one_or_none()


def address_key(keyring: Keyring, address: str) -> str:
    """What an address is found by: a keyed hash, whatever its case."""
    return keyring.blind_index("studio address", address.strip().casefold())
