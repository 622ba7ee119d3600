"""One cell at a time: what a feed says, as the typed value the product model wants, or why not."""

from __future__ import annotations

import html
import json
import math
import re
import unicodedata
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal, get_args
from urllib.parse import urljoin

from catalog.feeds.options import DEFAULTS, FeedOptions
from catalog.model import AttributeValue, Availability, Scalar
from catalog.text import MAX_ESCAPES, cap, clean_text, visible
from store.errors import InvalidInput

MAX_URL = 2_000
MAX_VALUE = 300
MAX_NAME = 60
MAX_LIST = 30
MAX_NUMBER = 2**53

AVAILABILITY: dict[str, Availability] = {
    "instock": "in_stock", "available": "in_stock", "yes": "in_stock", "true": "in_stock", "1": "in_stock",
    "limitedavailability": "in_stock", "onlineonly": "in_stock", "lowstock": "in_stock",
    "outofstock": "out_of_stock", "soldout": "out_of_stock", "unavailable": "out_of_stock",
    "no": "out_of_stock", "false": "out_of_stock", "n": "out_of_stock", "notavailable": "out_of_stock",
    "instoreonly": "out_of_stock",
    "0": "out_of_stock", "discontinued": "out_of_stock", "oos": "out_of_stock",
    "y": "in_stock", "active": "in_stock", "onstock": "in_stock", "auflager": "in_stock", "lieferbar": "in_stock",
    "verfugbar": "in_stock", "vorratig": "in_stock", "sofortlieferbar": "in_stock", "enstock": "in_stock",
    "disponible": "in_stock", "disponibile": "in_stock", "opvoorraad": "in_stock",
    "nichtlieferbar": "out_of_stock", "nichtverfugbar": "out_of_stock", "ausverkauft": "out_of_stock",
    "nichtauflager": "out_of_stock", "rupturedestock": "out_of_stock", "epuise": "out_of_stock",
    "indisponible": "out_of_stock", "agotado": "out_of_stock", "esaurito": "out_of_stock",
    "nondisponibile": "out_of_stock", "uitverkocht": "out_of_stock", "nietopvoorraad": "out_of_stock",
    "preorder": "preorder", "presale": "preorder", "comingsoon": "preorder",
    "ja": "in_stock", "oui": "in_stock", "si": "in_stock", "nein": "out_of_stock", "non": "out_of_stock",
    "vergriffen": "out_of_stock", "enrupture": "out_of_stock", "sinstock": "out_of_stock",
    "nodisponible": "out_of_stock", "temporarilyoutofstock": "out_of_stock",
    "vorbestellbar": "preorder", "vorbestellung": "preorder", "backordered": "backorder", "precommande": "preorder",
    "backorder": "backorder", "availablefororder": "backorder", "madetoorder": "backorder",
    "onbackorder": "backorder", "availableforbackorder": "backorder",
}  # fmt: skip
"""Spellings of Google, schema.org, shop systems and five languages, letters without marks only."""

LENGTH_OF_A_DAY = len("2026-12-31")
_DAY_FIRST = re.compile(r"\A(\d{2})\.(\d{2})\.(\d{4})\b")
OFFSETS = {
    "UTC": "Z", "GMT": "Z", "Z": "Z", "WET": "Z", "BST": "+0100", "WEST": "+0100", "CET": "+0100", "MEZ": "+0100",
    "CEST": "+0200", "MESZ": "+0200", "EET": "+0200", "EEST": "+0300", "MSK": "+0300", "EDT": "-0400", "EST": "-0500",
    "CDT": "-0500", "CST": "-0600", "MDT": "-0600", "MST": "-0700", "PDT": "-0700", "PST": "-0800",
    "AEST": "+1000", "AEDT": "+1100", "NZST": "+1200", "NZDT": "+1300",
}  # fmt: skip
"""Names of clocks: those of North America as RFC 5322 (4.3) reads them, and Europe's. Others stand for two or more."""
_CLOCK = re.compile(rf"(?<=\d) ?({'|'.join(OFFSETS)})\Z", re.IGNORECASE)
_SHORT_HOUR = re.compile(r"\A(\d{4}-\d{2}-\d{2}[ T])(?=\d:)")
_PRIVATE_HOST = re.compile(
    r"http://(?:localhost|[\d.]+|\[[0-9a-f:.]+\]|[^/:]*\.(?:local|localhost|test|internal))(?=[:/]|\Z)", re.IGNORECASE
)
_ESCAPED = re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});")
_NO_ADDRESS = re.compile(r"[\s<>\"]")
_FORMULA = re.compile(r'=\s*"([^"]*)"')
_EXCEL_ERRORS = frozenset({"#n/a", "#ref!", "#value!", "#name?", "#div/0!", "#null!", "#num!"})
_SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?[eE]\+\d{1,3}")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,14})(?:\.\d{1,6})?")


