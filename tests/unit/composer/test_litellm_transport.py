"""LiteLLM is loaded once it can be, whatever went wrong before."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

STAND_IN = """
from litellm.parts import NUMBER
import litellm, os
if os.environ.pop("BREAKS", ""):
    raise OSError("too many open files")
litellm.parts.NUMBER


class ModelResponse:
    pass
"""
TWICE = """
from composer.litellm_transport import load_litellm
try:
    load_litellm()
except OSError:
    print(load_litellm().parts.NUMBER)
"""


def test_a_load_that_broke_off_is_forgotten_and_the_next_one_succeeds(tmp_path: Path) -> None:
    package = tmp_path / "litellm"
    package.mkdir()
    (package / "__init__.py").write_text(STAND_IN, encoding="utf-8")
    (package / "parts.py").write_text("NUMBER = 7", encoding="utf-8")
    paths = f"{tmp_path}:{Path.cwd()}"
    # In a process of its own: this one may have the real LiteLLM in it.
    ran = subprocess.run(
        [sys.executable, "-c", TWICE],
        env={"PYTHONPATH": paths, "BREAKS": "1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.stdout, ran.stderr) == ("7\n", "")
