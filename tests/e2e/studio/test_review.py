"""Reviewing in a real browser: by keys alone, without scripts, two people at once."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect
from sqlalchemy import delete
from sqlmodel import col, func, select

from api.house import House
from api.studio.door import COOKIE
from api.studio.tables import SessionRow
from composer.contract import ComposeRequest
from composer.reviews.tables import ReviewRow
from composer.tables import EmailRow
from memory.tables import Customer
from tests.kit.axe import Axe
from tests.kit.studio import Studio, before_the_scripts, settled

WRONG = "Everything here is 70 % off, from £2.00 today."
RIGHT = "A few things for a quiet morning."
MORE = 16


async def _write_more(house: House) -> int:
    """As many e-mails as a reviewer has before them in a morning; how many there are then."""
    async with house.database.session(readonly=True) as session:
        wanted = select(Customer.external_id).order_by(col(Customer.id)).limit(MORE)
        customers = list((await session.execute(wanted)).scalars())
    for customer in customers:
        await house.composer.compose(ComposeRequest(campaign="newsletter", customer=customer, occasion="review"))
    async with house.database.session(readonly=True) as session:
        return (await session.execute(select(func.count()).select_from(EmailRow))).scalar_one()


async def _decisions(house: House) -> list[str]:
    async with house.database.session(readonly=True) as session:
        rows = select(ReviewRow.decision).where(col(ReviewRow.undone_at).is_(None))
        return list((await session.execute(rows)).scalars())


async def _some_email(house: House) -> str:
    async with house.database.session(readonly=True) as session:
        newest = select(EmailRow.id).where(EmailRow.occasion != "review").order_by(col(EmailRow.id)).limit(1)
        return (await session.execute(newest)).scalar_one()


@pytest.fixture
def editor(studio: Studio) -> Iterator[BrowserContext]:
    context = studio.signed_in("editor", viewport={"width": 1280, "height": 900})
    yield context
    context.close()


def read(page: Page) -> Locator:
    return page.locator(".queue-progress > .note")


def press(page: Page, key: str, done: int) -> None:
    """Decide with a key, and wait until so many are read and the next letter has the focus."""
    page.keyboard.press(key)
    expect(read(page)).to_have_text(re.compile(rf"^{done} of "))
    expect(page.locator("#letter-title")).to_be_focused()


def opening(page: Page) -> Locator:
    return page.get_by_label("Opening", exact=True)


def test_a_morning_s_review_by_keys_alone(studio: Studio, editor: BrowserContext) -> None:
    assert studio.ask(_write_more) >= 20
    page = editor.new_page()
    page.goto(f"{studio.url}/review")
    page.keyboard.press("n")
    page.wait_for_url(re.compile("/review/"))
    expect(page.locator("#letter-title")).to_be_visible()
    settled(page)
    page.evaluate("window.stayed = true")
    size = int((read(page).text_content() or "").split(" of ")[1].split()[0])
    assert size >= 20

    # An edit that breaks a check is refused while it is typed; mended, it is saved, seen in the letter, and undone.
    before = page.locator(".said-text").nth(2).inner_text()
    page.keyboard.press("e")
    for _ in range(2):
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
    expect(opening(page)).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type(WRONG)
    verdicts = page.locator(".mend:focus-within .verdicts")
    expect(verdicts).to_contain_text("A price that is not the product's")
    expect(page.locator(".mend:focus-within .marks mark").first).to_have_text("70 %")
    page.keyboard.press("Control+Enter")
    expect(verdicts).to_be_visible()
    assert studio.ask(_decisions) == []
    page.keyboard.press("Control+a")
    page.keyboard.type(RIGHT)
    expect(page.locator(".mend:focus-within .fine")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#notices")).to_contain_text("Saved, and approved as it is now.")
    expect(page.frame_locator(".sheet:not(.ahead)").get_by_text(RIGHT)).to_be_visible()
    page.keyboard.press("u")
    expect(page.locator("#notices")).to_contain_text("The edit is undone")
    expect(page.locator(".said-text").nth(2)).to_have_text(before)

    # A rejection with two reasons, taken back from the e-mail that comes next.
    press(page, "a", 1)
    page.keyboard.press("r")
    page.keyboard.press("5")
    page.keyboard.press("7")
    press(page, "Enter", 2)
    assert sorted(studio.ask(_decisions)) == ["approved", "rejected"]
    press(page, "u", 1)
    assert studio.ask(_decisions) == ["approved"]

    # A key that is held down decides on one e-mail.
    page.keyboard.down("a")
    expect(read(page)).to_have_text(re.compile("^2 of "))
    expect(page.locator("#letter-title")).to_be_focused()
    page.keyboard.down("a")
    page.keyboard.up("a")
    page.wait_for_load_state("networkidle")
    assert len(studio.ask(_decisions)) == 2
    for done in range(3, size):
        press(page, "a", done)
    page.keyboard.press("a")
    expect(page.locator("#letter-title")).to_contain_text("bad, 95 % sure")
    assert page.evaluate("window.stayed")
    assert studio.ask(_decisions) == ["approved"] * size
    page.keyboard.press("a")
    expect(page.locator("#item .notice")).to_contain_text("Accepted by Editor")


def test_deciding_without_scripts(studio: Studio) -> None:
    context = studio.signed_in("editor", java_script_enabled=False)
    page, email = context.new_page(), studio.ask(_some_email)
    page.goto(f"{studio.url}/emails/{email}/edit")
    opening(page).fill(WRONG)
    page.get_by_role("button", name="Save Opening").click()
    expect(page.locator(".verdicts")).to_contain_text("A price that is not the product's")
    expect(page.locator(".marks mark").first).to_have_text("70 %")
    expect(opening(page)).to_have_value(WRONG)
    opening(page).fill(RIGHT)
    page.get_by_role("button", name="Save Opening").click()
    expect(page.locator("#notices")).to_contain_text("Saved, and approved")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#notices")).to_contain_text("The decision is undone")
    page.locator(".reject-panel summary").click()
    page.get_by_label("Too personal").check()
    page.get_by_label("In your words").fill("She did not tell us that.")
    page.get_by_role("button", name="Reject it").click()
    expect(page.locator("#notices")).to_contain_text("Rejected: it will not leave")
    page.get_by_role("button", name="Undo").click()
    page.get_by_role("button", name="Approve").click()
    expect(page.locator("#notices")).to_contain_text("Approved.")
    context.close()


async def _sign_everybody_out(house: House) -> None:
    async with house.database.session() as session:
        await session.execute(delete(SessionRow))


def test_what_was_typed_outlives_the_session_and_what_went_wrong_stays_until_it_is_closed(studio: Studio) -> None:
    context = studio.signed_in("reviewer")
    page, email = context.new_page(), studio.ask(_some_email)
    page.clock.install()
    page.goto(f"{studio.url}/emails/{email}/edit")
    studio.ask(_sign_everybody_out)
    opening(page).fill(RIGHT)
    notices = page.locator("#notices .notice")
    expect(notices).to_contain_text("Sign in in another tab")
    notices.evaluate("(one) => { one.id = 'first' }")
    opening(page).fill(f"{RIGHT} ")
    expect(page.locator("#first")).to_have_count(0)
    page.clock.fast_forward(10_000)
    expect(notices).to_have_count(1)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.get_by_role("button", name="Close this notice").click()
    expect(notices).to_have_count(0)

    # Signed in again in another tab, the page goes on with the token of the new session.
    other = studio.signed_in("reviewer")
    context.add_cookies([{"name": COOKIE, "value": other.cookies()[0]["value"], "url": studio.url}])
    expect(opening(page)).to_have_value(f"{RIGHT} ")
    opening(page).fill(RIGHT)
    opening(page).press("Control+Enter")
    expect(notices).to_contain_text("Saved, and approved as it is now.")
    page.get_by_role("button", name="Undo").click()
    expect(notices.filter(has_text="undone")).to_have_count(1)
    page.clock.fast_forward(10_000)
    expect(notices).to_have_count(0)
    other.close()
    context.close()


def test_what_was_typed_before_the_scripts_came_is_judged_once_they_are_there(
    studio: Studio, editor: BrowserContext
) -> None:
    page, email = editor.new_page(), studio.ask(_some_email)
    with before_the_scripts(page, f"{studio.url}/emails/{email}/edit"):
        opening(page).fill(WRONG)
    expect(page.locator(".verdicts")).to_contain_text("A price that is not the product's")
    expect(page.locator(".marks mark").first).to_have_text("70 %")


def test_who_only_reads_has_nothing_to_press(studio: Studio) -> None:
    context = studio.signed_in("viewer")
    page, email = context.new_page(), studio.ask(_some_email)
    page.goto(f"{studio.url}/emails/{email}")
    expect(page.locator(".decide")).to_contain_text("Your role reads")
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    context.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_a_letter_is_accessible_and_fits_read_and_edited(studio: Studio, scheme: str, width: int) -> None:
    context = studio.signed_in("editor", color_scheme=scheme, viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto(f"{studio.url}/emails/{studio.ask(_some_email)}/edit")
    opening(page).fill(WRONG)
    expect(page.locator(".verdicts")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.locator(".reject-panel summary").click()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    context.close()
