"""`penfriend reindex` as people use it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.e2e.api.test_cli import Run
from tests.kit.commands import run_command
from tests.kit.homes import new_home
from tests.kit.tiny_models import static_model

FEED = """\
id,title,link,price,availability
p1,Sencha,https://leaf.example/1,3 GBP,in stock
p2,Round teapot,https://leaf.example/2,48 GBP,in stock
"""


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Commands in a folder of its own, with an embedding model that needs no torch."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PENFRIEND_MODEL__MODEL", "openai/none")
    monkeypatch.setenv("PENFRIEND_EMBEDDING__MODEL", str(static_model(tmp_path / "words")))
    command: Run = partial(run_command, capsys)
    new_home(tmp_path / ".penfriend")
    return command


def test_the_index_is_made_anew_and_says_how_well_it_finds(run: Run, tmp_path: Path) -> None:
    (tmp_path / "feed.csv").write_text(FEED)
    assert run("import", "products", "feed.csv").code == 0
    index = tmp_path / ".penfriend" / "index"
    before = {path.name for path in index.glob("g-*")}
    made = run("reindex", "--json").json()
    assert (made["products"], made["encoded"], made["plan"]["kind"]) == (2, 0, "flat")
    assert made["bytes_on_disk"] > 0
    assert {path.name for path in index.glob("g-*")} - before
    told = run("reindex")
    assert (told.code, told.out.splitlines()[-1]) == (0, "Every search is exact.")
    assert told.out.startswith("2 products, 0 encoded")


def test_an_empty_shop_has_an_index_too(run: Run) -> None:
    assert run("reindex", "--json").json()["products"] == 0
