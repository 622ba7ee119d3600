"""Erasing a person: their rows in one transaction, then the bytes that were left of them, then the proof.

Whatever ends it early, it can be gone on with: before the commit nothing has happened, after it the erasure's row says
what is still to do (`finish_all`).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path

import orjson
import structlog
from sqlalchemy import delete, select
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel, col

from api import audit, erasure_manifest
from api.file_search import files_below, search_files
from api.settings import Settings
from api.tables import IdempotencyRow
from composer.erasing import ComposerForgets, emails_of
from memory.privacy import erasures
from memory.privacy.erasures import Erasure
from memory.privacy.forgetting import forget
from memory.privacy.import_reports import ImportsForget
from memory.privacy.people import Person, find_person, wanted_of
from memory.privacy.registry import Whom, is_personal
from memory.privacy.suppression import suppress
from memory.privacy.tables import ErasureRow
from memory.privacy.tombstones import alone, bury
from store import clock, compaction
from store.database import Database
from store.errors import InvalidInput, NotFound, Unavailable
from store.evidence import Found, Identifier, Progress, Search, Wanted
from store.table_search import search_tables

log = structlog.get_logger("penfriend.erasing")

COPIES = ("uploads", "imports", "exports", "previews")
"""Folders of the home folder with copies of what came in or went out: one that names an erased person goes."""
OWN_RECORDS = frozenset({"erasure"})
"""Not looked into: what a proof looks for stands there, encrypted, until it is done."""
LOOK_EVERY_S = 10.0
_READ_AHEAD = 200


class NobodyToErase(NotFound):
    """No row names such a customer."""

    reason = "unknown_customer"


def silently(_: str, __: int, ___: int | None) -> None:
    """For where nobody watches."""


class EdgeForgets:
    """The answers kept for repeated requests (`Idempotency-Key`), where they name the person or hold their e-mail."""

    tables = frozenset({"idempotency_key"})

    async def forget(self, session: AsyncSession, person: Whom) -> dict[str, int]:
        """See `Forgets.forget`."""
        if not person.written_to_as:
            return {}
        emails = await emails_of(session, person.written_to_as)
        # In quotes: an id may be as short as a number that stands in every answer.
        named = [*(orjson.dumps(one).decode() for one in person.known_as), *emails]
        answered = select(IdempotencyRow).where(col(IdempotencyRow.answer).is_not(None))
        rows = await session.stream_scalars(answered.execution_options(yield_per=_READ_AHEAD))
        gone = [(row.owner, row.key) async for row in rows if _names(row, named)]
        for owner, key in gone:
            its = (col(IdempotencyRow.owner) == owner, col(IdempotencyRow.key) == key)
            await session.execute(delete(IdempotencyRow).where(*its))
        return {"idempotency_key": len(gone)}


def _names(row: IdempotencyRow, named: list[str]) -> bool:
    body = str((row.answer or {}).get("body", ""))
    return any(one in body for one in named)


# The edge goes first: it finds e-mails by rows that the composer then deletes.
ROOMS = (EdgeForgets(), ComposerForgets(), ImportsForget())


@dataclass(frozen=True, slots=True)
class Eraser:
    """Erases people from one installation."""

    settings: Settings
    database: Database

    async def ask(self, customer: str, *, why: str = "") -> Erasure:
        """Remove every row about `customer` (the shop's id, or ours); the files are `finish`'s. Committed on return.

        Of somebody erased before it is that erasure. Raises NobodyToErase, audit.BadReason.
        """
        async with self.database.session() as session:
            await alone(session)
            person = await find_person(session, customer)
            if person is not None:
                row = await self._erase(session, person, customer, why)
            else:
                row = await _before(session, customer)
            return Erasure.of(row)

    async def _erase(self, session: AsyncSession, person: Person, asked: str, why: str) -> ErasureRow:
        now = clock.now()
        wanted = await wanted_of(session, person)
        _refuse_named(why, wanted)
        person = replace(person, known_as=tuple(one.text for one in wanted.identifiers))
        emails = await emails_of(session, person.written_to_as)
        if person.customer_id is not None:
            await suppress(session, person.customer_id)
        # Before the commit: a backup restored later must not lack an erasure that did happen.
        ids = person.ids or (str(person.customer_id),)
        await asyncio.to_thread(erasure_manifest.note, self.settings.erasures_file, self.database.keyring, ids, now)
        removed = await forget(session, person, ROOMS)
        row = await erasures.begin(session, asked, actor=audit.actor(), removed=removed, wanted=wanted, at=now)
        await bury(session, row.id, [*person.ids, *emails], now)
        await audit.append(session, "erase", person.customer_id or row.id, why=why)
        return row

    async def finish(self, erasure_id: str, progress: Progress = silently) -> Erasure:
        """Wipe what the deleted rows left behind, and look for the person everywhere.

        Raises UnknownErasure, Unavailable (a long reader keeps the log, a file cannot be read: try again).
        """
        async with self.database.session(readonly=True) as session:
            row = await erasures.get(session, erasure_id)
        if row.wanted is None:
            return Erasure.of(row)
        search = Search(Wanted.from_json(row.wanted))
        await self._remove_copies(search)
        await compaction.wipe(self.database, _personal_tables(), progress)
        found = await self.look(search, progress)
        if any(one.place in self._database_files() for one in found):
            # A file from before deleted rows were overwritten: its free space may hold anything.
            await compaction.rebuild(self.database, progress)
            found = await self.look(search, progress)
        async with self.database.session() as session:
            done = Erasure.of(await erasures.finish(session, erasure_id, found))
        await compaction.wipe(self.database, OWN_RECORDS, progress)
        return done

    async def finish_all(self) -> None:
        """Go on with erasures that were cut short."""
        async with self.database.session(readonly=True) as session:
            waiting = await erasures.unfinished(session)
        for erasure_id in waiting:
            await self.finish(erasure_id)

    async def look(self, search: Search, progress: Progress) -> list[Found]:
        """Where anything that is looked for stands: in files of this installation, and in its tables."""
        files = await asyncio.to_thread(self._files)
        found = [one for _, one in await search_files(search, files, progress)]
        return found + await search_tables(self.database, search, progress, leave_out=OWN_RECORDS)

    async def prove(self, customer: str, texts: list[str], progress: Progress = silently) -> list[Found]:
        """Look for `texts`, and for the id."""
        return await self.look(Search(Wanted((Identifier("customer id", customer), *_given(texts)))), progress)

    async def prove_again(self, erasure_id: str, texts: list[str], progress: Progress = silently) -> list[Found]:
        """Look for `texts` and, where the erasure's own proof found something, for what it looked for.

        Raises UnknownErasure, InvalidInput where there is nothing to look for.
        """
        async with self.database.session(readonly=True) as session:
            row = await erasures.get(session, erasure_id)
        wanted = Wanted(()) if row.wanted is None else Wanted.from_json(row.wanted)
        wanted = replace(wanted, identifiers=(*wanted.identifiers, *_given(texts)))
        if not wanted.identifiers:
            raise InvalidInput(
                "This erasure was proved, and what it looked for was forgotten with it.",
                pointer="--look-for",
                fix="Say what to look for: --look-for ada@example.com",
            )
        found = await self.look(Search(wanted), progress)
        if row.wanted is not None:
            async with self.database.session() as session:
                await erasures.finish(session, erasure_id, found)
        return found

    def _files(self) -> list[tuple[str, Path]]:
        files = dict(files_below(self.settings.home))
        files |= {name: path for name, path in self._database_files().items() if path.is_file()}
        return sorted(files.items())

    def _database_files(self) -> dict[str, Path]:
        """Of SQLite: the file, its write-ahead log, and the log's index."""
        url = make_url(self.settings.database)
        if url.get_backend_name() != "sqlite":
            return {}
        file = Path(str(url.database))
        paths = [file.with_name(file.name + suffix) for suffix in ("", "-wal", "-shm")]
        home = self.settings.home.absolute()
        return {str(path.relative_to(home) if path.is_relative_to(home) else path): path for path in paths}

    async def _remove_copies(self, search: Search) -> None:
        for path in {path for path, _ in await search_files(search, await asyncio.to_thread(self._copies), silently)}:
            path.unlink(missing_ok=True)

    def _copies(self) -> list[tuple[str, Path]]:
        folders = [self.settings.home / name for name in COPIES]
        return [(path.name, path) for folder in folders for _, path in files_below(folder)]


def _given(texts: list[str]) -> list[Identifier]:
    return [Identifier(f"text {number}", text) for number, text in enumerate(texts, 1)]


async def keep_erasing(eraser: Eraser) -> None:
    """Finish what was asked for over HTTP, here or in another process, and what was cut short. Ends only when
    cancelled."""
    while True:
        try:
            await eraser.finish_all()
        except Unavailable as error:
            log.warning("erasing_waits", reason=error.reason, fix=error.fix)
        await asyncio.sleep(LOOK_EVERY_S)


async def _before(session: AsyncSession, customer: str) -> ErasureRow:
    row = await erasures.newest_of(session, customer)
    if row is None:
        raise NobodyToErase(
            "There is no such customer.", fix="Give the shop's id, or ours (cus_…) for a visitor without one."
        )
    return row


def _refuse_named(why: str, wanted: Wanted) -> None:
    if any(one.text.lower() in why.lower() for one in wanted.identifiers):
        raise audit.BadReason(
            "The reason names the person, and would stay in the audit log.",
            pointer="why",
            fix="Give a reason without their name, address or id: a ticket's number, say.",
        )


def _personal_tables() -> list[str]:
    seen_to = {name for room in ROOMS for name in room.tables}
    return [str(t.name) for t in SQLModel.metadata.sorted_tables if is_personal(t) or t.name in seen_to]
