"""A process that changes a shop and writes its index without pause, to be killed at any moment.

    python -m tests.kit.index_writer KEYS_FILE DATABASE_URL INDEX_DIR

For each line on stdin one writer is forked, so that only the first pays for the imports; its process id is the answer.
The line is the seed of what it changes.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import numpy as np

from catalog import products
from catalog.embedding import HashingEncoder, Vectors
from catalog.model import Product
from catalog.service import Catalog
from store.crypto import Keyring, load_keyring, save_keyring
from store.database import Database
from tests.kit.catalog import product

SHELVES = ("Tea > Green tea", "Tea > Black tea", "Teaware > Teapots", "Coffee > Beans")
WORDS = ("green", "black", "smoky", "iron", "clay", "mountain", "spring", "roast", "jasmine", "pearl")


class NoTies(HashingEncoder):
    """No two texts are equally near to a third: which of equals comes first depends on the rows they lie in."""

    def __init__(self) -> None:
        super().__init__(64)

    def encode(self, texts: list[str]) -> Vectors:
        """The words, and a little of what is the text's alone."""
        own = [np.random.default_rng(zlib.crc32(text.encode())).normal(size=64) for text in texts]
        vectors = super().encode(texts) + 0.02 * np.array(own, dtype=np.float32).reshape(-1, 64)
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), dtype=np.float32)


def shop(size: int, seed: int = 0) -> list[Product]:
    """Products of four shelves with words drawn by `seed`."""
    draw = random.Random(seed)
    return [_thing(number, draw) for number in range(size)]


def _thing(number: int, draw: random.Random) -> Product:
    words = " ".join(draw.sample(WORDS, 3))
    price = f"{draw.randint(3, 60)}.00"
    return product(f"p{number:04d}", f"{words} no {number}", product_type=draw.choice(SHELVES), price=price)


def silent(what: str, done: int, total: int | None) -> None:
    """Nobody watches."""


async def write(keyring: Keyring, url: str, folder: Path, seed: int) -> None:
    """Change a few products, refresh, and make the index anew every third time. Ends when killed."""
    database = Database.open(url, keyring, pool_size=2)
    catalog = await Catalog.open(database, folder, NoTies())
    draw = random.Random(seed)
    size = max(1, len(catalog.view))
    for turn in count():
        async with database.session() as session:
            await products.upsert(session, [_thing(draw.randrange(size), draw) for _ in range(3)])
        await (catalog.rebuild(silent) if turn % 3 == 0 else catalog.refresh())


class Writers:
    """The other end: starts writers and ends them."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._running: list[int] = []

    def start(self, seed: int) -> int:
        """Fork one. Answers with its process id."""
        assert self._process.stdin
        assert self._process.stdout
        print(seed, file=self._process.stdin, flush=True)
        pid = int(self._process.stdout.readline())
        self._running.append(pid)
        return pid

    def running(self, pid: int) -> bool:
        """Is it alive? One that broke is not."""
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        except (FileNotFoundError, ProcessLookupError):
            # It may go between the file's opening and its reading.
            return False

    def kill(self, pid: int) -> None:
        """Kill -9, and wait until it is gone."""
        self._running.remove(pid)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        while self.running(pid):
            os.sched_yield()

    def kill_all(self) -> None:
        """What a test left running."""
        for pid in list(self._running):
            self.kill(pid)


@contextmanager
def writers(keyring: Keyring, url: str, folder: Path, scratch: Path) -> Iterator[Writers]:
    """Writers of one index."""
    keys = scratch / "keys.json"
    save_keyring(keys, keyring)
    command = [sys.executable, "-m", __name__, str(keys), url, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        made = Writers(process)
        try:
            yield made
        finally:
            made.kill_all()
            process.kill()


def main(keys: str, url: str, folder: str) -> None:
    """Fork a writer for each line."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            asyncio.run(write(load_keyring(Path(keys)), url, Path(folder), int(line)))
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
