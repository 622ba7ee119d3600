"""A raw row to a product: what must be right rejects the row, what need not be is left out and reported."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson
from pydantic import ValidationError

from catalog.feeds import hygiene, values
from catalog.feeds.costing import tells_costs
from catalog.feeds.options import DEFAULTS, FeedOptions
from catalog.feeds.report import RowIssue
from catalog.feeds.rows import MAX_TITLE, RawRow, column_name
from catalog.model import AttributeValue, Product
from catalog.text import calm_title, cap, clean_text
from catalog.untrusted import as_seen, for_a_machine, gives_orders, title_only, without_orders
from store.errors import InvalidInput
from store.files.prices import BadPrice, Price, parse_price

MAX_ID = 128
MAX_DESCRIPTION = 5_000
MAX_ATTRIBUTES = 60
MAX_STOCK = 10**12

TEXT_LIMITS = {
    "item_group_id": 128, "brand": 70, "gtin": 50, "google_product_category": 750, "product_type": 750,
    "condition": 30, "color": 100, "size": 100, "material": 200,
}  # fmt: skip
"""Google Merchant's own limits, in characters."""
CODES = frozenset({"item_group_id", "gtin"})
"""What ties products together or names one, so that it is whole or nothing."""
NOT_FACTS = frozenset({
    "shipping", "tax", "tax_category", "identifier_exists", "adult", "mobile_link",
    "additional_image_link", "ads_redirect", "link_template", "mobile_link_template",
    "excluded_destination", "included_destination", "shipping_label", "shipping_country",
    "max_handling_time", "min_handling_time", "auto_pricing_min_price",
    "promotion_id", "custom_label_0", "custom_label_1", "custom_label_2", "custom_label_3",
    "custom_label_4", "canonical_link", "pause", "cost", "cost_currency", "margin", "profit", "wholesale_price",
})  # fmt: skip
"""Columns that steer ads or are internal, what a thing costs the shop before all: no facts that an e-mail may state."""
NOT_ATTRIBUTES = frozenset(TEXT_LIMITS) | {
    "id", "title", "description", "link", "image_link", "availability", "price", "currency", "sale_price",
    "sale_price_effective_date", "sale_price_starts", "sale_price_ends", "compare_at_basis", "compare_at_price",
    "stock", "consumable_days", "added_at", "attributes", "product_detail",
}  # fmt: skip


_LINK_FORMULA = re.compile(r"""=HYPERLINK\(\s*["'][^"']*["']\s*[,;]\s*["']([^"']*)["']\s*\)""", re.IGNORECASE)


class RowRejected(InvalidInput):
    """A field a product cannot do without is missing or wrong."""

    reason = "row_rejected"


@dataclass(slots=True)
class _Row:
    """One row on its way: its values, what has been read so far, and what had to be changed."""

    raw: RawRow
    options: FeedOptions
    fields: dict[str, Any] = field(default_factory=dict)
    mended: list[RowIssue] = field(default_factory=list)

    def get(self, name: str) -> object | None:
        """The raw value, None for an empty one."""
        value = self.raw.values.get(name)
        if isinstance(value, str):
            value = values.without_excel(value)
            return value if value and not value.isspace() else None
        return None if value is None or value in ([], {}) else value

    def require(self, name: str) -> object:
        """Raises: RowRejected."""
        value = self.get(name)
        if value is None:
            raise RowRejected(f"There is no {name}.", pointer=name, fix=f"Give every product its {name}.")
        return value

    def mend(self, name: str, reason: str, fix: str) -> None:
        """Note a field that was changed or left out."""
        known_id = self.fields.get("id")
        self.mended.append(RowIssue(line=self.raw.line, product_id=known_id, field=name, reason=reason, fix=fix))

    def optional(self, name: str, read: Callable[[object], Any], instead: Any = None) -> Any:
        """The value read; `instead` and a note when it is not usable."""
        value = self.get(name)
        if value is None:
            return None
        try:
            return read(value)
        except InvalidInput as error:
            self.mend(name, error.message, error.fix or "")
            return instead

    def text(self, name: str) -> str:
        """The value as one clean line, with a note of what cleaning it mended."""
        value = self.get(name)
        for found in hygiene.findings(value):
            self.mend(name, found.reason, found.fix)
        return values.text(as_seen(value) if isinstance(value, str) else value)

    def short(self, name: str, text: str, limit: int) -> str:
        """`text` within `limit`, with a note when it was cut."""
        if len(text) > limit:
            self.mend(name, f"It had {len(text)} characters and was cut.", f"Keep it within {limit}.")
        return cap(text, limit)


def _identity(row: _Row) -> None:
    try:
        row.fields["id"] = product_id = values.code(row.require("id"))
    except values.BadValue as error:
        raise RowRejected(error.message, pointer="id", fix=error.fix) from None
    if not product_id or len(product_id) > MAX_ID:
        row.fields.pop("id")
        raise RowRejected(
            f"The id has {len(product_id)} characters.", pointer="id", fix=f"Use 1 to {MAX_ID} characters."
        )
    row.fields["title"] = row.short("title", _title(row), MAX_TITLE)
    try:
        row.fields["link"] = values.url(row.require("link"), row.options)
    except values.BadValue as error:
        raise RowRejected(error.message, pointer="link", fix=error.fix) from None


