"""Campaigns in the studio: who may save, what a save leaves behind, and that nothing typed is ever lost."""

from __future__ import annotations

import re
from contextlib import AsyncExitStack
from html import unescape
from typing import Any

import pytest
from sqlalchemy import text

from api import audit
from api.house import House
from api.studio.brand_form import edition, values_of
from composer.campaigns import get_brand, get_campaign, save_brand, save_campaign
from composer.documents import Brief
from composer.versions import history
from tests.integration.studio.conftest import SignedIn
from tests.kit.factories import make_brand, make_campaign

pytestmark = pytest.mark.anyio

READERS = 5
"""Connections of the database of these tests."""
HOSTILE = '"><script>alert(1)</script>{{ 7 * 7 }}'


@pytest.fixture(autouse=True)
async def campaign(house: House) -> None:
    """One brand and one campaign."""
    async with house.database.session() as session:
        await save_brand(session, make_brand())
        await save_campaign(session, make_campaign(brief=Brief(message="Hello.")))


def form(**changes: str) -> dict[str, str]:
    """The campaign's form as a browser sends it, with some fields written over."""
    merchandising = {
        f"brief.merchandising.{name}": "on" for name in ("pins", "weights", "new_arrivals", "free_shipping")
    }
    told = {"name": "Autumn letter", "brief.message": "Hello.", "version": "1", "brief.holdout": "0", **merchandising}
    told |= {"brief.learn": "on", "brief.explore": "10"}
    return {**told, **{name.replace("__", "."): value for name, value in changes.items()}}


async def test_an_editor_saves_a_version_under_their_name(house: House, signed_in: SignedIn) -> None:
    editor = await signed_in("editor")
    answer = await editor.post("/campaigns/autumn", form(brief__message="Hello again."))
    assert (answer.status_code, answer.headers["location"]) == (303, "/studio/campaigns/autumn?toast=saved")
    assert editor.account is not None
    async with house.database.session(readonly=True) as session:
        newest = (await history(session, "autumn"))[0]
        entry = (await audit.entries(session, about="autumn"))[0]
        assert (await get_campaign(session, "autumn")).campaign.brief.message == "Hello again."
    assert (newest.version, newest.saved_by) == (2, f"account:{editor.account.id}")
    assert (entry.action, entry.why, entry.actor) == ("campaign.save", "version 2", newest.saved_by)
    assert "by Editor" in (await editor.get("/campaigns/autumn")).text


async def test_saving_what_had_not_changed_makes_no_version(house: House, signed_in: SignedIn) -> None:
    answer = await (await signed_in("editor")).post("/campaigns/autumn", form())
    assert answer.headers["location"] == "/studio/campaigns/autumn?toast=unchanged"
    async with house.database.session(readonly=True) as session:
        assert len(await history(session, "autumn")) == 1


async def test_what_is_wrong_comes_back_with_all_that_was_typed(signed_in: SignedIn) -> None:
    editor = await signed_in("editor")
    answer = await editor.post("/campaigns/autumn", form(brief__message="Typed.", brief__limits__max_price="cheap"))
    assert (answer.status_code, answer.headers["content-type"]) == (422, "text/html; charset=utf-8")
    assert "Write a number, such as 12.50." in answer.text
    assert "Typed.</textarea>" in answer.text
    assert 'value="cheap"' in answer.text


async def test_a_version_saved_meanwhile_is_not_written_over_unseen(house: House, signed_in: SignedIn) -> None:
    editor = await signed_in("editor")
    async with house.database.session() as session:
        await save_campaign(session, make_campaign(brief=Brief(message="Other.")), saved_by="user:otto")
    answer = await editor.post("/campaigns/autumn", form(brief__message="Mine."))
    assert answer.status_code == 409
    assert "otto, at the command line saved version 2 while you were writing" in answer.text
    assert "Mine.</textarea>" in answer.text
    again = await editor.post("/campaigns/autumn", form(brief__message="Mine.", version="2"))
    assert again.headers["location"].endswith("toast=saved")


async def test_a_new_campaign_gets_an_id_out_of_its_name(signed_in: SignedIn) -> None:
    editor = await signed_in("editor")
    told = form(name="Autumn", flow="welcome", brand="harbour", version="0")
    first = await editor.post("/campaigns", told)
    second = await editor.post("/campaigns", told)
    assert first.headers["location"] == "/studio/campaigns/autumn-2?toast=saved"
    assert second.headers["location"] == "/studio/campaigns/autumn-3?toast=saved"


