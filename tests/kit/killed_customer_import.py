"""A process that imports orders, and kills itself with SIGKILL."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

from sqlalchemy import event

from memory.importers.importer import Wanted, import_file
from memory.importers.options import DEFAULTS, load_mapping
from store.crypto import load_keyring
from store.database import Database


def die_importing(url: str, folder: Path, batch: int) -> None:
    """Import `orders.csv` of the folder until everything of that batch is written and nothing of it committed."""
    asyncio.run(_import(url, folder, batch))


async def _import(url: str, folder: Path, batch: int) -> None:
    database = Database.open(url, load_keyring(folder / "keys.json"))
    moved = 0

    def written(_: Any, __: Any, statement: str, *___: Any) -> None:
        nonlocal moved
        moved += statement.startswith("UPDATE customer_import")
        if moved == batch:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(database._writer.sync_engine, "after_cursor_execute", written)
    options = DEFAULTS.mapped(load_mapping(folder / "map.yaml"))
    await import_file(database, Wanted(folder / "orders.csv", "orders", options=options))
