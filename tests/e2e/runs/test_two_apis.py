"""Two API processes and a worker behind one PostgreSQL: what one is told, the others know."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest

from api.keys import create_key
from composer.runs import service
from store.crypto import Keyring
from store.database import Database
from tests.kit.chaos import shop
from tests.kit.chaos.experiment import ASKED_DIRECTLY
from tests.kit.chaos.processes import end, start_api, start_worker
from tests.kit.database import PostgresFactory
from tests.kit.held_model import HeldModel
from tests.kit.patience import PATIENCE_S
from tests.kit.ports import free_port


class Api:
    """One of the processes, as a client sees it."""

    def __init__(self, token: str) -> None:
        self.port = free_port()
        self.client = httpx2.Client(
            base_url=f"http://127.0.0.1:{self.port}/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=PATIENCE_S,
        )

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        """What it answers."""
        return self.client.post(path, json=body, headers=headers).raise_for_status().json()

    def run(self, run: str) -> Any:
        """The run, as it knows it."""
        return self.client.get(f"/runs/{run}").raise_for_status().json()

    def answers(self) -> bool:
        """Does it serve yet?"""
        try:
            return self.client.get(f"http://127.0.0.1:{self.port}/readyz").is_success
        except httpx2.TransportError:
            return False


@pytest.fixture
def model() -> Iterator[HeldModel]:
    """It holds what it is asked until it is told, and is slow then: a worker hears of a pause first."""
    with HeldModel(latency_ms=400).in_thread() as model:
        model.hold()
        yield model
        model.release()


@pytest.fixture
def apis(
    postgres_factory: PostgresFactory, keyring: Keyring, tmp_path: Path, model: HeldModel
) -> Iterator[tuple[Api, Api]]:
    """Both, with a worker and a model behind them, and a shop of two dozen customers."""
    with ExitStack() as stack:
        url, token = asyncio.run(_fill(postgres_factory, keyring, tmp_path))
        shop.furnish(
            tmp_path, keyring, url, model=ASKED_DIRECTLY, api_base=model.api_base, concurrency=4, deadline_s=PATIENCE_S
        )
        one, other = Api(token), Api(token)
        for api in (one, other):
            stack.enter_context(api.client)
        stack.callback(end, start_worker(tmp_path))
        for api in (one, other):
            # Having ended in good order, uvicorn raises the signal again.
            stack.callback(end, start_api(tmp_path, api.port), -signal.SIGTERM)
        _wait(lambda: one.answers() and other.answers())
        yield one, other


async def _fill(factory: PostgresFactory, keyring: Keyring, home: Path) -> tuple[str, str]:
    """The database's URL and an API key."""
    url = await factory.url()
    database = Database.open(url, keyring)
    started = await shop.build(database, home / "index", recipients=24, chunk=8)
    async with database.session() as session:
        # The tests start one of their own.
        await service.cancel(session, started.run)
        _, token = await create_key(session, "test", ["read", "write"])
    await database.close()
    return url, token


def _wait(reached: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not reached():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _done(run: Any) -> int:
    tally = run["tally"]
    return int(tally["composed"] + tally["skipped"] + tally["failed"] + tally["cancelled"])


def test_a_run_started_on_one_is_read_paused_and_cancelled_on_the_other(
    apis: tuple[Api, Api], model: HeldModel
) -> None:
    one, other = apis
    asked = {"audience": {"kind": "everyone"}, "occasion": "again", "deadline_ms": int(PATIENCE_S * 1000)}
    started = one.post("/campaigns/newsletter/runs", asked, **{"Idempotency-Key": "only-once"})
    run = started["id"]
    assert other.post("/campaigns/newsletter/runs", asked, **{"Idempotency-Key": "only-once"})["id"] == run

    model.let(2)
    _wait(lambda: _done(other.run(run)) > 0)
    assert other.post(f"/runs/{run}/pause")["status"] == "paused"
    assert one.run(run)["status"] == "paused"
    model.release()
    _wait(lambda: one.run(run)["workers"] == 0)
    stands = _done(one.run(run))
    assert 0 < stands < started["recipients"]

    model.hold()
    assert one.post(f"/runs/{run}/resume")["status"] == "running"
    model.let(1)
    _wait(lambda: _done(other.run(run)) > stands)
    assert other.post(f"/runs/{run}/cancel")["status"] == "cancelled"
    ended = one.run(run)
    assert ended["status"] == "cancelled"
    assert _done(ended) == started["recipients"] == 24
