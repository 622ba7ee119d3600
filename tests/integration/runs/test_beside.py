"""Whatever the process beside a service does, runs are worked on, and somebody is told when they are not."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from api.beside import Beside, Pauses
from api.readiness import Check
from api.settings import Settings
from composer.breaker import State
from store.database import Database
from tests.kit import fake_run_process
from tests.kit.patience import PATIENCE_S
from tests.kit.runs_rows import add_run

pytestmark = pytest.mark.anyio

QUICK = Pauses(look=0.02, first=0.05, longest=0.2, start=PATIENCE_S)
LEASE_S = 30.0
"""Who is silent for two leases, and then does not answer for a second, is taken for one that hangs: so is, with a
short one, who waits for a processor."""
SHORT_S = 0.5
Ways = Sequence[str]


@pytest.fixture
def lives(tmp_path: Path) -> Path:
    """Who has lived, by pid."""
    (tmp_path / "lives").touch()
    return tmp_path / "lives"


@asynccontextmanager
async def kept(
    database: Database, lives: Path, *ways: str, pauses: Pauses = QUICK, command: Ways = (), lease_s: float = LEASE_S
) -> AsyncIterator[Beside]:
    """With something to do all the time."""
    await add_run(database, "run_a", chunks=1)
    settings = Settings.model_validate({"home": lives.parent, "runs": {"lease_s": lease_s, "grace_s": 0.0}})
    command = command or (sys.executable, "-I", fake_run_process.__file__, str(lives), *ways)
    async with Beside(settings, database, command=command, pauses=pauses).kept() as beside:
        yield beside


async def until(true: Callable[[], bool]) -> None:
    with anyio.fail_after(PATIENCE_S):
        while not true():  # noqa: ASYNC110 - processes tell nobody
            await anyio.sleep(0.01)


def pids(lives: Path) -> list[int]:
    return [int(line) for line in lives.read_text().split()]


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


async def test_what_else_is_printed_in_the_process_is_passed_over(sqlite_database: Database, lives: Path) -> None:
    async with kept(sqlite_database, lives, "noise") as beside:
        await until(lambda: beside.breakers is not None)
        told = {family.name: family.samples[0].value for family in await beside.counted()}
        assert beside.standing().ok
    assert told == {"penfriend_emails": 2.0, "penfriend_llm_in_flight_requests": 4.0}
    [only] = pids(lives)
    assert gone(only)


async def test_a_process_that_is_killed_is_replaced_and_what_it_counted_is_kept(
    sqlite_database: Database, lives: Path
) -> None:
    async with kept(sqlite_database, lives, "work") as beside:
        await until(lambda: beside.breakers is not None)
        os.kill(pids(lives)[0], signal.SIGKILL)
        await until(lambda: len(pids(lives)) == 2 and beside.breakers is not None)
        told = {family.name: family.samples[0].value for family in await beside.counted()}
        assert beside.standing().ok
    assert told == {"penfriend_emails": 4.0, "penfriend_llm_in_flight_requests": 4.0}


async def test_why_a_process_fails_is_told_until_one_works(sqlite_database: Database, lives: Path) -> None:
    checks: list[Check] = []
    async with kept(sqlite_database, lives, "fail", "fail", "work") as beside:
        assert beside.standing().ok
        await until(lambda: not beside.standing().ok)
        checks.append(beside.standing())
        await until(lambda: beside.breakers is not None)
        assert beside.standing().ok
    [check] = checks
    assert (check.name, check.required, check.fix) == ("runs", False, "Name another.")
    assert check.detail.endswith("There is no judge called Ann.")
    assert len(pids(lives)) == 3


async def test_what_cannot_be_started_is_told_and_tried_again(sqlite_database: Database, lives: Path) -> None:
    program = lives.parent / "program"
    async with kept(sqlite_database, lives, command=(str(program), fake_run_process.__file__)) as beside:
        await until(lambda: not beside.standing().ok)
        assert beside.standing().detail.endswith("No such file or directory.")
        assert beside.standing().fix
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -I "$1" {lives} work\n')
        program.chmod(0o700)
        await until(lambda: beside.standing().ok)


@pytest.mark.parametrize("how", ["mute", "never"])
async def test_a_process_that_hangs_is_replaced(sqlite_database: Database, lives: Path, how: str) -> None:
    pauses = Pauses(look=0.02, first=0.05, longest=0.2, start=1.0)
    async with kept(sqlite_database, lives, how, "work", pauses=pauses, lease_s=SHORT_S) as beside:
        # One more where the second was slow to start: it is given no more time than the first.
        await until(lambda: len(pids(lives)) >= 2 and beside.breakers is not None)
        assert gone(pids(lives)[0])
        assert beside.standing().ok


async def test_a_process_that_is_stopped_is_replaced_and_one_that_answers_is_not(
    sqlite_database: Database, lives: Path
) -> None:
    async with kept(sqlite_database, lives, "work", lease_s=SHORT_S) as beside:
        await until(lambda: beside.breakers is not None)
        # It has no row in the list of workers, as while the database takes no writes; and is asked.
        await until(lambda: beside.breakers == {"openai/x": State.CLOSED})
        # The last one, should the processor have kept an earlier one from answering.
        last = pids(lives)[-1]
        assert not gone(last)
        os.kill(last, signal.SIGSTOP)
        await until(lambda: pids(lives)[-1] != last)
        assert gone(last)
