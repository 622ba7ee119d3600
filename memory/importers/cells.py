"""One cell at a time: what an export says, as the typed value a message wants, or why not.

What is wrong is said without quoting the cell: it may hold what a person would not want in a report.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal, TypeVar
from zoneinfo import ZoneInfo

from memory.choices import NO, YES
from memory.events import MAX_ID_LENGTH, clean_text
from memory.importers.options import ImportOptions
from memory.profile import email_of
from store.errors import InvalidInput
from store.files.prices import BadPrice, parse_price

MAX_TEXT = 255
MAX_QUANTITY = 10**6
_PLAIN_AMOUNT = re.compile(r"\d{1,9}(?:\.\d{1,4})?")
_OFFSET = re.compile(r"\s+(?:([+-]\d{2}):?(\d{2})|(UTC|GMT|Z))$")
_SHORT_HOUR = re.compile(r"\A(\d{4}-\d{2}-\d{2}[ T])(?=\d:)")
_DAY_FIRST = re.compile(r"\A(\d{2})\.(\d{2})\.(\d{4})\b")
_GIFT = re.compile(
    r"\b(?:gift|present for|birthday present|geschenk\w*|cadeau\w*|regalo|happy birthday|merry christmas)\b",
    re.IGNORECASE,
)
_FORMULA = ("=", "@", "\t", "\r")
"""What a cell begins with that a spreadsheet would run (owasp.org, CSV injection). No name or city does."""
_FALSE = frozenset({"", "false", "no", "0", "n", "off"})
Value = TypeVar("Value")


class BadCell(InvalidInput):
    """A cell that cannot be used; `pointer` is its field."""

    reason = "bad_cell"
    line: int | None = None
    """Where its row begins, in an order of several rows."""


def text(value: object) -> str:
    """Any cell as one clean line, cut to 255 characters; what a spreadsheet would run is no text."""
    if value is None or isinstance(value, dict | list):
        return ""
    line = " ".join(clean_text(str(value)).split())[:MAX_TEXT]
    return "" if line.startswith(_FORMULA) else line


def identifier(value: object, field: str) -> str:
    """An id; empty where there is none. The apostrophe that keeps a spreadsheet from rounding it goes.

    Raises: BadCell.
    """
    if isinstance(value, float):
        value = int(value) if value.is_integer() else value
    plain = clean_text(str(value if value is not None else "")).strip().removeprefix("'")
    if len(plain) > MAX_ID_LENGTH:
        raise BadCell(f"The id is longer than {MAX_ID_LENGTH} characters.", pointer=field, fix="Shorten it.")
    return plain


def email(value: object) -> str | None:
    """An address; None where there is none. Raises: BadCell."""
    plain = str(value or "").strip().removeprefix("'")
    if not plain:
        return None
    found = email_of(plain)
    if found is None:
        raise BadCell("This is no e-mail address.", pointer="email", fix="Write name@example.com, or nothing.")
    return found


def amount(value: object, field: str, options: ImportOptions) -> Decimal | None:
    """An amount of money, at least zero; None where there is none. Raises: BadCell."""
    # Exports through binary floats carry their noise: 19.989999771118164.
    plain = str(round(value, 4) if isinstance(value, float) else value if value is not None else "").strip()
    if not plain:
        return None
    if _PLAIN_AMOUNT.fullmatch(plain):
        return Decimal(plain)
    try:
        return parse_price(plain, options.currency, options.decimal).amount
    except BadPrice:
        raise BadCell("The amount cannot be read.", pointer=field, fix="Write a number like 12.50.") from None


def given_back(value: object, field: str, options: ImportOptions) -> Decimal:
    """An amount that some systems write below zero; zero where there is none. Raises: BadCell."""
    return amount(str(value if value is not None else "").strip().removeprefix("-"), field, options) or Decimal(0)


def quantity(value: object, field: str = "quantity") -> int:
    """A whole number of things, not zero; one where there is none. Below zero it is a return. Raises: BadCell."""
    plain = str(value if value is not None else "").strip()
    if not plain:
        return 1
    found = re.fullmatch(r"(-?\d{1,7})(?:\.0+)?", plain)
    number = int(found[1]) if found else 0
    if not 0 < abs(number) <= MAX_QUANTITY:
        raise BadCell("This is no number of things.", pointer=field, fix="Write a whole number from 1.")
    return number


def currency(value: object, options: ImportOptions) -> str | None:
    """ISO 4217. Raises: BadCell."""
    plain = text(value).upper()
    if not plain:
        return options.currency
    if not re.fullmatch(r"[A-Z]{3}", plain):
        raise BadCell("This is no currency.", pointer="currency", fix="Write EUR, USD …")
    return plain


def moment(value: object, field: str, options: ImportOptions) -> datetime | None:
    """A moment, in UTC; None where there is none. Without an offset it is on the shop's clock. Raises: BadCell."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _from_seconds(value, field)
    plain = str(value or "").strip()
    if not plain:
        return None
    given = options.mapping.date_format if options.mapping else None
    found = _parsed(plain, given, options.zone())
    if found is None:
        fix = "Write 2026-03-01 09:00:00 +0100, or say how dates are written: date_format in a mapping file."
        raise BadCell("The date cannot be read.", pointer=field, fix=fix)
    return found


def _from_seconds(value: float, field: str) -> datetime:
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        raise BadCell("The time is out of any calendar.", pointer=field, fix="Write seconds since 1970.") from None


@lru_cache(maxsize=4_096)
def _parsed(plain: str, date_format: str | None, zone: ZoneInfo) -> datetime | None:
    """Lines of one order repeat its date."""
    try:
        if date_format is not None:
            # Without %z it is on the shop's clock: the next line says so.
            found = datetime.strptime(plain, date_format)  # noqa: DTZ007
        else:
            iso = _OFFSET.sub(lambda part: "+00:00" if part[3] else f"{part[1]}:{part[2]}", plain)
            found = datetime.fromisoformat(_SHORT_HOUR.sub(r"\g<1>0", _DAY_FIRST.sub(r"\3-\2-\1", iso)))
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def said(value: object) -> Literal["yes", "no"] | None:
    """What a consent column says; None for anything that is not plainly yes or no: a no never becomes a yes."""
    plain = str(value if value is not None else "").strip().lower().replace(" ", "_")
    if plain in YES:
        return "yes"
    return "no" if plain in NO else None


def gift(*values: object) -> bool:
    """Whether a note, or a flag, says that an order is a present. The note itself goes no further."""
    return any(_GIFT.search(str(value)) is not None for value in values if value)


def flag(value: object) -> bool:
    """Whether a column is set."""
    return str(value if value is not None else "").strip().lower() not in _FALSE


def compact(values: dict[str, Any]) -> dict[str, Any]:
    """Without what is empty."""
    return {name: value for name, value in values.items() if value not in (None, "", [], {}, ())}


def needed(value: Value | None, field: str, what: str, fix: str) -> Value:
    """The value. Raises: BadCell where there is none."""
    if value is None or value == "":
        raise BadCell(f"There is no {what}.", pointer=field, fix=fix)
    return value
