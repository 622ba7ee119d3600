"""`penfriend review` as people use it: a sample is drawn, looked at, refused, accepted; and `run start --gate`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from api.databases import open_database
from api.settings import read_settings
from composer.reviews import gate
from tests.e2e.api.test_cli import Run
from tests.kit.commands import run_command
from tests.kit.homes import new_home
from tests.kit.reviews import add_emails, add_run, read_all


def stored(work: Callable[[AsyncSession], Awaitable[object]]) -> None:
    """Beside the commands, in the installation of this folder."""

    async def done() -> None:
        async with open_database(read_settings(None)) as database, database.session() as session:
            await work(session)

    asyncio.run(done())


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Commands where a run of 300 e-mails waits behind its gate."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "220")
    command: Run = partial(run_command, capsys)
    new_home(tmp_path / ".penfriend")

    async def seed(session: AsyncSession) -> None:
        await add_run(session, "run_1", review={"gate": True, "defect_rate": 0.1})
        await add_emails(session, 300, run_id="run_1", kinds=60)
        await gate.put_up(session, "run_1", "autumn")

    stored(seed)
    return command


def test_a_sample_is_drawn_shown_read_and_accepted(run: Run) -> None:
    drawn = run("review", "draw", "run_1", "--json").json()
    assert (drawn["population"], drawn["terms"]["defect_rate"], drawn["left_out"]) == (300, 0.1, 20)
    shown = run("review", "show", drawn["id"])
    assert "if none is rejected, at most 10 % of 300 are bad, 95 % sure" in shown.out
    assert "20 of 60 kinds are not among them" in shown.out
    assert len(run("review", "show", drawn["id"], "--json").json()["items"]) == drawn["emails"]
    early = run("review", "accept", drawn["id"])
    assert early.code == 5
    assert "left" in early.err
    stored(lambda session: read_all(session, drawn["id"]))
    assert "accepted" in run("review", "accept", drawn["id"]).out
    listed = run("review", "list")
    assert drawn["id"] in listed.out
    assert f"{drawn['emails']} of {drawn['emails']}" in listed.out


def test_a_refused_one_makes_room_for_another_on_stricter_terms_only(run: Run) -> None:
    first = run("review", "draw", "run_1", "--json").json()
    assert run("review", "refuse", first["id"], "--json").json()["status"] == "refused"
    looser = run("review", "draw", "run_1", "--share", "0.2")
    assert looser.code == 2
    assert "at most 10 % bad, 95 % sure, 0 allowed" in looser.err
    terms = run("review", "draw", "run_1", "--share", "0.08", "--confidence", "0.96", "--json").json()["terms"]
    assert (terms["defect_rate"], terms["allowed"], terms["gate"]) == (0.08, 0, True)
    # Half of the 4 % that were asked for, as one was refused before.
    assert terms["confidence"] == pytest.approx(0.98)
    wrong = run("review", "draw", "run_1", "--share", "5")
    assert wrong.code == 2
    assert "--share 0.05" in wrong.err


def test_a_run_is_released_with_a_reason_and_the_audit_log_has_it(run: Run) -> None:
    assert run("review", "release", "run_1", "--why", "Agreed in PF-12").code == 0
    assert run("review", "release", "run_1", "--why", "Agreed in PF-12").code == 5
    [entry] = [one for one in run("audit", "--json").json()["entries"] if one["action"] == "run.release"]
    assert (entry["about"], entry["why"]) == ("run_1", "Agreed in PF-12")


def test_without_a_run_it_is_about_what_was_composed_one_by_one(run: Run) -> None:
    nothing = run("review", "draw")
    assert nothing.code == 5
    stored(lambda session: add_emails(session, 20, first=1_000))
    assert run("review", "draw", "--json").json()["population"] == 20
    assert run("review", "draw", "--campaign", "spring").code == 3
