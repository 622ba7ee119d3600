"""`penfriend run` as people use it: looked at, started, watched, paused and gone on with."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest

from api import models
from composer.model_writer import ModelWriter
from composer.runs.preflight import samples
from evals.scripted_model import ScriptedModel
from tests.e2e.api.test_cli import Run
from tests.kit.commands import run_command
from tests.kit.homes import new_home

BRAND = """\
id: leaf
name: Leaf & Kettle
url: https://leaf.shop
domain: leaf.shop
currency: GBP
sender: {name: Leaf & Kettle, email: hello@leaf.shop}
postal_address: 1 Mill Lane, Leeds LS1 1AA
voice: {description: warm and plain}
public_url: https://mail.leaf.shop
"""
CAMPAIGN = "{id: spring, name: Spring, flow: newsletter, brand: leaf}"
TEAS = ("Sencha", "Gyokuro", "Genmaicha", "Hojicha", "Kukicha", "Matcha", "Bancha", "Oolong")
FILES = {"brand": "brand.yaml", "products": "feed.csv", "events": "events.ndjson", "campaign": "campaign.yaml"}
ANSWER = {"subject": "Something for the shelf", "opening": "A few things we thought of for you."}


@pytest.fixture
def model() -> Iterator[str]:
    """The base URL of a model that answers."""
    with ScriptedModel(orjson.dumps(ANSWER).decode()).in_thread() as server:
        yield server.api_base


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, model: str) -> Run:
    """Commands in a shop of eight teas and three customers."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PENFRIEND_ALLOW_MODEL_CALLS", "loopback")
    monkeypatch.setenv("PENFRIEND_MODEL__MODEL", "hosted_vllm/scripted")
    monkeypatch.setenv("PENFRIEND_MODEL__API_BASE", model)
    monkeypatch.setenv("COLUMNS", "200")
    command: Run = partial(run_command, capsys)
    new_home(tmp_path / ".penfriend")
    shop = {"brand": BRAND, "products": _feed(), "events": _events(), "campaign": CAMPAIGN}
    for kind, text in shop.items():
        (tmp_path / FILES[kind]).write_text(text)
        assert command("import", kind, FILES[kind]).code == 0
    return command


def test_with_a_gate_a_sample_waits_at_the_end_and_nothing_is_sent(run: Run) -> None:
    ended = run("run", "start", "spring", "--everyone", "--yes", "--review", "0.2", "--gate", "--json").json()
    assert ended["request"]["review"] == {"defect_rate": 0.2, "confidence": 0.95, "allowed": 0, "gate": True}
    [sample] = run("review", "list", "--run", ended["id"], "--json").json()
    assert (sample["population"], sample["status"]) == (3, "open")
    sent = run("send", ended["id"], "--smtp")
    assert sent.code == 5
    assert sample["id"] in sent.err


def test_everyone_gets_an_email_and_asking_again_writes_no_second_one(run: Run) -> None:
    looked = run("run", "start", "spring", "--everyone", "--dry-run", "--json").json()
    assert (looked["ready"], looked["audience"]["customers"]) == (True, 3), looked["checks"]
    assert run("run", "list", "--json").json() == []

    first = run("run", "start", "spring", "--everyone", "--yes", "--json")
    assert (first.code, first.json()["status"], first.json()["tally"]["composed"]) == (0, "completed", 3)
    again = run("run", "start", "spring", "--everyone", "--yes", "--json").json()
    assert again["tally"]["composed"] == 3
    became = [_recipients(run, id_) for id_ in (first.json()["id"], again["id"])]
    assert became[0] == became[1]
    assert {status for status, _ in became[0].values()} == {"composed"}

    shown = run("run", "show", first.json()["id"])
    assert "completed 3 of 3" in shown.out
    assert "started" in run("run", "history", first.json()["id"]).out


def test_who_has_to_wait_is_left_to_others_and_where_all_would_wait_too_long_nothing_starts(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "brand.yaml").write_text(f"{BRAND}caps: {{total: {{day: 1}}}}\n")
    assert run("import", "brand", "brand.yaml").code == 0
    assert run("import", "campaign", "campaign.yaml").code == 0
    assert run("run", "start", "spring", "--everyone", "--yes", "--json").json()["tally"]["composed"] == 3
    again = ("run", "start", "spring", "--everyone", "--yes", "--samples", "0", "--json", "--occasion")
    waits = run(*again, "waits")
    assert waits.code == 0
    assert (waits.json()["status"], waits.json()["tally"]["deferred"]) == ("running", 3)
    assert "deferred 3 until 20" in run("run", "show", waits.json()["id"]).out
    hasty = run(*again, "hasty", "--defer-for", "PT1H")
    assert hasty.code != 0
    assert "3 capped" in hasty.out


@pytest.mark.parametrize("option", ["--file", "--rule", "--request"])
def test_a_file_that_is_not_there_is_named(run: Run, option: str) -> None:
    told = run("run", "start", "spring", option, "nowhere.json", "--yes")
    assert told.code == 2
    assert "There is no file 'nowhere.json'." in told.err


