"""Prices are read exactly, in dot and in comma locales, or refused with the fix."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import pytest

from store.files.prices import BadPrice, parse_price


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
        ("19,99 € inkl. MwSt.", "19.99", "EUR"),
        ("19.99 (incl. VAT) GBP", "19.99", "GBP"),
        ("12 EUR TTC", "12", "EUR"),
        ("12.50 EUR*", "12.50", "EUR"),
        ("12.–", "12", None),
        ("CHF 1'299.–", "1299", "CHF"),
        ("129,- kr", "129", "SEK"),
        ("₹1,23,456.00", "123456.00", "INR"),
        ("Rs. 1,299", "1299", "INR"),
        ("€12 EUR", "12", "EUR"),
        ("CA$ 5", "5", "CAD"),
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


@pytest.mark.parametrize(
    ("text", "given", "meant"), [("$5", "CAD", "CAD"), ("$5", "EUR", "USD"), ("5 kr", "DKK", "DKK")]
)
def test_a_sign_of_several_currencies_is_read_as_the_shops_own(text: str, given: str, meant: str) -> None:
    assert parse_price(text, given).currency == meant


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("10 - 20 EUR", "a range of prices"),
        ("10,00–20,00 €", "a range of prices"),
        ("10 EUR bis 20 EUR", "a range of prices"),
        ("from 5 EUR", "only the lowest price"),
        ("ab 5,00 €", "only the lowest price"),
        ("12 EUR HT", "without tax"),
        ("12 EUR excl. VAT", "without tax"),
        ("12 EUR + VAT", "without tax"),
        ("12 EUR/kg", "a price per unit"),
        ("12.00 EUR / 100g", "a price per unit"),
        ("1.20 EUR per 100 ml", "a price per unit"),
        ("8 EUR pro Monat", "a price per unit"),
        ("(5.00 EUR)", "below zero"),
        ("12.00 STK", "no currency"),
        ("call us", "is not a price"),
        ("9" * 5_000, "beyond a billion"),
    ],
)
def test_what_is_wrong_with_a_price_is_said(text: str, said: str) -> None:
    with pytest.raises(BadPrice) as raised:
        parse_price(text)
    assert said in raised.value.message


@pytest.mark.parametrize(
    ("text", "mark", "amount"),
    [("1.299", ".", "1.299"), ("1.299", ",", "1299"), ("1.299,5", ",", "1299.5"), ("12", ",", "12")],
)
def test_a_known_decimal_mark_ends_the_guessing(text: str, mark: Literal[".", ","], amount: str) -> None:
    assert parse_price(text, "EUR", mark).amount == Decimal(amount)


def test_a_price_in_the_other_notation_than_the_known_one_is_refused() -> None:
    with pytest.raises(BadPrice):
        parse_price("1,299.50", "EUR", ",")
