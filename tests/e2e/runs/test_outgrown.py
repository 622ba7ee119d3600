"""A worker that has grown beyond `runs.worker_max_mb` begins anew as itself; one beside a service is replaced.

With the limit at 1 MiB each process has outgrown it when it has worked off the least that it must.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
from sqlalchemy import func
from sqlmodel import select
from structlog.testing import capture_logs

from api.beside import Beside
from api.databases import open_database
from api.settings import Settings
from composer.campaigns import save_brand, save_campaign
from composer.processes import python, same_modules
from composer.runs import service
from composer.runs.audiences.model import Everyone
from composer.runs.model import Run, RunRequest, RunStatus
from composer.runs.tables import RecipientRow
from demo import documents
from memory.ingest import ingest
from store import clock
from store.database import Database
from tests.kit.homes import new_home
from tests.kit.outgrowing import FEW
from tests.kit.patience import LOOK_S, PATIENCE_S
from tests.kit.runs import read_run

CHUNK = AT_ONCE = 10
PEOPLE = 2 * FEW - CHUNK
"""More than the first process works off, which finishes a few chunks beyond its least; less than two such must."""
REFUSED = {"outcome": "skipped", "reason": "no_consent"}
NO_MODEL = {"model": "openai/none"}


async def _begun(database: Database) -> Run:
    """A run for people who may not be written to: what it takes is our own work alone."""
    people = [{"type": "identify", "messageId": f"m{number}", "userId": f"p{number}"} for number in range(PEOPLE)]
    async with database.session() as session:
        await save_brand(session, documents.brand())
        await save_campaign(session, next(one for one in documents.campaigns() if one.id == "newsletter"))
        await ingest(session, people, received_at=clock.now())
        return await service.start(session, "newsletter", RunRequest(audience=Everyone()), chunk_size=CHUNK)


async def _completed(database: Database, run: Run) -> None:
    async with asyncio.timeout(2 * PATIENCE_S):  # two processes start
        while run.status is RunStatus.RUNNING:
            await asyncio.sleep(0.05)
            run = await read_run(database, run.id)
    assert (run.status, run.tally.skipped) == (RunStatus.COMPLETED, PEOPLE)
    async with database.session(readonly=True) as session:
        rows = select(func.count()).select_from(RecipientRow).where(RecipientRow.run_id == run.id)
        assert (await session.execute(rows)).scalar_one() == PEOPLE


def _settings(home: Path) -> Settings:
    return Settings.model_validate(
        {"home": home, "model": NO_MODEL, "runs": {"worker_max_mb": 1, "concurrency": AT_ONCE}}
    )


def _told(log: Path, *wanted: str) -> list[str]:
    """Events of these kinds, in order; a line that is half written is not there yet."""
    lines = [line for line in log.read_text(encoding="utf-8").splitlines(keepends=True) if line.startswith("{")]
    events = [json.loads(line)["event"] for line in lines if line.endswith("\n")]
    return [event for event in events if event in wanted]


async def _all_ended(log: Path) -> None:
    """Whoever ended the last chunk has less than its least behind it, and stays."""
    async with asyncio.timeout(PATIENCE_S):
        while len(_told(log, "chunk_ended")) < PEOPLE // CHUNK:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(LOOK_S)


@pytest.mark.anyio
async def test_a_worker_that_has_outgrown_its_limit_begins_anew_as_the_same_process_and_nobody_is_lost(
    tmp_path: Path,
) -> None:
    new_home(home := tmp_path / "home")
    settings, log = _settings(home), tmp_path / "worker.log"
    async with open_database(settings) as database:
        run = await _begun(database)
        with log.open("wb") as written:
            process = await asyncio.create_subprocess_exec(
                *python("tests.kit.outgrowing", "worker", "--home", str(home), "--concurrency", str(AT_ONCE)),
                env=same_modules()
                | {"PENFRIEND_MODEL__MODEL": NO_MODEL["model"], "PENFRIEND_RUNS__WORKER_MAX_MB": "1"},
                stderr=written,
                stdout=subprocess.DEVNULL,
            )
        try:
            await _completed(database, run)
            await _all_ended(log)
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(PATIENCE_S):
                code = await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    told = _told(log, "worker_started", "worker_outgrown", "worker_stopped")
    assert code == 0, log.read_text(encoding="utf-8")
    assert told == ["worker_started", "worker_outgrown", "worker_stopped", "worker_started", "worker_stopped"]


@pytest.mark.anyio
async def test_a_service_replaces_the_process_beside_it_that_has_outgrown_its_limit(tmp_path: Path) -> None:
    new_home(home := tmp_path / "home")
    settings = _settings(home)
    async with open_database(settings) as database:
        with capture_logs() as logged:
            async with Beside(settings, database, command=python("tests.kit.outgrowing")).kept() as beside:
                run = await _begun(database)
                beside.wake()
                await _completed(database, run)
                assert beside.standing().ok, beside.standing().detail
                # What the first one counted is not lost with it.
                async with asyncio.timeout(PATIENCE_S):
                    while await _refused(beside) < PEOPLE:  # noqa: ASYNC110 - it tells nobody
                        await asyncio.sleep(LOOK_S)
                assert await _refused(beside) == PEOPLE
    started = [one["pid"] for one in logged if one["event"] == "run_process_started"]
    assert len(set(started)) == 2
    assert not {one["event"] for one in logged if one["log_level"] == "error"}
    for pid in started:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


async def _refused(beside: Beside) -> float:
    """As it and those before it have counted; as it said last, where it is too busy to answer at once."""
    counted = {family.name: family for family in await beside.counted()}
    return sum(one.value for one in counted["penfriend_emails"].samples if one.labels == REFUSED)
