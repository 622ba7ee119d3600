"""Money and offers in words."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from composer.formats import day, locale_of, money, offer_phrase, round_money
from evals.snapshot import OfferFacts
from tests.kit.emails import make_offer


@pytest.mark.parametrize(
    ("offer", "phrase"),
    [
        (make_offer(), "10% off orders of £30 or more"),
        (make_offer(min_spend=None, value=Decimal("12.5")), "12.5% off"),
        (make_offer(kind="amount", value=Decimal("7.50"), min_spend=None), "£7.50 off"),
        (make_offer(kind="amount", value=Decimal("1E+1"), min_spend=None), "£10 off"),
        (make_offer(kind="free_shipping", value=None), "free shipping on orders of £30 or more"),
        (make_offer(kind="gift", value="Oak Coaster", min_spend=None), "a free Oak Coaster"),
        (make_offer(kind="gift", value="Oak Coaster"), "a free Oak Coaster with orders of £30 or more"),
    ],
)
def test_an_offer_is_named_with_its_threshold(offer: OfferFacts, phrase: str) -> None:
    assert offer_phrase(offer, "GBP", "en-GB") == phrase


def test_prices_keep_their_decimals_and_thresholds_do_not() -> None:
    assert money(Decimal("14"), "GBP", "en-GB") == "£14.00"
    assert round_money(Decimal("14.00"), "GBP", "en-GB") == "£14"
    assert round_money(Decimal("3.50"), "GBP", "en-GB") == "£3.50"
    assert round_money(Decimal("1200"), "EUR", "de-DE") == "1.200\xa0€"


@pytest.mark.parametrize("locale", ["es-AR", "es-CL", "es-US", "en-GB"])
def test_the_letters_of_a_currency_stand_apart_from_the_digits(locale: str) -> None:
    assert money(Decimal("64"), "CHF", locale).startswith("CHF\xa064")
    assert round_money(Decimal("64"), "CHF", locale) == "CHF\xa064"


def test_days_are_written_as_the_locale_does() -> None:
    assert day(date(2026, 12, 5), "en-GB") == "5 December 2026"
    assert day(date(2026, 12, 5), "en-US") == "December 5, 2026"


@pytest.mark.parametrize(("tag", "language"), [("en-ZZ", "en"), ("de_AT", "de"), ("tlh", "en"), ("", "en")])
def test_an_unknown_locale_falls_back(tag: str, language: str) -> None:
    assert locale_of(tag).language == language
