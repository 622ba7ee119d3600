"""What holds on every page of the studio: who may come in, what it loads, and how it looks in any light and width."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import pytest
from playwright.sync_api import ConsoleMessage, Page, Request, expect

from tests.kit.axe import Axe
from tests.kit.studio import Studio, settled

Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
PAGES = (
    "",
    "/review",
    "/runs",
    "/runs/new",
    "/customers",
    "/customers/hr-10001",
    "/campaigns",
    "/campaigns/-/new",
    "/campaigns/win_back",
    "/campaigns/win_back/versions",
    "/brand/hollin-row",
    "/brand/hollin-row/versions",
    "/brand/hollin-row/versions/1",
    "/team",
    "/account",
    "/audit",
    "/compare",
    "/compare/new",
    "/experiments",
    "/experiments/new",
    "/lessons",
    "/lessons/cases",
    "/lessons/preferences",
    "/lessons/outcomes",
    "/reports",
    "/reports?by=arm",
    "/reports/power",
    "/reports/campaigns/newsletter",
)


EVERYTHING = {"resultTypes": ["violations"]}
CONTRAST = EVERYTHING | {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
"""The one rule whose answer hangs on the theme: all others were asked at the same width in the other one."""
LOOKS: tuple[tuple[Scheme, int, dict[str, Any]], ...] = (
    ("light", 1280, EVERYTHING),
    ("dark", 1280, CONTRAST),
    ("dark", 390, EVERYTHING),
    ("light", 390, CONTRAST),
)
"""How a page is looked at, and for what, one after the other without loading it again."""


def turn(page: Page, scheme: Scheme, width: int) -> None:
    """To this theme and this width."""
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)


@pytest.fixture(scope="module")
def page(studio: Studio) -> Iterator[Page]:
    """A window of somebody who may see everything, used for page after page."""
    context = studio.signed_in("admin")
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("page_path", PAGES)
def test_every_page_is_accessible_fits_and_asks_nobody_else(studio: Studio, page: Page, page_path: str) -> None:
    asked: list[str] = []
    errors: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error":
            errors.append(message.text)

    page.on("request", note)
    page.on("console", listen)
    turn(page, *LOOKS[0][:2])
    page.goto(f"{studio.url}{page_path}")
    settled(page)
    wrong = [told for look in LOOKS for told in looked_through(page, *look)]
    # What a page asks for after it has loaded is heard until it was looked through.
    page.remove_listener("request", note)
    page.remove_listener("console", listen)
    assert wrong == []
    origin = studio.url.removesuffix("/studio")
    assert [url for url in asked if not url.startswith(origin)] == []
    assert errors == []


def looked_through(page: Page, scheme: Scheme, width: int, options: dict[str, Any]) -> Iterator[str]:
    """What is wrong with it in this theme at this width."""
    turn(page, scheme, width)
    if not page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
        yield f"{width}: it scrolls sideways"
    found = Axe().run(page, options=options)
    if found.violations_count:
        yield f"{scheme}, {width}: {found.generate_report()}"


def test_nobody_comes_in_without_signing_in(studio: Studio) -> None:
    context = studio.browser.new_context()
    page = context.new_page()
    page.goto(studio.url)
    assert page.url.startswith(f"{studio.url}/sign-in")
    context.close()


def test_single_keys_can_be_switched_off_and_stay_off(studio: Studio) -> None:
    context = studio.signed_in("editor")
    page = context.new_page()
    page.goto(f"{studio.url}/campaigns")
    page.keyboard.press("?")
    page.get_by_label("Single keys").uncheck()
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        found = Axe().run(page, {"include": [["#keys"]]})
        assert found.violations_count == 0, found.generate_report()
    page.get_by_role("button", name="Close").click()
    page.goto(f"{studio.url}/campaigns")
    page.keyboard.press("n")
    page.keyboard.press("?")
    expect(page.get_by_label("Single keys")).not_to_be_checked()
    assert page.url == f"{studio.url}/campaigns"
    page.get_by_label("Single keys").check()
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.wait_for_url("**/campaigns/-/new")
    context.close()
