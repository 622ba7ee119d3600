"""What Prometheus reads, and who may."""

from __future__ import annotations

import urllib.request

import pytest

from api.metrics import metrics_server
from composer.model_settings import Limits
from composer.runs.tables import ChunkRow, RunRow
from composer.throttle import Throttles
from store import clock
from store.database import Database
from store.errors import InvalidInput
from tests.integration.api.conftest import Authorized, Client
from tests.kit.patience import PATIENCE_S

pytestmark = pytest.mark.anyio


async def scraped(client: Client, authorized: Authorized) -> str:
    answer = await client.get("/metrics", headers=await authorized("metrics"))
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return answer.text


async def test_requests_are_counted_by_their_route_and_not_by_their_path(
    client: Client, authorized: Authorized
) -> None:
    await client.get("/v1/customers/cust-ada-1815", headers=await authorized("read"))
    told = await scraped(client, authorized)
    assert 'method="GET",route="/v1/customers/{external_id}",status="404"' in told
    assert "cust-ada-1815" not in told


async def test_runs_chunks_and_workers_of_all_processes_are_shown(
    client: Client, authorized: Authorized, sqlite_database: Database
) -> None:
    now = clock.now()
    async with sqlite_database.session() as session:
        for run, status in (("run_1", "running"), ("run_2", "paused")):
            session.add(
                RunRow(
                    id=run,
                    campaign_id="c",
                    campaign_version=1,
                    request={},
                    status=status,
                    recipients=500,
                    created_at=now,
                    updated_at=now,
                )
            )
            await session.flush()
            for number in range(2):
                session.add(
                    ChunkRow(run_id=run, number=number, first=250 * number, size=250, turn=number, done=number == 0)
                )
    told = (await scraped(client, authorized)).splitlines()
    assert 'penfriend_runs{status="running"} 1.0' in told
    assert 'penfriend_runs{status="paused"} 1.0' in told
    assert 'penfriend_runs{status="completed"} 0.0' in told
    assert "penfriend_run_open_chunks 1.0" in told
    assert "penfriend_workers 0.0" in told


def test_a_worker_serves_its_own_from_a_port_of_its_own() -> None:
    with (
        metrics_server(Throttles(Limits()), host="127.0.0.1", port=0) as port,
        urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE_S) as response,
    ):
        assert b"process_cpu_seconds_total" in response.read()


def test_a_port_that_is_taken_is_an_error_that_says_so() -> None:
    with (
        metrics_server(Throttles(Limits()), host="127.0.0.1", port=0) as port,
        pytest.raises(InvalidInput, match=f"cannot be served on 127.0.0.1:{port}"),
        metrics_server(Throttles(Limits()), host="127.0.0.1", port=port),
    ):
        raise AssertionError("it listens twice")
