"""A shop that writes in another language sends whole e-mails in it without any model: no word of them is English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path as Folder
from typing import Any, get_args

import pytest
import yaml
from selectolax.lexbor import LexborHTMLParser

import catalog
import prompts
from catalog.complements import price_basket
from catalog.merchandising import NOWHERE, Placement
from catalog.model import BasketPrice, Limits, Pick, Product, Taste
from catalog.picks import pick
from composer.campaigns import save_brand, save_campaign
from composer.contract import ComposeRequest, ComposeResult, Path
from composer.documents import Brief, Offer
from composer.service import Composer
from memory.due.tables import NewsRow
from memory.ingest import ingest
from prompts.model import FlowName
from store import clock
from store.crypto import Keyring
from store.database import Database
from tests.kit import events
from tests.kit.catalog import view
from tests.kit.events import identify, order, track
from tests.kit.factories import LIBRARY, make_brand, make_campaign
from tests.kit.languages import SHELVES, Shelf

pytestmark = pytest.mark.anyio

OTHERS = tuple(language for language in LIBRARY.languages if language != "en")
_WORD = re.compile(r"[^\W\d_]{3,}")
_PLACES = re.compile(r"\{\{.*?\}\}|\{\w*\}")


class Picker:
    """The catalog's own picks, over one view."""

    def __init__(self, shelf: Shelf, reduced: int) -> None:
        self._view = view(list(stock(shelf, reduced)))

    def pick(
        self, taste: Taste, limits: Limits, *, now: datetime, seed: int, placement: Placement = NOWHERE
    ) -> list[Pick]:
        """As the catalog."""
        return pick(self._view, taste, limits, now=now, seed=seed, placement=placement)

    def price_basket(self, placement: Placement, picked: Any, now: datetime) -> BasketPrice | None:
        """As the catalog."""
        return price_basket(self._view, placement, picked, now)


def stock(shelf: Shelf, reduced: int) -> Iterator[Product]:
    for index, (name, category, description, attributes) in enumerate(shelf.items):
        yield Product.model_validate(
            {
                "id": f"p{index}",
                "title": name,
                "description": description,
                "link": f"https://{shelf.domain}/p/{index}",
                "price": Decimal("1234.50"),
                "sale_price": Decimal("999.90") if index < reduced else None,
                "compare_at_basis": "lowest_30_days" if index < reduced else None,
                "currency": shelf.currency,
                "product_type": category,
                "attributes": dict(attributes),
                "consumable_days": 30,
            }
        )


def before(days: float) -> float:
    """So many days ago, as the kit's events count them."""
    return days + (events.NOW - clock.now()) / timedelta(days=1)


def history(shelf: Shelf) -> list[dict[str, Any]]:
    """Bought, carted, wished, looked at; born some day."""
    line = {"product_id": "p1", "name": shelf.items[1][0], "category": shelf.items[1][1], "price": 9.5, "quantity": 1}
    carted = {"product_id": "p0", "name": shelf.items[0][0], "category": shelf.items[0][1], "price": 29, "quantity": 1}
    seen = {"product_id": "p3", "name": shelf.items[3][0], "category": shelf.items[3][1], "price": 38}
    traits = {"email": "a@post.example", "first_name": "Anna", "email_consent": True, "birthday": "1980-11-21"}
    return [
        identify({**traits, "locale": shelf.locale}, user="anna"),
        order("o-1", line, days_ago=before(29), user="anna"),
        track("Product Viewed", seen, days_ago=before(2), user="anna"),
        track("Product Added to Wishlist", seen, days_ago=before(2), user="anna"),
        track("Product Added", carted, days_ago=before(1), user="anna"),
    ]


def came_back(product: str) -> NewsRow:
    """The catalog's record that it was seen gone, and back an hour ago."""
    at = clock.now() - timedelta(hours=1)
    return NewsRow(product_id=product, kind="back_in_stock", at=at, until_at=at + timedelta(days=7))


async def emails(
    database: Database, keyring: Keyring, shelf: Shelf, min_spend: Decimal | None = Decimal(30), reduced: int = 3
) -> list[ComposeResult]:
    """One of each flow, with an offer where it makes one."""
    brand = make_brand(
        name=shelf.shop,
        url=f"https://{shelf.domain}/",
        domain=shelf.domain,
        public_url=f"https://mail.{shelf.domain}/",
        currency=shelf.currency,
        locale=shelf.locale,
        facts=[shelf.fact],
        postal_address="4 Quay 21339",
        sender={"name": shelf.shop, "email": f"hello@{shelf.domain}"},
        caps={"total": {"week": 100}},
    )
    offer = Offer(
        id="ten",
        kind="percent",
        value="10",
        code="ZEHN10",
        min_spend=min_spend,
        expires=clock.now().date() + timedelta(days=9),
    )
    async with database.session() as session:
        await save_brand(session, brand)
        for flow in get_args(FlowName):
            brief = Brief(offers=(offer,)) if "percent" in LIBRARY.flow(flow).offers else Brief()
            await save_campaign(session, make_campaign(flow, id=f"c-{flow.replace('_', '-')}", brief=brief))
        await ingest(session, history(shelf))
        session.add(came_back("p0"))
    composer = Composer(database=database, keyring=keyring, library=LIBRARY, picker=Picker(shelf, reduced), writers=())
    return [
        await composer.compose(ComposeRequest(campaign=f"c-{flow.replace('_', '-')}", customer="anna", preview=True))
        for flow in get_args(FlowName)
    ]


