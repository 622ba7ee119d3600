"""What holds on every page of the studio: who may come in, what it loads, and how it looks in any light and width."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Page, Request, expect

from tests.kit.studio import Studio

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
    "/team",
    "/account",
    "/audit",
    "/compare",
    "/compare/new",
    "/lessons",
    "/lessons/cases",
    "/lessons/preferences",
    "/results",
    "/results/newsletter",
)


@pytest.fixture(scope="module", params=[("light", 1280), ("dark", 390)], ids=["light-1280", "dark-390"])
def page(request: pytest.FixtureRequest, studio: Studio) -> Iterator[Page]:
    """A window of somebody who may see everything, used for page after page."""
    scheme, width = request.param
    context = studio.signed_in("admin", color_scheme=scheme, viewport={"width": width, "height": 900})
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
    page.goto(f"{studio.url}{page_path}")
    page.wait_for_load_state("networkidle")
    page.remove_listener("request", note)
    page.remove_listener("console", listen)
    origin = studio.url.removesuffix("/studio")
    assert [url for url in asked if not url.startswith(origin)] == []
    assert errors == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_nobody_comes_in_without_signing_in(studio: Studio) -> None:
    context = studio.browser.new_context()
    page = context.new_page()
    page.goto(studio.url)
    assert page.url.startswith(f"{studio.url}/sign-in")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_single_keys_can_be_switched_off_and_stay_off(studio: Studio, scheme: str) -> None:
    context = studio.signed_in("editor", color_scheme=scheme)
    page = context.new_page()
    page.goto(f"{studio.url}/campaigns")
    page.keyboard.press("?")
    page.get_by_label("Single keys").uncheck()
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
