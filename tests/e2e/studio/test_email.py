"""One e-mail in a browser: its views, what lights up, second tries, pictures, and who may do what."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlmodel import col

from api.house import House
from composer.contract import ComposeResult
from composer.emails import claim, get_email
from composer.record import ComposeRecord, find_record, save_records, seal
from composer.tables import EmailRow
from store.ids import new_email_id
from tests.kit.axe import Axe
from tests.kit.studio import Studio, settled


@contextmanager
def stranger() -> Iterator[tuple[str, list[str]]]:
    """A server that is not ours: its origin, and the paths that anybody asked it for."""
    asked: list[str] = []

    def do(handler: BaseHTTPRequestHandler) -> None:
        asked.append(handler.path)
        handler.send_response(204)
        handler.end_headers()

    quiet = {"log_message": lambda handler, *said: None}
    noting = type("Noting", (BaseHTTPRequestHandler,), {"do_GET": do, "do_POST": do, "do_HEAD": do, **quiet})
    with ThreadingHTTPServer(("127.0.0.1", 0), noting) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


Change = Callable[[ComposeResult, ComposeRecord], tuple[ComposeResult, ComposeRecord]]


@pytest.fixture(scope="module")
def email_id(studio: Studio) -> str:
    """An e-mail about a cart: it has picks, facts and text that rests on them."""
    return studio.ask(lambda house: _email_of(house, "abandoned_cart"))


async def _email_of(house: House, campaign: str) -> str:
    async with house.database.session(readonly=True) as session:
        query = select(col(EmailRow.id)).where(col(EmailRow.campaign_id) == campaign)
        found: str = (await session.execute(query.limit(1))).scalar_one()
        return found


def changed(studio: Studio, email_id: str, change: Change) -> str:
    """A copy of the e-mail under an id of its own, with its record, as `change` makes them."""
    copy_id = new_email_id()

    async def store(house: House) -> str:
        async with house.database.session() as session:
            result = await get_email(session, email_id)
            record = await find_record(session, result.record)
            result, record = change(result, record)
            sealed = seal(record.model_copy(update={"email_id": copy_id}))
            await save_records(session, [sealed], {})
            told = {"id": copy_id, "record": sealed.hash, "occasion": copy_id}
            await claim(session, [result.model_copy(update=told)])
        return copy_id

    return studio.ask(store)


@contextmanager
def opened(studio: Studio, path: str, role: str = "editor", **options: Any) -> Iterator[Page]:
    """A page of the studio, signed in."""
    context = studio.signed_in(role, **options)
    page = context.new_page()
    page.goto(f"{studio.url}{path}")
    yield page
    context.close()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_an_email_is_accessible_fits_and_asks_nobody_else(
    studio: Studio, email_id: str, scheme: str, width: int
) -> None:
    options: dict[str, Any] = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}}
    context = studio.signed_in("admin", **options)
    page = context.new_page()
    asked, errors = [], []
    context.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    for view in ("desktop", "headers"):
        page.goto(f"{studio.url}/emails/{email_id}?view={view}&replay=true")
        settled(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
    assert [url for url in asked if not url.startswith(studio.url.removesuffix("/studio"))] == []
    assert errors == []
    context.close()


def test_keys_change_the_view_and_the_page_stays(studio: Studio, email_id: str) -> None:
    with opened(studio, f"/emails/{email_id}") as page:
        page.evaluate("window.stayed = true")
        frame = page.locator("iframe.mail-frame")
        assert frame.bounding_box()["width"] > 600  # type: ignore[index]
        page.keyboard.press("p")
        expect(page.locator("iframe.phone")).to_have_css("width", "375px")
        page.keyboard.press("h")
        expect(page.locator("#mail pre")).to_contain_text("List-Unsubscribe-Post: List-Unsubscribe=One-Click")
        assert not re.search(r"^To:", page.locator("#mail pre").inner_text(), re.MULTILINE)
        page.keyboard.press("t")
        expect(page.locator("#mail pre")).to_contain_text("Sent by Hollin Row")
        page.keyboard.press("n")
        expect(page.locator("iframe.dark")).to_be_visible()
        page.wait_for_url("**view=dark")
        assert page.evaluate("window.stayed")
        page.reload()
        expect(page.locator("#view-dark")).to_have_attribute("aria-current", "true")


def test_what_opens_the_customers_own_pages_is_cut_short(studio: Studio, email_id: str) -> None:
    email = studio.ask(lambda house: house.composer.get(email_id))
    link = email.headers["List-Unsubscribe"].strip("<>")
    assert link in email.html
    with opened(studio, f"/emails/{email_id}?view=headers") as page:
        assert link not in page.content()
        for view in ("text", "desktop"):
            page.goto(f"{studio.url}/emails/{email_id}?view={view}")
            assert link not in page.content()
        assert link not in page.request.get(f"{studio.url}/emails/{email_id}/frame").text()


def test_a_sentence_and_what_it_rests_on_light_up_together(studio: Studio, email_id: str) -> None:
    with opened(studio, f"/emails/{email_id}") as page:
        sentence = page.locator(".sentence[data-grounds]").first
        number = sentence.locator("sup a").first.inner_text()
        ground = page.locator(f".ground[data-ground='{number}']")
        expect(ground).not_to_have_class("ground lit")
        sentence.hover()
        expect(ground).to_have_class("ground lit")
        page.locator("h1").hover()
        expect(ground).to_have_class("ground")
        ground.hover()
        expect(sentence).to_have_class("sentence lit")
        page.mouse.move(0, 0)
        expect(ground).to_have_class("ground")
        sentence.locator("sup a").first.focus()
        expect(ground).to_have_class("ground lit")
        page.locator("h1").hover()
        page.mouse.move(0, 0)
        expect(ground).to_have_class("ground lit")


def test_without_scripts_numbers_lead_to_what_a_sentence_rests_on(studio: Studio, email_id: str) -> None:
    with opened(studio, f"/emails/{email_id}", java_script_enabled=False) as page:
        link = page.locator(".sentence sup a").first
        number = link.inner_text()
        link.click()
        page.wait_for_url(f"**#ground-{number}")
        page.get_by_role("link", name="Phone").click()
        expect(page.locator("iframe.phone")).to_have_count(1)


def test_composing_again_shows_another_try_beside_the_email_and_leaves_it_alone(studio: Studio, email_id: str) -> None:
    before = studio.ask(lambda house: house.composer.get(email_id))
    with opened(studio, f"/emails/{email_id}", "reviewer") as page:
        page.keyboard.press("c")
        page.wait_for_url("**/emails/pre_*")
        expect(page.get_by_text("Preview, goes to nobody")).to_be_visible()
        page.keyboard.press("s")
        frames = page.locator("#mail iframe")
        expect(frames).to_have_count(2)
        assert f"/emails/{email_id}/frame" in (frames.first.get_attribute("src") or "")
        page.keyboard.press("b")
        page.wait_for_url(f"**/emails/{email_id}")
    assert studio.ask(lambda house: house.composer.get(email_id)) == before


def test_a_viewer_looks_and_does_not_compose(studio: Studio, email_id: str) -> None:
    with opened(studio, f"/emails/{email_id}", "viewer") as page:
        assert page.get_by_role("button", name="Compose again").count() == 0
        csrf = page.locator("body").get_attribute("data-csrf") or ""
        answer = page.request.post(f"{studio.url}/emails/{email_id}/again", form={"csrf": csrf})
        assert answer.status == 403


def test_replay_says_whether_the_email_comes_out_the_same(studio: Studio, email_id: str) -> None:
    with opened(studio, f"/emails/{email_id}") as page:
        page.keyboard.press("y")
        expect(page.locator("#replay")).to_contain_text("came out the same, to the byte")
        other = changed(studio, email_id, lambda email, record: (email.model_copy(update={"subject": "?"}), record))
        page.goto(f"{studio.url}/emails/{other}?replay=true")
        expect(page.locator("#replay li").first).to_contain_text("Subject, at character 0: stored '?'")


def test_pictures_of_the_shops_own_site_are_asked_for_only_when_somebody_says_so(studio: Studio, email_id: str) -> None:
    with stranger() as (shop, asked):

        def elsewhere(email: ComposeResult, record: ComposeRecord) -> tuple[ComposeResult, ComposeRecord]:
            return email.model_copy(update={"html": email.html.replace("http://localhost:8000/demo", shop)}), record

        moved = changed(studio, email_id, elsewhere)
        with opened(studio, f"/emails/{moved}", "viewer") as page:
            page.wait_for_load_state("networkidle")
            assert asked == []
            assert page.frame_locator("iframe.mail-frame").locator("img").first.get_attribute("alt")
            page.get_by_role("link", name="Show pictures from 127.0.0.1").focus()
            with page.expect_response(f"{shop}/pictures/**"):
                page.keyboard.press("Enter")
            expect(page.get_by_text(f"Pictures come from {shop}")).to_be_visible()
            assert all(path.startswith("/pictures/") for path in asked)


def test_an_email_that_is_not_there_is_a_page_that_says_so(studio: Studio) -> None:
    with opened(studio, "/emails/msg_00000000000000000000000000") as page:
        expect(page.get_by_role("heading", name="There is no e-mail")).to_be_visible()
