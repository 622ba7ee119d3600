"""`penfriend import customers` and `import orders`, as a shell sees them; also when they are killed."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from memory.importers.importer import Wanted, import_file
from memory.importers.options import DEFAULTS, load_mapping
from store.crypto import Keyring, save_keyring
from store.database import Database
from tests.kit import forks
from tests.kit.commands import Ran, run_command
from tests.kit.database import DatabaseFactory
from tests.kit.homes import new_home
from tests.kit.imports import FIXTURES
from tests.kit.killed_customer_import import die_importing
from tests.kit.patience import PATIENCE_S

HEADER = "order_id,customer_id,at,product_id,quantity,price"
MAPPING = "currency: EUR\nfields:\n" + "".join(f"  {name}: {name}\n" for name in HEADER.split(","))
MANY = 2_500


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """An empty installation in a folder of its own, the current one."""
    monkeypatch.chdir(tmp_path)
    new_home(tmp_path / ".penfriend")
    return tmp_path


def test_a_shop_comes_in_with_its_orders_and_its_consent(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*arguments: object) -> Ran:
        return run_command(capsys, "import", *arguments)

    tried = run("orders", FIXTURES / "shopify_orders.csv", "--dry-run", "--json").json()
    orders = run("orders", FIXTURES / "shopify_orders.csv", "--json").json()
    customers = run("customers", FIXTURES / "shopify_customers.csv", "--rejected-to", "left_out.csv")
    again = run("orders", FIXTURES / "shopify_orders.csv", "--json").json()
    assert tried["accepted"] == orders["accepted"] > 0
    assert (orders["format"], orders["status"], again["accepted"]) == ("shopify_csv", "done", 0)
    assert customers.code == 0
    assert "e-mail address" in customers.out
    assert (home / "left_out.csv").read_text().splitlines()[1].startswith("5,email,")
    assert "not an address" not in (home / "left_out.csv").read_text()


def test_a_purchase_log_comes_in_by_its_mapping(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = (FIXTURES / "purchases.csv", "--mapping", FIXTURES / "purchases.yaml")
    assert run_command(capsys, "import", "orders", *files, "--json").json()["accepted"] == 3
    refused = run_command(capsys, "import", "orders", files[0])
    assert refused.code == 2
    assert "mapping" in refused.err


def test_a_file_that_brings_nothing_fails(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("orders.csv").write_text(f"{HEADER}\n,,,,,\n1,,2026-01-01,A,1,1\n")
    Path("map.yaml").write_text(MAPPING)
    assert run_command(capsys, "import", "orders", "orders.csv", "--mapping", "map.yaml").code == 1
    assert run_command(capsys, "import", "orders", "gone.csv").code == 3


async def test_a_killed_import_goes_on_where_it_was_and_brings_everything_once(
    database_factory: DatabaseFactory, keyring: Keyring, tmp_path: Path
) -> None:
    lines = (f"{number},c{number % 900},2026-01-01 10:00,A,1,2.50" for number in range(MANY))
    (tmp_path / "orders.csv").write_text("\n".join([HEADER, *lines, ""]))
    (tmp_path / "map.yaml").write_text(MAPPING)
    save_keyring(tmp_path / "keys.json", keyring)
    url = await database_factory.url()
    process = forks.start(die_importing, url, tmp_path, 2)
    assert await asyncio.to_thread(forks.ended, process, PATIENCE_S) == -signal.SIGKILL
    database = Database.open(url, keyring)
    options = DEFAULTS.mapped(load_mapping(tmp_path / "map.yaml"))
    report = await import_file(database, Wanted(tmp_path / "orders.csv", "orders", options=options))
    await database.close()
    assert (report.resumed_from, report.position) == (1_000, MANY)
    assert (report.accepted, report.duplicates, report.rejected) == (MANY, 0, 0)
