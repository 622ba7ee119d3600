"""`penfriend customer`: what is remembered, for people and for scripts."""

from __future__ import annotations

import json
import zipfile
from functools import partial
from pathlib import Path

import pytest

from tests.kit.commands import run_command
from tests.kit.homes import new_home

EVENTS = """\
{"type": "identify", "userId": "c42", "messageId": "i1", "traits": {"firstName": "Ada", "timezone": "Europe/Berlin"}}
{"type": "track", "userId": "c42", "messageId": "t1", "event": "Product Viewed", "properties": {"product_id": "p1"}}
"""


def test_a_customer_is_shown_with_when_to_write_to_them(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PENFRIEND_MODEL__MODEL", "openai/none")
    monkeypatch.setenv("COLUMNS", "200")
    run = partial(run_command, capsys)
    (tmp_path / "events.ndjson").write_text(EVENTS)
    new_home(tmp_path / ".penfriend")
    assert run("import", "events", "events.ndjson").code == 0
    shown, told = run("customer", "c42"), run("customer", "c42", "--json").json()
    assert "Europe/Berlin" in shown.out
    assert told["send_window"]["timezone"] == "Europe/Berlin"
    assert run("customer", "nobody").code == 3


def test_a_customer_is_told_exported_corrected_and_forgotten_in_part(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PENFRIEND_MODEL__MODEL", "openai/none")
    monkeypatch.setenv("COLUMNS", "200")
    run = partial(run_command, capsys)
    (tmp_path / "events.ndjson").write_text(EVENTS)
    new_home(tmp_path / ".penfriend")
    assert run("import", "events", "events.ndjson").code == 0
    groups = run("customer", "tell", "c42", "--json").json()["groups"]
    told = {one["text"]: one["id"] for group in groups for one in group["told"]}
    name, zone = told["Your first name is Ada."], told["Your time zone is Europe/Berlin."]
    assert "Your first name is Adele." in run("customer", "correct", "c42", name, "Adele").out
    assert run("customer", "forget", "c42", zone).code == 0
    assert run("customer", "c42", "--json").json()["profile"] | {"traits": {}} == {
        **run("customer", "show", "c42", "--json").json()["profile"],
        "first_name": "Adele",
        "timezone": None,
    }
    assert run("customer", "forget", "c42", "nothing").code == 3
    assert run("customer", "export", "c42", "--out", "mine.zip", "--json").json()["events"] == 2
    with zipfile.ZipFile("mine.zip") as archive:
        assert sorted(archive.namelist()) == ["your-data.html", "your-data.json"]
        assert len(json.loads(archive.read("your-data.json"))["events"]) == 2
    assert {entry["action"] for entry in run("audit", "--json").json()["entries"]} >= {
        "export_customer",
        "correct_fact",
        "forget_fact",
    }
