"""What each provider's webhooks are verified with: kept encrypted, several at once while one is exchanged."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from api import audit
from api.hooks.model import Provider
from api.hooks.tables import HookSecretRow
from store import clock
from store.errors import Conflict, NotFound
from store.ids import new_hook_secret_id

MOST = 5
"""Of one provider: two while one is exchanged, and a few for accounts or topics of their own."""
_SHOWN = 4


class UnknownHookSecret(NotFound):
    """No secret has this id."""

    reason = "unknown_hook_secret"


class TooManyHookSecrets(Conflict):
    """One more would be more than anybody keeps in view."""

    reason = "too_many_hook_secrets"


class HookSecret(BaseModel):
    """One of them, as it is shown."""

    id: str
    provider: str
    ends_with: str
    created_at: datetime


async def add(session: AsyncSession, provider: Provider, secret: str) -> tuple[HookSecret, str]:
    """Believe what is signed with this from now on, too. Returns also the secret itself, to be shown once.

    Raises BadSecret, TooManyHookSecrets.
    """
    checked = provider.checked(secret)
    if checked in await of(session, provider.name):
        raise TooManyHookSecrets("This one is there already.", fix="`penfriend hooks list` shows all.")
    count = select(func.count()).where(col(HookSecretRow.provider) == provider.name)
    if int((await session.execute(count)).scalar_one()) >= MOST:
        raise TooManyHookSecrets(
            f"{provider.title} has {MOST} already.", fix="Remove one that is no longer in use: penfriend hooks remove."
        )
    row = HookSecretRow(id=new_hook_secret_id(), provider=provider.name, secret=checked, created_at=clock.now())
    session.add(row)
    await session.flush()
    await audit.append(session, "hook.add", row.id, why=provider.name)
    return _shown(row), checked


async def remove(session: AsyncSession, secret_id: str) -> HookSecret:
    """Believe what is signed with it no more. Raises UnknownHookSecret."""
    row = await session.get(HookSecretRow, secret_id)
    if row is None:
        raise UnknownHookSecret(f"There is no secret {secret_id!r}.", fix="`penfriend hooks list` shows all.")
    shown = _shown(row)
    await session.delete(row)
    await session.flush()
    await audit.append(session, "hook.remove", secret_id, why=shown.provider)
    return shown


async def every(session: AsyncSession) -> list[HookSecret]:
    """All, by provider, the oldest first; only their last characters."""
    query = select(HookSecretRow).order_by(col(HookSecretRow.provider), col(HookSecretRow.id))
    return [_shown(row) for row in (await session.execute(query)).scalars()]


async def of(session: AsyncSession, provider: str) -> list[str]:
    """The secrets themselves, the newest first."""
    query = select(HookSecretRow).where(col(HookSecretRow.provider) == provider).order_by(col(HookSecretRow.id).desc())
    return [row.secret for row in (await session.execute(query)).scalars()]


def _shown(row: HookSecretRow) -> HookSecret:
    return HookSecret(id=row.id, provider=row.provider, ends_with=f"…{row.secret[-_SHOWN:]}", created_at=row.created_at)
