"""What can be worked out from the facts may be said, in any figures; one cent or one day off may not."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from evals.snapshot import OfferFacts, ProductFacts
from tests.kit.snapshots import BRAND, SENT, held_back, rules_of

PRICES = st.decimals(min_value=Decimal("5.00"), max_value=Decimal("400.00"), places=2)
TOGETHER = {
    "en-US": "The kettle and the lamp come to {} together.",
    "de-DE": "Kettle und Lamp kosten zusammen {}.",
    "fr-FR": "Les deux ensemble : {}.",
    "es-ES": "Los dos suman {} en total.",
}
EACH = {
    "en-US": "That is {} a cup.",
    "de-DE": "Das sind {} pro Tasse.",
    "fr-FR": "Soit {} la tasse.",
    "es-ES": "Salen a {} cada una.",
}
MISSING = {
    "en-US": "You are {} short of free delivery.",
    "de-DE": "Zum kostenlosen Versand fehlen noch {}.",
    "fr-FR": "Il manque {} pour la livraison offerte.",
    "es-ES": "Faltan {} para el envío gratis.",
}
LEFT = {
    "en-US": "{} days left to use SAVE9.",
    "de-DE": "Noch {} Tage lang gilt SAVE9.",
    "fr-FR": "Plus que {} jours pour utiliser SAVE9.",
    "es-ES": "Quedan {} días para usar SAVE9.",
}
LOCALES = tuple(TOGETHER)


def written(amount: Decimal, locale: str) -> str:
    """An amount as shops of this locale write it."""
    return f"${amount:.2f}" if locale == "en-US" else f"{amount:.2f} €".replace(".", ",")


def product(id_: str, name: str, price: Decimal, locale: str, **attributes: Any) -> ProductFacts:
    currency = "USD" if locale == "en-US" else "EUR"
    url = f"https://fernweh.example/p/{id_}"
    return ProductFacts(id=id_, name=name, price=price, currency=currency, url=url, attributes=attributes)


def world(locale: str, *products: ProductFacts, **policies: Any) -> dict[str, Any]:
    currency = "USD" if locale == "en-US" else "EUR"
    brand = BRAND.model_copy(update={"currency": currency, "policies": policies})
    return {"products": products, "locale": locale, "brand": brand}


@pytest.mark.parametrize("locale", LOCALES)
@given(first=PRICES, second=PRICES, off=st.integers(1, 999))
def test_a_sum_is_true_to_the_cent(locale: str, first: Decimal, second: Decimal, off: int) -> None:
    facts = world(locale, product("k", "Kettle Birch", first, locale), product("l", "Lamp Fern", second, locale))
    wrong = first + second + Decimal(off) / 100
    assume(wrong not in (first * 2, second * 2))  # two of one may be what is meant
    assert "price.wrong" not in rules_of(held_back(TOGETHER[locale].format(written(first + second, locale)), **facts))
    assert "price.wrong" in rules_of(held_back(TOGETHER[locale].format(written(wrong, locale)), **facts))


@pytest.mark.parametrize("locale", LOCALES)
@given(cents=st.integers(150, 4000), pack=st.integers(3, 12), off=st.integers(1, 99))
def test_the_price_of_one_in_a_pack_is_true_to_the_cent(locale: str, cents: int, pack: int, off: int) -> None:
    each = Decimal(cents) / 100
    facts = world(locale, product("c", f"Cup Set of {pack}", each * pack, locale, pack=pack))
    wrong = each + Decimal(off) / 100
    assert "price.wrong" not in rules_of(held_back(EACH[locale].format(written(each, locale)), product_id="c", **facts))
    assert "price.wrong" in rules_of(held_back(EACH[locale].format(written(wrong, locale)), product_id="c", **facts))


@pytest.mark.parametrize("locale", LOCALES)
@given(price=PRICES, gap=st.integers(100, 5000), off=st.integers(1, 99))
def test_what_is_missing_to_free_delivery_is_true_to_the_cent(locale: str, price: Decimal, gap: int, off: int) -> None:
    missing = Decimal(gap) / 100
    threshold = float(price + missing)
    facts = world(locale, product("k", "Kettle Birch", price, locale), free_shipping_over=threshold)
    wrong = missing + Decimal(off) / 100
    assume(wrong not in (price, price + missing))
    sound = held_back(MISSING[locale].format(written(missing, locale)), "closing", **facts)
    assert rules_of(sound).isdisjoint({"price.wrong", "shipping.invented", "offer.misstated"})
    assert held_back(MISSING[locale].format(written(wrong, locale)), "closing", **facts)


@pytest.mark.parametrize("locale", LOCALES)
@given(days=st.integers(2, 25), said=st.integers(2, 25))
def test_days_left_are_counted_from_the_day_of_sending(locale: str, days: int, said: int) -> None:
    offer = OfferFacts(code="SAVE9", kind="percent", value=Decimal(9), expires=SENT + timedelta(days=days))
    facts = world(locale, product("k", "Kettle Birch", Decimal(80), locale))
    held = rules_of(held_back(LEFT[locale].format(said), "closing", offer=offer, **facts))
    assert ("urgency.invented" in held) is (said not in (days, days + 1))


@given(price=st.integers(20, 400), value=st.integers(1, 15), off=st.integers(1, 9))
def test_what_the_offer_leaves_to_pay_may_be_said_and_nothing_else(price: int, value: int, off: int) -> None:
    offer = OfferFacts(code="SAVE9", kind="amount", value=Decimal(value), currency="USD")
    facts = world("en-US", product("k", "Kettle Birch", Decimal(price), "en-US"))
    text = "With SAVE9 the Kettle Birch is ${}."
    sound = held_back(text.format(price - value), product_id="k", offer=offer, **facts)
    assert "price.wrong" not in rules_of(sound)
    assume(price - value - off > 0 and price - value - off != value)
    wrong = held_back(text.format(price - value - off), product_id="k", offer=offer, **facts)
    assert "price.wrong" in rules_of(wrong)


@pytest.mark.parametrize("weekday", range(7))
def test_a_weekday_is_the_next_one_of_its_name(weekday: int) -> None:
    names = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    last = SENT + timedelta(days=(weekday - SENT.weekday()) % 7 or 7)
    offer = OfferFacts(code="SAVE9", kind="percent", value=Decimal(9), expires=last)
    facts = world("en-US", product("k", "Kettle Birch", Decimal(80), "en-US"))
    for day, name in enumerate(names):
        held = rules_of(held_back(f"SAVE9 runs out at midnight on {name}.", "closing", offer=offer, **facts))
        assert ("urgency.invented" in held) is (day != weekday), name
