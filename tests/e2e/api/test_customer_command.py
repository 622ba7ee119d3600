"""`penfriend customer`: what is remembered, for people and for scripts."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.kit.commands import run_command

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
    assert run("init").code == 0
    assert run("import", "events", "events.ndjson").code == 0
    shown, told = run("customer", "c42"), run("customer", "c42", "--json").json()
    assert "Europe/Berlin" in shown.out
    assert told["send_window"]["timezone"] == "Europe/Berlin"
    assert run("customer", "nobody").code == 3