async def test_a_copy_begins_as_the_other_is(signed_in: SignedIn) -> None:
    editor = await signed_in("editor")
    opened = await editor.get("/campaigns/-/new?copy=autumn")
    assert "Copy of Autumn letter" in opened.text
    assert "Hello.</textarea>" in opened.text
    saved = await editor.post("/campaigns", form(name="Copy of Autumn letter", copy_of="autumn", version="0"))
    assert saved.headers["location"] == "/studio/campaigns/copy-of-autumn-letter?toast=saved"


async def test_an_earlier_version_comes_back_as_a_new_one(house: House, signed_in: SignedIn) -> None:
    editor = await signed_in("editor")
    await editor.post("/campaigns/autumn", form(brief__message="Hello again, and welcome to the harbour in autumn."))
    changed = await editor.get("/campaigns/autumn/versions/2")
    assert "1 difference from version 1" in changed.text
    assert "<ins>" in changed.text
    answer = await editor.post("/campaigns/autumn/versions/1/back")
    assert answer.headers["location"].endswith("toast=saved")
    async with house.database.session(readonly=True) as session:
        now = await get_campaign(session, "autumn")
    assert (now.version, now.campaign.brief.message) == (3, "Hello.")


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("/campaigns/autumn", form(name="Mine")),
        ("/campaigns", form(name="Mine", flow="welcome", brand="harbour")),
        ("/campaigns/-/form", form(do="add_offer", id="autumn")),
        ("/campaigns/autumn/versions/1/back", {}),
        ("/brand/harbour", {"name": "Mine"}),
        ("/brand/harbour/versions/1/back", {}),
    ],
)
async def test_who_may_not_edit_changes_nothing(signed_in: SignedIn, path: str, data: dict[str, str]) -> None:
    assert (await (await signed_in("reviewer")).post(path, data)).status_code == 403
    forged = await (await signed_in("editor")).client.post(f"/studio{path}", data=data)
    assert forged.status_code == 403


async def test_a_viewer_reads_and_is_told_why_nothing_can_be_written(signed_in: SignedIn) -> None:
    shown = (await (await signed_in("viewer")).get("/campaigns/autumn")).text
    assert "editing needs the role editor" in shown
    assert "data-save" not in shown


async def test_a_viewer_has_a_preview_of_what_is_saved(signed_in: SignedIn) -> None:
    answer = await (await signed_in("viewer")).post("/campaigns/-/preview", {"id": "autumn"})
    assert answer.status_code == 200
    assert "Nobody to show it for" in answer.text


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/campaigns/-/preview", {"id": "autumn", **form(brief__limits__max_price="cheap")}),
        ("/brand/harbour/preview", {"name": "Mine", "colors.text": "loud"}),
    ],
)
async def test_what_a_viewer_sends_is_not_previewed(signed_in: SignedIn, path: str, told: dict[str, str]) -> None:
    waits = "The preview waits until this is mended"
    assert waits in (await (await signed_in("editor")).post(path, told)).text
    for role in ("viewer", "reviewer"):
        answer = await (await signed_in(role)).post(path, told)
        assert (answer.status_code, waits in answer.text) == (200, False)


@pytest.mark.parametrize("path", ["/campaigns/-/preview", "/campaigns/-/written", "/brand/harbour/preview"])
async def test_a_preview_needs_one_connection_at_a_time(house: House, signed_in: SignedIn, path: str) -> None:
    editor = await signed_in("editor")
    async with AsyncExitStack() as others:
        for _ in range(READERS - 1):
            session = await others.enter_async_context(house.database.session(readonly=True))
            await session.execute(text("SELECT 1"))
        assert (await editor.post(path, {"id": "autumn", "customer": "nobody"})).status_code == 200


async def test_without_scripts_an_offer_is_added_by_a_page(signed_in: SignedIn) -> None:
    editor = await signed_in("editor")
    answer = await editor.post("/campaigns/-/form", form(id="autumn", do="add_offer", brief__message="Typed."))
    assert answer.status_code == 200
    assert 'name="brief.offers.0.code"' in answer.text
    assert "Typed.</textarea>" in answer.text


@pytest.mark.parametrize(
    "path",
    ["/campaigns/unknown", "/campaigns/autumn/versions/9", "/brand/unknown", "/campaigns/-/new?flow=spam"],
)
async def test_what_is_not_there_is_a_page_that_says_so(signed_in: SignedIn, path: str) -> None:
    answer = await (await signed_in("editor")).get(path)
    assert answer.status_code in (404, 422)
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("others", ["²", "9" * 5_000, "-1", "٣", ""])
async def test_whatever_is_sent_as_a_number_of_others_there_is_a_preview(signed_in: SignedIn, others: str) -> None:
    answer = await (await signed_in("viewer")).post("/campaigns/-/preview", {"id": "autumn", "others": others})
    assert answer.status_code == 200


