"""What tests from the outside share: a real browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from filelock import FileLock
from playwright.sync_api import Browser, sync_playwright

from tests.kit.studio import Studio, make_home, open_studio


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium without its own errands on the network."""
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.fail("The browser tests need Debian's chromium: run `make test`, or scripts/install-browser.")
    quiet = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=quiet)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def studio_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo shop with an e-mail of each flow, made once for all processes that test: tests serve copies of it."""
    base = tmp_path_factory.getbasetemp()
    home = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "studio"
    with FileLock(home.with_suffix(".lock")):
        if not home.is_dir():
            with ThreadPoolExecutor() as pool:
                pool.submit(make_home, made := home.with_suffix(".making")).result()
            made.rename(home)
    return home


@pytest.fixture(scope="module")
def studio(studio_home: Path, tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Studio]:
    """A studio of the module's own: what its tests do there, others do not see."""
    with open_studio(studio_home, tmp_path_factory.mktemp("served"), browser) as opened:
        yield opened
