"""Carriage and gift cards are paid for, and are no purchases to speak of."""

from __future__ import annotations

from datetime import timedelta

import pytest

from composer.extras import is_extra, without_extras
from composer.taste import taste_of
from memory.model import CustomerMemory
from tests.kit.factories import NOW, make_memory

EXTRAS = (
    "Carriage", "POSTAGE", "DOTCOM POSTAGE", "Shipping", "Express shipping (DHL)", "Next Day Delivery", "P&P",
    "Standard Delivery", "Royal Mail Tracked 24 delivery", "Post & Packing", "Free delivery", "Shipping costs £4.95",
    "Freight charge", "Gift Card", "Gift card £25", "E-Gift Card", "Gift Vouchers", "Bank Charges",
    "Versand", "Versandkosten", "Versandkostenpauschale", "DHL Expressversand", "Lieferung", "Porto",
    "Geschenkgutschein", "Gutschein 50 €", "Geschenkkarte", "Liefergebühr",
    "Frais de port", "Frais d’envoi", "Livraison à domicile", "Livraison Colissimo", "Carte cadeau",
    "Chèque-cadeau 30 €", "Gastos de envío", "Envío gratis", "Envío urgente SEUR", "Tarjeta regalo",
    "Tarjeta de regalo 50 €", "Portes",
)  # fmt: skip
PRODUCTS = (
    "Carriage Clock", "Postage Stamp Tin", "Shipping Container Model", "Delivery Van Toy", "Gift Card Holder",
    "Express Mug", "First Class Notebook", "Porto Coffee Table", "Port Wine Glass", "Porto Tawny 10 Years", "Port 2011",
    "Gift Wrap Set", "DHL Van, yellow", "Handling Gloves", "Mail Order Poster", "Home", "Envoi de fleurs",
    "Carte postale cadeau bleue", "Postkarte Versand am Meer", "Midwife's Delivery Bag", "Kiki’s Delivery Service",
    "Vale de Lobo Cup", "Free Spirit Scarf", "Box 2nd edition", "24",
)  # fmt: skip


@pytest.mark.parametrize("name", EXTRAS)
def test_what_is_billed_and_is_no_product(name: str) -> None:
    assert is_extra("x1", name)


@pytest.mark.parametrize("name", PRODUCTS)
def test_products_are_products(name: str) -> None:
    assert not is_extra("x1", name)


def test_a_name_that_may_be_a_products_is_one_where_the_shop_has_it_in_a_category() -> None:
    assert is_extra("x1", "Porto")
    assert not is_extra("x1", "Porto", "Wine")
    assert is_extra("x1", "Gift Card", "Gifts")


@pytest.mark.parametrize(
    "name", ["Delivery", "Expédition", "Die Lieferung", "El envío", "Fracht", "Carriage", "Postage"]
)
def test_a_book_may_be_called_as_its_carriage_is(name: str) -> None:
    assert not is_extra("x1", name, "Books")


def test_carriage_that_the_shop_files_as_such_is_no_product() -> None:
    assert is_extra("x1", "Delivery", "Fees > Shipping")
    assert is_extra("x1", "Versand", "Versandkosten")
    assert is_extra("x1", "Envío", "Gastos de envío")


def test_a_gift_card_of_the_shops_shelves_waits_in_its_cart() -> None:
    memory = make_memory()
    card = {"product_id": "GC", "name": "Gift Card", "price": "25.00", "at": NOW, "event_id": "e-3"}
    seen = {"product_id": "GC", "name": "Gift Card", "category": "Gift cards", "sources": ["e-3"]}
    fact = {"id": "f-gc", "kind": "cart", "text": "The Gift Card is in your cart.", "value": "GC", "learned_at": NOW}
    told = memory.model_dump(exclude={"responses", "send_window"}) | {
        "cart": [card],
        "products": [seen, *(one.model_dump() for one in memory.products)],
        "facts": [fact, *(one.model_dump() for one in memory.facts)],
    }
    left = without_extras(CustomerMemory.model_validate(told))
    assert [line.product_id for line in left.cart] == ["GC"]
    assert "f-gc" in {one.id for one in left.facts}


@pytest.mark.parametrize(("code", "extra"), [("POST", True), ("Giftcard", True), ("85123A", False), ("", False)])
def test_a_line_without_a_name_is_told_by_its_code(code: str, extra: bool) -> None:
    assert is_extra(code, None) is extra


def test_the_last_thing_bought_is_never_the_carriage() -> None:
    memory = make_memory()
    at = NOW - timedelta(days=2)
    line = {"product_id": "POST", "name": "Carriage", "price": "4.95"}
    order = {"order_id": "o-2", "at": at, "lines": [line], "event_id": "e-2"}
    history = {"product_id": "POST", "name": "Carriage", "bought_times": 3, "last_bought_at": at, "sources": ["e-2"]}
    fact = {"id": "f-post", "kind": "purchase", "text": "You last bought the Carriage.",
            "value": "POST", "learned_at": at}  # fmt: skip
    liking = {
        "id": "f-ship",
        "kind": "interest",
        "text": "You often buy shipping.",
        "value": "Fees > Shipping",
        "learned_at": at,
    }
    told = CustomerMemory.model_validate(
        memory.model_dump(exclude={"responses", "send_window"})
        | {
            "order_count": 2,
            "orders": [order, *(one.model_dump() for one in memory.orders)],
            "products": [history, *(one.model_dump() for one in memory.products)],
            "cart": [line | {"at": at, "event_id": "e-3"}],
            "facts": [fact, liking, *(one.model_dump() for one in memory.facts)],
        }
    )
    left = without_extras(told)
    assert left.order_count == 2
    assert "arriage" not in left.model_dump_json()
    assert [fact.id for fact in left.facts] == [fact.id for fact in memory.facts]
    assert {one.product_id for one in taste_of(left).signals} == {one.product_id for one in taste_of(memory).signals}


def test_who_bought_products_alone_is_remembered_as_they_are() -> None:
    memory = make_memory()
    assert without_extras(memory) is memory
