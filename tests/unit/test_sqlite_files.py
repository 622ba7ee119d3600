"""The watch over a database's files sees what takes SQLite's locks away, and nothing else."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.kit.sqlite_files import OpenedBeside, left_to_sqlite


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Path]:
    """A database with a connection to it."""
    file = tmp_path / "shop.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE event (id)")
        yield file


@pytest.mark.parametrize("suffix", ["", "-wal", "-shm"])
def test_a_file_that_is_read_beside_its_connection_is_seen(opened: Path, suffix: str) -> None:
    with pytest.raises(OpenedBeside), left_to_sqlite():
        opened.with_name(opened.name + suffix).read_bytes()


def test_it_is_seen_under_another_name_and_where_the_error_is_caught(opened: Path, tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(opened)
    with pytest.raises(OpenedBeside, match=r"link\.db"), left_to_sqlite(), suppress(OpenedBeside):
        shutil.copyfile(tmp_path / "link.db", tmp_path / "copy.db")


def test_other_connections_copies_by_sqlite_and_closed_databases_are_nobodys_harm(opened: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    with left_to_sqlite():
        with closing(sqlite3.connect(opened)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        copy.read_bytes()
        (tmp_path / "notes.txt").write_text("not a database")


def test_outside_the_block_nobody_watches(opened: Path) -> None:
    with left_to_sqlite():
        pass
    assert opened.read_bytes()
