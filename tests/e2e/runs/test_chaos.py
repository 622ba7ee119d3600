"""A run whose processes are killed all the way, beside the same run left alone: nobody lost, nobody twice, no byte off.

The model fails at a tenth of the prompts and hangs at a fiftieth, the same ones in both. `python -m benchmarks.chaos`
does the same at any size.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from store.crypto import Keyring
from tests.kit.chaos.disaster import Blow
from tests.kit.chaos.experiment import Outcome, Scale, experiment
from tests.kit.database import PostgresFactory, SqliteFactory

Outcomes = dict[str, Outcome]
SCALE = Scale(recipients=48, chunk=8, concurrency=4, latency_ms=80)
KILLED = ("sqlite: process killed", "postgresql: workers and server killed")
TROUBLED = {
    KILLED[0]: (Blow.KILL_WORKER,) * 4,
    KILLED[1]: (Blow.KILL_WORKER, Blow.KILL_DATABASE) * 2,
    "postgresql: rolling restart": (Blow.RESTART_WORKER,) * 2,
}

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
async def outcomes(
    tmp_path_factory: pytest.TempPathFactory, sqlite_factory: SqliteFactory, keyring: Keyring
) -> AsyncIterator[Outcomes]:
    """Everything at once, as most of it is waiting: for models that hang, for processes that start."""
    # A server of its own: nobody else's is killed.
    server = PostgresFactory(keyring)
    embedded, workers = (tmp_path_factory.mktemp(name) for name in ("embedded", "workers"))
    try:
        for factory in (sqlite_factory, server):
            # Alembic migrates one database of a process at a time.
            await factory.url()
        one, many = await asyncio.gather(
            experiment(embedded, sqlite_factory, keyring, SCALE, _on("sqlite")),
            experiment(workers, server, keyring, replace(SCALE, workers=2), _on("postgresql")),
        )
        yield one | many
    finally:
        server.close()


def _on(database: str) -> dict[str, tuple[Blow, ...]]:
    return {trouble: blows for trouble, blows in TROUBLED.items() if trouble.startswith(database)}


@pytest.mark.parametrize("trouble", TROUBLED)
async def test_every_recipient_ends_once_and_with_the_same_bytes(outcomes: Outcomes, trouble: str) -> None:
    assert outcomes[trouble].differences == []


@pytest.mark.parametrize("trouble", TROUBLED)
async def test_there_was_trouble_indeed(outcomes: Outcomes, trouble: str) -> None:
    calm, troubled = outcomes[trouble].calm, outcomes[trouble].troubled
    # Each kind of blow fell: on a fast machine the run may be over before the last one's turn.
    assert set(troubled.damage.blows) == set(TROUBLED[trouble])
    if trouble in KILLED:
        # Who is restarted takes leave in peace, and may end a chunk or give it back.
        assert troubled.damage.in_flight > 0
        assert sum(troubled.world.takes.values()) > len(troubled.world.takes)
    # The model failed some, wrote others, and consent kept some from being asked about at all.
    assert calm.world.tally["paths.template"] > 0
    assert calm.world.tally["paths.model"] > 0
    assert calm.world.tally["skipped"] > 0


@pytest.mark.parametrize("trouble", KILLED)
async def test_the_model_is_asked_once_more_at_most_about_those_in_flight(outcomes: Outcomes, trouble: str) -> None:
    outcome = outcomes[trouble]
    damage = outcome.troubled.damage
    assert max(outcome.repeats) <= damage.blows[Blow.KILL_WORKER]
    assert sum(outcome.repeats) <= damage.in_flight


async def test_a_rolling_restart_asks_the_model_nothing_twice(outcomes: Outcomes) -> None:
    outcome = outcomes["postgresql: rolling restart"]
    assert outcome.troubled.asked == outcome.calm.asked
