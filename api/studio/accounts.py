"""People who work in the studio: who they are, what they may do, and their passwords (Argon2id, through pwdlib)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from pwdlib import PasswordHash
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

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
    "editor": "also edits campaigns, starts and releases runs",
    "admin": "also invites people, exports and erases customers, and reads the audit log",
}
SHORTEST_PASSWORD = 12
"""Characters; NIST SP 800-63B asks for 8 at least and for no rules about which."""
_HASHER = PasswordHash.recommended()


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

    def may(self, role: Role) -> bool:
        """Whether this account may do what `role` may."""
        return not self.disabled and ROLES.index(self.role) >= ROLES.index(role)


async def create_account(
    session: AsyncSession, address: str, name: str, role: str, *, password: str | None = None
) -> Account:
    """Make an account; without a password its owner comes in by a link. Raises AccountExists, InvalidInput."""
    keyring = keyring_of(session)
    if await row_of(session, address) is not None:
        raise AccountExists(f"{address} has an account already.", pointer="/address", fix="Change its role instead.")
    row = AccountRow(
        id=new_account_id(),
        address=address.strip(),
        address_key=_key(keyring, address),
        name=name.strip(),
        role=known_role(role),
        password_hash="" if password is None else hashed(password),
        created_at=clock.now(),
    )
    session.add(row)
    await session.flush()
    return read(row)


async def find_account(session: AsyncSession, address: str) -> Account | None:
    """Whoever signs in with this address."""
    row = await row_of(session, address)
    return None if row is None else read(row)


def known_role(role: str) -> Role:
    """Raises InvalidInput."""
    for one in ROLES:
        if one == role:
            return one
    raise InvalidInput(f"There is no role {role!r}.", pointer="/role", fix=f"Roles are: {', '.join(ROLES)}.")


def hashed(password: str) -> str:
    """Raises InvalidInput for a password that is too short."""
    if len(password) < SHORTEST_PASSWORD:
        raise InvalidInput(
            f"The password has fewer than {SHORTEST_PASSWORD} characters.",
            pointer="/password",
            fix="Use a longer one: four words in a row are easy to keep in mind.",
        )
    return _HASHER.hash(password)


def read(row: AccountRow) -> Account:
    """As the rest of the studio may know it."""
    return Account(row.id, row.address, row.name, known_role(row.role), row.disabled_at is not None)


async def row_of(session: AsyncSession, address: str) -> AccountRow | None:
    """The row of whoever signs in with this address."""
    query = select(AccountRow).where(col(AccountRow.address_key) == _key(keyring_of(session), address))
    return (await session.execute(query)).scalar_one_or_none()


def _key(keyring: Keyring, address: str) -> str:
    return keyring.blind_index("studio address", address.strip().casefold())
