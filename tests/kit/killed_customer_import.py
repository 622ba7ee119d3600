"""`python -m tests.kit.killed_customer_import URL KEYS FILE MAPPING BATCH`: imports orders, and kills itself.

With SIGKILL, when everything of that batch is written and nothing of it committed.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import event

from memory.importers.importer import Wanted, import_file
from memory.importers.options import DEFAULTS, load_mapping
from store.crypto import load_keyring
from store.database import Database


async def main(url: str, keys: str, file: str, mapping: str, batch: str) -> None:
    """Import to the death."""
    database = Database.open(url, load_keyring(Path(keys)))
    moved = 0

    def written(_: Any, __: Any, statement: str, *___: Any) -> None:
        nonlocal moved
        moved += statement.startswith("UPDATE customer_import")
        if moved == int(batch):
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(database._writer.sync_engine, "after_cursor_execute", written)
    options = DEFAULTS.mapped(load_mapping(Path(mapping)))
    await import_file(database, Wanted(Path(file), "orders", options=options))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
