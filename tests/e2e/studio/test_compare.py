"""Comparing in a real browser: two versions of a campaign, started from the page, read blind by keys, told, used."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from api.house import House
from composer.campaigns import get_campaign, save_campaign
from composer.comparing.voting import votes_of
from tests.kit.axe import Axe
from tests.kit.studio import Studio

PAIRS = 6
CAMPAIGN = "newsletter"
PRESSED_AT_ONCE = """(key) => document.body.addEventListener("htmx:afterSwap", () => setTimeout(() =>
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }))), { once: true })"""
"""A key, as soon as the browser can tell of it after the next fragment is in its place."""


async def _another_version(house: House) -> int:
    async with house.database.session() as session:
        now = (await get_campaign(session, CAMPAIGN)).campaign
        brief = now.brief.model_copy(update={"message": "A slow Sunday, and something warm to drink with it."})
        return await save_campaign(session, now.model_copy(update={"brief": brief}))


@pytest.fixture
def editor(studio: Studio) -> Iterator[BrowserContext]:
    context = studio.signed_in("editor", viewport={"width": 1280, "height": 900})
    yield context
    context.close()


def decided(page: Page, count: int) -> None:
    expect(page.locator(".pair-progress > .note")).to_have_text(re.compile(f"^{count} of "))
    expect(page.locator("#pair-title")).to_be_focused()


def tabs_on_to(page: Page, name: str) -> None:
    """From the first e-mail, forwards, until a button has the focus."""
    page.mouse.move(0, 0)
    page.locator(".letter-frame").first.focus()
    # What gives the focus back to the page does so a moment later.
    page.evaluate("new Promise((done) => setTimeout(done, 50))")
    assert page.evaluate("document.activeElement.tagName") == "IFRAME"
    for _ in range(20):
        page.keyboard.press("Tab")
        if page.get_by_role("button", name=name).evaluate("(one) => one === document.activeElement"):
            return
    raise AssertionError(f"{name} was not reached")


def accessible(page: Page) -> None:
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def looked_at(studio: Studio, path: str) -> None:
    """In the dark, on a phone, by whoever may only look."""
    context = studio.signed_in("viewer", color_scheme="dark", viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{studio.url.removesuffix('/studio')}{path}")
    accessible(page)
    context.close()


def test_two_versions_are_compared_by_keys_without_knowing_which_is_which(
    studio: Studio, editor: BrowserContext
) -> None:
    newest = studio.ask(_another_version)
    page = editor.new_page()
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto(f"{studio.url}/compare")
    page.keyboard.press("n")
    expect(page.locator("#f-a-what")).to_have_value(f"{CAMPAIGN}:{newest - 1}")
    expect(page.locator("#f-b-what")).to_have_value(f"{CAMPAIGN}:{newest}")
    page.get_by_label("What to call it").fill("A slower Sunday?")
    page.get_by_label("Customers", exact=True).fill(str(PAIRS))
    expect(page.locator("#cost")).to_contain_text(f"{PAIRS} customers, so up to {2 * PAIRS} e-mails")
    page.get_by_role("button", name="Write both").click()
    expect(page.locator("#state-title")).to_have_text("Ready to be read")
    home = page.url
    looked_at(studio, home.removeprefix(studio.url.removesuffix("/studio")))

    # Enter is the link's that has the focus, not the page's.
    page.get_by_role("link", name="Learned").press("Enter")
    page.wait_for_url("**/lessons")
    page.goto(home)
    page.keyboard.press("j")
    page.wait_for_url(re.compile(r"/compare/cpr_\w+/\d+$"))
    expect(page.locator("#pair-title")).to_have_text("Which would you rather send?")
    expect(page.frame_locator(".letter-frame").first.locator("body")).not_to_be_empty()
    assert page.locator(".letter-frame").first.get_attribute("sandbox") == ""
    assert not re.search(r"version|template|model", page.locator("main").inner_text(), re.IGNORECASE)
    accessible(page)
    looked_at(studio, page.url.removeprefix(studio.url.removesuffix("/studio")))
    size = int((page.locator(".pair-progress > .note").text_content() or "").split(" of ")[1].split()[0])
    assert size >= 3
    page.evaluate("window.stayed = true")

    tabs_on_to(page, "2 is better")

    # Votes by keys; one is taken back from the pair that comes next, and given another way.
    page.keyboard.press("ArrowLeft")
    decided(page, 1)
    page.keyboard.press("ArrowRight")
    decided(page, 2)
    # Whoever is quick presses the next key in the moment in which the pair is back.
    page.evaluate(PRESSED_AT_ONCE, "t")
    with page.expect_response(re.compile("/vote$")):
        page.keyboard.press("u")
    decided(page, 2)
    page.keyboard.press("k")
    expect(page.locator(".pair-head")).to_contain_text("you said: no difference")
    assert page.evaluate("window.stayed")
    page.goto(f"{home}/next")
    for count in range(3, size):
        page.keyboard.press("ArrowLeft" if count % 2 else "b")
        decided(page, count)
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#state-title")).to_have_text("You have decided on all of them")
    page.wait_for_url(home)

    page.keyboard.press("s")
    expect(page.locator(".told")).to_contain_text("Cannot tell yet")
    expect(page.locator(".by-side thead")).to_contain_text(f"Version {newest}")
    accessible(page)
    looked_at(studio, home.removeprefix(studio.url.removesuffix("/studio")))
    page.get_by_role("link", name="1", exact=True).click()
    expect(page.locator("#pair-title")).to_have_text("What both wrote")
    expect(page.locator(".letter-bar").first).to_contain_text("Version")
    expect(page.locator(".ballot")).to_contain_text("you vote no more here")
    page.goto(home)
    page.get_by_role("button", name=f"Use version {newest - 1}").click()
    page.wait_for_url("**/campaigns/newsletter**")

    votes = studio.ask(lambda house: _votes(house, home.rsplit("/", 1)[1]))
    assert len(votes) == size
    assert studio.ask(_newest) == newest + 1
    assert errors == []


async def _votes(house: House, comparison_id: str) -> list[str]:
    async with house.database.session(readonly=True) as session:
        return [vote.choice.value for vote in await votes_of(session, comparison_id)]


async def _newest(house: House) -> int:
    async with house.database.session(readonly=True) as session:
        return (await get_campaign(session, CAMPAIGN)).version


def test_without_scripts_it_is_forms_and_links(studio: Studio) -> None:
    context = studio.signed_in("editor", java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{studio.url}/compare/new?campaign=welcome")
    page.get_by_label("Written by").first.select_option("templates")
    page.get_by_label("Customers", exact=True).fill("2")
    page.get_by_role("button", name="Write both").click()
    page.wait_for_url("**/compare/cpr_*")
    expect(page.locator("#state-title")).to_be_visible()
    context.close()
