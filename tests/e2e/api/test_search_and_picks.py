"""`penfriend search` and `penfriend picks` as people use them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.e2e.api.test_cli import Run
from tests.kit.commands import run_command
from tests.kit.homes import new_home

FEED = """\
id,title,link,price,availability,product_type,description
p1,Sencha,https://leaf.example/1,3 GBP,in stock,Tea > Green tea,A grassy green tea.
p2,Round teapot,https://leaf.example/2,48 GBP,in stock,Teaware > Teapots,Holds four cups.
p3,Glass teapot,https://leaf.example/3,18 GBP,in stock,Teaware > Teapots,With an infuser.
"""
EVENTS = """\
{"type": "identify", "userId": "c42", "messageId": "i1", "traits": {"firstName": "Ada", "email_consent": true}}
{"type": "track", "userId": "c42", "messageId": "t1", "event": "Product Viewed", "properties": {"product_id": "p3"}}
"""


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Commands in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PENFRIEND_MODEL__MODEL", "openai/none")
    monkeypatch.setenv("COLUMNS", "200")
    command: Run = partial(run_command, capsys)
    new_home(tmp_path / ".penfriend")
    return command


def test_a_wish_is_understood_and_a_customers_picks_are_explained(run: Run, tmp_path: Path) -> None:
    (tmp_path / "feed.csv").write_text(FEED)
    (tmp_path / "events.ndjson").write_text(EVENTS)
    assert run("import", "products", "feed.csv").code == 0
    assert run("import", "events", "events.ndjson").code == 0

    told = run("search", "teapots under 30")
    assert told.code == 0
    assert "“under 30”" in told.out
    assert "Glass teapot (p3)" in told.out
    assert "Round teapot" not in told.out

    plain = run("search", "teapots under 30", "--plain", "--json").json()
    assert {hit["product"]["id"] for hit in plain["data"]} >= {"p2", "p3"}
    assert plain["by"] == "words and meaning"

    filtered = run("search", "teapot", "--min-price", "20", "--category", "Teapots", "--json").json()
    assert [hit["product"]["id"] for hit in filtered["data"]] == ["p2"]

    why = run("picks", "c42", "--why")
    assert why.code == 0
    assert "Glass teapot (p3)" in why.out
    assert "viewed: Glass teapot viewed on" in why.out
    assert run("picks", "c42", "--json").json()["why"] is None


def test_an_empty_or_short_list_says_what_kept_the_others_back(run: Run, tmp_path: Path) -> None:
    (tmp_path / "feed.csv").write_text(FEED.replace("in stock,Tea >", "out of stock,Tea >"))
    (tmp_path / "events.ndjson").write_text(EVENTS)
    assert run("import", "products", "feed.csv").code == 0
    assert run("import", "events", "events.ndjson").code == 0
    short = run("picks", "c42")
    assert "2 of 4 picks. What kept the others back:" in short.out
    assert "1 of 3 products: sold out, or without a price" in short.out
    told = run("picks", "c42", "--flow", "price_drop", "--json").json()
    assert told["picks"] == []
    assert told["short"] == ["1 of 3 products: sold out, or without a price", "All 2 products: not reduced now"]
    assert "What kept everything back:" in run("picks", "c42", "--flow", "price_drop").out


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        (("picks", "nobody"), 3, "unknown_customer"),
        (("picks", "c42", "--flow", "none"), 2, "invalid_input"),
        (("search", "  "), 2, "empty_query"),
        (("search", "tea", "--currency", "euro"), 2, "invalid_input"),
    ],
)
def test_what_cannot_be_asked_is_said_plainly(run: Run, arguments: tuple[str, ...], code: int, reason: str) -> None:
    ended = run(*arguments, "--json")
    assert ended.code == code
    assert ended.json()["error"]["reason"] == reason