def test_a_run_left_to_others_is_paused_and_gone_on_with_here(run: Run, tmp_path: Path) -> None:
    (tmp_path / "vip.csv").write_text("customer\nc-1\nc-2\n")
    started = run("run", "start", "spring", "--file", "vip.csv", "--yes", "--detach", "--json").json()
    assert (started["status"], started["recipients"]) == ("running", 2)
    assert "nobody works on it yet" in run("run", "show", started["id"]).out
    assert run("run", "pause", started["id"], "--json").json()["status"] == "paused"
    ended = run("run", "resume", started["id"], "--json").json()
    assert (ended["status"], ended["tally"]["composed"]) == ("completed", 2)
    kinds = [event["kind"] for event in run("run", "history", started["id"], "--json").json()]
    assert kinds == ["started", "paused", "resumed", "completed"]
    audited = [entry["action"] for entry in run("audit", "--about", started["id"], "--json").json()["entries"]]
    assert sorted(audited) == ["run.pause", "run.resume", "run.start"]
    told = run("run", "history", started["id"]).out
    assert "recipients 2" in told
    assert "composed 2" in told
    assert "{" not in told


def test_a_model_is_timed_when_its_library_is_loaded(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []

    async def probe(writer: ModelWriter, seconds: float) -> float:
        order.append("asked")
        return 7.0

    monkeypatch.setattr(models, "load_litellm", lambda: order.append("loaded"))
    monkeypatch.setattr(samples, "probe", probe)
    looked = run("run", "start", "spring", "--everyone", "--dry-run", "--samples", "0")
    assert looked.code == 0
    assert "answers in 7 ms" in looked.out
    assert order == ["loaded", "asked"]


def test_a_look_that_finds_what_prevents_the_start_says_so_by_its_code(run: Run, tmp_path: Path) -> None:
    (tmp_path / "nobody.csv").write_text("customer\nnot-a-customer\n")
    looked = run("run", "start", "spring", "--file", "nobody.csv", "--dry-run", "--samples", "0", "--json")
    assert (looked.code, looked.json()["ready"]) == (1, False)


def test_a_budget_that_is_used_up_ends_the_command_with_a_failure(run: Run) -> None:
    ran = run("run", "start", "spring", "--everyone", "--yes", "--budget-tokens", "0", "--samples", "0", "--json")
    assert ran.code != 0
    assert "budget" in ran.out


def test_a_run_is_for_somebody(run: Run) -> None:
    ran = run("run", "start", "spring", "--yes", "--json")
    assert (ran.code, ran.json()["error"]["reason"]) == (2, "no_audience")
    ran = run("run", "start", "spring", "--everyone", "--customer", "c-1", "--yes", "--json")
    assert (ran.code, ran.json()["error"]["reason"]) == (2, "no_audience")


def test_a_rule_with_a_misspelt_field_is_pointed_at(run: Run, tmp_path: Path) -> None:
    (tmp_path / "rule.json").write_text('{"all": [{"field": "orders", "at_leest": 2}]}')
    ran = run("run", "start", "spring", "--rule", "rule.json", "--yes", "--json")
    assert ran.code == 2
    assert ran.json()["error"]["pointer"] == "/audience/where/all/0/at_leest"


def _recipients(run: Run, run_id: str) -> dict[str, tuple[str, str]]:
    found: list[dict[str, Any]] = run("run", "recipients", run_id, "--json").json()
    return {one["customer"]: (one["status"], one["email_id"]) for one in found}


def _feed() -> str:
    lines = ["id,title,link,price,availability,product_type,description"]
    for number, tea in enumerate(TEAS):
        lines.append(f"p{number},{tea},https://leaf.shop/p/{number},{number + 4} GBP,in stock,Tea,A grassy green tea.")
    return "\n".join(lines)


def _events() -> str:
    events: list[dict[str, Any]] = []
    for number in range(3):
        who = {"userId": f"c-{number}"}
        traits = {"email": f"c-{number}@post.example", "email_consent": True}
        bought = {"order_id": f"o{number}", "currency": "GBP", "products": [{"product_id": f"p{number}", "price": 5}]}
        events.append({"type": "identify", "messageId": f"i{number}", "traits": traits, **who})
        events.append(
            {"type": "track", "messageId": f"t{number}", "event": "Order Completed", "properties": bought, **who}
        )
    return "\n".join(orjson.dumps(event).decode() for event in events)


def test_where_templates_are_fine_a_run_begins_though_no_model_answers(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PENFRIEND_MODEL__API_BASE", "http://127.0.0.1:9/v1")
    stopped = run("run", "start", "spring", "--everyone", "--yes", "--json")
    assert stopped.code != 0
    assert "--templates" in stopped.out + stopped.err
    ended = run("run", "start", "spring", "--everyone", "--yes", "--templates", "--json").json()
    assert (ended["status"], ended["tally"]["composed"]) == ("completed", 3)
    tolerance = ended["request"]["tolerance"]
    assert (tolerance["model_failures"], tolerance["fallback"]) == (1, 1)