class BadValue(InvalidInput):
    """A cell that cannot be used."""

    reason = "bad_value"


def text(value: object) -> str:
    """Any cell as one line of plain text; a list joins with commas, None is empty."""
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(filter(None, map(text, value)))
    if isinstance(value, dict):
        return clean_text(json.dumps(value, ensure_ascii=False))
    if isinstance(value, float) and value.is_integer() and abs(value) < MAX_NUMBER:
        # Exports of data frames turn whole numbers into 4711.0.
        value = int(value)
    return clean_text(str(value))


def without_excel(cell: str) -> str:
    """A cell without what Excel makes of it: `="0815"` keeps leading zeros, `#N/A` is no value."""
    plain = cell.strip()
    if found := _FORMULA.fullmatch(plain):
        return found[1]
    return "" if plain.casefold() in _EXCEL_ERRORS else cell


def code(value: object) -> str:
    """An id as text, without the quote that Excel puts before digits.

    Raises: BadValue where Excel has written it as a number, which loses digits.
    """
    plain = text(value)
    plain = plain[1:] if re.match(r"'\d", plain) else plain
    if _SCIENTIFIC.fullmatch(plain):
        raise BadValue(
            f"{plain} was a longer number, which a spreadsheet has shortened.",
            fix="Format the column as text before you save it, or export it again.",
        )
    return plain


def _address(value: object) -> str:
    """An address as one line. Of HTML's entities only whole ones are read: `&currency=EUR` is no `¤cy=EUR`."""
    if isinstance(value, list | dict):
        return text(value)
    plain = "" if value is None else str(value)
    for _ in range(1 + MAX_ESCAPES):
        plain = _ESCAPED.sub(lambda found: html.unescape(found[0]), plain)
    return " ".join(visible(plain).split())


def url(value: object, options: FeedOptions = DEFAULTS) -> str:
    """An absolute http(s) address; one within the shop is made whole where the shop's address is known.

    Raises: BadValue.
    """
    address = _address(value)
    if address.startswith("//"):
        address = f"https:{address}"
    elif address.startswith("/") and options.shop_url:
        address = urljoin(options.shop_url, address)
    if not re.match(r"https?://[^\s/]+", address, re.IGNORECASE) or _NO_ADDRESS.search(address):
        raise BadValue(f"{cap(address, 60)!r} is not a web address.", fix="Write the whole https:// address.")
    if len(address) > MAX_URL:
        raise BadValue(f"The address is longer than {MAX_URL} characters.", fix="Shorten it.")
    return address


def image(value: object, options: FeedOptions = DEFAULTS) -> str:
    """The first picture of a list or of a cell that joins several, by https: mail programs show no other.

    A host without a public name has no certificate either, and is left as it is.

    Raises: BadValue.
    """
    first = next((one for one in value if one), "") if isinstance(value, list) else value
    address = re.split(r"[,;|]\s*(?=https?://|//)", _address(first), maxsplit=1)[0].strip()
    whole = url(address, options)
    return whole if whole[:5].casefold() != "http:" or _PRIVATE_HOST.match(whole) else f"https{whole[4:]}"


def availability(value: object) -> Availability:
    """Raises: BadValue."""
    folded = unicodedata.normalize("NFKD", text(value).casefold())
    spelled = re.sub(r"[^a-z0-9]", "", folded.rpartition("/")[2].removeprefix("schema:"))
    try:
        return AVAILABILITY[spelled]
    except KeyError:
        known = ", ".join(get_args(Availability))
        raise BadValue(f"{cap(text(value), 40)!r} is no availability.", fix=f"Write one of {known}.") from None