def words_of(texts: Iterator[str]) -> set[str]:
    return {word.casefold() for text in texts for word in _WORD.findall(_PLACES.sub(" ", text))}


def strings_in(data: object) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, dict):
        for name, value in data.items():
            yield from strings_in(value) if name not in ("flow", "locale", "needs", "steps") else ()
    elif isinstance(data, list):
        for value in data:
            yield from strings_in(value)


def spoken(language: str) -> Iterator[str]:
    """Everything that templates, frame and reasons of a language may say."""
    root = Folder(prompts.__path__[0])
    for path in (root / "fallbacks" / language).glob("*.yaml"):
        yield from strings_in(yaml.safe_load(path.read_text())["blocks"])
    yield from strings_in(yaml.safe_load((root / "phrases" / f"{language}.yaml").read_text()))
    yield from LIBRARY.layout().strings[language].values()
    wording = LIBRARY.wording(language)
    yield from strings_in([wording.offers.model_dump(), wording.over.model_dump(), wording.basket, wording.listed])
    yield from strings_in(yaml.safe_load((Folder(catalog.__path__[0]) / "words" / f"{language}.yaml").read_text()))


def shown(email: ComposeResult) -> Iterator[str]:
    """What a reader sees or hears of it."""
    yield email.subject
    yield email.preheader
    yield re.sub(r"https?://\S+", "", email.text)
    page = LexborHTMLParser(email.html)
    for node in page.css("style, script"):
        node.decompose()
    yield page.root.text(separator=" ") if page.root else ""
    for node in page.css("[title], [alt]"):
        yield f"{node.attributes.get('title') or ''} {node.attributes.get('alt') or ''}"


@pytest.mark.parametrize("language", OTHERS)
async def test_every_flow_is_written_in_the_shops_language_from_subject_to_footer(
    language: str, sqlite_database: Database, keyring: Keyring
) -> None:
    shelf = SHELVES[language]
    own = words_of(spoken(language)) | words_of(strings_in([list(item) for item in map(list, shelf.items)]))
    own |= words_of(iter([shelf.shop, shelf.bought, shelf.gift, shelf.fact, "Anna ZEHN10 Quay"]))
    english = words_of(spoken("en")) - own
    written = await emails(sqlite_database, keyring, shelf)
    assert [(one.flow, one.reason, one.detail) for one in written if one.path is Path.SKIPPED] == []
    for one in written:
        assert words_of(shown(one)) & english == set(), one.text
        assert one.locale == shelf.locale
        assert f'lang="{shelf.locale}"' in one.html


@pytest.mark.parametrize("language", OTHERS)
async def test_why_a_pick_is_shown_is_told_in_the_shops_language(
    language: str, sqlite_database: Database, keyring: Keyring
) -> None:
    written = await emails(sqlite_database, keyring, SHELVES[language])
    reasons = {pick_.reason for one in written for pick_ in one.picks}
    assert len(reasons) > 4
    assert all(reasons)


async def test_a_german_shop_shows_sums_days_and_the_address_as_germans_write_them(
    sqlite_database: Database, keyring: Keyring
) -> None:
    written = {one.flow: one for one in await emails(sqlite_database, keyring, SHELVES["de"])}
    cart = written["abandoned_cart"].text
    assert "Guten Tag, Anna" in cart
    assert "999,90\xa0€ (statt 1.234,50\xa0€)" in cart
    assert "10\xa0% Rabatt ab 30\xa0€" in cart
    assert f"Gültig bis {(clock.now() + timedelta(days=9)).day}. " in cart
    assert "Abmelden: https://" in cart


@pytest.mark.parametrize("locale", ["de-DE", "de-AT", "de-CH", "fr-FR", "fr-CA", "fr-CH", "es-ES", "es-AR", "es-MX"])
async def test_a_percentage_beside_full_prices_is_sent_in_every_country(
    locale: str, sqlite_database: Database, keyring: Keyring
) -> None:
    shelf = replace(SHELVES[locale[:2]], locale=locale)
    written = await emails(sqlite_database, keyring, shelf, min_spend=None, reduced=0)
    assert [one.flow for one in written if one.path is Path.SKIPPED] == ["price_drop"]


async def test_a_shop_in_a_language_without_templates_skips_and_names_those_there_are(
    sqlite_database: Database, keyring: Keyring
) -> None:
    shelf = SHELVES["en"]
    finnish = Shelf("fi-FI", "EUR", shelf.shop, shelf.domain, shelf.fact, shelf.bought, shelf.gift, shelf.items)
    (newsletter,) = [one for one in await emails(sqlite_database, keyring, finnish) if one.flow == "newsletter"]
    assert (newsletter.path, newsletter.reason) == (Path.SKIPPED, "no_templates")
    assert "writes in Finnish; templates exist in de, en" in (newsletter.detail or "")
