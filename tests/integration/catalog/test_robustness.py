"""What happens to an index in the world: killed writers, damaged files, others writing. Answers must stay right."""

from __future__ import annotations

import asyncio
import random
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog import products
from catalog.model import Limits, Product, Taste
from catalog.service import Catalog
from store.crypto import Keyring
from store.database import Database
from tests.kit.catalog import NOW, signal
from tests.kit.database import SqliteFactory
from tests.kit.index_writer import SHELVES, NoTies, shop, silent, writers

SIZE = 300
KILLS = 14
LONGEST_S = 0.25
"""Within this a writer has opened the index and written it several times."""
Answers = list[list[tuple[str, float]]]
QUERIES = ("smoky black", "clay pot", "jasmine pearl green")


class Shop(NamedTuple):
    """A shop in a database file, with an index in good order."""

    url: str
    keyring: Keyring
    folder: Path

    @asynccontextmanager
    async def opened(self, index: Path | None = None) -> AsyncIterator[Catalog]:
        """As the next start finds it."""
        database = Database.open(self.url, self.keyring, pool_size=2)
        try:
            yield await Catalog.open(database, index or self.folder, NoTies())
        finally:
            await database.close()


@pytest.fixture(scope="module")
def made(sqlite_factory: SqliteFactory, keyring: Keyring, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """A shop that no test of this module changes."""
    return asyncio.run(_stocked(sqlite_factory, keyring, tmp_path_factory.mktemp("made"), seed=0))


async def _stocked(factory: SqliteFactory, keyring: Keyring, folder: Path, seed: int) -> Shop:
    made = Shop(await factory.url(), keyring, folder / "index")
    database = Database.open(made.url, keyring, pool_size=2)
    async with database.session() as session:
        await products.upsert(session, shop(SIZE, seed))
    await (await Catalog.open(database, made.folder, NoTies())).refresh()
    await database.close()
    return made


async def answers(catalog: Catalog) -> Answers:
    """Picks and searches: what a shop would notice if they were wrong."""
    told = []
    for number, shelf in enumerate(SHELVES):
        taste = Taste(signals=(signal(f"p{number * 7:04d}", "viewed"), signal(f"p{number * 11 + 3:04d}", "bought")))
        picked = catalog.pick(taste, Limits(count=6, exclude_categories=(shelf,)), now=NOW, seed=number)
        told.append([(one.product.id, 0.0) for one in picked])
    for query in QUERIES:
        found = (await catalog.search(query, Limits(), 10)).hits
        told.append([(one.product.id, round(one.score, 3)) for one in found])
    return told


def content(catalog: Catalog) -> dict[str, tuple[Product, bytes]]:
    """All that is sold, with its vector."""
    view = catalog.view
    return {name: (view.product(row), view.vectors[row].tobytes()) for name, row in view.row_of.items()}


async def same_as_made_in_peace(shop_: Shop, catalog: Catalog, scratch: Path) -> None:
    """The catalog holds what one holds that was made from the database alone, and answers as that one does."""
    async with shop_.opened(scratch) as other:
        await other.refresh()
        assert content(catalog) == content(other)
        assert await answers(catalog) == await answers(other)


async def test_after_kill_9_at_any_moment_of_writing_the_next_start_answers_right(
    sqlite_factory: SqliteFactory, keyring: Keyring, tmp_path: Path
) -> None:
    shop_ = await _stocked(sqlite_factory, keyring, tmp_path, seed=1)
    moments = random.Random(7)
    states = set()
    with writers(keyring, shop_.url, shop_.folder, tmp_path) as started:
        for number in range(KILLS):
            pid = started.start(number)
            await asyncio.sleep(moments.uniform(0.02, LONGEST_S))
            assert started.running(pid), "the writer broke by itself"
            started.kill(pid)
            async with shop_.opened() as catalog:
                states.add(catalog.opened.rebuilt)
                await catalog.refresh()
                await same_as_made_in_peace(shop_, catalog, tmp_path / f"peace-{number}")
    # A generation takes its place whole or not at all: nothing a killed writer leaves behind is damage.
    assert states <= {None, "index_stale"}
    async with shop_.opened() as catalog:
        await catalog.rebuild(silent)
    assert len(list(shop_.folder.glob("g-*"))) <= 2


async def test_two_processes_write_while_a_third_reads(
    sqlite_factory: SqliteFactory, keyring: Keyring, tmp_path: Path
) -> None:
    shop_ = await _stocked(sqlite_factory, keyring, tmp_path, seed=2)
    with writers(keyring, shop_.url, shop_.folder, tmp_path) as started:
        pids = [started.start(1), started.start(2)]
        for _ in range(8):
            async with shop_.opened() as catalog:
                for _ in range(3):
                    await catalog.reload()
                    assert len(catalog.view) >= SIZE
                    picked = catalog.pick(Taste(), Limits(count=6, categories=(SHELVES[0],)), now=NOW)
                    assert all(one.product.product_type == SHELVES[0] for one in picked)
        assert [started.running(pid) for pid in pids] == [True, True]
        started.kill_all()
    async with shop_.opened() as catalog:
        await catalog.refresh()
        await same_as_made_in_peace(shop_, catalog, tmp_path / "peace")


def cut(data: bytes, at: float, bit: int) -> bytes | None:
    """The file ends early."""
    return data[: int(len(data) * at)]


def flip(data: bytes, at: float, bit: int) -> bytes | None:
    """One bit is another."""
    place = min(int(len(data) * at), len(data) - 1)
    return data[:place] + bytes([data[place] ^ (1 << bit)]) + data[place + 1 :]


def zeros(data: bytes, at: float, bit: int) -> bytes | None:
    """What a crash of the machine leaves of a file that was never synced."""
    return bytes(len(data))


def remove(data: bytes, at: float, bit: int) -> bytes | None:
    """There is no file."""
    return None


@pytest.fixture(scope="module")
def good(made: Shop, tmp_path_factory: pytest.TempPathFactory) -> Answers:
    """What the shop answers when all is well."""

    async def asked() -> Answers:
        async with made.opened(tmp_path_factory.mktemp("good")) as catalog:
            return await answers(catalog)

    return asyncio.run(asked())


@given(
    number=st.integers(0, 1_000),
    damage=st.sampled_from([cut, flip, zeros, remove]),
    at=st.floats(0, 1, exclude_max=True),
    bit=st.integers(0, 7),
)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_file_is_damaged_the_next_start_says_so_and_answers_right(
    made: Shop,
    good: Answers,
    tmp_path: Path,
    number: int,
    damage: Callable[[bytes, float, int], bytes | None],
    at: float,
    bit: int,
) -> None:
    index = tmp_path / "index"
    shutil.rmtree(index, ignore_errors=True)
    shutil.copytree(made.folder, index)
    name = (index / "CURRENT").read_text().split()[0]
    files = sorted(path for path in [*(index / name).iterdir(), index / "CURRENT"] if path.stat().st_size)
    path = files[number % len(files)]
    before = path.read_bytes()
    after = damage(before, at, bit)
    path.unlink() if after is None else path.write_bytes(after)

    async def restart() -> str | None:
        async with made.opened(index) as catalog:
            assert await answers(catalog) == good
            return catalog.opened.rebuilt

    said = asyncio.run(restart())
    if said is None:
        # Room behind the vectors, and the line end of CURRENT, carry nothing.
        assert path.name == "CURRENT" or path.stat().st_size == len(before)
    else:
        assert said in ("index_damaged", "index_missing", "index_old_format")
    assert asyncio.run(restart()) is None


@pytest.mark.parametrize(
    "pointer", [b"", b"\x00" * 50, b"g-0000000000000000 " + b"0" * 32, b"../../etc 00", b"\xff\xfe"]
)
def test_a_pointer_to_nowhere_is_mended(made: Shop, good: Answers, tmp_path: Path, pointer: bytes) -> None:
    index = shutil.copytree(made.folder, tmp_path / "index")
    (index / "CURRENT").write_bytes(pointer)

    async def restart() -> str | None:
        async with made.opened(index) as catalog:
            assert await answers(catalog) == good
            return catalog.opened.rebuilt

    assert asyncio.run(restart()) == "index_damaged"
    assert asyncio.run(restart()) is None


async def test_the_index_of_another_shop_is_not_taken_for_ours(
    made: Shop, sqlite_factory: SqliteFactory, keyring: Keyring, tmp_path: Path
) -> None:
    other = await _stocked(sqlite_factory, keyring, tmp_path, seed=5)
    shutil.rmtree(other.folder)
    shutil.copytree(made.folder, other.folder)
    async with other.opened() as catalog:
        assert catalog.opened.rebuilt == "index_stale"
        await same_as_made_in_peace(other, catalog, tmp_path / "peace")
