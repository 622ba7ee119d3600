"""Another embedding model by setting, and an index that was damaged, as people at the command line see them."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.api.test_serve import START_SECONDS, Service
from tests.kit.commands import Ran, run_command
from tests.kit.homes import new_home
from tests.kit.tiny_models import static_model

FEED = "id,title,link,price\np1,Green tea,https://leaf.example/1,3 GBP\np2,Red iron pot,https://leaf.example/2,30 GBP\n"
Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run one command in a folder of its own, with a static model of a few words."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PENFRIEND_MODEL__MODEL", "openai/none")
    monkeypatch.setenv("PENFRIEND_EMBEDDING__MODEL", str(static_model(tmp_path / "words")))
    monkeypatch.setenv("COLUMNS", "200")
    return partial(run_command, capsys)


def checks(ran: Ran) -> dict[str, Any]:
    """What doctor says, by the name of the check."""
    return {check["name"]: check for check in ran.json()}


@pytest.fixture
def shop(run: Run, tmp_path: Path) -> Path:
    """An installation with two products."""
    (tmp_path / "feed.csv").write_text(FEED)
    new_home(tmp_path / ".penfriend")
    assert run("import", "products", "feed.csv").code == 0
    return tmp_path / ".penfriend"


@pytest.mark.usefixtures("shop")
def test_doctor_names_the_model_that_is_set(run: Run) -> None:
    found = checks(run("doctor", "--json"))["embedding model"]
    assert found["ok"]
    assert found["detail"].startswith("words/")
    assert "16 dimensions" in found["detail"]


def test_a_damaged_index_is_rebuilt_and_doctor_says_so_once(run: Run, shop: Path) -> None:
    for path in (shop / "index").glob("g-*/*.bin"):
        path.write_bytes(path.read_bytes()[:-7])
    first, second = (checks(run("doctor", "--json"))["index"] for _ in range(2))
    assert first["ok"]
    assert "index_damaged" in first["detail"]
    assert "rebuilt" not in second["detail"]
    assert "2 products" in second["detail"]


def test_another_model_in_place_of_the_old_one_is_noticed(
    run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = static_model(shop.parent / "other words", dimension=8)
    monkeypatch.setenv("PENFRIEND_EMBEDDING__MODEL", str(other))
    found = checks(run("doctor", "--json"))
    assert "index_other_model" in found["index"]["detail"]
    assert "8 dimensions" in found["embedding model"]["detail"]


def test_a_model_that_is_not_there_stops_a_command_with_the_setting_to_change(
    run: Run, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PENFRIEND_EMBEDDING__MODEL", str(shop / "nothing"))
    ran = run("import", "products", "feed.csv", "--json")
    error = ran.json()["error"]
    assert ran.code == 6
    assert (error["reason"], error["pointer"]) == ("embedding_model_unknown", "embedding.model")
    assert not checks(run("doctor", "--json"))["index"]["ok"]


def test_a_broken_model_does_not_keep_doctor_from_looking_at_the_rest(run: Run, shop: Path) -> None:
    (shop.parent / "words" / "tokenizer.json").write_text("{")
    found = checks(run("doctor", "--json"))
    assert not found["embedding model"]["ok"]
    assert "tokenizer.json" in found["embedding model"]["detail"]
    assert any(name.startswith("model ") for name in found)


def test_the_settings_file_names_what_cannot_be_combined(run: Run, shop: Path) -> None:
    shutil.rmtree(shop / "index")
    (shop / "penfriend.toml").write_text('[embedding]\nprecision = "int8"\n')
    error = run("doctor", "--json").json()["error"]
    assert error["reason"] == "wrong_setting"
    assert "onnx" in error["detail"]


def test_a_service_that_starts_with_another_model_encodes_all_products_and_logs_how_far_it_is(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PENFRIEND_EMBEDDING__MODEL", str(static_model(shop.parent / "other words", dimension=8)))
    monkeypatch.chdir(Path(__file__).parents[3])
    service = Service(shop, "")
    try:
        service.wait()
        deadline = time.monotonic() + START_SECONDS
        while "understanding_products" not in (told := service.log.read_text()) and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        service.process.kill()
        service.process.wait()
    lines = [json.loads(line) for line in told.splitlines() if "understanding_products" in line]
    assert [(line["done"], line["total"]) for line in lines] == [(2, 2)]
