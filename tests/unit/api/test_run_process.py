"""A process beside the service that cannot work says why, to its parent and to its log."""

from __future__ import annotations

import io
import json
import logging

import pytest

from api import run_process
from api.handed_on import told


def test_settings_that_cannot_be_read_end_it_with_a_reason_and_without_their_values(
    capsys: pytest.CaptureFixture[str],
) -> None:
    root = logging.getLogger()
    before = root.handlers, root.level
    parent = io.BytesIO()
    try:
        assert not run_process.live(b'{"smtp": {"port": "pa55word"}}\n', parent)
    finally:
        root.handlers, root.level = before
    said = told(parent.getvalue())
    assert said is not None
    assert said.failure is not None
    assert (said.failure.reason, said.worker) == ("wrong_setting", "")
    assert "smtp.port" in said.failure.detail
    printed = capsys.readouterr().err
    [line] = [json.loads(line) for line in printed.splitlines()]
    assert (line["event"], line["error"], line["reason"]) == ("run_process_failed", "WrongSetting", "wrong_setting")
    assert "pa55word" not in printed + parent.getvalue().decode()
