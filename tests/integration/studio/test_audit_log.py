"""The audit log as a page: in words, by person and thing, page by page, and verified."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text

from api import audit
from api.house import House
from api.keys import create_key
from api.studio.pages.audit_log import PAGE
from tests.integration.studio.conftest import SignedIn

pytestmark = pytest.mark.anyio


async def write(house: House, actor: str, action: str, about: str, why: str = "") -> None:
    audit.act_as(actor)
    async with house.database.session() as session:
        await audit.append(session, action, about, why=why)


async def test_entries_are_told_in_words_with_the_names_of_now(signed_in: SignedIn, house: House) -> None:
    admin = await signed_in("admin")
    assert admin.account is not None
    async with house.database.session() as session:
        key, _ = await create_key(session, "the <shop>", ["read"])
    await write(house, f"key:{key.id}", "run.start", "run_1", "ticket 7")
    await write(house, "user:root", "account.role", admin.account.id)
    await write(house, "penfriend", "something.brand_new", "<script>")
    page = (await admin.get("/audit")).text
    for told in (
        "API key “the &lt;shop&gt;”",
        '<a href="/studio/runs/run_1">',
        "Started a run",
        "root, at the command line",
        "<bdi>Admin</bdi>",
        "Penfriend itself",
        "Something brand new",
        "<code>&lt;script&gt;</code>",
    ):
        assert told in page, told
    assert "<script>" not in page.replace("<script src=", "")


async def test_it_is_read_page_by_page_and_by_person_or_thing(signed_in: SignedIn, house: House) -> None:
    admin = await signed_in("admin")
    for number in range(PAGE + 1):
        await write(house, "user:ada" if number % 10 else "user:bo", "campaign.save", f"c{number}")
    first = (await admin.get("/audit")).text
    assert first.count("<tr><td") == PAGE
    older = re.search(r'href="(\?[^"]*before=[^"]*)"', first)
    assert older is not None
    second = (await admin.get(f"/audit{older[1].replace('&amp;', '&')}")).text
    assert (second.count("<tr><td"), "<code>c0</code>" in second, "Older" in second) == (1, True, False)
    assert (await admin.get("/audit?about=c7")).text.count("<tr><td") == 1
    assert (await admin.get("/audit?actor=user:bo")).text.count("<tr><td") == 6
    assert (await admin.get("/audit?actor=user:")).text.count("<tr><td") == PAGE
    assert "Nothing was done that fits these." in (await admin.get("/audit?actor=visitor")).text
    assert (await admin.get(f"/audit?before={10**30}")).status_code == 422


async def test_the_chain_is_verified_in_words(signed_in: SignedIn, house: House) -> None:
    admin = await signed_in("admin")
    for number in range(3):
        await write(house, "user:ada", "campaign.save", f"c{number}")
    whole = (await admin.post("/audit/verify")).text
    assert "All 3 entries are as they were written" in whole
    head = re.search(r"<code>([0-9a-f]{64})</code>", whole)
    assert head is not None
    assert "The fingerprint you noted is among them." in (await admin.post("/audit/verify", {"expected": head[1]})).text
    assert "newest entries were cut off" in (await admin.post("/audit/verify", {"expected": "0" * 64})).text
    async with house.database.session() as session:
        await session.execute(text("UPDATE audit SET about = 'c9' WHERE id = 2"))
    assert "Entry 2 is not what was written" in (await admin.post("/audit/verify")).text
