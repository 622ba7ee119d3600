"""Customers in the studio: who may see and do what, and what every page makes of what shops and customers send."""

from __future__ import annotations

import zipfile
from html import unescape
from io import BytesIO
from urllib.parse import quote

import pytest

from api import audit
from api.house import House
from memory.ingest import ingest
from memory.privacy import requests
from memory.privacy.requests import Kind
from memory.recall import customer_id_of, recall
from tests.integration.studio.conftest import Browser, SignedIn
from tests.kit.events import KETTLE, TEA, identify, order, track

pytestmark = pytest.mark.anyio

HOSTILE = '<img src=x onerror="alert(1)">{{ 7*7 }}'
ODD_ID = "shop/42?a=b#c"


async def _tell(house: House, customer: str = "c42", **traits: str) -> None:
    known = {"email": "ada@example.com", "firstName": "Ada", "lastName": "Lovelace", "email_consent": True}
    messages = [
        identify(known | traits, user=customer, days_ago=200),
        *(order(f"{customer}-{days}", TEA, user=customer, days_ago=days, total=12) for days in (150, 100, 50)),
        track("Products Searched", {"query": "a dripping secret"}, user=customer, days_ago=4),
        track("Product Viewed", KETTLE, user=customer, days_ago=3),
    ]
    async with house.database.session() as session:
        assert not (await ingest(session, messages)).rejected


def _fact(page: str, text: str) -> str:
    item = next(one for one in page.split("<li>") if text in unescape(one))
    return unescape(item.split('name="fact" value="')[1].split('"')[0])


async def test_a_customer_is_found_by_id_and_by_address_and_nobody_by_half_of_one(
    house: House, signed_in: SignedIn
) -> None:
    await _tell(house)
    browser = await signed_in("viewer")
    for asked in ("c42", " ada@example.com ", "ADA@EXAMPLE.COM"):
        answer = await browser.post("/customers/find", {"asked": asked})
        assert (answer.status_code, answer.headers["location"]) == (303, "/studio/customers/c42")
    for asked in ("ada@", "c4", "%", "' OR 1=1 --", "x" * 300):
        assert "Nobody has the id or address" in (await browser.post("/customers/find", {"asked": asked})).text


async def test_two_customers_with_one_address_are_both_offered(house: House, signed_in: SignedIn) -> None:
    await _tell(house)
    await _tell(house, ODD_ID)
    page = (await (await signed_in("viewer")).post("/customers/find", {"asked": "ada@example.com"})).text
    assert "Several customers have this address" in page
    assert f"/studio/customers/{quote(ODD_ID, safe='')}" in page


async def test_a_portrait_tells_who_it_is_and_an_odd_id_has_a_page_as_well(house: House, signed_in: SignedIn) -> None:
    await _tell(house, ODD_ID)
    answer = await (await signed_in("viewer")).get(f"/customers/{quote(ODD_ID, safe='')}")
    page = unescape(answer.text)
    assert answer.status_code == 200
    assert "Ada, a customer of earlier days, known since November 2025." in page
    assert "3 orders for 36.00 EUR" in page
    assert "Orders about every 7 weeks." in page
    assert "Likes green tea" in page


async def test_a_viewer_reads_in_outline_and_a_reviewer_everything(house: House, signed_in: SignedIn) -> None:
    await _tell(house)
    private = ("Lovelace", "ada@example.com", "a dripping secret", "€12.00 (order")
    outline = unescape((await (await signed_in("viewer")).get("/customers/c42")).text)
    assert [one for one in private if one in outline] == []
    assert "Searched the shop" in outline
    assert 'action="/studio/customers/c42/facts"' not in outline
    full = unescape((await (await signed_in("reviewer")).get("/customers/c42")).text)
    assert [one for one in private if one not in full] == []
    assert 'action="/studio/customers/c42/facts"' in full


@pytest.mark.parametrize(
    ("role", "path"),
    [("viewer", "facts"), ("viewer", "preview"), ("editor", "export"), ("editor", "erase"), ("editor", "answered")],
)
async def test_a_role_too_low_changes_nothing(house: House, signed_in: SignedIn, role: str, path: str) -> None:
    await _tell(house)
    browser = await signed_in(role)
    form = {"fact": "x", "do": "forget", "kind": "erase", "typed": "c42", "campaign": "x"}
    assert (await browser.post(f"/customers/c42/{path}", form)).status_code == 403
    async with house.database.session(readonly=True) as session:
        assert await recall(session, "c42") is not None


async def test_what_is_said_of_a_thing_is_forgotten_and_put_right(house: House, signed_in: SignedIn) -> None:
    await _tell(house)
    browser = await signed_in("reviewer")
    page = (await browser.get("/customers/c42")).text
    gone = await browser.post("/customers/c42/facts", {"fact": _fact(page, "You often buy green tea."), "do": "forget"})
    assert gone.headers["location"] == "/studio/customers/c42?toast=forgotten"
    right = {"fact": _fact(page, "Your first name is Ada."), "do": "correct", "value": "Adele"}
    await browser.post("/customers/c42/facts", right)
    page = unescape((await browser.get("/customers/c42")).text)
    assert "You often buy green tea." not in page
    assert "Your first name is Adele." in page
    async with house.database.session(readonly=True) as session:
        done = [(one.action, one.actor) for one in await audit.entries(session, limit=2)]
    assert browser.account is not None
    assert done == [("correct_fact", f"account:{browser.account.id}"), ("forget_fact", f"account:{browser.account.id}")]


