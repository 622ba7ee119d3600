"""Processes of ours that another of ours starts: how they are called, and their end of the pipe to their parent."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO


def python(module: str, *arguments: str) -> Sequence[str]:
    """The command that runs a module of ours: `-P`, so that a folder called `api` where somebody stands is not ours."""
    return sys.executable, "-P", "-m", module, *arguments


def same_modules() -> dict[str, str]:
    """The environment, with modules found where this process finds them: a judge of the shop's, too."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)}


def take_stdout() -> BinaryIO:
    """stdout, for what the parent is told alone: whatever else prints in this process does so to stderr from here on.

    A judge of the shop's, a library or native code may print at any moment.
    """
    taken = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return taken
