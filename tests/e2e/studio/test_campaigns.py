"""A marketer edits a campaign beside its preview: what changes there, what is wrong, who saved what, and back again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlmodel import select

from api.house import House
from composer.campaigns import get_brand, get_campaign, save_brand
from composer.contract import ComposeRequest
from composer.finish import Finished
from memory.account.changing import forget_fact
from memory.recall import recall_many
from memory.tables import Customer
from tests.kit.axe import Axe
from tests.kit.studio import Studio, before_the_scripts

UNSAVED = "Not saved yet. Ctrl + S saves."


@pytest.fixture
def page(studio: Studio) -> Iterator[Page]:
    """An editor's browser."""
    context = studio.signed_in("editor", viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    # Leaving a form that was typed into asks first.
    opened.on("dialog", lambda dialog: dialog.accept())
    yield opened
    context.close()


def seen(page: Page) -> Locator:
    """The first customer's e-mail in the preview."""
    return page.frame_locator("#seen-1 iframe").locator("body")


def test_the_preview_follows_what_is_typed_and_tells_what_is_understood(studio: Studio, page: Page) -> None:
    page.goto(f"{studio.url}/campaigns/newsletter")
    expect(page.locator("#preview article")).to_have_count(3)
    expect(page.locator("#seen-1").get_by_text("Template wording")).to_be_visible()
    expect(seen(page)).to_contain_text("Unsubscribe")

    page.get_by_label("What it should show").fill("tea under 1")
    expect(page.locator("#understood").get_by_text("up to 0.99")).to_be_visible()
    expect(page.locator("#understood")).to_contain_text("No product fits")
    expect(page.locator("#seen-1")).to_contain_text("Gets nothing now.")
    expect(page.locator("#seen-1")).to_contain_text("Only 0 products fit this customer")

    page.get_by_label("What it should show").fill("something under 30")
    expect(page.locator("#understood")).to_contain_text("products fit")
    expect(page.locator("#seen-1").get_by_text("Template wording")).to_be_visible()

    names = page.locator("#preview .seen-who strong")
    first = names.all_inner_texts()
    page.get_by_role("button", name="Another three").click()
    expect(page.locator("#preview input[name=others]")).to_have_value("1")
    assert names.all_inner_texts() != first
    page.get_by_label("Show it for a customer").fill("nobody-here")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("#preview")).to_contain_text("There is no customer “nobody-here”.")


def test_what_is_wrong_is_told_in_the_preview_and_at_its_field_and_then_saved(studio: Studio, page: Page) -> None:
    page.goto(f"{studio.url}/campaigns/win_back")
    expect(page.locator("#preview article")).to_have_count(3)
    page.get_by_label("What it should say").fill("Come and see what is new.")
    page.get_by_label("Products", exact=True).fill("99")
    expect(page.locator("#preview")).to_contain_text("The preview waits until this is mended")
    page.keyboard.press("Control+s")

    problems = page.locator("#problems")
    expect(problems).to_contain_text("1 thing to mend")
    field = page.get_by_label("Products", exact=True)
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".field.wrong .error")).to_have_text("This must be at most 12.")
    expect(page.get_by_label("What it should say")).to_have_value("Come and see what is new.")
    assert Axe().run(page).violations_count == 0
    problems.get_by_role("link").click()
    expect(field).to_be_focused()

    field.fill("3")
    page.keyboard.press("Control+s")
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.locator(".saved-line")).to_contain_text("Version 2, saved just now by Editor")

    page.get_by_role("link", name="2 versions").click()
    page.get_by_role("link", name="What changed in version 2").click()
    expect(page.locator(".diff ins").first).to_contain_text("Come")
    assert Axe().run(page).violations_count == 0
    page.get_by_role("link", name="All versions").click()
    page.get_by_role("button", name="Bring back version 1").click()
    expect(page.locator(".saved-line")).to_contain_text("Version 3")
    expect(page.get_by_label("What it should say")).not_to_have_value("Come and see what is new.")


def test_what_was_sent_after_the_session_ended_is_offered_again(studio: Studio, page: Page) -> None:
    said = "Come in, it is warm here."
    page.goto(f"{studio.url}/campaigns/birthday")
    page.get_by_label("What it should say").fill(said)
    cookies = page.context.cookies()
    page.context.clear_cookies()
    page.get_by_role("button", name="Save a new version").click()
    page.wait_for_url("**/sign-in**")
    page.context.add_cookies([{"name": cookies[0]["name"], "value": cookies[0]["value"], "url": studio.url}])
    page.goto(f"{studio.url}/campaigns/birthday")
    expect(page.get_by_label("What it should say")).not_to_have_value(said)
    expect(page.locator("#preview article")).to_have_count(3)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.get_by_role("button", name="Put them back").click()
    expect(page.get_by_label("What it should say")).to_have_value(said)
    page.get_by_role("button", name="Save a new version").click()
    expect(page.locator(".saved-line")).to_contain_text("Version 2")
    page.wait_for_load_state()
    page.goto(f"{studio.url}/campaigns/birthday")
    expect(page.get_by_label("What it should say")).to_have_value(said)
    expect(page.get_by_role("button", name="Put them back")).to_have_count(0)


