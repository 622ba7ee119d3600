"""`penfriend feeds` as people and cron use it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.kit.commands import Ran, run_command
from tests.kit.feed_bench import csv, numbered
from tests.kit.homes import new_home
from tests.kit.tiny_models import static_model

Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run one command over a fresh installation, whose embedding model needs no torch."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PENFRIEND_MODEL__MODEL", "openai/none")
    monkeypatch.setenv("PENFRIEND_EMBEDDING__MODEL", str(static_model(tmp_path / "words")))
    monkeypatch.setenv("COLUMNS", "240")
    new_home(tmp_path / ".penfriend")
    return partial(run_command, capsys)


@pytest.fixture
def shop(run: Run, tmp_path: Path) -> Path:
    """A feed of forty products, imported once."""
    file = tmp_path / "shop.csv"
    file.write_text(csv(numbered(40)))
    assert run("feeds", "add", "shop", "shop.csv", "--every", 30).code == 0
    assert run("feeds", "run", "shop").code == 0
    return file


@pytest.mark.usefixtures("shop")
def test_a_feed_is_added_run_and_listed(run: Run) -> None:
    (listed,) = run("feeds", "list", "--json").json()
    assert (listed["feed"]["id"], listed["state"], listed["last_import"]["imported"]) == ("shop", "active", 40)
    assert listed["feed"]["source"].endswith("/shop.csv")
    assert "40 new" in run("feeds", "list").out


def test_cron_runs_what_is_due_and_learns_of_a_held_feed_by_the_exit_code(run: Run, shop: Path) -> None:
    assert run("feeds", "run", "--due", "--json").json() == []
    shop.write_text(csv(numbered(3)))
    held = run("feeds", "run", "shop")
    assert held.code == 1
    assert "held: Of 40 products in stock, 3 would be left" in held.out
    shown = run("feeds", "show", "shop")
    assert "penfriend feeds release shop" in shown.out
    (sick,) = [check for check in run("doctor", "--json").json() if check["name"] == "feed shop"]
    assert (sick["ok"], sick["required"], sick["detail"]) == (False, False, "held back")
    released = run("feeds", "release", "shop", "--json").json()
    assert (released["status"], released["removed"]) == ("done", 37)
    assert run("feeds", "release", "shop").code == 5


def test_show_lists_the_first_bad_rows_and_says_how_many_more(run: Run, shop: Path) -> None:
    bad = [f"b{number},,https://s.example/{number},1.00 EUR,in_stock" for number in range(25)]
    shop.write_text(csv([*numbered(40), *bad]))
    run("feeds", "run", "shop")
    shown = run("feeds", "show", "shop")
    assert "25 left out" in shown.out
    assert "title" in shown.out
    assert shown.out.count("b2") >= 1
    assert "and 5 more" in shown.out
    assert len(run("feeds", "show", "shop", "--json").json()["report"]["rejected"]) == 25


@pytest.mark.usefixtures("shop")
def test_a_feed_is_paused_resumed_and_removed(run: Run) -> None:
    assert run("feeds", "pause", "shop", "--json").json()["state"] == "paused"
    assert run("feeds", "resume", "shop", "--json").json()["state"] == "active"
    assert run("feeds", "remove", "shop").code == 0
    assert run("feeds", "show", "shop").code == 3


def test_a_missing_file_is_a_failure_of_the_feed_with_its_reason(run: Run, shop: Path) -> None:
    shop.unlink()
    failed = run("feeds", "run", "shop")
    assert failed.code == 1
    assert "feed_not_found" in failed.out
    assert run("feeds", "list", "--json").json()[0]["state"] == "failing"


def test_a_private_address_is_refused_until_the_settings_allow_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("feeds", "add", "inner", "http://127.0.0.1:1/feed.csv", "--header", "Authorization: Bearer s3cret")
    (refused,) = run("feeds", "run", "inner", "--json").json()
    monkeypatch.setenv("PENFRIEND_PRIVATE_FEEDS", "true")
    shown = run("feeds", "show", "inner").out
    assert refused["failure"]["reason"] == "address_refused"
    assert "private_feeds" in shown
    assert "s3cret" not in shown


def test_a_feed_with_columns_of_its_own_is_read_by_its_mapping(run: Run, tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text("Nr;Name;Adresse;Preis\n1;Tee;https://s.example/1;3,50\n")
    (tmp_path / "own.yaml").write_text("currency: EUR\nfields: {id: Nr, title: Name, link: Adresse, price: Preis}\n")
    assert run("feeds", "add", "own", "own.csv", "--mapping", "own.yaml").code == 0
    assert run("feeds", "run", "own", "--json").json()[0]["imported"] == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("add", "Shop", "shop.csv"), 2),
        (("add", "shop", "https://user:word@shop.example/feed"), 2),
        (("add", "shop", "shop.csv", "--header", "no colon"), 2),
        (("add", "shop", "shop.csv", "--max-drop", "-1"), 2),
        (("run",), 2),
        (("run", "shop", "--due"), 2),
        (("run", "nobody"), 3),
        (("show", "nobody"), 3),
    ],
)
def test_wrong_use_is_told_without_a_traceback(run: Run, arguments: tuple[str, ...], code: int) -> None:
    ran = run("feeds", *arguments)
    assert ran.code == code
    assert "Traceback" not in ran.err


def test_a_whole_shop_by_hand_is_held_back_too(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "all.csv"
    file.write_text(csv(numbered(40)))
    assert run("import", "products", "all.csv", "--full").code == 0
    file.write_text(csv(numbered(3)))
    held = run("import", "products", "all.csv", "--full")
    assert held.code == 1
    assert "--release" in held.err
    assert run("import", "products", "all.csv", "--full", "--release", "--json").json()["removed"] == 37
