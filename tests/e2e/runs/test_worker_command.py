"""`penfriend worker` and `penfriend workers` as a shell knows them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.kit.commands import run_command
from tests.kit.homes import new_home
from tests.kit.patience import PATIENCE_S


def _start(home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "api", "worker", "--home", str(home), "--metrics-port", "0"],
        env=os.environ | {"PENFRIEND_MODEL__MODEL": "openai/none"},
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_worker_is_listed_while_it_lives_tells_its_metrics_and_ends_in_good_order(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / "home"
    new_home(home)
    assert run_command(capsys, "workers", "--home", home, "--json").json() == []
    assert "penfriend worker" in run_command(capsys, "workers", "--home", home).out

    process = _start(home)
    try:
        assert process.stderr is not None
        where = next(line.split()[-1] for line in process.stderr if line.startswith("Metrics on"))
        deadline = time.monotonic() + PATIENCE_S
        while not (found := run_command(capsys, "workers", "--home", home, "--json").json()):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert [one["pid"] for one in found] == [process.pid]
        assert str(process.pid) in run_command(capsys, "workers", "--home", home).out
        with urllib.request.urlopen(where, timeout=PATIENCE_S) as answer:
            assert b"penfriend_emails_total" in answer.read()

        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=PATIENCE_S)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0
    assert "worker_stopped" in log
    assert run_command(capsys, "workers", "--home", home, "--json").json() == []
