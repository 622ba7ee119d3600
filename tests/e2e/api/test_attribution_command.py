"""`penfriend attribution`: shown, changed one setting at a time, and everything counted anew by it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from api.databases import open_database
from api.settings import Settings
from tests.kit.commands import run_command
from tests.kit.homes import new_home
from tests.kit.outcomes import HOUR, SENT, Shop
from tests.kit.runs import open_shop


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An installation in which somebody ordered three days after a click."""
    settings = Settings(home=tmp_path / "home")
    asyncio.run(_fill(settings))
    return settings.home


async def _fill(settings: Settings) -> None:
    new_home(settings.home)
    async with open_database(settings) as database:
        await open_shop(database)
        shop = Shop(database)
        email = await shop.decided("ada")
        await shop.did("ada", "Email Link Clicked", SENT + HOUR, email_id=email)
        await shop.did("ada", "Order Completed", SENT + 72 * HOUR, order_id="1", total=30, currency="GBP")


async def _orders(home: Path) -> int:
    async with open_database(Settings(home=home)) as database:
        [outcome] = (await Shop(database).outcomes()).values()
        return outcome.orders


def test_what_is_not_named_stays_as_it_was(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "240")
    run_command(capsys, "attribution", "set", "--click-days", 2, "--home", home)
    run_command(capsys, "attribution", "set", "--model", "first_click", "--home", home)
    first, second = run_command(capsys, "attribution", "show", "--json", "--home", home).json()
    assert (first["rules"]["model"], first["rules"]["click_days"]) == ("first_click", 2)
    assert (second["rules"]["model"], second["rules"]["click_days"]) == ("last_click", 2)
    assert "first click" in run_command(capsys, "attribution", "show", "--home", home).out


def test_everything_is_counted_anew_by_the_rules_in_force(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = run_command(capsys, "attribution", "recompute", "--json", "--home", home).json()
    assert (done["customers"], asyncio.run(_orders(home))) == (1, 1)
    run_command(capsys, "attribution", "set", "--click-days", 1, "--home", home)
    assert run_command(capsys, "attribution", "recompute", "--home", home).code == 0
    assert asyncio.run(_orders(home)) == 0


def test_doctor_tells_of_customers_who_could_not_be_counted(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise OverflowError("what she ordered")

    def results() -> dict[str, object]:
        return next(
            one for one in run_command(capsys, "doctor", "--json", "--home", home).json() if one["name"] == "results"
        )

    with monkeypatch.context() as broken:
        broken.setattr("composer.facts.updating.count", fails)
        run_command(capsys, "attribution", "recompute", "--home", home)
    assert (results()["ok"], str(results()["detail"]).split()[0]) == (False, "1")
    assert "recompute" in str(results()["fix"])
    run_command(capsys, "attribution", "recompute", "--home", home)
    assert results()["ok"]


@pytest.mark.parametrize(("option", "value"), [("--click-days", 99), ("--model", "magic")])
def test_a_wrong_setting_is_named(home: Path, capsys: pytest.CaptureFixture[str], option: str, value: object) -> None:
    ran = run_command(capsys, "attribution", "set", option, value, "--home", home)
    assert ran.code == 2
    assert option in ran.err
