"""Folders of their own for files that are needed for a while, and what a killed process left of them."""

from __future__ import annotations

import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

LEFT_S = 86_400.0
"""No import and no fetch takes so long: what is older was left by a process that was killed."""


def new_folder(parent: Path, prefix: str) -> Path:
    """An empty folder in `parent` whose name begins with `prefix`; older ones than `LEFT_S` are removed first.

    They hold customers' data, and no erasure looks there. Raises: OSError where `parent` cannot be written.
    """
    parent.mkdir(parents=True, exist_ok=True)
    for left in parent.glob(f"{prefix}*"):
        # Another process may be faster, and of a shared folder some are not ours.
        with suppress(OSError):
            if left.stat().st_mtime < time.time() - LEFT_S:
                shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
