"""Whatever the price: every way to write it passes, and every digit that leaves the facts is caught."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from evals.snapshot import ProductFacts, Snapshot
from tests.kit.snapshots import BRAND, SENT, held_back, rules_of

LOCALES = ("en-US", "en-GB", "de-DE", "fr-FR", "es-ES")
CURRENCY = {"en-US": ("USD", "$"), "en-GB": ("GBP", "£")}
SENTENCE = {
    "en": "It costs {}.", "de": "Das kostet {}.", "fr": "Il est à {}.", "es": "Cuesta {}.",
}  # fmt: skip
PRICES = st.decimals(min_value=Decimal("1.00"), max_value=Decimal("9999.99"), places=2)


def grouped(amount: Decimal, thousands: str, point: str) -> str:
    whole, _, cents = f"{amount:,.2f}".partition(".")
    return f"{whole.replace(',', thousands)}{point}{cents}"


def renderings(amount: Decimal, locale: str) -> list[str]:
    """The ways shops of this locale write an amount."""
    code, sign = CURRENCY.get(locale, ("EUR", "€"))
    if locale.startswith("en"):
        forms = [grouped(amount, ",", "."), grouped(amount, "", ".")]
        written = [form for text in forms for form in (f"{sign}{text}", f"{code} {text}", f"{text} {code}")]
    else:
        thousands = {"de": ".", "fr": "\u202f", "es": "."}[locale[:2]]
        forms = [grouped(amount, thousands, ","), grouped(amount, "", ",")]
        written = [form for text in forms for form in (f"{text} €", f"{text}\u00a0€", f"{text} Euro", f"€ {text}")]
    if amount == int(amount):
        written += [f"{sign}{int(amount)}" if locale.startswith("en") else f"{int(amount)} €"]
        written += [f"{int(amount)},– €"] if locale == "de-DE" else []
    return written


def world(amount: Decimal, locale: str) -> dict[str, Any]:
    code, _ = CURRENCY.get(locale, ("EUR", "€"))
    product = ProductFacts(id="p", name="Larch", price=amount, currency=code, url="https://fernweh.example/p")
    return {"products": (product,), "locale": locale, "brand": BRAND.model_copy(update={"currency": code})}


@pytest.mark.parametrize("locale", LOCALES)
@given(amount=PRICES)
def test_every_rendering_of_the_true_price_passes(locale: str, amount: Decimal) -> None:
    for written in renderings(amount, locale):
        held = held_back(SENTENCE[locale[:2]].format(written), product_id="p", **world(amount, locale))
        assert "price.wrong" not in rules_of(held), written


@pytest.mark.parametrize("locale", LOCALES)
@given(amount=PRICES, place=st.integers(0, 5), digit=st.integers(0, 9))
def test_every_digit_edit_that_leaves_the_facts_is_caught(locale: str, amount: Decimal, place: int, digit: int) -> None:
    digits = list(f"{amount:.2f}".replace(".", ""))
    at = place % len(digits)
    assume(digits[at] != str(digit) and not (at == 0 and digit == 0))
    digits[at] = str(digit)
    edited = Decimal("".join(digits)) / 100
    for written in renderings(edited, locale):
        held = held_back(SENTENCE[locale[:2]].format(written), product_id="p", **world(amount, locale))
        assert "price.wrong" in rules_of(held), written


@given(price=st.integers(2, 500), more=st.integers(1, 500))
def test_hedged_prices_are_taken_at_their_word(price: int, more: int) -> None:
    facts = world(Decimal(price), "en-US")
    assert "price.wrong" not in rules_of(held_back(f"Yours for under ${price + more}.", product_id="p", **facts))
    assert "price.wrong" in rules_of(held_back(f"Yours for under ${price}.", product_id="p", **facts))


@given(former=st.integers(20, 900), percent=st.integers(1, 90))
def test_a_saving_may_be_rounded_down_and_never_up(former: int, percent: int) -> None:
    price = (Decimal(former) * (100 - percent) / 100).quantize(Decimal("0.01"))
    assume(price < former)
    facts = world(price, "en-US")
    product = ProductFacts(
        id="p", name="Larch", price=price, compare_at_price=former, currency="USD", url="https://fernweh.example/p"
    )
    facts = {**facts, "products": (product,)}
    real = (former - price) / former * 100
    assert "discount.invented" not in rules_of(held_back(f"It is {int(real)}% off.", product_id="p", **facts))
    assert (
        "discount.invented" in rules_of(held_back(f"It is {int(real) + 1}% off.", product_id="p", **facts))
        or real == int(real) + 1
    )


@given(text=st.text(max_size=200))
def test_no_text_makes_a_check_crash(text: str) -> None:
    assert not any(verdict.crashed for verdict in held_back(text, "whole"))


def test_a_world_without_facts_is_judged_without_a_crash() -> None:
    bare = Snapshot(flow="welcome", send_date=SENT, brand=BRAND.model_copy(update={"policies": {}, "facts": ()}))
    changes = {field: getattr(bare, field) for field in ("products", "offer", "person")}
    held = held_back("The Larch is $240 with TRAIL15, until Sunday, and ships free.", "whole", **changes)
    assert held
    assert not any(verdict.crashed for verdict in held)
