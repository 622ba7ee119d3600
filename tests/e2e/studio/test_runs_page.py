"""Runs in a browser: looked at before they start, watched until they are done, and why one stands still."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from api.house import House
from composer.runs import service
from composer.runs.model import PauseReason, RunRequest
from tests.kit.axe import Axe
from tests.kit.studio import Studio, before_the_scripts, settled

NASTY = "<script>alert(1)</script>"


@pytest.fixture
def page(studio: Studio) -> Page:
    return studio.signed_in("editor").new_page()


def paused(studio: Studio) -> str:
    """A run that a worker paused over money; nobody works on it meanwhile."""

    async def start(house: House) -> str:
        request = RunRequest.model_validate({"audience": {"kind": "list", "customers": [NASTY]}})
        async with house.database.session() as session:
            run = await service.start(session, "newsletter", request)
            await service.pause_itself(session, run.id, PauseReason.BUDGET_REACHED, service.BUDGET_REACHED)
        return run.id

    return studio.ask(start)


def test_a_run_is_looked_at_first_then_started_and_watched_until_it_is_done(studio: Studio, page: Page) -> None:
    page.goto(f"{studio.url}/runs/new?campaign=newsletter")
    expect(page.get_by_role("button", name=re.compile("^Start"))).to_have_count(0)
    page.locator("summary", has_text="Limits").click()
    page.get_by_label("At most so many customers").fill("12")
    page.get_by_label("Occasion").fill("autumn")
    page.get_by_label("Nothing leaves before I have accepted a sample").uncheck()
    page.get_by_role("button", name="Look what would happen").click()
    expect(page.get_by_role("heading", name="It may start")).to_be_visible()
    expect(page.locator("#report")).to_contain_text("of 12 customers may be written to")
    page.evaluate("window.here = true")
    page.get_by_role("button", name=re.compile("^Start")).click()
    page.wait_for_url(re.compile(r"/runs/run_"))
    page.evaluate("window.here = 'still'")
    expect(page.locator("#run")).to_contain_text("Completed")
    assert page.evaluate("window.here") == "still", "the page was loaded again"
    expect(page.locator("#run")).to_contain_text("Template block")
    expect(page.locator("#recipients tbody tr")).to_have_count(12)
    expect(page.locator("#recipients")).to_contain_text("Written")
    expect(page.get_by_role("link", name="Read the sample")).to_be_visible()
    assert Axe().run(page).violations_count == 0
    page.set_viewport_size({"width": 390, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_what_was_changed_after_looking_is_looked_at_again_and_not_started(studio: Studio, page: Page) -> None:
    page.goto(f"{studio.url}/runs/new?campaign=newsletter")
    page.get_by_label("Customers whose ids I paste").check()
    page.get_by_label("Customer ids").fill("nobody-1, nobody-2")
    page.get_by_role("button", name="Look what would happen").click()
    expect(page.get_by_role("heading", name="It cannot start like this")).to_be_visible()
    expect(page.locator("#report")).to_contain_text("Nobody may be written to")
    page.get_by_label("Everyone who may be written to").check()
    page.get_by_role("button", name="Look what would happen").click()
    expect(page.get_by_role("heading", name="It may start")).to_be_visible()
    page.locator("summary", has_text="Limits").click()
    page.get_by_label("At most so many customers").fill("3")
    page.get_by_role("button", name=re.compile("^Start")).click()
    expect(page.locator("#report")).to_contain_text("You changed something after looking")
    expect(page.locator("#report")).to_contain_text("of 3 customers may be written to")
    assert "/runs/run_" not in page.url


def test_a_rule_is_put_together_in_words_and_what_is_wrong_is_said(studio: Studio, page: Page) -> None:
    page.goto(f"{studio.url}/runs/new?campaign=newsletter")
    page.get_by_label("Customers that a rule picks out").check()
    page.get_by_label("Condition 1", exact=True).select_option("orders.at_least")
    page.get_by_role("button", name="Look what would happen").click()
    expect(page.get_by_role("alert")).to_contain_text("at_least")
    page.get_by_label("Value of condition 1").fill("1")
    page.get_by_role("button", name="Look what would happen").click()
    expect(page.get_by_role("heading", name="It may start")).to_be_visible()


def test_the_sample_size_is_said_as_the_terms_are_typed(studio: Studio, page: Page) -> None:
    page.goto(f"{studio.url}/runs/new?campaign=newsletter")
    expect(page.locator("#terms-said")).to_contain_text("You will read 59 e-mails")
    page.get_by_label("Bad e-mails I can live with, %").fill("1")
    expect(page.locator("#terms-said")).to_contain_text("You will read 299 e-mails")
    page.get_by_label("Bad e-mails I can live with, %").fill("-1")
    expect(page.locator("#terms-said")).to_contain_text("more than")


def test_the_sample_size_follows_what_was_typed_before_the_scripts_came(studio: Studio, page: Page) -> None:
    with before_the_scripts(page, f"{studio.url}/runs/new?campaign=newsletter"):
        page.get_by_label("Bad e-mails I can live with, %").fill("1")
    expect(page.locator("#terms-said")).to_contain_text("You will read 299 e-mails")


def test_a_paused_run_says_why_and_is_cancelled_only_when_asked_twice(studio: Studio, page: Page) -> None:
    run_id = paused(studio)
    page.goto(studio.url)
    expect(page.get_by_role("main")).to_contain_text("Newsletter stands still")
    page.get_by_role("link", name=re.compile("^Look ?: Newsletter stands still")).click()
    page.wait_for_url(re.compile(f"/runs/{run_id}"))
    expect(page.locator("#run")).to_contain_text("The budget of this run is used up")
    expect(page.locator("#recipients")).to_contain_text(NASTY)
    page.keyboard.press("x")
    page.get_by_role("button", name="Cancel the run").click()
    page.wait_for_url(re.compile(f"/runs/{run_id}"))
    expect(page.locator("#run")).to_contain_text("Cancelled")
    expect(page.locator("#run")).not_to_contain_text("stands still")


def test_what_somebody_opened_stays_open_and_focused_when_the_page_asks_again(studio: Studio, page: Page) -> None:
    async def start(house: House) -> str:
        request = RunRequest.model_validate({"audience": {"kind": "list", "customers": [NASTY]}})
        async with house.database.session() as session:
            return (await service.start(session, "newsletter", request)).id

    page.goto(f"{studio.url}/runs/{studio.ask(start)}")
    expect(page.locator("#run")).to_contain_text("Completed")
    reasons, title = page.locator("#reasons"), page.locator("#reasons-title")
    for _ in range(2):
        title.press("Enter")
        opened = reasons.evaluate("(one) => one.open")
        page.evaluate("document.getElementById('run').dataset.old = ''")
        page.evaluate(
            "htmx.ajax('GET', location.pathname + '/progress', { target: '#run', swap: 'outerHTML' }).then(() => null)"
        )
        expect(page.locator("#run[data-old]")).to_have_count(0)
        expect(title).to_be_focused()
        assert reasons.evaluate("(one) => one.open") is opened


def test_a_viewer_sees_a_run_and_can_do_nothing_to_it(studio: Studio) -> None:
    run_id = paused(studio)
    page = studio.signed_in("viewer", color_scheme="dark", viewport={"width": 390, "height": 900}).new_page()
    page.goto(f"{studio.url}/runs/{run_id}")
    expect(page.locator("#run")).to_contain_text("stands still")
    settled(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    expect(page.get_by_role("button", name="Go on")).to_have_count(0)
    answer = page.goto(f"{studio.url}/runs/new")
    assert answer is not None
    assert answer.status == 403


def test_the_overview_shows_what_was_written_and_by_whom(studio: Studio, page: Page) -> None:
    page.goto(studio.url)
    expect(page.get_by_role("img", name="Share of blocks by who wrote them")).to_be_visible()
    expect(page.locator(".legend")).to_contain_text("Template block")
    page.locator("summary", has_text="Show as table").first.click()
    expect(page.get_by_role("table", name=re.compile("E-mails a day"))).to_be_visible()