def test_offers_come_and_go_without_losing_what_was_typed(studio: Studio, page: Page) -> None:
    page.goto(f"{studio.url}/campaigns/vip")
    before = page.locator("fieldset.offer").count()
    page.get_by_label("What it should say").fill("Thank you, all of you.")
    page.get_by_role("button", name="Add an offer").click()
    expect(page.locator("fieldset.offer")).to_have_count(before + 1)
    added = page.locator("fieldset.offer").last
    added.get_by_label("Value").fill("15")
    added.get_by_label("Code").fill("thanks")
    page.get_by_role("button", name="Save a new version").click()
    expect(page.locator("#problems")).to_contain_text("capitals, digits and dashes")
    page.locator("fieldset.offer").last.get_by_label("Code").fill("THANKS-15")
    page.get_by_role("button", name="Save a new version").click()
    expect(page.locator(".saved-line")).to_contain_text("Version 2")
    expect(page.locator("fieldset.offer").last.get_by_label("Name in reports")).to_have_value("percent-15")
    expect(page.get_by_label("What it should say")).to_have_value("Thank you, all of you.")
    page.locator("fieldset.offer").last.get_by_role("button", name="Remove this offer").click()
    expect(page.locator("fieldset.offer")).to_have_count(before)


def test_a_new_campaign_is_chosen_by_its_occasion_and_not_left_unsaved_unasked(studio: Studio, page: Page) -> None:
    asked: list[str] = []
    page.on("dialog", lambda dialog: asked.append(dialog.type))
    page.goto(f"{studio.url}/campaigns")
    page.keyboard.press("n")
    page.get_by_role("link", name="Win-back").click()
    expect(page.locator("[data-state]")).to_have_text(UNSAVED)
    page.get_by_label("Name", exact=True).press_sequentially("!")
    page.get_by_role("link", name="Campaigns").click()
    page.wait_for_url(f"{studio.url}/campaigns")
    assert asked == ["beforeunload"]

    page.goto(f"{studio.url}/campaigns/-/new?flow=win_back")
    page.get_by_label("Name", exact=True).fill("Miss you")
    page.get_by_role("button", name="Save the first version").click()
    page.wait_for_url("**/campaigns/miss-you*")
    expect(page.get_by_role("link", name="Start a run")).to_have_attribute("href", "/studio/runs/new?campaign=miss-you")


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("/campaigns/newsletter", lambda page: page.get_by_label("Name", exact=True).fill("A slow Sunday")),
        ("/campaigns/newsletter", lambda page: page.get_by_label("What it is about").select_option(index=1)),
        ("/campaigns/newsletter", lambda page: page.get_by_label("Learn from what comes of it").uncheck()),
        ("/brand/hollin-row", lambda page: page.locator("input[name='colors.text']").fill("#102030")),
        ("/brand/hollin-row", lambda page: page.get_by_label("Nobody is written to from").fill("20:15")),
    ],
    ids=["line", "choice", "tick", "colour", "time"],
)
def test_what_was_changed_before_the_scripts_came_is_not_left_unasked(
    studio: Studio, page: Page, path: str, change: Callable[[Page], None]
) -> None:
    asked: list[str] = []
    page.on("dialog", lambda dialog: asked.append(dialog.type))
    with before_the_scripts(page, f"{studio.url}{path}"):
        page.get_by_role("heading", level=1).click()
        change(page)
        expect(page.locator("[data-state]")).to_have_text("Ctrl + S saves.")
    expect(page.locator("[data-state]")).to_have_text(UNSAVED)
    page.get_by_role("link", name="Runs", exact=True).click()
    page.wait_for_url("**/runs")
    assert asked == ["beforeunload"]


@pytest.mark.parametrize("path", ["/campaigns/newsletter", "/brand/hollin-row"])
def test_what_nobody_changed_is_left_unasked(studio: Studio, page: Page, path: str) -> None:
    studio.ask(_colours_in_capitals)
    asked: list[str] = []
    page.on("dialog", lambda dialog: asked.append(dialog.type))
    with before_the_scripts(page, f"{studio.url}{path}"):
        page.get_by_role("heading", level=1).click()
    expect(page.locator("#preview iframe").first).to_be_visible()
    expect(page.locator("[data-state]")).to_have_text("Ctrl + S saves.")
    page.get_by_role("link", name="Runs", exact=True).click()
    page.wait_for_url("**/runs")
    assert asked == []


