"""What the database does wrong, as our own error types. The one place that reads driver errors.

InvalidInput
├── NulCharacter          a text that no database keeps
└── UnstorableValue       half a character, or a number that is too long
Unavailable
└── DatabaseUnavailable   cannot be reached or opened
    ├── DatabaseBusy      someone else holds the lock; try again
    ├── DiskFull          nothing was written
    ├── DatabaseReadOnly  the file or server refuses writes
    ├── DatabaseCorrupt   not a database, or damaged
    ├── NotMigrated       the schema is not the one this version needs
    └── MigrationFailed   a step of bringing it there failed
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from sqlalchemy import exc

from store.errors import InvalidInput, PenfriendError, Unavailable

SQLITE_PRIMARY_CODE = 0xFF
"""SQLite's extended codes keep the primary code in the low byte (sqlite.org/rescode.html)."""
STEP_SHOWN = 200
"""Characters of a statement that failed."""


class DatabaseUnavailable(Unavailable):
    """The database cannot be reached or opened."""

    reason = "database_unavailable"


class DatabaseBusy(DatabaseUnavailable):
    """Another transaction held the lock for longer than we wait."""

    reason = "database_busy"


class DiskFull(DatabaseUnavailable):
    """No space left where the database lives. The transaction was rolled back."""

    reason = "disk_full"
    retryable = False


class DatabaseReadOnly(DatabaseUnavailable):
    """The database refuses writes."""

    reason = "database_readonly"
    retryable = False


class DatabaseCorrupt(DatabaseUnavailable):
    """The file is damaged, or no database at all."""

    reason = "database_corrupt"
    retryable = False


class NotMigrated(DatabaseUnavailable):
    """The schema is not the one this version of Penfriend needs."""

    reason = "not_migrated"
    retryable = False


class MigrationFailed(DatabaseUnavailable):
    """A step of the migration failed; nothing was changed."""

    reason = "migration_failed"
    retryable = False


def not_migrated(found: str | None) -> NotMigrated:
    """The error for a database at revision `found` (None: no schema at all)."""
    if found is None:
        return NotMigrated("The database has no tables of Penfriend's yet.", fix="Run `penfriend migrate`.")
    return NotMigrated(
        f"The database is older than this version of Penfriend (its schema is {found}).",
        fix="Run `penfriend migrate`.",
    )


def _busy() -> DatabaseBusy:
    return DatabaseBusy("The database is busy.", fix="Try again; if it lasts, look for a long-running write.")


def _disk_full() -> DiskFull:
    return DiskFull(
        "The disk that holds the database is full; nothing was written.",
        fix="Free some space and repeat the command.",
    )


def _readonly() -> DatabaseReadOnly:
    return DatabaseReadOnly(
        "The database may not be written to.",
        fix="Give this user write access to the database file and its folder, or use a primary server.",
    )


def _damaged_file() -> DatabaseCorrupt:
    # A backup comes last: it lacks what was accepted since, and often it is a process that is wrong and not the file.
    return DatabaseCorrupt(
        "The database file is damaged or not a database.",
        fix="Stop every process of Penfriend (SIGTERM, not kill -9), copy the file with its -wal, run `sqlite3 FILE "
        "'PRAGMA integrity_check'`. If it says ok, start again; if not, restore a backup, or try `.recover` on the "
        "copy. Never delete a -wal: it holds what was accepted last.",
    )


def _damaged_on_server() -> DatabaseCorrupt:
    return DatabaseCorrupt(
        "The server reports damaged data.",
        fix="Its log says where. Stop Penfriend and copy the data directory; an index is mended by REINDEX, a table by "
        "a standby or a backup.",
    )


def _unreachable(detail: str) -> DatabaseUnavailable:
    return DatabaseUnavailable(
        f"The database cannot be reached: {detail.strip()}.",
        fix="Check the database URL, that the server runs (or the folder exists), and the permissions.",
    )


def _from_sqlite(error: sqlite3.Error) -> DatabaseUnavailable | None:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & SQLITE_PRIMARY_CODE
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return _busy()
    if code == sqlite3.SQLITE_FULL:
        return _disk_full()
    if code == sqlite3.SQLITE_READONLY:
        return _readonly()
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return _damaged_file()
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PERM):
        return _unreachable(str(error))
    if "no such table" in str(error):
        return not_migrated(None)
    return None


