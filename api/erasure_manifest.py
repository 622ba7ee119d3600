"""What a restored backup must be told: who was erased since it was made. A file of one line an erasure, apart from the
database, to be kept where the backups are. It holds keyed hashes and moments, and names nobody.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from memory.privacy.registry import columns_naming, is_personal
from memory.privacy.tombstones import index_of
from memory.tables import Customer, CustomerAlias
from store.crypto import Keyring
from store.errors import InvalidInput
from store.evidence import Progress

_FILE_MODE = 0o600
_READ_AHEAD = 1_000
_CUSTOMERS = select(col(Customer.id), col(Customer.external_id), col(Customer.created_at))
_VISITORS = select(col(Customer.id), col(CustomerAlias.anonymous_id), col(Customer.created_at)).join(
    CustomerAlias, col(CustomerAlias.customer_id) == col(Customer.id)
)


class BadManifest(InvalidInput):
    """A line of the manifest cannot be read."""

    reason = "bad_manifest"


@dataclass(frozen=True, slots=True)
class Line:
    """One erasure."""

    at: datetime
    indexes: frozenset[str]


def note(path: Path, keyring: Keyring, ids: Sequence[str], at: datetime) -> None:
    """Add a line, and wait until it is on the disk."""
    line = {"at": at.isoformat(), "ids": [index_of(keyring, one) for one in ids]}
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, _FILE_MODE)
    with os.fdopen(handle, "ab") as file:
        file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
        file.flush()
        os.fsync(file.fileno())


def read(path: Path) -> Iterator[Line]:
    """The lines of a manifest; of a file that is not there, none. Raises BadManifest."""
    if not path.exists():
        return
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                document = orjson.loads(line)
                yield Line(datetime.fromisoformat(document["at"]), frozenset(map(str, document["ids"])))
            except (ValueError, KeyError, TypeError) as error:
                raise BadManifest(
                    "This line is no erasure.", pointer=f"line {number}", fix="Restore the file from its own backup."
                ) from error


async def back_again(session: AsyncSession, keyring: Keyring, lines: Sequence[Line], progress: Progress) -> list[str]:
    """Who of those erased is in the database all the same: ids to erase them by.

    Somebody made after their erasure has come back by themselves, and stays.
    """
    erased_at: dict[str, datetime] = {}
    for line in lines:
        for index in line.indexes:
            erased_at[index] = max(line.at, erased_at.get(index, line.at))
    found: dict[str, None] = {}
    for number, query in enumerate((_CUSTOMERS, _VISITORS)):
        progress("looking for people who were erased", number, 2)
        rows = await session.stream(query.execution_options(yield_per=_READ_AHEAD))
        async for customer_id, name, made_at in rows:
            gone = erased_at.get(index_of(keyring, name or customer_id))
            if gone is not None and made_at <= gone:
                found[customer_id] = None
    return [*found, *await _named_elsewhere(session, keyring, erased_at)]


async def _named_elsewhere(session: AsyncSession, keyring: Keyring, erased_at: dict[str, datetime]) -> list[str]:
    """Who is in runs or e-mails, but not in memory."""
    known = select(col(Customer.external_id)).where(col(Customer.external_id).is_not(None))
    found: dict[str, None] = {}
    for table in filter(is_personal, SQLModel.metadata.sorted_tables):
        for name in columns_naming(table, "external"):
            if table.name == "customer":
                continue
            named = select(table.c[name]).where(table.c[name].not_in(known)).distinct()
            rows = await session.stream_scalars(named.execution_options(yield_per=_READ_AHEAD))
            found |= {str(one): None async for one in rows if index_of(keyring, str(one)) in erased_at}
    return list(found)
