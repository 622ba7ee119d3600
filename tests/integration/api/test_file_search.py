"""A person is found in files by a process of its own, and what it cannot do has a reason."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from api.file_search import FilesNotSearched, files_below, search_files
from api.file_search_process import CHUNK_BYTES
from store.evidence import Found, Identifier, Search, Wanted
from tests.kit.sqlite_files import left_to_sqlite

pytestmark = pytest.mark.anyio

ADDRESS = "ada@example.com"
LOOKED_FOR = Search(Wanted((Identifier("e-mail address", ADDRESS),), ("message-1",), frozenset({b"\x01" * 17})))


async def found_below(folder: Path) -> list[Found]:
    return [one for _, one in await search_files(LOOKED_FOR, files_below(folder), lambda *_: None)]


async def test_a_match_across_two_pieces_of_a_file_is_found_and_places_are_named(tmp_path: Path) -> None:
    (tmp_path / "big.bin").write_bytes(b"." * (CHUNK_BYTES - 5) + ADDRESS.encode() + b"." * 100)
    (tmp_path / "clean.txt").write_text("nobody")
    assert await found_below(tmp_path) == [Found("big.bin", "e-mail address", "utf-8", 1)]


async def test_ids_and_encrypted_values_are_looked_for_too(tmp_path: Path) -> None:
    (tmp_path / "rows.bin").write_bytes(b"..message-1.." + b"\x01" * 17)
    assert {(one.kind, one.form) for one in await found_below(tmp_path)} == {
        ("message id", "utf-8"),
        ("encrypted value", "ciphertext"),
    }


async def test_the_name_of_a_file_counts_and_is_not_told(tmp_path: Path) -> None:
    (tmp_path / f"{ADDRESS}.html").write_text(f"Dear {ADDRESS}")
    found = await found_below(tmp_path)
    assert [one.kind for one in found] == ["name of a file", "e-mail address"]
    assert ADDRESS not in str(found)


async def test_a_name_that_is_no_text_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.csv")).write_text(ADDRESS)
    [found] = await found_below(tmp_path)
    assert found.place == "caf\N{REPLACEMENT CHARACTER}.csv"


async def test_a_file_that_is_gone_holds_nothing(tmp_path: Path) -> None:
    assert await search_files(LOOKED_FOR, [("gone.csv", tmp_path / "gone.csv")], lambda *_: None) == []


async def test_where_there_is_no_file_no_process_is_started() -> None:
    assert await search_files(LOOKED_FOR, [], lambda *_: None, command=("/no/such/program",)) == []


async def test_whoever_watches_hears_how_far_it_is(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.txt").write_text("nobody")
    heard: list[tuple[str, int, int | None]] = []
    await search_files(LOOKED_FOR, files_below(tmp_path), lambda *what: heard.append(what))
    assert heard[0] == ("looking through files", 0, 3)


async def test_a_file_that_cannot_be_read_is_named_and_nothing_is_proved(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(FilesNotSearched, match=r"shown\.csv cannot be read"):
        await search_files(LOOKED_FOR, [("shown.csv", folder)], lambda *_: None)
    with pytest.raises(FilesNotSearched, match="file 1 cannot be read"):
        await search_files(LOOKED_FOR, [(f"{ADDRESS}.csv", folder)], lambda *_: None)


@pytest.mark.parametrize(
    ("says", "why"),
    [("", "before it was done"), ('["at", 0]\n["found", 0, "e-mai', "before it was done"), ('["broke", "X"]\n', "X")],
)
async def test_a_process_that_does_not_finish_has_proved_nothing(tmp_path: Path, says: str, why: str) -> None:
    speaks = (sys.executable, "-c", f"print({says!r}, end='')")
    with pytest.raises(FilesNotSearched, match=why):
        await search_files(LOOKED_FOR, [("a", tmp_path / "a")], lambda *_: None, command=speaks)


async def test_a_process_that_cannot_be_started_is_no_crash(tmp_path: Path) -> None:
    with pytest.raises(FilesNotSearched, match="cannot be started"):
        await search_files(LOOKED_FOR, [("a", tmp_path / "a")], lambda *_: None, command=("/no/such/program",))


async def test_whoever_stops_waiting_leaves_no_process_behind(tmp_path: Path) -> None:
    # It says its number as if that were a file's, and no more.
    hangs = "import json, os, time; print(json.dumps(['at', os.getpid()]), flush=True); time.sleep(1000)"
    heard: asyncio.Queue[int] = asyncio.Queue()
    command = (sys.executable, "-c", hangs)
    asked = asyncio.create_task(
        search_files(LOOKED_FOR, [("a", tmp_path)], lambda _, pid, __: heard.put_nowait(pid), command=command)
    )
    pid = await heard.get()
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_the_files_of_an_open_database_are_read_and_its_locks_are_kept(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "shop.db", isolation_level=None)) as connection, left_to_sqlite():
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE note (text)")
        connection.execute("INSERT INTO note VALUES (?)", (ADDRESS,))
        [found] = await found_below(tmp_path)
    assert found.place == "shop.db-wal"
