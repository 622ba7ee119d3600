"""`penfriend erase` as people use it: asks, erases, proves, goes on after a kill, and is told to a restored backup."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.kit.commands import Ran, run_command
from tests.kit.homes import new_home
from tests.kit.sqlite_files import left_to_sqlite

ADDRESS = "ada.lovelace@post.example"
EVENTS = [
    {
        "type": "identify",
        "userId": "ada-1815",
        "messageId": "ada-identify",
        "timestamp": "2026-05-01T10:00:00Z",
        "traits": {"email": ADDRESS, "firstName": "Ada", "lastName": "Lovelace", "phone": "+44 1523 456789"},
    },
    {
        "type": "track",
        "event": "Products Searched",
        "userId": "ada-1815",
        "messageId": "ada-search",
        "timestamp": "2026-05-02T10:00:00Z",
        "properties": {"query": f"analytical engine for {ADDRESS}"},
    },
    {
        "type": "identify",
        "userId": "grace-1906",
        "messageId": "grace-identify",
        "timestamp": "2026-05-01T10:00:00Z",
        "traits": {"email": "grace@post.example"},
    },
]
Run = Callable[..., Ran]


@pytest.fixture(autouse=True)
def _left_to_sqlite() -> Iterator[None]:
    """The command's own connections keep their locks."""
    with left_to_sqlite():
        yield


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run one command in a folder of its own, without an embedded model."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PENFRIEND_MODEL__MODEL", "openai/none")
    monkeypatch.setenv("COLUMNS", "200")
    return partial(run_command, capsys)


@pytest.fixture
def home(run: Run, tmp_path: Path) -> Path:
    """An installation that knows Ada and Grace."""
    new_home(tmp_path / ".penfriend")
    (tmp_path / "events.ndjson").write_text("\n".join(map(json.dumps, EVENTS)))
    assert run("import", "events", "events.ndjson").code == 0
    return tmp_path / ".penfriend"


def everything_in(home: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file())


def test_a_person_is_erased_and_found_nowhere(run: Run, home: Path, tmp_path: Path) -> None:
    assert b"ada-1815" in everything_in(home)
    assert run("erase", "ada-1815", "--dry-run", "--json").json() == {"would_erase": ["ada-1815"]}
    erased = run("erase", "ada-1815", "--yes", "--why", "ticket 7", "--json").json()
    assert (erased["status"], erased["found"]) == ("proved", [])
    for trace in ("ada-1815", ADDRESS, "ada-identify", "ada-search"):
        assert trace.encode() not in everything_in(home)
    looked = run("prove-erasure", erased["id"], "--look-for", ADDRESS, "--look-for", "Ada Lovelace", "--json")
    assert (looked.code, looked.json()) == (0, [])
    assert run("prove-erasure", "grace-1906", "--json").code == 1
    again = run("import", "events", "events.ndjson", "--json").json()
    assert (again["duplicates"], again["rejected"]) == (1, 2)
    log = run("audit", "--json").json()
    assert log["chain"]["intact"]
    assert [entry["action"] for entry in log["entries"]] == ["erase", "key.create"]


def test_wrong_uses_say_what_to_do(run: Run, home: Path) -> None:
    assert home.is_dir()
    assert run("erase", "nobody", "--yes").code == 3
    assert run("erase", "--yes").code == 2
    assert run("erase", "ada-1815", "--why", f"for {ADDRESS}", "--yes").code == 2
    assert run("prove-erasure", "era_none", "--json").code == 3


def test_a_restored_backup_is_told_who_was_erased_since(run: Run, home: Path, tmp_path: Path) -> None:
    backup = tmp_path / "backup.db"
    shutil.copyfile(home / "penfriend.db", backup)
    assert run("erase", "ada-1815", "--yes").code == 0
    shutil.copyfile(backup, home / "penfriend.db")
    assert run("erase", "--replay", "--dry-run", "--json").json()["would_erase"]
    [again] = run("erase", "--replay", "--json").json()
    assert again["status"] == "proved"
    assert run("erase", "--replay", "--json").json() == []
    assert b"ada-1815" not in everything_in(home)


def test_after_a_kill_at_any_moment_the_same_command_finishes(run: Run, home: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    command = [sys.executable, "-m", "api", "erase", "ada-1815", "--yes", "--json"]
    # The manifest is written just before the commit: from then on anything may have happened.
    killed = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not (home / "erasures.ndjson").exists() and killed.poll() is None:
        time.sleep(0.001)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert run("erase", "ada-1815", "--yes", "--json").json()["status"] == "proved"
    assert b"ada-1815" not in everything_in(home)


def test_retention_shows_and_applies(run: Run, home: Path) -> None:
    (home / "penfriend.toml").write_text("[retention]\nsearches = 30\n")
    planned = {one["kind"]: one["older"] for one in run("retention", "--dry-run", "--json").json()}
    assert planned["searches"] == 1
    assert {one["kind"]: one["older"] for one in run("retention", "--json").json()} == planned
    assert sum(one["older"] for one in run("retention", "--json").json()) == 0
    assert run("audit", "--json").json()["entries"][0]["why"] == "1 older than 30 days"
