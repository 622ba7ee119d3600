"""Learned, in a browser: what a review taught, what it does, taken out and put back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlmodel import col

from api.house import House
from composer.lessons.tables import LessonRow
from composer.reviews.deciding import Seen, reject
from composer.reviews.editing import Rewrite, edit
from composer.reviews.model import RejectReason
from composer.tables import EmailRow
from store.ids import lesson_id_for
from tests.kit.axe import Axe
from tests.kit.studio import Studio

LINE = "Have a quiet look along the shelf."
HOSTILE = "<script>document.title='owned'</script><img src=x onerror=alert(1)>"


def page_of(studio: Studio, role: str = "reviewer") -> Page:
    return studio.signed_in(role).new_page()


async def taught(house: House) -> None:
    """One edit, one rejection, and a lesson whose words attack whoever reads them."""
    async with house.database.session() as session:
        found = (await session.execute(select(col(EmailRow.id)).order_by(col(EmailRow.id)))).scalars().all()
        await edit(session, found[0], Rewrite("closing", LINE), Seen(by="account:gone"))
        await reject(session, found[1], Seen(by="account:gone"), [RejectReason.OFF_VOICE])
        edited = (await session.execute(select(LessonRow).where(col(LessonRow.kind) == "example"))).scalar_one()
        copied = edited.model_dump(exclude={"id", "body"})
        body = {"text": HOSTILE, "note": HOSTILE, "before": HOSTILE}
        session.add(LessonRow(**copied, id=lesson_id_for(edited.at, "hostile"), body=body))


@pytest.fixture(scope="module")
def learned(studio: Studio) -> Studio:
    """The demo shop with something learned."""
    empty = page_of(studio)
    empty.goto(f"{studio.url}/lessons")
    expect(empty.get_by_role("heading", name="No examples yet")).to_be_visible()
    studio.ask(taught)
    return studio


def test_an_example_is_taken_out_and_put_back(learned: Studio) -> None:
    page = page_of(learned)
    page.goto(f"{learned.url}/lessons")
    card = page.get_by_role("listitem").filter(has_text=LINE)
    expect(card).to_contain_text("Edited by hand")
    expect(card.get_by_role("link", name="the e-mail")).to_have_attribute("href", re.compile("/studio/emails/msg_"))
    card.get_by_role("button", name="Take out").click()
    expect(page.get_by_role("status")).to_contain_text("Taken out")
    expect(card).to_contain_text("taken out by Reviewer")
    card.get_by_role("button", name="Put back").click()
    expect(card.get_by_role("button", name="Take out")).to_be_visible()


def test_what_a_check_does_not_catch_yet_is_said(learned: Studio) -> None:
    page = page_of(learned)
    page.goto(f"{learned.url}/lessons/cases")
    rejected = page.get_by_role("listitem").filter(has_text="is not our tone of voice")
    expect(rejected).to_contain_text("Not caught yet")
    with page.expect_download() as started:
        page.get_by_role("link", name="Download as a test file").click()
    assert LINE in started.value.path().read_text(encoding="utf-8")


def test_preferences_show_shares_and_the_votes_behind_them(learned: Studio) -> None:
    page = page_of(learned)
    page.goto(f"{learned.url}/lessons/preferences")
    expect(page.get_by_text("0 for · 1 against")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="Against the tone")).to_be_visible()
    page.get_by_role("button", name="Take out Against the tone").click()
    expect(page.get_by_text("0 for · 1 against")).to_have_count(0)


@pytest.mark.parametrize("tab", ["", "/cases", "/preferences"])
def test_with_something_learned_the_pages_are_accessible_and_fit_a_phone(learned: Studio, tab: str) -> None:
    page = learned.signed_in("reviewer", color_scheme="dark", viewport={"width": 390, "height": 800}).new_page()
    page.goto(f"{learned.url}/lessons{tab}")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_hostile_words_are_words(learned: Studio) -> None:
    page = page_of(learned, "viewer")
    page.goto(f"{learned.url}/lessons")
    expect(page.get_by_text(HOSTILE).first).to_be_visible()
    expect(page).to_have_title("Learned · Penfriend")


def test_a_viewer_takes_nothing_out(learned: Studio) -> None:
    page = page_of(learned, "viewer")
    page.goto(f"{learned.url}/lessons")
    expect(page.get_by_role("button", name="Take out")).to_have_count(0)
    token = page.locator("body").get_attribute("data-csrf") or ""
    answer = page.request.post(f"{learned.url}/lessons/les_x/remove", headers={"X-CSRF-Token": token})
    assert answer.status == 403
