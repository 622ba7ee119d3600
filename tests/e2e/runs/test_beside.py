"""Runs of a service on SQLite are worked off by a process beside it, which ends with the service."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from api.beside import Beside, Pauses
from api.databases import open_database
from api.house import House, open_house
from api.settings import CONFIG_NAME, Settings
from composer import telemetry
from composer.campaigns import save_brand, save_campaign
from composer.processes import python
from composer.runs import service
from composer.runs.audiences.model import Everyone
from composer.runs.chunks import is_any_free
from composer.runs.fleet import Worker, live_workers
from composer.runs.model import Run, RunRequest, RunStatus
from demo import documents
from memory.ingest import ingest
from store import clock
from store.database import Database
from tests.kit.chaos import shop
from tests.kit.chaos.experiment import ASKED_DIRECTLY
from tests.kit.held_model import HeldModel
from tests.kit.homes import new_home
from tests.kit.patience import PATIENCE_S, until
from tests.kit.runs import read_run

HERE = python("tests.kit.chaos.run_process")
REFUSED = {"outcome": "skipped", "reason": "no_consent"}


async def _started(house: House) -> Run:
    people = [{"type": "identify", "messageId": f"m{number}", "userId": f"p{number}"} for number in range(3)]
    async with house.database.session() as session:
        await save_brand(session, documents.brand())
        await save_campaign(session, next(one for one in documents.campaigns() if one.id == "newsletter"))
        await ingest(session, people, received_at=clock.now())
        run = await service.start(session, "newsletter", RunRequest(audience=Everyone()))
    house.wake_runs()
    return run


async def _ended(database: Database, run: Run) -> Run:
    async with asyncio.timeout(PATIENCE_S):
        while run.status is RunStatus.RUNNING:
            await asyncio.sleep(0.05)
            run = await read_run(database, run.id)
    return run


@pytest.mark.anyio
async def test_a_run_is_worked_off_by_a_process_that_ends_with_the_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new_home(home := tmp_path / "home")
    settings = Settings.model_validate({"home": home, "model": {"model": "openai/none"}})
    # Whoever starts `penfriend serve` may stand anywhere, and edit the settings meanwhile.
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / "__init__.py").write_text("raise RuntimeError('not ours')")
    monkeypatch.chdir(tmp_path)
    async with open_house(settings, serving=True) as house:
        assert house.beside is not None
        before = _refused_here()
        (home / CONFIG_NAME).write_text("not toml =")
        run = await _ended(house.database, await _started(house))
        assert (run.status, run.tally.skipped) == (RunStatus.COMPLETED, 3)
        [worker] = await _workers(house.database, settings)
        assert worker.pid != os.getpid()
        checks = {check.name: check for check in (await house.readiness()).checks}
        assert checks["runs"].ok

        counted = {family.name: family for family in await house.beside.counted()}
        there = [one.value for one in counted["penfriend_emails"].samples if one.labels == REFUSED]
        assert (there[0], _refused_here()) == (3.0, before)
    with pytest.raises(ProcessLookupError):
        os.kill(worker.pid, 0)


@pytest.mark.anyio
async def test_e_mails_are_written_there_to_the_end_and_being_told_to_end_costs_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PENFRIEND_ALLOW_MODEL_CALLS", "loopback")
    new_home(home := tmp_path / "home")
    with HeldModel().in_thread() as model:
        asked = {"model": ASKED_DIRECTLY, "api_base": model.api_base, "rounds": 1, "timeout": PATIENCE_S}
        settings = Settings.model_validate({"home": home, "model": asked, "runs": {"concurrency": 2}})
        async with open_database(settings) as database:
            started = await shop.build(database, settings.index_dir, recipients=6, chunk=6, deadline_s=PATIENCE_S)
            beside = Beside(settings, database, command=HERE, pauses=Pauses(look=PATIENCE_S))
            model.hold()
            async with beside.kept():
                assert await _calling(beside) <= settings.runs.concurrency
                model.release()
                whole = await _ended(database, await read_run(database, started.run))
                model.hold()
                again = whole.request.model_copy(update={"audience": Everyone(), "occasion": "again"})
                async with database.session() as session:
                    second = await service.start(session, shop.CAMPAIGN, again)
                beside.wake()
                await until(lambda: model.open == settings.runs.concurrency)
                [worker] = await _workers(database, settings)
                os.kill(worker.pid, signal.SIGTERM)
                # Only those that are being written are answered: nobody else is begun.
                model.let(settings.runs.concurrency)
                await _over(beside)
            half = await read_run(database, second.id)
            assert await _workers(database, settings) == []
            async with database.session(readonly=True) as session:
                assert await is_any_free(session), "the chunk was not given back"
    assert whole.tally.composed + whole.tally.skipped == whole.recipients == started.recipients
    assert whole.tally.paths == {"model": whole.tally.composed}
    assert half.tally.composed == settings.runs.concurrency < whole.tally.composed
    assert model.letters == whole.tally.composed + half.tally.composed, "what was being written was thrown away"


def _refused_here() -> float | None:
    """As this process has counted, whatever else was tested in it."""
    return telemetry.REGISTRY.get_sample_value("penfriend_emails_total", REFUSED)


async def _calling(beside: Beside) -> float:
    """How many calls are out, as soon as there are any."""
    async with asyncio.timeout(PATIENCE_S):
        while not (calls := (await _told(beside)).get(telemetry.LLM_IN_FLIGHT, 0.0)):  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.02)
    return calls


async def _told(beside: Beside) -> dict[str, float]:
    return {sample.name: sample.value for family in await beside.counted() for sample in family.samples}


async def _over(beside: Beside) -> None:
    """The process has ended."""
    async with asyncio.timeout(PATIENCE_S):
        while beside.breakers is not None:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.02)


async def _workers(database: Database, settings: Settings) -> list[Worker]:
    async with database.session(readonly=True) as session:
        return await live_workers(session, lease_s=settings.runs.lease_s)
