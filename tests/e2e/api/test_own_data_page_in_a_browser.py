"""A person's own data, and the page behind an unsubscribe link, in a real browser: any width, any light."""

from __future__ import annotations

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest
from anyio import run
from playwright.sync_api import Browser

from api import pages
from api.own_data import EmailSent
from api.own_data_page import page
from api.own_page.texts import words
from memory.account.model import Account, Group, Source, Told
from memory.choices import NO_CHOICES
from tests.kit.axe import Axe

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LONG = "x" * 300
HOSTILE = "<img src=x onerror=\"document.title='pwned'\">"


def _account() -> Account:
    source = Source(event="Product Viewed", at=NOW, received_at=NOW, via="sent by the shop's systems", message_id="m1")
    told = [
        Told(id=f"view:{number}", text=text, use="coarse", sources=(source,), used_until=NOW, can_forget=True)
        for number, text in enumerate(("You recently looked at kettles.", LONG, HOSTILE))
    ]
    groups = (
        Group(key="likes", title="What we think you like, and why", told=tuple(told)),
        Group(key="who", title="Who"),
    )
    return Account(customer="c42", as_of=NOW, kept="It is kept for 30 days.", groups=groups)


async def _emails() -> AsyncIterator[EmailSent]:
    yield EmailSent(id="msg_1", at=NOW, campaign="spring", subject=HOSTILE, text="Hello", html="<p>Hello</p>")


def _write(path: Path, html: str) -> str:
    path.write_text(html, encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def addresses(tmp_path: Path) -> list[str]:
    """Of both pages."""

    async def told() -> str:
        return "".join([piece async for piece in page(_account(), _emails(), [("Product Viewed", 3, NOW, NOW)], NOW)])

    choosing = pages.confirm_unsubscribe("Leaf & Co", NO_CHOICES, NOW, words("en-GB"))
    # Playwright's own event loop runs in this thread.
    with ThreadPoolExecutor() as pool:
        own = pool.submit(run, told).result()
    return [_write(tmp_path / "own.html", own), _write(tmp_path / "choose.html", choosing)]


@pytest.mark.parametrize(("width", "light"), [(1000, "light"), (390, "dark")])
def test_it_reads_well_and_asks_nobody_for_anything(
    browser: Browser, addresses: list[str], width: int, light: Literal["light", "dark"]
) -> None:
    opened = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=light)
    asked: list[str] = []
    opened.on("request", lambda request: None if request.is_navigation_request() else asked.append(request.url))
    for address in addresses:
        opened.goto(address)
        assert opened.evaluate("document.documentElement.scrollWidth") <= width
        assert opened.title() != "pwned"
        assert Axe().run(opened).response["violations"] == []
    assert asked == []
    opened.close()
