"""Processes of ours find the modules that their parent finds, and keep stdout for what their parent is told."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from composer.processes import python, same_modules

PRINTS = """\
import os, sys
from composer.processes import take_stdout
parent = take_stdout()
print("a judge is loaded")
os.system("echo so says a program of its own")
parent.write(b"told")
parent.close()
"""


def test_whatever_else_prints_does_so_to_stderr() -> None:
    done = subprocess.run([sys.executable, "-c", PRINTS], capture_output=True, env=same_modules(), check=True)
    assert done.stdout == b"told"
    printed = done.stderr.decode()
    assert "a judge is loaded" in printed
    assert "so says a program of its own" in printed


def test_a_folder_with_a_name_of_ours_where_somebody_stands_is_not_taken_for_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "evals").mkdir()
    (tmp_path / "evals" / "__init__.py").write_text("raise RuntimeError('not ours')")
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "judges.py").write_text("import evals; print(evals.__file__)")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path / "shop")
    done = subprocess.run(python("judges"), capture_output=True, text=True, env=same_modules(), check=True)
    assert Path(done.stdout.strip()).parent.parent == Path(__file__).parents[3]
