"""A worker that has outgrown its size begins anew with its own command; one that was told to end does not."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

import pytest

from api.commands import worker
from tests.kit.commands import run_command
from tests.kit.homes import new_home


@pytest.mark.parametrize("outgrown", [True, False])
def test_a_worker_begins_anew_only_where_it_has_outgrown_its_size(
    outgrown: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    begun: list[tuple[str, list[str]]] = []

    async def work(*_: object) -> bool:
        return outgrown

    monkeypatch.setattr(worker, "_work", work)
    monkeypatch.setattr(os, "execv", lambda program, words: begun.append((program, words)))
    monkeypatch.setattr(sys, "orig_argv", ["python", "-P", "-m", "api", "worker", "--home", "here"])
    home = tmp_path / "home"
    new_home(home)
    root = logging.getLogger()
    before = root.handlers, root.level
    try:
        run_command(capsys, "worker", "--home", home)
    finally:
        root.handlers, root.level = before
    assert begun == ([(sys.executable, [sys.executable, "-P", "-m", "api", "worker", "--home", "here"])] * outgrown)
