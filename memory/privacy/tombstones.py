"""Who was erased does not come back with old events.

Of each id of an erased person a keyed hash is kept, with the moment of the erasure. What is said to have happened
before is refused (`erased`); what happens afterwards is a new person's: whoever returns is welcome (GDPR, article 17,
is about data, not about people).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import exists, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from memory.privacy.tables import ErasedRow
from store.crypto import Keyring
from store.types import keyring_of
from store.upsert import insert_or_replace, table_of

ERASURE_LOCK = 7_365_285
"""Any constant: on PostgreSQL, erasures hold it alone, and writers about people share it."""
_PURPOSE = "erased"
_ERASED = table_of(ErasedRow)
_ANY = select(exists(select(_ERASED.c.index)))


async def share(session: AsyncSession) -> None:
    """Until this transaction ends nobody is erased: what it has read about people stays true.

    SQLite has one writer at a time, which comes to the same.
    """
    await _lock(session, "pg_advisory_xact_lock_shared")


async def alone(session: AsyncSession) -> None:
    """Wait for all who write about people, and keep them out until this transaction ends."""
    await _lock(session, "pg_advisory_xact_lock")


async def _lock(session: AsyncSession, function: str) -> None:
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text(f"SELECT {function}({ERASURE_LOCK})"))


async def bury(session: AsyncSession, erasure_id: str, ids: Sequence[str], before: datetime) -> None:
    """Remember that the bearers of `ids` were erased."""
    keyring = keyring_of(session)
    rows = [{"index": index_of(keyring, one), "erasure_id": erasure_id, "before": before} for one in ids]
    if rows:
        await session.execute(insert_or_replace(session, ErasedRow), rows)


async def erased(session: AsyncSession, ids: Iterable[str]) -> dict[str, datetime]:
    """Those of `ids` (customers', visitors', e-mails') whose bearers were erased, and when. At most some thousand.

    Costs one look at an empty table where nobody ever was.
    """
    if not (await session.execute(_ANY)).scalar_one():
        return {}
    keyring = keyring_of(session)
    by_index = {index_of(keyring, one): one for one in ids}
    query = select(col(ErasedRow.index), col(ErasedRow.before)).where(col(ErasedRow.index).in_(by_index))
    return {by_index[index]: before for index, before in (await session.execute(query)).all()}


def index_of(keyring: Keyring, one: str) -> str:
    """The blind index under which the erasure of an id is remembered."""
    return keyring.blind_index(_PURPOSE, one)
