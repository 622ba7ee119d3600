"""Prices are read exactly, in dot and in comma locales, or refused with the fix."""

from __future__ import annotations

from decimal import Decimal

import pytest

from catalog.feeds.prices import BadPrice, parse_price


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("15.00 USD", "15.00", "USD"),
        ("15 usd", "15", "USD"),
        ("1.299,00 EUR", "1299.00", "EUR"),
        ("€ 1 299,50", "1299.50", "EUR"),
        ("1\u202f299,50 €", "1299.50", "EUR"),
        ("$1,299", "1299", "USD"),
        ("$1,299.95", "1299.95", "USD"),
        ("1'299.00 CHF", "1299.00", "CHF"),
        ("1.234.567 EUR", "1234567", "EUR"),
        ("12,5", "12.5", None),
        ("0,99", "0.99", None),
        ("0.125 EUR", "0.125", "EUR"),
        ("1.299 EUR", "1299", "EUR"),
        ("1.299 KWD", "1.299", "KWD"),
        ("£3", "3", "GBP"),
        ("\uff11\uff15.00 USD", "15.00", "USD"),
    ],
)
def test_a_price_is_read_exactly(text: str, amount: str, currency: str | None) -> None:
    price = parse_price(text)
    assert (price.amount, price.currency) == (Decimal(amount), currency)


def test_a_currency_in_the_text_beats_the_given_one() -> None:
    assert parse_price("5 EUR", "USD").currency == "EUR"
    assert parse_price("5", "USD").currency == "USD"


@pytest.mark.parametrize(
    "text",
    ["", "free", "from 5 EUR", "5-10 EUR", "-5 EUR", "\u22125 EUR", "1,23,456", "1.299,000.5", "1.23456", "9999999999"],
)
def test_what_is_not_one_price_is_refused_with_a_fix(text: str) -> None:
    with pytest.raises(BadPrice) as raised:
        parse_price(text)
    assert raised.value.fix
    assert "15.00 USD" in raised.value.fix