def _title(row: _Row) -> str:
    """The title without what was hung onto it. Raises: RowRejected when nothing else is there."""
    row.require("title")
    whole = _without_formula(row.text("title"))
    title = title_only(whole)
    if not title:
        told = any(char.isalnum() for char in whole)
        what = "holds nothing but markup or orders to a machine" if told else "has no words in it"
        raise RowRejected(f"The title {what}.", pointer="title", fix="Write the product's name as plain text.")
    if title != whole:
        row.mend("title", f"It was cut after {cap(title, 60)!r}: what follows is no title.", "Write the name only.")
    return calm_title(title)


def _without_formula(title: str) -> str:
    """What a spreadsheet shows for a link that was exported as its formula."""
    linked = _LINK_FORMULA.fullmatch(title)
    return linked[1].strip() if linked else title


def _price(row: _Row, name: str) -> Price | None:
    """The price in `name`; one of nothing means there is none. Raises: RowRejected."""
    value = row.get(name)
    if value is None:
        return None
    try:
        # Exports through binary floats carry their noise: 19.989999771118164.
        exact = isinstance(value, float | Decimal)
        written = str(round(value, 4)) if isinstance(value, float) else str(value)
        currency = values.text(row.get("currency")).upper() or row.options.currency
        price = parse_price(written, currency, "." if exact else row.options.decimal)
    except BadPrice as error:
        raise RowRejected(error.message, pointer=name, fix=error.fix) from None
    if price.currency is None:
        raise RowRejected(
            "The price has no currency.",
            pointer=name,
            fix="Write 15.00 USD, or name a currency for the import.",
        )
    if price.amount == 0:
        # Shopify fills in 0 where there is no price to compare at.
        if name == "price":
            row.mend(name, "The price is 0: taken as none, so it is never picked.", "Write its price.")
        elif name == "sale_price":
            row.mend(name, "It is 0: taken as none.", "Write the price of the sale, or nothing.")
        return None
    return price


def _prices(row: _Row) -> None:
    price, sale = _price(row, "price"), _price(row, "sale_price")
    if sale is None and price is not None:
        price, sale = _with_former(row, price)
    if price is not None:
        row.fields |= {"price": price.amount, "currency": price.currency}
    elif row.get("price") is None:
        row.mend("price", "There is none: the product is kept and can be named, but is never picked.", "Write a price.")
    if sale is None:
        return
    if price is None or sale.currency != price.currency:
        row.mend("sale_price", "There is no price in the same currency beside it; left out.", "Write both.")
        return
    if sale.amount >= price.amount:
        if sale.amount > price.amount:
            row.mend("sale_price", "It is above the price; left out.", "Write the lower price of the sale.")
        return
    window = _sale_window(row)
    if window is None:
        # A sale whose end cannot be read might be over: better the full price than a wrong one.
        return
    starts, ends = window
    row.fields |= {"sale_price": sale.amount, "sale_price_starts": starts, "sale_price_ends": ends}
    row.fields["compare_at_basis"] = row.optional("compare_at_basis", values.compare_at_basis)


def _with_former(row: _Row, price: Price) -> tuple[Price, Price | None]:
    """Shop systems keep the price asked now and one to cross out: only a higher one means a sale."""
    former = _price(row, "compare_at_price") if row.get("compare_at_price") is not None else None
    if former is None or former.currency != price.currency or former.amount == price.amount:
        return price, None
    if former.amount < price.amount:
        row.mend("compare_at_price", "It is below the price; left out.", "Write the former, higher price or nothing.")
        return price, None
    return former, price


def _sale_window(row: _Row) -> tuple[datetime | None, datetime | None] | None:
    """Start and end of the sale, None for one that is open; None for both when they cannot be read."""
    zone = row.options.zone()
    starts: datetime | None
    ends: datetime | None
    try:
        if (window := row.get("sale_price_effective_date")) is not None:
            starts, ends = values.window(window, zone)
        else:
            start, end = row.get("sale_price_starts"), row.get("sale_price_ends")
            starts = values.moment(start, zone) if start is not None else None
            ends = values.last_moment(end, zone) if end is not None else None
    except values.BadValue as error:
        row.mend("sale_price", f"{error.message} The sale was left out.", error.fix or "")
        return None
    if starts and ends and ends <= starts:
        row.mend("sale_price", "The sale ends before it begins; left out.", "Write start/end in this order.")
        return None
    return starts, ends


def _stock(row: _Row) -> None:
    stock = row.optional("stock", values.whole_number)
    if stock is not None and stock > MAX_STOCK:
        row.mend("stock", f"{stock} is no count of things.", "Write how many there are, or nothing.")
        stock = None
    row.fields["stock"] = None if stock is None else max(stock, 0)
    # An availability nobody can read must not sell what is not there.
    found = row.optional("availability", values.availability, instead="out_of_stock")
    if found == "in_stock" and stock is not None and stock < 0:
        row.mend("stock", f"It is {stock}, yet the product is said to be in stock: taken as sold out.", "Write either.")
        found = "out_of_stock"
    row.fields["availability"] = found or ("out_of_stock" if stock is not None and stock <= 0 else "in_stock")


