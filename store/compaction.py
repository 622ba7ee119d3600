"""What was deleted leaves the database's files.

SQLite overwrites what it deletes (`PRAGMA secure_delete`, see `store.database`); what was written before still stands
in the write-ahead log until that is copied into the file and cut. PostgreSQL keeps dead rows until VACUUM takes them
out: no dump holds them then, and their space is used again. Older copies of pages (WAL archives, replicas' files,
backups) are the operator's to let expire.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection

from sqlalchemy import text

from store.database import BUSY_TIMEOUT_MS, Database
from store.evidence import Progress
from store.failures import DatabaseUnavailable

PATIENCE_S = 30.0
"""Seconds to wait for readers that still look at the state before: the log cannot be cut under them."""
_WAIT_S = 0.05


class StillBeingRead(DatabaseUnavailable):
    """A long reader keeps the write-ahead log from being cut."""

    reason = "still_being_read"


async def wipe(
    database: Database, tables: Collection[str], progress: Progress, *, patience_s: float = PATIENCE_S
) -> None:
    """Let deleted rows of `tables` leave the database's files, without holding up anybody for long.

    Raises: StillBeingRead, to be tried again later.
    """
    if database.dialect == "sqlite":
        await _cut_log(database, patience_s)
        return
    async with database.maintenance() as connection:
        for number, name in enumerate(sorted(tables)):
            progress("vacuuming", number, len(tables))
            await connection.execute(text(f'VACUUM "{name}"'))


async def rebuild(database: Database, progress: Progress) -> None:
    """Write the whole SQLite file anew, without its free space: for one that was used before deleted rows were
    overwritten. Takes as long as a copy and as much disk; PostgreSQL has `VACUUM FULL` for it, which locks.

    Raises: StillBeingRead.
    """
    if database.dialect == "sqlite":
        progress("writing the database file anew", 0, None)
        async with database.maintenance() as connection:
            await connection.execute(text("VACUUM"))
        await _cut_log(database, PATIENCE_S)


async def _cut_log(database: Database, patience_s: float) -> None:
    """Copy the write-ahead log into the file and cut it to nothing, between others' transactions."""
    until = asyncio.get_running_loop().time() + patience_s
    while not await _is_cut(database):
        if asyncio.get_running_loop().time() > until:
            raise StillBeingRead(
                "The write-ahead log is in use by a long reader.", fix="Run the command again when it has ended."
            )
        await asyncio.sleep(_WAIT_S)


async def _is_cut(database: Database) -> bool:
    async with database.maintenance() as connection:
        # Not waiting here, with the one connection that writes: between two attempts others have it.
        await connection.execute(text("PRAGMA busy_timeout = 0"))
        try:
            busy, _, _ = (await connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))).one()
        finally:
            await connection.execute(text(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}"))
    return not busy
