"""Installations for tests: made once a process as `penfriend init` makes them, and copied for each test."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from api.settings import Settings
from api.setup import OWNER_ONLY, init_home

OWNER_MAY_READ = 0o600


class Installed(NamedTuple):
    """What `init` leaves behind."""

    files: dict[str, bytes]
    admin_key: str


def new_home(home: Path) -> str:
    """A fresh installation in `home`, which may be there, but empty; its admin key.

    A tenth of what `init` takes, as no migrations run. Homes that come of it share their keys.
    """
    made = _installed()
    home.mkdir(mode=OWNER_ONLY, parents=True, exist_ok=True)
    for name, content in made.files.items():
        (home / name).touch(mode=OWNER_MAY_READ, exist_ok=False)
        (home / name).write_bytes(content)
    return made.admin_key


@cache
def _installed() -> Installed:
    # In a thread of its own: whoever asks may have an event loop running in theirs.
    with TemporaryDirectory() as folder, ThreadPoolExecutor(1) as thread:
        report = thread.submit(lambda: asyncio.run(init_home(Settings(home=Path(folder))))).result()
        assert report.admin_key is not None
        return Installed({path.name: path.read_bytes() for path in Path(folder).iterdir()}, report.admin_key)
