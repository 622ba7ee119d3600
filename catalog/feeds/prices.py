"""Prices as shops write them, to exact decimals.

Follows the Google Merchant format (`15.00 USD`) and reads what other systems export: `1.299,00 EUR`,
`€ 1 299,50`, `$1,299`, `1'299.00 CHF`.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from typing import NamedTuple

from store.errors import InvalidInput

SYMBOLS = {
    "€": "EUR", "£": "GBP", "$": "USD", "¥": "JPY", "₹": "INR", "₽": "RUB", "₺": "TRY", "₩": "KRW",
    "zł": "PLN", "kč": "CZK", "r$": "BRL", "c$": "CAD", "a$": "AUD", "us$": "USD", "chf": "CHF", "fr": "CHF",
}  # fmt: skip
THREE_DECIMALS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
"""ISO 4217 currencies with 1/1000 units."""
MAX_PRICE = Decimal(1_000_000_000)
MAX_DECIMALS = 4
"""What the database keeps exactly (`store.types.Amount`)."""

_NUMBER = re.compile(r"\d(?:[\d.,'’ ]*\d)?")
_GROUPS = re.compile(r"\d{1,3}(\D)\d{3}(?:\1\d{3})*\Z")
_CODE = re.compile(r"[A-Z]{3}")


class BadPrice(InvalidInput):
    """A text that is not one price."""

    reason = "bad_price"


class Price(NamedTuple):
    """An exact amount and its ISO 4217 currency, None where the text names none."""

    amount: Decimal
    currency: str | None


def _bad(text: str, what: str) -> BadPrice:
    return BadPrice(f"{text[:40]!r} {what}.", fix="Write a number and an ISO currency, like 15.00 USD.")


def _currency(text: str, rest: str) -> str | None:
    """The currency named by what is left of a price once its number is taken out."""
    named = rest.strip().rstrip(".").strip()
    if not named:
        return None
    if _CODE.fullmatch(named.upper()):
        return SYMBOLS.get(named.casefold(), named.upper())
    try:
        return SYMBOLS[named.casefold()]
    except KeyError:
        raise _bad(text, "is not a price") from None


def _decimal_mark(number: str, currency: str | None) -> str | None:
    """Which of the separators in `number` begins the decimals.

    Two kinds: the last one. One kind, several times: none, they group thousands. One kind, once: it groups
    thousands when exactly three digits follow a group of one to three, unless the currency has three decimals
    or the number begins with 0.
    """
    marks = [char for char in number if not char.isdigit()]
    if not marks or marks[-1] in " '’":
        return None
    if len(set(marks)) > 1:
        return marks[-1]
    if len(marks) > 1:
        return None
    grouped = _GROUPS.match(number) and not number.startswith("0") and currency not in THREE_DECIMALS
    return None if grouped else marks[0]


def _amount(text: str, number: str, currency: str | None) -> Decimal:
    mark = _decimal_mark(number, currency)
    whole, _, decimals = number.rpartition(mark) if mark else (number, "", "")
    if not whole.isdigit() and not _GROUPS.match(whole):
        raise _bad(text, "groups its digits in a way no price does")
    if len(decimals) > MAX_DECIMALS:
        raise _bad(text, f"has more than {MAX_DECIMALS} decimals")
    amount = Decimal(re.sub(r"\D", "", whole) + (f".{decimals}" if decimals else ""))
    if amount > MAX_PRICE:
        raise _bad(text, "is beyond a billion")
    return amount


def parse_price(text: str, currency: str | None = None) -> Price:
    """Read one price. `currency` is taken where the text names none.

    Raises: BadPrice for anything but one number, not below zero, with at most four decimals.
    """
    plain = unicodedata.normalize("NFKC", text).replace("\u2212", "-").strip()
    numbers = _NUMBER.findall(plain)
    if len(numbers) != 1:
        raise _bad(text, "is more than one number" if numbers else "is not a price")
    number: str = numbers[0]
    rest = plain.replace(number, " ", 1)
    if "-" in rest:
        raise _bad(text, "is below zero")
    found = _currency(text, rest) or currency
    return Price(_amount(text, number, found), found)
