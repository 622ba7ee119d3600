"""A copy of somebody's own shop for the eval suites: they compose, claim and count in it, and the shop never knows."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy.engine import make_url

from api.settings import Settings
from store.errors import InvalidInput, NotFound


class NotCopied(InvalidInput):
    """The shop's database is none that is copied in passing."""

    reason = "not_copied"


class NoShop(NotFound):
    """There is no shop in this home folder."""

    reason = "no_shop"


def copy_shop(own: Settings, folder: Path) -> Settings:
    """Copy the database of `own` into `folder`; returns settings under which the copy opens.

    By SQLite's backup API, which reads one state of a database that others write to meanwhile. The keys stay in memory
    and the index is left behind: it can be rebuilt from the database. Blocks.

    Raises what `file_of` and `Settings.load_keyring` raise.
    """
    file = file_of(own)
    own.load_keyring()
    folder.mkdir(parents=True)
    copy = folder / "penfriend.db"
    readonly = f"{file.absolute().as_uri()}?mode=ro"
    with closing(sqlite3.connect(readonly, uri=True)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return own.model_copy(
        update={"home": folder, "database_url": f"sqlite:///{copy}", "keyring": own.keyring or _keys(own.keys_file)}
    )


def file_of(own: Settings) -> Path:
    """The shop's database file. Raises NotCopied when it is not SQLite's, NoShop when it is not there."""
    url = make_url(own.database)
    if url.get_backend_name() != "sqlite":
        raise NotCopied(
            "This shop is kept in PostgreSQL; suites write into the shop they run on, so they get a copy of it, and "
            "only SQLite files are copied.",
            pointer="--home",
            fix="Leave out --home to run on the demo shop, or give a home folder with a part of your data in SQLite.",
        )
    file = Path(url.database or "")
    if not file.is_file():
        raise NoShop(
            f"There is no shop in {own.home}: {file} is missing.",
            pointer="--home",
            fix="Make one with `penfriend init` and `penfriend import`, or leave out --home to run on the demo shop.",
        )
    return file


def _keys(file: Path) -> SecretStr:
    return SecretStr(file.read_text(encoding="utf-8"))
