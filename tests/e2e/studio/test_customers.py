"""Customers in a browser, and their own page: forgotten on either, a thing is gone from the next e-mail."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from api.erasing import Eraser
from api.house import House
from composer.contract import ComposeRequest
from composer.finish import Finished
from memory.recall import recall
from store import clock
from tests.kit.axe import Axe
from tests.kit.studio import Studio

ADA, BEN, CAM = "hr-10001", "hr-10006", "hr-10008"
"""Three customers of the demo shop with a story."""


def drafted(studio: Studio, customer: str) -> set[str]:
    """The facts that an e-mail to them could rest on now."""

    async def draft(house: House) -> set[str]:
        made = await house.composer.draft(ComposeRequest(campaign="newsletter", customer=customer))
        assert isinstance(made, Finished)
        return {fact["text"] for fact in made.result.facts}

    return studio.ask(draft)


def link_to(studio: Studio, customer: str) -> str:
    """The link in their last e-mail."""

    async def look(house: House) -> str:
        return house.links.own_page_token(customer, "newsletter", clock.now().date())

    return f"{studio.url.removesuffix('/studio')}/m/{studio.ask(look)}"


def address_of(studio: Studio, customer: str) -> str:
    """As the shop has it."""

    async def look(house: House) -> str:
        async with house.database.session(readonly=True) as session:
            memory = await recall(session, customer)
        assert memory is not None
        return memory.profile.email or ""

    return studio.ask(look)


def opened(studio: Studio, role: str, path: str, **options: Any) -> Page:
    """A page of the studio."""
    page = studio.signed_in(role, **options).new_page()
    page.goto(f"{studio.url}{path}")
    return page


def forget(page: Page, text: str) -> None:
    """Find the sentence, unfold what can be done with it, and forget it."""
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    item = page.get_by_role("listitem").filter(has=page.get_by_text(text, exact=True)).last
    item.get_by_role("button", name="Forget it").click()


def common(facts: set[str], page: Page) -> str:
    """A fact that the next e-mail could rest on and that can be forgotten here."""
    body = page.locator("main").inner_text()
    shown = [one for one in sorted(facts) if f"{one}." in page.content() and not one.startswith("You are")]
    assert shown, body
    return f"{shown[0]}."


def test_a_fact_forgotten_by_a_reviewer_is_gone_from_the_next_draft(studio: Studio) -> None:
    before = drafted(studio, ADA)
    page = opened(studio, "reviewer", "/customers")
    page.get_by_label("The shop’s customer id").fill(address_of(studio, ADA))
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"/studio/customers/{ADA}$"))
    fact = common(before, page)
    forget(page, fact)
    expect(page.get_by_text("Forgotten: neither used nor said")).to_be_visible()
    assert page.get_by_text(fact, exact=True).count() == 0
    assert fact.removesuffix(".") not in drafted(studio, ADA)
    page.context.close()


def test_a_fact_forgotten_on_ones_own_page_is_gone_from_the_next_draft_without_any_script(studio: Studio) -> None:
    before = drafted(studio, BEN)
    link, address = link_to(studio, BEN), address_of(studio, BEN)
    context = studio.browser.new_context(color_scheme="dark", viewport={"width": 390, "height": 800})
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(link)
    for _ in range(2):
        assert Axe().run(page).violations_count == 0, Axe().run(page).generate_report()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        if page.get_by_label("Your e-mail address").count():
            page.get_by_label("Your e-mail address").fill(address)
            page.get_by_role("button", name="Show me").click()
            expect(page.get_by_label("Your e-mail address")).to_have_count(0)
            page.wait_for_load_state()
    fact = common(before, page)
    forget(page, fact)
    expect(page.get_by_text("Forgotten. It is neither used nor mentioned any more.")).to_be_visible()
    assert fact.removesuffix(".") not in drafted(studio, BEN)
    assert [url for url in asked if not url.startswith(studio.url.removesuffix("studio"))] == []
    assert [url for url in asked if url.endswith(".js")] == []
    context.close()


def test_the_link_in_an_e_mail_leads_to_the_page_and_one_click_unsubscribes(studio: Studio) -> None:
    async def footer(house: House) -> str:
        made = await house.composer.draft(ComposeRequest(campaign="newsletter", customer=CAM))
        assert isinstance(made, Finished)
        found = re.search(r'href="([^"]+)"[^>]*>What we remember about you<', made.result.html)
        assert found is not None
        assert found[1] in made.result.text
        return found[1]

    path = "/m/" + studio.ask(footer).rpartition("/m/")[2]
    context = studio.browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(studio.url.removesuffix("/studio") + path)
    expect(page.get_by_role("heading", name="What we remember about you")).to_be_visible()
    page.get_by_label("At most one a month").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved. It holds from now on.")).to_be_visible()
    expect(page.get_by_label("At most one a month")).to_be_checked()
    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_text("Done. You will get no more marketing e-mails.")).to_be_visible()
    context.close()


def test_a_preview_for_a_customer_opens_as_an_e_mail_that_goes_to_nobody(studio: Studio) -> None:
    page = opened(studio, "reviewer", f"/customers/{CAM}")
    page.get_by_label("Campaign", exact=True).select_option("newsletter")
    page.get_by_role("button", name="Write it, to look at").click()
    expect(page).to_have_url(re.compile(r"/studio/emails/pre_"))
    expect(page.get_by_text("Preview, goes to nobody")).to_be_visible()
    page.context.close()


def test_picks_and_what_came_before_are_fetched_where_they_are_asked_for(studio: Studio) -> None:
    page = opened(studio, "viewer", f"/customers/{CAM}")
    lines = page.locator(".moment").count()
    page.get_by_role("link", name="Show what came before").click()
    expect(page.locator(".moment").nth(lines)).to_be_visible()
    page.keyboard.press("w")
    expect(page.locator("#picks .picked li").first).to_be_visible()
    assert page.url.endswith(f"/customers/{CAM}")
    page.context.close()


def test_an_admin_erases_in_two_steps_and_reads_the_proof(studio: Studio) -> None:
    page = opened(studio, "admin", f"/customers/{BEN}/erase")
    page.get_by_label("Type the customer’s id").fill("hr-1")
    page.get_by_role("button", name="Erase for good").click()
    expect(page.get_by_text("nobody was erased")).to_be_visible()
    page.goto(f"{studio.url}/customers/{BEN}/erase")
    page.get_by_label("Type the customer’s id").fill(BEN)
    page.get_by_role("button", name="Erase for good").click()
    expect(page).to_have_url(re.compile(r"/studio/erasures/era_"))
    studio.ask(lambda house: Eraser(house.settings, house.database).finish_all())
    expect(page.get_by_text("Proved: nothing of them was found any more.")).to_be_visible()
    page.goto(link_to(studio, BEN))
    expect(page.get_by_role("heading", name="Nothing is remembered about you")).to_be_visible()
    page.context.close()


@pytest.mark.parametrize(
    ("path", "scheme", "width"), [("", "dark", 390), ("/picks", "dark", 1280), ("/erase", "light", 390)]
)
def test_its_pages_are_accessible_and_fit_with_everything_unfolded(
    studio: Studio, path: str, scheme: Any, width: int
) -> None:
    path = f"/customers/{ADA}{path}"
    page = opened(studio, "admin", path, color_scheme=scheme, viewport={"width": width, "height": 900})
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.context.close()
