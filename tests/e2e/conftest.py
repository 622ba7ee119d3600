"""What tests from the outside share: a real browser."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest
from filelock import FileLock
from playwright.sync_api import Browser, expect, sync_playwright

from tests.kit.patience import PATIENCE_S
from tests.kit.studio import Studio, make_home, open_studio

EXECUTABLES = ("chromium-headless-shell", "chromium")
"""Debian's, the better one first: the shell has no windows, and takes half the processor's time."""
ARGUMENTS = ("--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync")
PATIENCE_MS = PATIENCE_S * 1000
"""What a page is given to show what is expected. It costs nothing when all goes well, and machines are busy."""


class Launched(NamedTuple):
    """A browser, and the event loop that Playwright drives it with in this thread."""

    browser: Browser
    loop: asyncio.AbstractEventLoop


@pytest.fixture(scope="session")
def launched() -> Iterator[Launched]:
    """Headless Chromium without its own errands on the network, once for all modules."""
    executable = next((found for name in EXECUTABLES if (found := shutil.which(name))), None)
    if executable is None:
        pytest.fail("The browser tests need Debian's Chromium: run `make test`, or scripts/install-browser.")
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS, timeout=PATIENCE_MS)
        loop = asyncio.get_running_loop()
        asyncio._set_running_loop(None)
        yield Launched(browser, loop)
        asyncio._set_running_loop(loop)
        browser.close()


@pytest.fixture(scope="module")
def browser(launched: Launched) -> Iterator[Browser]:
    """Chromium. Between the modules that take it, the thread belongs to no event loop: others run their own there."""
    asyncio._set_running_loop(launched.loop)
    try:
        yield launched.browser
        for context in launched.browser.contexts:
            context.close()
    finally:
        # Or whatever is wrong with a page would be wrong with every loop after it.
        asyncio._set_running_loop(None)


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
