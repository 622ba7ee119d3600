"""A run whose processes are killed all the way, beside the same run left alone: `python -m benchmarks.chaos`.

As tests/e2e/runs/test_chaos.py, for a longer night: `--recipients 2000 --kills 40`. Exits with 1 where anybody was lost
or written to twice, where a byte is off, or where the model was asked more often than the kills account for.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from store.crypto import Keyring
from tests.kit.chaos.disaster import Blow
from tests.kit.chaos.experiment import Outcome, Scale, experiment
from tests.kit.database import PostgresFactory, SqliteFactory


async def on_sqlite(folder: Path, scale: Scale, kills: int) -> dict[str, Outcome]:
    """One process at a time."""
    keyring = Keyring.generate()
    troubles: dict[str, Sequence[Blow]] = {"process killed": (Blow.KILL_WORKER,) * kills}
    return await experiment(folder, SqliteFactory(folder, keyring), keyring, scale, troubles)


async def on_postgresql(folder: Path, scale: Scale, kills: int) -> dict[str, Outcome]:
    """Workers and the server, three to one; and a rolling restart of everybody, twice."""
    keyring = Keyring.generate()
    server = PostgresFactory(keyring)
    database = kills // 4
    blows: list[Blow] = [*(Blow.KILL_WORKER,) * (kills - database), *(Blow.KILL_DATABASE,) * database]
    troubles: dict[str, Sequence[Blow]] = {
        "workers and server killed": blows,
        "rolling restart": (Blow.RESTART_WORKER,) * 2 * scale.workers,
    }
    try:
        return await experiment(folder, server, keyring, scale, troubles)
    finally:
        server.close()


def verdict(name: str, outcome: Outcome) -> bool:
    """Print a line; was everything as it should be?"""
    damage, repeats = outcome.troubled.damage, outcome.repeats
    fine = not outcome.differences and sum(repeats) <= damage.in_flight
    blows = ", ".join(f"{blow.value} {count} times" for blow, count in damage.blows.items())
    sys.stdout.write(
        f"{name}: {'as if nothing had happened' if fine else 'WRONG'}\n"
        f"  recipients {len(outcome.calm.world.recipients)}, e-mails {len(outcome.calm.world.emails)}, blows {blows}\n"
        f"  calls {outcome.calm.asked.total()} in calm, {outcome.troubled.asked.total()} in trouble; "
        f"recipients asked about again {sum(repeats):.0f} (in flight at a kill: {damage.in_flight}), "
        f"one of them {max(repeats):.0f} times\n"
    )
    for difference in outcome.differences[:20]:
        sys.stdout.write(f"  {difference}\n")
    return fine


def main(argv: list[str] | None = None) -> int:
    """Both databases, unless one is named."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.chaos", description=__doc__.partition("\n")[0])
    parser.add_argument("--recipients", type=int, default=400)
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--workers", type=int, default=2, help="at a time, on PostgreSQL")
    parser.add_argument("--chunk", type=int, default=40, help="recipients a chunk")
    parser.add_argument("--concurrency", type=int, default=16, help="e-mails each process writes at a time")
    parser.add_argument(
        "--deadline", type=float, default=30.0, help="seconds for an e-mail; a hanging prompt costs them"
    )
    parser.add_argument("--seed", type=int, default=1, help="other moments, other prompts that fail")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
    given = parser.parse_args(argv)
    fine = True
    for database in given.database or ("sqlite", "postgresql"):
        scale = Scale(
            recipients=given.recipients,
            chunk=given.chunk,
            workers=1 if database == "sqlite" else given.workers,
            concurrency=given.concurrency,
            deadline_s=given.deadline,
            seed=given.seed,
        )
        work = on_sqlite if database == "sqlite" else on_postgresql
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            outcomes = asyncio.run(work(Path(folder), scale, given.kills))
        for name, outcome in outcomes.items():
            fine &= verdict(f"{database}, {name}", outcome)
        sys.stdout.write(f"  ({time.perf_counter() - began:.0f} s)\n")
    return 0 if fine else 1


if __name__ == "__main__":
    raise SystemExit(main())