def _from_postgres(error: psycopg.Error) -> DatabaseUnavailable | None:
    errors = psycopg.errors
    if isinstance(error, errors.UndefinedTable):
        return not_migrated(None)
    if isinstance(error, errors.DiskFull):
        return _disk_full()
    if isinstance(error, errors.ReadOnlySqlTransaction):
        return _readonly()
    if isinstance(error, errors.DataCorrupted | errors.IndexCorrupted):
        return _damaged_on_server()
    busy = errors.DeadlockDetected, errors.SerializationFailure, errors.LockNotAvailable, errors.QueryCanceled
    if isinstance(error, busy):
        return _busy()
    if isinstance(error, psycopg.OperationalError):
        return _unreachable(str(error))
    return None


class NulCharacter(InvalidInput):
    """A text to be written, or asked for, holds a character that PostgreSQL keeps in none."""

    reason = "nul_character"


class UnstorableValue(InvalidInput):
    """A text to be written, or asked for, holds half a character, or a number is longer than 64 bits."""

    reason = "unstorable_value"


@contextmanager
def storable() -> Iterator[None]:
    """Around values on their way to a driver, which would fail in words of its own."""
    try:
        yield
    except (UnicodeEncodeError, OverflowError, struct.error) as error:
        raise UnstorableValue(
            "A text holds half a character (a lone surrogate), or a number is longer than 64 bits.",
            fix="Send texts in UTF-8, and numbers from -2^63 to 2^63 - 1.",
        ) from error


def _is_about_nul(error: psycopg.Error) -> bool:
    """psycopg refuses one in a text itself; the server one in an array of ours, or escaped in a JSON document."""
    in_json = isinstance(error, psycopg.errors.UntranslatableCharacter) and "\\u0000" in str(error)
    # Words of the server's may be in another language; the byte it names is not.
    in_array = isinstance(error, psycopg.errors.CharacterNotInRepertoire) and ": 0x00" in str(error)
    return in_json or in_array or (isinstance(error, psycopg.DataError) and "NUL (0x00)" in str(error))


def translate(error: exc.SQLAlchemyError) -> PenfriendError | None:
    """Our error for a driver's, or None where it is a programming error or a constraint."""
    if isinstance(error, exc.TimeoutError):
        return _busy()
    orig = getattr(error, "orig", None)
    if isinstance(orig, psycopg.Error) and _is_about_nul(orig):
        return NulCharacter("A text holds a NUL character.", fix="Send it without.")
    if isinstance(orig, sqlite3.Error):
        return _from_sqlite(orig)
    if isinstance(orig, psycopg.Error):
        return _from_postgres(orig)
    return None


def is_there_already(error: exc.IntegrityError, table: str) -> bool:
    """Was a row refused because another one of `table` has its key? Of PostgreSQL, where two write at once."""
    orig = error.orig
    return isinstance(orig, psycopg.errors.UniqueViolation) and orig.diag.table_name == table


@contextmanager
def translated() -> Iterator[None]:
    """Raise our errors in place of the driver's."""
    try:
        yield
    except exc.SQLAlchemyError as error:
        ours = translate(error)
        if ours is None:
            raise
        raise ours from error


@contextmanager
def migrating() -> Iterator[None]:
    """As `translated`, around the steps of a migration: a table missing there is no reason to migrate."""
    try:
        yield
    except exc.SQLAlchemyError as error:
        ours = translate(error)
        if ours is None or isinstance(ours, NotMigrated):
            raise _migration_failed(error) from error
        raise ours from error


def _migration_failed(error: exc.SQLAlchemyError) -> MigrationFailed:
    """Names the statement without its values, and of PostgreSQL's words those that quote no row."""
    orig = getattr(error, "orig", None)
    said = orig.diag.message_primary if isinstance(orig, psycopg.Error) else orig
    step = " ".join((getattr(error, "statement", None) or "").split())[:STEP_SHOWN]
    return MigrationFailed(
        f"The database could not be brought to this version; nothing was changed. What failed: {said or error}"
        + (f", at: {step}." if step else "."),
        fix="Keep the database as it is, go on with the version that last used it, and report this message.",
    )