async def _colours_in_capitals(house: House) -> None:
    """As people write them, and as no browser's colour field does."""
    async with house.database.session() as session:
        brand = await get_brand(session, "hollin-row")
        colors = brand.colors.model_copy(update={"text": brand.colors.text.upper()})
        await save_brand(session, brand.model_copy(update={"colors": colors}))


def test_a_forgotten_fact_is_gone_from_the_next_preview(studio: Studio, page: Page) -> None:
    customer, fact, product = studio.ask(_somebody_who_bought_once)
    page.goto(f"{studio.url}/campaigns/win_back")
    expect(page.locator("#preview article")).to_have_count(3)
    page.get_by_label("Name something the reader bought").check()
    page.get_by_label("Show it for a customer").fill(customer)
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("#seen-1 .seen-who a")).to_have_attribute("href", f"/studio/customers/{customer}")
    expect(seen(page)).to_contain_text(product)

    studio.ask(lambda house: _forget(house, customer, fact))
    page.reload()
    expect(page.locator("#preview article")).to_have_count(3)
    page.get_by_label("Name something the reader bought").check()
    page.get_by_label("Show it for a customer").fill(customer)
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("#seen-1 .seen-who a")).to_have_attribute("href", f"/studio/customers/{customer}")
    expect(page.locator("#seen-1")).not_to_contain_text(product)


async def _somebody_who_bought_once(house: House) -> tuple[str, str, str]:
    """(customer, id of what is remembered of it, product) of one whose win-back names the one thing they bought."""
    async with house.database.session(readonly=True) as session:
        version = await get_campaign(session, "win_back")
        names = [name for name in (await session.execute(select(Customer.external_id))).scalars() if name]
        memories = await recall_many(session, names)
    brief = version.campaign.brief.model_copy(update={"angles": ("remembered",)})
    draft = replace(version, campaign=version.campaign.model_copy(update={"brief": brief}))
    for name, memory in memories.items():
        bought = [fact for fact in memory.facts if fact.kind == "purchase"]
        if memory.order_count == 1 and len(bought) == 1:
            made = await house.composer.draft(ComposeRequest(campaign="win_back", customer=name), draft)
            product = memory.orders[0].lines[0].name
            if isinstance(made, Finished) and product and product in made.result.text:
                return name, bought[0].id, product
    raise AssertionError("nobody of the demo shop bought just one thing that is named to them")


async def _forget(house: House, customer: str, fact: str) -> None:
    async with house.database.session() as session:
        await forget_fact(session, customer, fact)


def test_a_brands_colours_are_judged_as_they_are_chosen(studio: Studio, page: Page) -> None:
    page.goto(f"{studio.url}/brand/hollin-row")
    expect(page.locator(".contrast li")).to_have_count(5)
    expect(page.locator(".contrast")).not_to_contain_text("hard to read")
    expect(page.frame_locator("#preview iframe").locator("body")).to_contain_text("Hollin Row")
    page.locator("input[name='colors.text']").evaluate(
        "(field) => { field.value = '#f0f0f0'; field.dispatchEvent(new Event('input', { bubbles: true })); }"
    )
    expect(page.locator(".contrast")).to_contain_text("hard to read")
    page.get_by_role("button", name="Save the brand").click()
    expect(page.locator("#problems")).to_contain_text("at least 4.5:1 is needed")


def test_the_model_writes_on_demand_and_its_failure_is_told_in_words(studio: Studio, page: Page) -> None:
    page.goto(f"{studio.url}/campaigns/newsletter")
    page.locator("#seen-1").get_by_role("button", name="Write with the model").click()
    expect(page.locator("#seen-1")).to_contain_text("The model wrote nothing that may be sent")
    expect(page.locator("#seen-1 .held")).to_contain_text("template wording. Asking models is switched off here.")
    expect(page.locator("#preview article")).to_have_count(3)


def test_a_viewer_has_template_wording_alone_and_first_names(studio: Studio) -> None:
    context = studio.signed_in("viewer")
    page = context.new_page()
    page.goto(f"{studio.url}/campaigns/newsletter")
    expect(page.locator("#preview article")).to_have_count(3)
    expect(page.get_by_role("button", name="Write with the model")).to_have_count(0)
    shown = page.locator("#preview .seen-who strong").all_inner_texts()
    assert shown
    assert not any(" " in name for name in shown)
    context.close()
