"""The schema: which revision the code needs, which one a database has, and the way from one to the other."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

MIGRATIONS = Path(__file__).parent / "migrations"
MIGRATION_LOCK = 7_365_283
"""Any constant: all migrators of one PostgreSQL database must agree on it."""


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


@cache
def _scripts() -> ScriptDirectory:
    """Read once: they are part of the program, and every opening of a database asks for them."""
    return ScriptDirectory.from_config(_config())


def head_revision() -> str | None:
    """The newest revision this version of Penfriend knows."""
    return _scripts().get_current_head()


def known_revisions() -> frozenset[str]:
    """Every revision this version of Penfriend knows."""
    return frozenset(script.revision for script in _scripts().walk_revisions())


def current_revision(connection: Connection) -> str | None:
    """The revision the database is at, None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(connection: Connection) -> None:
    """Bring the schema to head in the caller's transaction. Migrators that come at once take turns."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