async def test_a_correction_of_the_wrong_kind_stands_there_to_be_mended(house: House, signed_in: SignedIn) -> None:
    await _tell(house, birthday="1985-12-10")
    browser = await signed_in("reviewer")
    page = (await browser.get("/customers/c42")).text
    fact = _fact(page, "Your birthday is")
    answer = await browser.post("/customers/c42/facts", {"fact": fact, "do": "correct", "value": '"the tenth"'})
    assert answer.status_code == 422
    item = next(one for one in answer.text.split("<li>") if "This is no day." in one)
    assert 'value="&#34;the tenth&#34;"' in item
    assert '<details class="change" open>' in item
    async with house.database.session(readonly=True) as session:
        assert "correct_fact" not in [one.action for one in await audit.entries(session)]


async def test_the_timeline_shows_everything_once_page_by_page(house: House, signed_in: SignedIn) -> None:
    await _tell(house)
    views = [track("Product Viewed", KETTLE | {"name": f"Kettle {n:03}"}, user="c42", days_ago=2) for n in range(55)]
    async with house.database.session() as session:
        await ingest(session, views)
    browser = await signed_in("reviewer")
    page, seen = (await browser.get("/customers/c42")).text, []
    while True:
        seen += [part.split("<")[0] for part in page.split("<strong>Kettle ")[1:]]
        if "timeline?before=" not in page:
            break
        to = unescape(page.split('hx-get="/studio')[1].split('"')[0])
        page = (await browser.get(to)).text
    assert sorted(seen) == [f"{n:03}" for n in range(55)]
    assert (await browser.get("/customers/c42/timeline?before=yesterday")).status_code == 422


async def test_hostile_words_show_as_text(house: House, signed_in: SignedIn) -> None:
    await _tell(house, firstName=HOSTILE, favorite_tea=HOSTILE)
    async with house.database.session() as session:
        events = [
            track(HOSTILE[:60], {"name": HOSTILE, "query": HOSTILE}, user="c42"),
            identify({"{braces} %s {0.__class__}": HOSTILE}, user="c42"),
        ]
        assert not (await ingest(session, events)).rejected
    browser = await signed_in("admin")
    for path in ("", "/timeline", "/erase"):
        answer = await browser.get(f"/customers/c42{path}")
        assert answer.status_code == 200
        assert "<img src=x" not in answer.text
        assert "49" not in answer.text or "{{ 7*7 }}" in answer.text
        assert HOSTILE[:30] in unescape(answer.text)


async def test_an_admin_takes_the_data_away_and_the_audit_log_knows(house: House, signed_in: SignedIn) -> None:
    await _tell(house)
    browser = await signed_in("admin")
    for kind in ("json", "html", "zip"):
        answer = await browser.post("/customers/c42/export", {"kind": kind})
        assert f'filename="customer-data.{kind}"' in answer.headers["content-disposition"]
        assert answer.headers["cache-control"] == "no-store"
    assert set(zipfile.ZipFile(BytesIO(answer.content)).namelist()) == {"your-data.json", "your-data.html"}
    async with house.database.session(readonly=True) as session:
        assert [one.action for one in await audit.entries(session, limit=3)] == ["export_customer"] * 3


async def test_erasing_needs_the_id_typed_and_then_tells_how_it_stands(house: House, signed_in: SignedIn) -> None:
    await _tell(house)
    browser = await signed_in("admin")
    wrong = await browser.post("/customers/c42/erase", {"typed": "c4", "why": "ticket 7"})
    assert (wrong.status_code, "That is not this customer’s id" in wrong.text) == (422, True)
    assert all(f'value="{written}"' in wrong.text for written in ("c4", "ticket 7"))
    named = await browser.post("/customers/c42/erase", {"typed": "c42", "why": "ada@example.com asked"})
    assert (named.status_code, "The reason names the person" in named.text) == (422, True)
    assert 'value="ada@example.com asked"' in named.text
    answer = await browser.post("/customers/c42/erase", {"typed": "c42", "why": "ticket 7"})
    page = await browser.get(answer.headers["location"].removeprefix("/studio"))
    assert "Their rows are gone" in page.text
    assert (await browser.get("/customers/c42")).status_code == 404


async def test_what_customers_asked_for_waits_on_the_admins_list_until_it_was_seen_to(
    house: House, signed_in: SignedIn
) -> None:
    await _tell(house)
    async with house.database.session() as session:
        customer = await customer_id_of(session, "c42")
        assert customer is not None
        await requests.ask(session, customer, Kind.ERASE)
    admin: Browser = await signed_in("admin")
    assert "asks to be erased" in (await admin.get("/customers")).text
    assert "asks to be erased" not in (await (await signed_in("viewer")).get("/customers")).text
    await admin.post("/customers/c42/answered", {"kind": "erase"})
    assert "asks to be erased" not in (await admin.get("/customers")).text
