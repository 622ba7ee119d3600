"""A run from its start to its release, in a browser: nothing of it leaves before its sample was read and accepted."""

from __future__ import annotations

import re
from collections import Counter

from playwright.sync_api import Page, expect

from api.house import House
from composer.runs.export import pages
from tests.kit.studio import Studio

CUSTOMERS = 6


def lines(studio: Studio, run_id: str) -> Counter[str]:
    """What an export gives for each recipient, skipped ones aside."""

    async def exported(house: House) -> Counter[str]:
        found = pages(house.database, house.freshness, run_id)
        return Counter([one.status async for page in found for one in page if one.recipient.email_id])

    return studio.ask(exported)


def started(studio: Studio, page: Page) -> str:
    """Start a run for a few customers; the gate is on unless somebody turns it off."""
    page.goto(f"{studio.url}/runs/new?campaign=newsletter")
    page.locator("summary", has_text="Limits").click()
    page.get_by_label("At most so many customers").fill(str(CUSTOMERS))
    page.get_by_label("Occasion").fill("gated")
    page.get_by_role("button", name="Look what would happen").click()
    page.get_by_role("button", name=re.compile("^Start")).click()
    page.wait_for_url(re.compile(r"/runs/run_"))
    expect(page.locator("#run")).to_contain_text("Completed")
    return page.url.rsplit("/", 1)[1].split("?")[0]


def test_a_gated_run_leaves_only_after_its_sample_was_read_and_accepted(studio: Studio) -> None:
    page = studio.signed_in("editor", viewport={"width": 1280, "height": 900}).new_page()
    run_id = started(studio, page)
    [(state, emails)] = lines(studio, run_id).items()
    assert (state, emails >= 3) == ("withdrawn", True)

    page.get_by_role("link", name="Read the sample").click()
    page.wait_for_url(re.compile("/review/"))
    for done in range(1, emails + 1):
        expect(page.locator("#letter-title")).to_be_visible()
        page.keyboard.press("a")
        if done < emails:
            expect(page.locator(".queue-progress > .note")).to_have_text(re.compile(rf"^{done} of {emails}"))
            expect(page.locator("#letter-title")).to_be_focused()
    assert lines(studio, run_id) == {"withdrawn": emails}, "reading alone releases nothing"

    page.get_by_role("button", name=re.compile("Accept|Release")).click()
    expect(page.get_by_role("main")).to_contain_text("Accepted by Editor")
    assert lines(studio, run_id) == {"composed": emails}