def _texts(row: _Row) -> None:
    description, orders = without_orders(row.text("description"))
    if orders:
        row.mend(
            "description",
            f"It spoke to a machine instead of a customer: {orders} of its sentences were left out.",
            "Write about the product only.",
        )
    row.fields["description"] = row.short("description", description, MAX_DESCRIPTION)
    row.fields["image_link"] = row.optional("image_link", lambda value: values.image(value, row.options))
    for name, limit in TEXT_LIMITS.items():
        if row.get(name) is not None:
            row.fields[name] = row.short(name, _quality(row, name), limit) or None


def _quality(row: _Row, name: str) -> str:
    value = (row.optional(name, values.code) or "") if name in CODES else row.text(name)
    if value and gives_orders(value):
        row.mend(name, "It holds markup, an address or an order to a machine; left out.", "Write the value only.")
        return ""
    return value


def _days(row: _Row) -> None:
    days = row.optional("consumable_days", values.whole_number)
    if days is not None and not 1 <= days <= 3650:
        row.mend("consumable_days", f"{days} days is not a life span.", "Write 1 to 3650, or nothing.")
        days = None
    row.fields["consumable_days"] = days
    row.fields["added_at"] = row.optional("added_at", lambda value: values.moment(value, row.options.zone()))


def _given_attributes(row: _Row) -> Mapping[Any, object]:
    """The `attributes` object: as it is in JSON, as JSON text in a cell."""
    given = row.get("attributes")
    if isinstance(given, str):
        try:
            given = orjson.loads(given)
        except orjson.JSONDecodeError:
            given = given.strip()
    if given is None or isinstance(given, dict):
        return given or {}
    row.mend("attributes", "It is not a JSON object; left out.", 'Write {"roast": "dark"}.')
    return {}


def _details(row: _Row) -> dict[str, str]:
    """Google's `product_detail` in a table: `section:name:value`, several joined with commas."""
    given = row.get("product_detail")
    listed = given if isinstance(given, list) else str(given or "").split(",")
    found = [str(one).split(":", 2) for one in listed]
    return {parts[1].strip(): parts[2].strip() for parts in found if len(parts) == 3 and parts[1].strip()}


def _attributes(row: _Row) -> None:
    """Custom columns, unknown columns and the attributes object, in that order of precedence."""
    unknown = {
        name.removeprefix("custom:"): value
        for name, value in row.raw.values.items()
        if name not in NOT_ATTRIBUTES and name not in NOT_FACTS
    }
    merged = {**_given_attributes(row), **_details(row), **unknown}
    merged = {name: value for name, value in merged.items() if _may_be_told(str(name))}
    found = {values.attribute_name(name): _fact(row, value) for name, value in merged.items()}
    kept = {name: value for name, value in found.items() if name and value not in (None, "", [], {})}
    if len(kept) > MAX_ATTRIBUTES:
        row.mend("attributes", f"There are {len(kept)}.", f"Only the first {MAX_ATTRIBUTES} were kept.")
    row.fields["attributes"] = dict(list(kept.items())[:MAX_ATTRIBUTES])


def _may_be_told(name: str) -> bool:
    return column_name(name) not in NOT_FACTS and not tells_costs(name)


def _fact(row: _Row, raw: object) -> AttributeValue:
    """A fact, or None for one that speaks to a machine."""
    for found in hygiene.findings(raw):
        row.mend("attributes", found.reason, found.fix)
    value = values.attribute(raw)
    if any(for_a_machine(text) for text in _strings(value)):
        row.mend("attributes", "A value speaks to a machine instead of a customer; left out.", "Write the fact only.")
        return None
    return value


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from (name, *_strings(inner))
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


STEPS = (_identity, _prices, _stock, _texts, _days, _attributes)


def to_product(raw: RawRow, options: FeedOptions = DEFAULTS) -> tuple[Product | RowIssue, list[RowIssue]]:
    """The product of a row, or why it has none; and the fields that were mended on the way.

    `options` say what rows leave open: the currency of prices that name none, the clock of dates, the shop's address.
    """
    row = _Row(raw, options)
    try:
        for step in STEPS:
            step(row)
        for note in raw.notes:
            row.mend(note.field or "", note.reason, note.fix)
        return Product.model_validate(row.fields), row.mended
    except RowRejected as error:
        return _issue(row, error.pointer, error.message, error.fix or ""), []
    except ValidationError as error:
        first = error.errors()[0]
        return _issue(row, str(first["loc"][0]), first["msg"], "Mend the value."), []


def _issue(row: _Row, name: str | None, reason: str, fix: str) -> RowIssue:
    shown = row.fields.get("id") or clean_text(str(row.get("id") or ""))[:40] or None
    return RowIssue(line=row.raw.line, product_id=shown, field=name, reason=reason, fix=fix)
