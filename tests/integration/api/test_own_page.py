"""The page behind the link in each e-mail: what it shows to whom, and what can be done there."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape
from typing import Any
from urllib.parse import urljoin

import pytest

from api import audit
from api.house import House
from api.own_page.texts import words
from composer.links import PASS, READABLE
from memory.consent import status
from memory.ingest import ingest
from memory.privacy.proving import MAX_TRIES
from memory.privacy.requests import Kind, waiting
from memory.recall import customer_id_of, recall
from store import clock
from tests.integration.api.conftest import Client
from tests.kit.events import KETTLE, TEA, identify, order, track

pytestmark = pytest.mark.anyio

HOSTILE = '<script>alert("roast")</script>'
ADA = {
    "email": "ada@example.com", "firstName": "Ada", "lastName": "Lovelace", "phone": "+44 1523 456789",
    "birthday": "1985-12-10", "email_consent": True, "preferences": {"roast": HOSTILE}, "gender": "f",
}  # fmt: skip
PRIVATE = ("Lovelace", "456789", "ada@example.com", "1985", "o-77", "76.5", "pregnancy", "the copper”", "c42")
"""What a letter passed on must not give away."""


@pytest.fixture
async def token(house: House) -> str:
    """The link in an e-mail to Ada."""
    messages = [
        identify(ADA, user="c42", days_ago=20),
        order("o-77", KETTLE, TEA, user="c42", days_ago=8, total=76.5),
        track("Products Searched", {"query": "pregnancy pillow"}, user="c42", days_ago=4),
        track("Product Reviewed", KETTLE | {"rating": 5, "review_body": "I love the copper."}, user="c42", days_ago=2),
    ]
    async with house.database.session() as session:
        assert not (await ingest(session, messages)).rejected
    return house.links.own_page_token("c42", "autumn", clock.now().date())


class Reader:
    """Somebody with a link, and a browser that does what they click."""

    def __init__(self, client: Client, token: str) -> None:
        self._client, self._at = client, f"/m/{token}"
        self.pass_ = ""

    async def look(self) -> Any:
        return await self._client.get(self._at)

    async def open(self, address: str = "ada@example.com") -> Any:
        answer = await self._client.post(f"{self._at}/open", data={"address": address})
        found = re.search(r'name="pass" value="([^"]+)"', answer.text)
        self.pass_ = found[1] if found else ""
        return answer

    async def act(self, do: str, **fields: str) -> Any:
        return await self._client.post(f"{self._at}/remembered", data={"pass": self.pass_, "do": do, **fields})

    async def send(self, what: str, **fields: Any) -> Any:
        return await self._client.post(f"{self._at}/{what}", data=fields)


def _fact(page: str, text: str) -> str:
    """The id that stands in the form beside a sentence."""
    item = next(one for one in page.split("<li>") if text in unescape(one))
    found = re.search(r'name="fact" value="([^"]+)"', item)
    assert found is not None
    return unescape(found[1])


async def test_the_link_alone_shows_choices_and_nothing_that_is_remembered(client: Client, token: str) -> None:
    answer = await Reader(client, token).look()
    assert answer.status_code == 200
    assert [one for one in (*PRIVATE, "Ada", "tea", "roast") if one in answer.text] == []
    assert "no-store" in answer.headers["Cache-Control"]
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


async def test_the_address_opens_what_is_remembered_in_outline(client: Client, token: str) -> None:
    page = unescape((await Reader(client, token).open("ADA@example.com")).text)
    assert "Your first name is Ada." in page
    assert "You like green tea." in page
    assert "You ordered in" in page
    assert "Something that may be sensitive is kept" in page
    assert "Your stage as a customer is" in page
    assert [one for one in PRIVATE if one in page] == []


async def test_another_address_opens_nothing_and_too_many_are_refused(client: Client, token: str) -> None:
    reader = Reader(client, token)
    for number in range(MAX_TRIES):
        answer = await reader.open(f"guess{number}@example.com")
        assert (answer.status_code, reader.pass_) == (403, "")
    answer = await reader.open()
    assert (answer.status_code, reader.pass_) == (429, "")
    assert "wait an hour" in answer.text


async def test_what_is_forgotten_here_is_gone_from_memory_and_from_the_page(
    client: Client, token: str, house: House
) -> None:
    reader = Reader(client, token)
    fact = _fact((await reader.open()).text, "You like green tea.")
    answer = await reader.act("forget", fact=fact)
    assert "Forgotten." in answer.text
    assert "You like green tea." not in answer.text
    async with house.database.session(readonly=True) as session:
        memory = await recall(session, "c42")
        newest = (await audit.entries(session))[0]
    assert memory is not None
    assert "You like green tea" not in {one.text for one in memory.facts}
    assert (newest.action, newest.actor) == ("forget_fact", "customer")
    assert "gone already" in (await reader.act("forget", fact=fact)).text


async def test_what_is_put_right_here_reads_so_and_hostile_words_show_as_text(
    client: Client, token: str, house: House
) -> None:
    reader = Reader(client, token)
    page = (await reader.open()).text
    assert HOSTILE not in page
    assert HOSTILE in unescape(page)
    answer = await reader.act("correct", fact=_fact(page, "Your first name is Ada."), value="<b>Adele</b>")
    assert "&lt;b&gt;Adele&lt;/b&gt;" in answer.text
    async with house.database.session(readonly=True) as session:
        memory = await recall(session, "c42")
    assert memory is not None
    assert memory.profile.first_name == "<b>Adele</b>"


async def test_an_address_cannot_be_put_right_by_a_link(client: Client, token: str, house: House) -> None:
    reader = Reader(client, token)
    page = (await reader.open()).text
    item = next(one for one in page.split("<li>") if "e-mail address is known" in one)
    assert 'value="correct"' not in item
    told = re.findall(r'name="fact" value="([^"]+)"', page)
    for fact in dict.fromkeys(told):
        await reader.act("correct", fact=unescape(fact), value="eve@example.com")
    async with house.database.session(readonly=True) as session:
        after = await recall(session, "c42")
    assert after is not None
    assert after.profile.email == "ada@example.com"


async def test_without_a_pass_of_this_link_and_this_half_hour_nothing_is_done(
    client: Client, token: str, house: House
) -> None:
    reader = Reader(client, token)
    fact = _fact((await reader.open()).text, "You like green tea.")
    own, other = reader.pass_, house.links.pass_through("another", clock.now())
    for pass_ in ("", own[:-2], other, token):
        reader.pass_ = pass_
        answer = await reader.act("forget", fact=fact)
        assert (answer.status_code, "Write your address once more" in answer.text) == (403, True)
    reader.pass_ = own
    with clock.frozen_at(clock.now() + PASS + timedelta(seconds=1)):
        assert (await reader.act("download")).status_code == 403
    assert (await reader.act("download")).status_code == 200


async def test_the_download_holds_what_the_page_shows_and_no_more(client: Client, token: str) -> None:
    reader = Reader(client, token)
    await reader.open()
    answer = await reader.act("download")
    assert answer.json()["schema"] == "penfriend.own-page/1"
    assert "You like green tea." in answer.text
    assert [one for one in PRIVATE if one in answer.text] == []


@pytest.mark.parametrize("kind", list(Kind))
async def test_erasing_and_a_full_copy_are_asked_for_and_done_by_people(
    client: Client, token: str, house: House, kind: Kind
) -> None:
    reader = Reader(client, token)
    await reader.open()
    assert "Asked." in (await reader.act(kind)).text
    assert "waits for an answer" in (await reader.act(kind)).text
    async with house.database.session(readonly=True) as session:
        assert [(one.customer, one.kind) for one in await waiting(session)] == [("c42", kind)]
        assert await customer_id_of(session, "c42") is not None


async def test_choices_and_objections_hold_from_now_on(client: Client, token: str, house: House) -> None:
    reader = Reader(client, token)
    answer = await reader.send(
        "choices",
        save="choices",
        purposes="asked",
        purpose="predictions",
        topic="offers",
        frequency="monthly",
        pause="30",
    )
    assert "Saved." in answer.text
    async with house.database.session(readonly=True) as session:
        customer = await customer_id_of(session, "c42")
        assert customer is not None
        choices = (await status(session, customer)).choices
    assert choices.objects_to == {"personalisation"}
    assert "newsletter" in choices.topics_off
    assert "offers" not in choices.topics_off
    assert choices.wish.limits.month == 1
    assert choices.wish.paused_until is not None
    again = (await reader.look()).text
    assert 'value="monthly" checked' in again
    assert 'value="personalisation" checked' not in again


async def _objects_to(house: House) -> frozenset[str]:
    async with house.database.session(readonly=True) as session:
        customer = await customer_id_of(session, "c42")
        assert customer is not None
        return frozenset((await status(session, customer)).choices.objects_to)


async def test_whoever_holds_the_link_may_object_and_only_who_knows_the_address_takes_it_back(
    client: Client, token: str, house: House
) -> None:
    reader = Reader(client, token)
    form = {"save": "choices", "purposes": "asked", "frequency": "no_limit", "pause": "none"}
    await reader.send("choices", **form, purpose="predictions")
    later = clock.now() + timedelta(seconds=1)
    with clock.frozen_at(later):
        page = (await reader.send("choices", **form, purpose=["predictions", "personalisation"])).text
        assert await _objects_to(house) == {"personalisation"}
        assert "you objected" in page
        assert 'value="personalisation"' not in page
        assert (await reader.act("allow", purpose="personalisation")).status_code == 403
        assert await _objects_to(house) == {"personalisation"}
    with clock.frozen_at(later + timedelta(seconds=1)):
        await reader.open()
        answer = await reader.act("allow", purpose="personalisation")
        assert "Allowed again." in answer.text
        assert await _objects_to(house) == frozenset()
        assert "What you objected to" not in (await reader.act("allow", purpose="marketing_email")).text
    assert 'value="personalisation" checked' in (await reader.look()).text


async def test_a_correction_that_could_not_be_made_stands_there_to_be_mended(client: Client, token: str) -> None:
    reader = Reader(client, token)
    page = (await reader.open()).text
    fact = _fact(page, "birthday")
    answer = await reader.act("correct", fact=fact, value='the "tenth"')
    assert answer.status_code == 422
    assert "This is no day. Write 1985-12-10." in answer.text
    item = next(one for one in answer.text.split("<li>") if f'value="{fact}"' in one)
    assert 'value="the &#34;tenth&#34;"' in item
    assert '<details class="change" open>' in item
    assert answer.text.count('<details class="change" open>') == 1


async def test_a_form_that_a_browser_opens_again_leads_back_to_the_page(client: Client, token: str) -> None:
    for form in ("choices", "open", "remembered", "unsubscribe"):
        answer = await client.get(f"/m/{token}/{form}")
        assert (answer.status_code, urljoin(f"/m/{token}/{form}", answer.headers["location"])) == (303, f"/m/{token}")


async def test_below_the_path_of_a_public_url_every_address_stays_below_it(client: Client, token: str) -> None:
    """As behind a proxy that hands `https://shop.example/penfriend/` on to this server."""
    reader = Reader(client, token)
    outside = f"https://shop.example/penfriend/m/{token}"
    for at, page in (
        (outside, (await reader.look()).text),
        (f"{outside}/open", (await reader.open()).text),
        (f"{outside}/choices", (await reader.send("choices", save="choices")).text),
    ):
        found = [urljoin(at, one) for one in re.findall(r'(?:href|action)="([^":]+)"', page)]
        assert len(found) > 2
        for one in found:
            assert one.startswith((outside, "https://shop.example/penfriend/m/static/css/")), one


async def test_one_click_unsubscribes_and_the_page_says_so_ever_after(client: Client, token: str, house: House) -> None:
    reader = Reader(client, token)
    assert "You will get no more marketing e-mails" in (await reader.send("unsubscribe")).text
    async with house.database.session(readonly=True) as session:
        customer = await customer_id_of(session, "c42")
        assert customer is not None
        assert not (await status(session, customer)).allowed
    assert "until you sign up again" in (await reader.look()).text


async def test_an_old_link_still_ends_e_mails_but_opens_nothing(client: Client, token: str, house: House) -> None:
    old = house.links.own_page_token("c42", "autumn", clock.now().date() - READABLE - timedelta(days=1))
    reader = Reader(client, old)
    assert "more than 90 days old" in (await reader.look()).text
    assert "You like" not in (await reader.open()).text
    assert reader.pass_ == ""
    assert "Saved." in (await reader.send("choices", save="choices", frequency="weekly", pause="none")).text


async def test_a_link_that_was_cut_changed_or_made_for_something_else_is_broken(
    client: Client, token: str, house: House
) -> None:
    for wrong in (token[:-3], f"A{token[1:]}", house.links.token("c42", "autumn"), "x" * 400, "%00"):
        answer = await client.get(f"/m/{wrong}")
        assert (answer.status_code, "does not work" in answer.text) == (404, True)
        assert (await client.post(f"/m/{wrong}/unsubscribe")).status_code == 404
    assert (await client.get(f"/u/{token}")).status_code == 404


@pytest.mark.parametrize(("browser", "lang"), [("fr-CH, en;q=0.5", "fr"), ("it, de-AT;q=0.9", "de"), ("it", "en")])
async def test_a_broken_link_speaks_the_language_of_the_browser(
    client: Client, token: str, browser: str, lang: str
) -> None:
    for answer in (
        await client.get(f"/m/{token[:-3]}", headers={"Accept-Language": browser}),
        await client.post(f"/m/{token[:-3]}/choices", headers={"Accept-Language": browser}),
    ):
        assert words(lang)["broken"] in unescape(answer.text)


async def test_of_somebody_unknown_or_erased_nothing_is_remembered(client: Client, house: House) -> None:
    reader = Reader(client, house.links.own_page_token("ghost", "autumn", date(2026, 1, 1)))
    for answer in (
        await reader.look(),
        await reader.open(),
        await reader.act("download"),
        await reader.send("choices", save="choices"),
    ):
        assert "Nothing is remembered about you" in answer.text
    async with house.database.session(readonly=True) as session:
        assert await customer_id_of(session, "ghost") is None


async def test_its_looks_come_from_its_own_path(client: Client, token: str) -> None:
    page = (await Reader(client, token).look()).text
    [link] = re.findall(r'rel="stylesheet" href="([^"]+)"', page)
    sheet = urljoin(f"/m/{token}", link)
    assert sheet.startswith("/m/static/css/own.css?v=")
    assert (await client.get(sheet)).headers["content-type"].startswith("text/css")
    assert (await client.get("/m/static/fonts/inter-latin-wght-normal.woff2")).status_code == 200


SPOKEN = {
    "de-AT": ("Was wir über Sie wissen", "Sie haben", "Speichern", "Ihr Vorname: Ada."),
    "fr": ("Ce que nous savons de vous", "Vous avez", "Enregistrer", "Votre prénom : Ada."),
    "es-MX": ("Lo que sabemos de usted", "Usted", "Guardar", "Su nombre de pila: Ada."),
}
ENGLISH = re.compile(r"\b(You|Your|you|We|we|the|The|from|until|and)\b")


@pytest.mark.parametrize("locale", SPOKEN)
async def test_it_speaks_the_customers_language_and_no_word_of_another(
    client: Client, house: House, token: str, locale: str
) -> None:
    goods = {"product_id": "p9", "name": "Senchakanne", "category": "Tee > Kannen", "price": 30.0}
    week = [
        identify({"locale": locale, "preferences": {"mood": "zen"}}, user="c42", days_ago=9),
        track("Product Viewed", goods, user="c42", days_ago=3),
        track("Product Added to Wishlist", goods, user="c42", days_ago=3),
        track("Product Added", goods, user="c42", days_ago=3),
        track("Product Reviewed", goods | {"rating": 1}, user="c42", days_ago=1),
        order("o-78", KETTLE, TEA, user="c42", days_ago=40, total=76.5),
        order("o-79", KETTLE, TEA, user="c42", days_ago=80, total=76.5),
    ]
    async with house.database.session() as session:
        assert not (await ingest(session, week)).rejected
    reader = Reader(client, token)
    title, you, save, name = SPOKEN[locale]
    choices = (await reader.look()).text
    assert f'<html lang="{locale}">' in choices
    assert f"<h1>{title}</h1>" in choices
    assert save in choices
    told = unescape((await reader.open()).text).replace("\u00a0", " ").replace("\u202f", " ")
    assert name in told
    assert told.count(you) >= 5
    # What the shop calls its products and the customer their likings stays as it is; so do notes for the shop.
    body = re.sub(r"<[^>]*>|„[^“]*“|«[^»]*»|Harbour & Leaf[^<]*", " ", told.partition("<main>")[2])
    assert ENGLISH.findall(body) == []
