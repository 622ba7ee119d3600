"""The first minute of an installation: home folder, encryption keys, settings file, database, admin key."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel

from api.databases import open_database
from api.keys import create_key, list_keys
from api.settings import CONFIG_NAME, CONFIG_TEMPLATE, Settings
from store.crypto import Keyring, WrongKey, save_keyring
from store.database import Database

OWNER_ONLY = 0o700


class InitReport(BaseModel):
    """What was made; what was there already is left alone."""

    home: Path
    made: list[str]
    admin_key: str | None = None
    """Shown once. None when the database has keys already."""


async def init_home(settings: Settings, *, dry_run: bool = False) -> InitReport:
    """Make what is missing. Safe to repeat. Raises WrongKey, DatabaseUnavailable and its kinds, OSError."""
    made = missing_files(settings)
    if dry_run:
        return InitReport(home=settings.home, made=[*made, "database schema", "admin key"])
    settings.home.mkdir(mode=OWNER_ONLY, parents=True, exist_ok=True)
    if CONFIG_NAME in made:
        (settings.home / CONFIG_NAME).write_text(CONFIG_TEMPLATE, encoding="utf-8")
    fresh_keys = settings.keys_file.name in made
    if fresh_keys:
        save_keyring(settings.keys_file, Keyring.generate())
    try:
        token = await _open_for_the_first_time(settings)
    except WrongKey:
        # The database is older than these keys: its own are missing, and ours must not stand in for them.
        if fresh_keys:
            settings.keys_file.unlink()
        raise
    return InitReport(home=settings.home, made=[*made, *(["admin key"] if token else [])], admin_key=token)


def missing_files(settings: Settings) -> list[str]:
    """Names of the files that `init_home` would make."""
    wanted = [settings.home / CONFIG_NAME]
    if settings.keyring is None:
        wanted.append(settings.keys_file)
    return [path.name for path in wanted if not path.exists()]


async def _open_for_the_first_time(settings: Settings) -> str | None:
    async with open_database(settings, check=False) as database:
        await database.migrate()
        return await _first_admin_key(database)


async def _first_admin_key(database: Database) -> str | None:
    async with database.session() as session:
        if await list_keys(session):
            return None
        _, token = await create_key(session, "admin", ["admin"])
        return token
