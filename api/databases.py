"""Opening the database of one installation, and everything that is done to it as a whole."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import ModuleType

import catalog.tables
import composer.bandit.tables
import composer.comparing.tables
import composer.experiments.tables
import composer.facts.tables
import composer.handoff.tables
import composer.handoff.webhooks.tables
import composer.harm.tables
import composer.lessons.tables
import composer.reviews.tables
import composer.runs.tables
import composer.tables
import memory.due.tables
import memory.importers.tables
import memory.predictions.tables
import memory.privacy.tables
import memory.tables
import memory.words.tables
from api import audit, tables
from api.hooks import tables as hooks_tables
from api.settings import Settings
from api.studio import tables as studio_tables
from store.crypto import Keyring, save_keyring
from store.database import Database
from store.errors import Conflict, InvalidInput
from store.files.own import protect
from store.rotation import RotationProgress, rotate

EVERY_ROOMS_TABLES: tuple[ModuleType, ...] = (
    tables,
    hooks_tables,
    studio_tables,
    catalog.tables,
    composer.bandit.tables,
    composer.comparing.tables,
    composer.experiments.tables,
    composer.facts.tables,
    composer.handoff.tables,
    composer.handoff.webhooks.tables,
    composer.harm.tables,
    composer.lessons.tables,
    composer.reviews.tables,
    composer.runs.tables,
    composer.tables,
    memory.due.tables,
    memory.privacy.tables,
    memory.importers.tables,
    memory.predictions.tables,
    memory.tables,
    memory.words.tables,
)
"""Imported, so that a rotation finds every encrypted column, and an erasure every table that names a person."""


class StillWritingOldKeys(Conflict):
    """A process that has not been restarted encrypts with a key that is to be dropped."""

    reason = "still_writing_old_keys"


@asynccontextmanager
async def open_database(settings: Settings, *, check: bool = True) -> AsyncIterator[Database]:
    """The installation's database; `check` refuses one that is not migrated or not ours.

    Raises KeyFileMissing, WrongKey, DatabaseUnavailable and its kinds.
    """
    for own in settings.own_files:
        protect(own)
    database = Database.open(settings.database, settings.load_keyring())
    try:
        if check:
            await database.check()
        yield database
    finally:
        await database.close()


def add_encryption_key(settings: Settings) -> Keyring:
    """Put a fresh key in front of the key file: new data is written with it, old data stays readable.

    Raises InvalidInput when the keys come from the environment, which we cannot write.
    """
    ring = _own_keyring(settings).rotated()
    save_keyring(settings.keys_file, ring)
    return ring


async def reencrypt(settings: Settings) -> AsyncIterator[RotationProgress]:
    """Bring every value under the newest key, then drop the older keys. Resumable: run it again when it stopped.

    Everything is looked through twice: what the second time is still, or again, under an older key was written
    meanwhile by a process that does not know the newest.
    Raises StillWritingOldKeys, and keeps the older keys; InvalidInput where the keys come from the environment.
    """
    ring = _own_keyring(settings)
    async with open_database(settings) as database:
        async for progress in rotate(database, ring, ring):
            yield progress
        late = {str(progress.table): progress.rewritten async for progress in rotate(database, ring, ring)}
        if any(late.values()):
            raise StillWritingOldKeys(
                f"Values were written under an older key meanwhile: {sum(late.values())}.",
                fix="Restart every process that still runs with the older keys, then run the command again.",
            )
        async with database.session() as session:
            await audit.append(session, "encryption_keys.rotate")
    save_keyring(settings.keys_file, ring.newest_only())


def _own_keyring(settings: Settings) -> Keyring:
    if settings.keyring is not None:
        raise InvalidInput(
            "The encryption keys come from PENFRIEND_KEYRING, which this command cannot change.",
            pointer="PENFRIEND_KEYRING",
            fix="Put the keyring into keys.json in the home folder, rotate there, and copy it back.",
        )
    return settings.load_keyring()
