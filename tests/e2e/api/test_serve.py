"""`penfriend serve` as a process: quick to answer, quiet about people, gone when told to go."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.kit.homes import new_home
from tests.kit.ports import free_port

START_SECONDS = 150.0
"""Far above the promise of 5 s, which a loaded test machine cannot hold us to; benchmarks measure it."""


class Service:
    """A running `penfriend serve`."""

    def __init__(self, home: Path, token: str) -> None:
        self.token = token
        self.url = f"http://127.0.0.1:{free_port()}"
        self.log = home / "serve.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "api", "serve", "--home", str(home), "--port", self.url.rpartition(":")[2]],
                env=os.environ | {"PENFRIEND_MODEL__MODEL": "openai/none"},
                stderr=log,
                stdout=subprocess.DEVNULL,
            )

    def get(self, path: str, **headers: str) -> httpx2.Response:
        """One GET request."""
        return httpx2.get(self.url + path, headers=headers, timeout=START_SECONDS)

    def wait(self) -> None:
        """Until it says that it listens: from then on it answers."""
        deadline = time.monotonic() + START_SECONDS
        while "Penfriend listens on" not in self.log.read_text():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)
        self.get("/healthz").raise_for_status()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service over a fresh installation."""
    home = tmp_path_factory.mktemp("home")
    token = new_home(home)
    assert token
    running = Service(home, token)
    try:
        running.wait()
        yield running
    finally:
        running.process.kill()
        running.process.wait()


def test_it_is_alive_and_ready_without_a_model(service: Service) -> None:
    assert service.get("/healthz").json() == {"status": "ok"}
    ready = service.get("/readyz")
    assert ready.status_code == 200
    assert {check["name"] for check in ready.json()["checks"]} >= {"database and keys", "index"}


def _routes(service: Service) -> set[str]:
    lines = [line for line in service.log.read_text().splitlines(keepends=True) if line.startswith("{")]
    records = [json.loads(line) for line in lines if line.endswith("\n")]
    return {record["route"] for record in records if record["event"] == "request"}


def test_its_log_is_json_and_names_no_customer(service: Service) -> None:
    bearer = f"Bearer {service.token}"
    assert service.get("/v1/customers/ada@example.com/memory", authorization=bearer).status_code == 404
    assert service.get("/v1/products?cursor=!!", authorization=bearer).status_code == 422
    wanted = {"/v1/customers/{external_id}/memory", "/v1/products"}
    # A request is logged after it is answered.
    until = time.monotonic() + START_SECONDS
    while not (logged := _routes(service)) >= wanted and time.monotonic() < until:
        time.sleep(0.05)
    assert logged >= wanted
    assert "ada@example.com" not in service.log.read_text()
    assert service.token not in service.log.read_text()


def test_a_pull_for_a_campaign_nobody_made_is_an_abort(service: Service) -> None:
    answer = service.get("/v1/content/spring/c42?deadline_ms=60000", authorization=f"Bearer {service.token}")
    assert (answer.status_code, answer.json()["reason"]) == (200, "unknown_campaign")


def test_it_goes_when_told_to(service: Service) -> None:
    service.process.send_signal(signal.SIGTERM)
    assert service.process.wait(START_SECONDS) in (0, -signal.SIGTERM)
    assert "Traceback" not in service.log.read_text()
