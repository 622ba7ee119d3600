"""Folders that hold customers' files for a while."""

from __future__ import annotations

import os
import time
from pathlib import Path

from store.files.scratch import LEFT_S, new_folder


def test_what_a_killed_process_left_is_gone_with_the_next_folder(tmp_path: Path) -> None:
    killed, at_work, other = new_folder(tmp_path, "export-"), new_folder(tmp_path, "export-"), tmp_path / "exported.csv"
    (killed / "customers.csv").write_text("anna@example.org")
    other.write_text("the shop's own")
    long_ago = time.time() - LEFT_S - 60
    for path in (killed, other):
        os.utime(path, (long_ago, long_ago))
    mine = new_folder(tmp_path, "export-")
    assert sorted(tmp_path.iterdir()) == sorted([at_work, mine, other])


def test_the_folder_it_stands_in_is_made(tmp_path: Path) -> None:
    assert new_folder(tmp_path / "home" / "uploads", "import-").is_dir()
