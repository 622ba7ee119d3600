"""A process that imports the feed `shop`, and kills itself with SIGKILL.

Moments: `staging`, in the middle of reading; `applying`, after the products were written and before those that are
missing are taken away; `committing`, with everything written and nothing committed; `tidying`, after the commit.
"""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from store.crypto import load_keyring
from store.database import Database
from tests.kit.feed_bench import FeedBench

MOMENTS = ("staging", "applying", "committing", "tidying")


class Killer:
    """Follows the statements of a database, and kills this process at its moment."""

    def __init__(self, moment: str) -> None:
        self.moment = moment
        self.staged = 0
        self.applied = self.committed = False

    def statement(self, _: Any, __: Any, statement: str, *___: Any) -> None:
        """Before each statement."""
        self.at("tidying", self.committed)
        words = statement.split()
        if words[:3] == ["INSERT", "INTO", "feed_staged_product"]:
            self.staged += 1
            self.at("staging", self.staged == 2)
        self.at("applying", words[:2] == ["UPDATE", "product"])
        self.applied |= words[:3] == ["INSERT", "INTO", "product"]

    def commit(self, _: Any) -> None:
        """Before each commit."""
        self.at("committing", self.applied)
        self.committed = self.applied

    def at(self, moment: str, reached: bool) -> None:
        """Die if this is the moment."""
        if reached and moment == self.moment:
            os.kill(os.getpid(), signal.SIGKILL)

    def follow(self, engine: Engine) -> None:
        """Listen to everything the engine does."""
        event.listen(engine, "before_cursor_execute", self.statement)
        event.listen(engine, "commit", self.commit)


def die_importing(url: str, folder: Path, moment: str) -> None:
    """Run the feed to its death; the keys are in the folder."""
    asyncio.run(_import(url, folder, moment))


async def _import(url: str, folder: Path, moment: str) -> None:
    database = Database.open(url, load_keyring(folder / "keys.json"))
    Killer(moment).follow(database._writer.sync_engine)
    await FeedBench(database, folder).feeds.run("shop")
