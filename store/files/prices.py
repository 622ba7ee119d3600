"""Prices as shops write them, to exact decimals.

Follows the Google Merchant format (`15.00 USD`) and reads what other systems export: `1.299,00 EUR`,
`€ 1 299,50`, `$1,299`, `1'299.00 CHF`, `12.–`, `₹1,23,456`, `19,99 € inkl. MwSt.`.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from functools import lru_cache
from typing import Literal, NamedTuple

from babel.core import get_global

from store.errors import InvalidInput

SYMBOLS = {
    "€": "EUR", "£": "GBP", "$": "USD", "¥": "JPY", "₹": "INR", "rs": "INR", "₽": "RUB", "₺": "TRY", "tl": "TRY",
    "₩": "KRW", "₪": "ILS", "₫": "VND", "₴": "UAH", "฿": "THB", "₱": "PHP", "zł": "PLN", "kč": "CZK", "ft": "HUF",
    "lei": "RON", "лв": "BGN", "kr": "SEK", "r$": "BRL", "c$": "CAD", "ca$": "CAD", "a$": "AUD", "au$": "AUD",
    "nz$": "NZD", "hk$": "HKD", "s$": "SGD", "mx$": "MXN", "us$": "USD", "us $": "USD", "sfr": "CHF", "fr": "CHF",
    "eur": "EUR", "euro": "EUR",
}  # fmt: skip
SHARED = {
    "$": frozenset({"USD", "CAD", "AUD", "NZD", "MXN", "HKD", "SGD", "ARS", "CLP", "COP", "TWD"}),
    "kr": frozenset({"SEK", "NOK", "DKK", "ISK"}),
    "£": frozenset({"GBP", "EGP", "GIP"}),
    "¥": frozenset({"JPY", "CNY"}),
    "rs": frozenset({"INR", "PKR", "LKR", "NPR", "MUR"}),
}
"""Signs of several currencies: which one is meant is what the file or the import says."""
THREE_DECIMALS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
"""ISO 4217 currencies with 1/1000 units."""
LAKHS = frozenset({"INR", "PKR", "LKR", "NPR", "BDT"})
"""Grouped by two beyond the thousands: 1,23,456."""
MAX_PRICE = Decimal(1_000_000_000)
MAX_DECIMALS = 4
"""What the database keeps exactly (`store.types.Amount`)."""
MAX_LENGTH = 200

_NUMBER = re.compile(r"\d(?:[\d.,'’ ]*\d)?")
_GROUPS = re.compile(r"\d{1,3}(\D)\d{3}(?:\1\d{3})*\Z")
_LAKHS = re.compile(r"\d{1,2}(?:,\d{2})*,\d{3}\Z")
_CODE = re.compile(r"[A-Z]{3}")
_NO_CENTS = re.compile(r"(?<=\d)[.,]\s?[-–—]+(?!\d)")
_WITH_TAX = re.compile(
    r"\b(?:inkl|incl|including|inclusive|inc|iva inclu\w*|tva comprise|toutes taxes comprises|ttc|brutto|gross|mit"
    r"|mwst|ust|vat|tva|iva|btw|gst|moms|tax|taxes|of|der gesetzl?\w*)\b\.?",
    re.IGNORECASE,
)
_WITHOUT_TAX = re.compile(
    r"\b(?:exkl|excl|excluding|ex|ohne|hors|sans|netto|net|ht)\b|(?:\+|\b(?:plus|zzgl)\b).{0,10}\b(?:vat|mwst|ust|tva|tax|gst)\b",
    re.IGNORECASE,
)
_A_UNIT = re.compile(
    r"(?:/|\bper\b|\bpro\b|\bpar\b|\bpor\b|\bje\b)\s*(?:\d+(?:[.,]\d+)?\s*)?"
    r"(?:m?g|kg|m?l|cl|liter|litre|litro|[cm]?m[²³23]?|lfm|oz|lb|month|monat|mois|mes|year|jahr)\b",
    re.IGNORECASE,
)
_BRACKETED = re.compile(r"\(\s*[^\w()]{0,3}\d[\d.,'’ ]*[^()\d]{0,6}\)")
_LEAST = re.compile(r"\b(?:from|ab|à partir de|desde|vanaf|fra|från|od|da)\b", re.IGNORECASE)
_RANGE = re.compile(r"\d\D{0,12}?(?:[-–—~/]|\bto\b|\bbis\b|\bà\b|\ba\b|\btot\b)\D{0,12}\d", re.IGNORECASE)


class BadPrice(InvalidInput):
    """A text that is not one price."""

    reason = "bad_price"


class Price(NamedTuple):
    """An exact amount and its ISO 4217 currency, None where the text names none."""

    amount: Decimal
    currency: str | None


def _bad(text: str, what: str, fix: str = "Write a number and an ISO currency, like 15.00 USD.") -> BadPrice:
    return BadPrice(f"{text[:40]!r} {what}.", fix=fix)


@lru_cache(maxsize=1)
def _known_codes() -> frozenset[str]:
    """ISO 4217, former ones too: three letters behind a number may be pieces as well."""
    return frozenset(get_global("all_currencies"))


def _currency(text: str, rest: str, given: str | None) -> str | None:
    """The currency named by what is left of a price once its number is taken out."""
    named = _WITH_TAX.sub(" ", rest).strip(" \t*()[],;:.")
    if not named:
        return None
    if _WITHOUT_TAX.search(rest):
        raise _bad(text, "is a price without tax", "Write the price customers pay, with tax.")
    folded = named.casefold().rstrip(".")
    if given in SHARED.get(folded, ()):
        return given
    if folded in SYMBOLS:
        return SYMBOLS[folded]
    if _CODE.fullmatch(named.upper()):
        if named.upper() not in _known_codes():
            raise _bad(text, f"names no currency by {named[:3]}")
        return named.upper()
    # "€ EUR", "US $", "EUR €": two signs of one currency.
    signs = {SYMBOLS.get(part.casefold().rstrip("."), part.upper()) for part in named.split()}
    if len(signs) == 1 and _CODE.fullmatch(one := signs.pop()):
        return one
    raise _bad(text, "is not a price")


def _decimal_mark(number: str, currency: str | None, known: str | None) -> str | None:
    """Which of the separators in `number` begins the decimals; `known` where the file says.

    Two kinds: the last one. One kind, several times: none, they group thousands. One kind, once: it groups
    thousands when exactly three digits follow a group of one to three, unless the currency has three decimals
    or the number begins with 0.
    """
    marks = [char for char in number if not char.isdigit()]
    if not marks or marks[-1] in " '’":
        return None
    if known is not None:
        return known if marks.count(known) == 1 and marks[-1] == known else None
    if len(set(marks)) > 1:
        return marks[-1]
    if len(marks) > 1:
        return None
    grouped = _GROUPS.match(number) and not number.startswith("0") and currency not in THREE_DECIMALS
    return None if grouped else marks[0]


def _amount(text: str, number: str, currency: str | None, known: str | None) -> Decimal:
    mark = _decimal_mark(number, currency, known)
    whole, _, decimals = number.rpartition(mark) if mark else (number, "", "")
    lakhs = currency in LAKHS and _LAKHS.match(whole)
    if not whole.isdigit() and not _GROUPS.match(whole) and not lakhs:
        raise _bad(text, "groups its digits in a way no price does")
    if len(decimals) > MAX_DECIMALS:
        raise _bad(text, f"has more than {MAX_DECIMALS} decimals")
    amount = Decimal(re.sub(r"\D", "", whole) + (f".{decimals}" if decimals else ""))
    if amount > MAX_PRICE:
        raise _bad(text, "is beyond a billion")
    return amount


def _the_number(text: str, plain: str) -> str:
    """The one number of a price. Raises: BadPrice, which tells a range and a lowest price from nonsense."""
    if _A_UNIT.search(plain):
        raise _bad(text, "is a price per unit", "Write what one piece of the product costs, like 15.00 USD.")
    numbers = _NUMBER.findall(plain)
    if len(numbers) > 1:
        one = "Write the one price of this variant, like 15.00 USD."
        raise _bad(text, "names a range of prices" if _RANGE.search(plain) else "is more than one number", one)
    if not numbers:
        raise _bad(text, "is not a price")
    if _LEAST.search(plain):
        raise _bad(text, "names only the lowest price", "Write the one price of this variant, like 15.00 USD.")
    number: str = numbers[0]
    return number


def parse_price(text: str, currency: str | None = None, decimal: Literal[".", ","] | None = None) -> Price:
    """Read one price. `currency` is taken where the text names none, `decimal` is the mark where it is known.

    Raises: BadPrice for anything but one number, not below zero, with at most four decimals.
    """
    plain = unicodedata.normalize("NFKC", text[:MAX_LENGTH]).replace("\u2212", "-").strip()
    plain = _NO_CENTS.sub("", plain)
    number = _the_number(text, plain)
    rest = plain.replace(number, " ", 1)
    if "-" in rest or _BRACKETED.search(plain):
        raise _bad(text, "is below zero")
    found = _currency(text, rest, currency) or currency
    return Price(_amount(text, number, found, decimal), found)