def compare_at_basis(value: object) -> Literal["lowest_30_days"]:
    """Raises: BadValue."""
    if re.sub(r"[^a-z0-9]", "", text(value).casefold()) != "lowest30days":
        raise BadValue(
            f"{cap(text(value), 40)!r} is no basis of a former price.",
            fix="Write lowest_30_days where the price is the lowest of the 30 days before the sale, else nothing.",
        )
    return "lowest_30_days"


def whole_number(value: object) -> int:
    """A number of things or days; decimals are cut off.

    Raises: BadValue.
    """
    plain = text(value).removeprefix("+")
    if re.fullmatch(r"-?\d{1,3}(?:[., '’]\d{3})+", plain):
        plain = re.sub(r"[^\d-]", "", plain)
    if not _NUMBER.fullmatch(plain):
        raise BadValue(f"{cap(plain, 40)!r} is not a whole number.", fix="Write digits only.")
    return int(plain.partition(".")[0])


def moment(value: object, zone: tzinfo = UTC) -> datetime:
    """An ISO 8601 moment, or a day as `31.12.2026`; without an offset it is on the clock of `zone`.

    Raises: BadValue.
    """
    return _moment(value, zone, last=False)


def last_moment(value: object, zone: tzinfo = UTC) -> datetime:
    """The same for an end: a day without a time is over when it is over. Raises: BadValue."""
    return _moment(value, zone, last=True)


def _moment(value: object, zone: tzinfo, last: bool) -> datetime:
    plain = text(value)
    named = _DAY_FIRST.sub(r"\3-\2-\1", plain)
    try:
        # WooCommerce writes hours without a leading zero.
        found = datetime.fromisoformat(_CLOCK.sub(_offset, _SHORT_HOUR.sub(r"\g<1>0", named)))
        if last and len(named) <= LENGTH_OF_A_DAY:
            found += timedelta(days=1)
        # Near year 1 and 9999 another clock is out of the calendar.
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadValue(f"{cap(plain, 40)!r} is not a date.", fix="Write 2026-03-01T09:00+0100.") from None


def _offset(clock: re.Match[str]) -> str:
    return OFFSETS[clock[1].upper()]


def window(value: object, zone: tzinfo = UTC) -> tuple[datetime, datetime]:
    """Google's `sale_price_effective_date`: `start/end`.

    Raises: BadValue.
    """
    start, slash, end = text(value).partition("/")
    if not slash:
        raise BadValue("The sale has no end.", fix="Write start/end, both as 2026-03-01T09:00+0100.")
    return moment(start, zone), last_moment(end, zone)


def _scalar(value: object) -> Scalar:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int):
        # JSON columns hold 64 bits; a longer digit string is a code anyway.
        return value if abs(value) < MAX_NUMBER else cap(str(value), MAX_VALUE)
    plain = cap(text(value), MAX_VALUE)
    if plain.casefold() in ("true", "false"):
        return plain.casefold() == "true"
    # A leading zero or a long digit string is a code, not a quantity; the pattern leaves those as text.
    if _NUMBER.fullmatch(plain):
        return float(plain) if "." in plain else int(plain)
    return plain


def _scalars(value: dict[object, object]) -> dict[str, Scalar]:
    return {attribute_name(key): _scalar(item) for key, item in list(value.items())[:MAX_LIST]}


def attribute_name(name: object) -> str:
    """A name that is safe to show: clean, short."""
    return cap(text(name), MAX_NAME)


def attribute(value: object) -> AttributeValue:
    """A typed fact: numbers and booleans as such, short clean text, flat lists and objects."""
    if isinstance(value, dict):
        return _scalars(value)
    if not isinstance(value, list):
        return _scalar(value)
    items = value[:MAX_LIST]
    if items and all(isinstance(item, dict) for item in items):
        return [_scalars(item) for item in items]
    return [_scalar(item) for item in items]