@pytest.mark.parametrize("number", ["0", "-1", str(10**30)])
async def test_a_version_that_cannot_be_is_refused_as_such(signed_in: SignedIn, number: str) -> None:
    viewer = await signed_in("viewer")
    assert (await viewer.get(f"/campaigns/autumn/versions/1?against={number}")).status_code == 422


async def test_hostile_words_show_as_text_everywhere(signed_in: SignedIn) -> None:
    editor = await signed_in("editor")
    told: dict[str, Any] = {"name": HOSTILE, "brief__message": HOSTILE * 3, "brief__limits__brands": HOSTILE}
    saved = await editor.post("/campaigns/autumn", form(**told))
    assert saved.status_code == 303
    wrong = await editor.post("/campaigns/autumn", form(**told, version="2", brief__limits__count=HOSTILE))
    pages = [
        wrong,
        *[await editor.get(path) for path in ("/campaigns", "/campaigns/autumn", "/campaigns/autumn/versions/2")],
    ]
    for page in pages:
        assert "<script>alert" not in page.text
        assert "{{ 7 * 7 }}" in page.text
        assert "&lt;script&gt;" in page.text


async def _brand_form(house: House) -> dict[str, str]:
    async with house.database.session(readonly=True) as session:
        brand = await get_brand(session, "harbour")
    held = {name: value[0] for name, value in values_of(brand).held.items() if value}
    return {**held, "edition": edition(brand)}


async def test_a_brand_is_saved_and_its_campaigns_keep_what_it_was(house: House, signed_in: SignedIn) -> None:
    editor = await signed_in("editor")
    told = await _brand_form(house)
    answer = await editor.post(
        "/brand/harbour", {**told, "voice.description": "Dry and short.", "caps.learned_frequency": "on"}
    )
    assert answer.headers["location"] == "/studio/brand/harbour?toast=saved"
    async with house.database.session(readonly=True) as session:
        saved = await get_brand(session, "harbour")
        assert (saved.voice.description, saved.caps.learned_frequency) == ("Dry and short.", True)
        assert (await get_campaign(session, "autumn")).brand == make_brand()
        assert (await audit.entries(session, about="harbour"))[0].action == "brand.save"
    assert "as it was" in (await editor.get("/brand/harbour")).text
    changed = "was changed since this version was saved (how it sounds, no more often than is best for each)"
    assert changed in (await editor.get("/campaigns/autumn")).text
    stale = await editor.post("/brand/harbour", told)
    assert stale.status_code == 409


async def test_each_save_of_a_brand_is_a_version_that_can_be_read_and_brought_back(
    house: House, signed_in: SignedIn
) -> None:
    editor = await signed_in("editor")
    told = await _brand_form(house)
    await editor.post("/brand/harbour", {**told, "voice.description": HOSTILE, "facts": "We are small."})
    assert "Version 2, saved" in (await editor.get("/brand/harbour")).text
    listed = (await editor.get("/brand/harbour/versions")).text
    assert listed.index("Version 2") < listed.index("Version 1")
    assert "by Editor" in listed
    changed = (await editor.get("/brand/harbour/versions/2")).text
    assert "2 differences from version 1" in changed
    assert "All that version 2 says" in changed
    assert HOSTILE not in changed
    assert HOSTILE in unescape(re.sub("</?(ins|del)>", "", changed))
    assert "We blend and pack by hand in Whitby." in (await editor.get("/brand/harbour/versions/1")).text
    assert (await editor.get("/brand/harbour/versions/3")).status_code == 404
    assert (await editor.post("/brand/harbour/versions/2/back")).headers["location"].endswith("toast=unchanged")
    answer = await editor.post("/brand/harbour/versions/1/back")
    assert answer.headers["location"] == "/studio/brand/harbour?toast=saved"
    async with house.database.session(readonly=True) as session:
        assert await get_brand(session, "harbour") == make_brand()
        entry = (await audit.entries(session, about="harbour"))[0]
    assert (entry.action, entry.why) == ("brand.save", "version 3, brought back from version 1")
    assert "under version 1 of the brand" in (await editor.get("/campaigns/autumn/versions/1")).text


async def test_colours_that_cannot_be_read_are_not_saved(house: House, signed_in: SignedIn) -> None:
    editor = await signed_in("editor")
    told = await _brand_form(house)
    answer = await editor.post("/brand/harbour", {**told, "colors.text": "#eeeeee", "colors.card": "#ffffff"})
    assert answer.status_code == 422
    assert "at least 4.5:1 is needed" in answer.text
