"""`penfriend import customers` and `import orders`, as a shell sees them; also when they are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.kit.commands import Ran, run_command
from tests.kit.imports import FIXTURES

HEADER = "order_id,customer_id,at,product_id,quantity,price"
MAPPING = "currency: EUR\nfields:\n" + "".join(f"  {name}: {name}\n" for name in HEADER.split(","))
MANY = 12_000


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """An empty installation in a folder of its own, the current one."""
    monkeypatch.chdir(tmp_path)
    assert run_command(capsys, "init").code == 0
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
    assert run_command(capsys, "import", "orders", "gone.csv").code == 4


def test_a_killed_import_goes_on_where_it_was_and_brings_everything_once(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = (f"{number},c{number % 900},2026-01-01 10:00,A,1,2.50" for number in range(MANY))
    Path("orders.csv").write_text("\n".join([HEADER, *lines, ""]))
    Path("map.yaml").write_text(MAPPING)
    command = (sys.executable, "-m", "api", "import", "orders", "orders.csv", "--mapping", "map.yaml", "--json")
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _wait_for_growth(home / ".penfriend", process)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    report = run_command(capsys, *command[3:]).json()
    assert report["resumed_from"] % 1_000 == 0
    assert 0 < report["resumed_from"] < MANY
    assert (report["accepted"], report["duplicates"], report["rejected"]) == (MANY, 0, 0)
    again = run_command(capsys, *command[3:]).json()
    assert (again["accepted"], again["duplicates"]) == (0, MANY)


def _wait_for_growth(folder: Path, process: subprocess.Popen[bytes]) -> None:
    """Until some batches are in the write-ahead log."""
    before = _size(folder)
    while _size(folder) < before + 1_500_000:
        assert process.poll() is None, "it ended before it could be killed"
        time.sleep(0.01)


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.glob("*.db*"))
