"""A raw row to a product: what must be right rejects the row, what need not be is left out and reported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from pydantic import ValidationError

from catalog.feeds import values
from catalog.feeds.prices import BadPrice, Price, parse_price
from catalog.feeds.report import RowIssue
from catalog.feeds.rows import RawRow
from catalog.model import Product
from catalog.text import calm_title, cap, clean_text
from store.errors import InvalidInput

MAX_ID = 128
MAX_TITLE = 150
MAX_DESCRIPTION = 5_000
MAX_ATTRIBUTES = 60

TEXT_LIMITS = {
    "item_group_id": 128, "brand": 70, "gtin": 50, "google_product_category": 750, "product_type": 750,
    "condition": 30, "color": 100, "size": 100, "material": 200,
}  # fmt: skip
"""Google Merchant's own limits, in characters."""
NOT_FACTS = frozenset({
    "shipping", "tax", "tax_category", "identifier_exists", "adult", "mobile_link",
    "additional_image_link", "ads_redirect", "link_template", "mobile_link_template",
    "excluded_destination", "included_destination", "shipping_label", "shipping_country",
    "max_handling_time", "min_handling_time", "cost_of_goods_sold", "auto_pricing_min_price",
    "promotion_id", "custom_label_0", "custom_label_1", "custom_label_2", "custom_label_3",
    "custom_label_4", "canonical_link", "pause",
})  # fmt: skip
"""Google columns that steer ads or are internal: no facts that an e-mail may state."""
NOT_ATTRIBUTES = frozenset(TEXT_LIMITS) | {
    "id", "title", "description", "link", "image_link", "availability", "price", "currency", "sale_price",
    "sale_price_effective_date", "sale_price_starts", "sale_price_ends", "compare_at_basis", "stock", "consumable_days",
    "added_at", "attributes",
}  # fmt: skip


UNREADABLE = "unreadable"


class RowRejected(InvalidInput):
    """A field a product cannot do without is missing or wrong."""

    reason = "row_rejected"


@dataclass(slots=True)
class _Row:
    """One row on its way: its values, what has been read so far, and what had to be changed."""

    raw: RawRow
    currency: str | None
    fields: dict[str, Any] = field(default_factory=dict)
    mended: list[RowIssue] = field(default_factory=list)

    def get(self, name: str) -> object | None:
        """The raw value, None for an empty one."""
        value = self.raw.values.get(name)
        return None if value in ("", [], {}) or (isinstance(value, str) and not value.strip()) else value

    def require(self, name: str) -> object:
        """Raises: RowRejected."""
        value = self.get(name)
        if value is None:
            raise RowRejected(f"There is no {name}.", pointer=name, fix=f"Give every product a {name}.")
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

    def short(self, name: str, text: str, limit: int) -> str:
        """`text` within `limit`, with a note when it was cut."""
        if len(text) > limit:
            self.mend(name, f"It had {len(text)} characters and was cut.", f"Keep it within {limit}.")
        return cap(text, limit)


def _identity(row: _Row) -> None:
    row.fields["id"] = product_id = values.text(row.require("id"))
    if not product_id or len(product_id) > MAX_ID:
        row.fields.pop("id")
        raise RowRejected(
            f"The id has {len(product_id)} characters.", pointer="id", fix=f"Use 1 to {MAX_ID} characters."
        )
    title = calm_title(values.text(row.require("title")))
    if not title:
        raise RowRejected("The title has no words in it.", pointer="title", fix="Write plain text.")
    row.fields["title"] = row.short("title", title, MAX_TITLE)
    try:
        row.fields["link"] = values.url(row.require("link"))
    except values.BadValue as error:
        raise RowRejected(error.message, pointer="link", fix=error.fix) from None


def _price(row: _Row, name: str) -> Price | None:
    """The price in `name`; one of nothing means there is none. Raises: RowRejected."""
    value = row.get(name)
    if value is None:
        return None
    try:
        price = parse_price(str(value), values.text(row.get("currency")).upper() or row.currency)
    except BadPrice as error:
        raise RowRejected(error.message, pointer=name, fix=error.fix) from None
    if price.currency is None:
        raise RowRejected(
            "The price has no currency.",
            pointer=name,
            fix="Write 15.00 USD, or name a currency for the import.",
        )
    if price.amount == 0:
        row.mend(name, "The price is 0: taken as none, so it is never picked.", "Write its price.")
        return None
    return price


def _prices(row: _Row) -> None:
    price, sale = _price(row, "price"), _price(row, "sale_price")
    if price is not None:
        row.fields |= {"price": price.amount, "currency": price.currency}
    if sale is None:
        return
    if price is None or sale.currency != price.currency:
        row.mend("sale_price", "There is no price in the same currency beside it; left out.", "Write both.")
        return
    row.fields["sale_price"] = sale.amount
    starts, ends = _sale_window(row)
    if UNREADABLE in (starts, ends):
        # A sale whose end cannot be read might be over: better the full price than a wrong one.
        row.fields.pop("sale_price")
        return
    row.fields |= {"sale_price_starts": starts, "sale_price_ends": ends}
    row.fields["compare_at_basis"] = row.optional("compare_at_basis", values.compare_at_basis)


def _sale_window(row: _Row) -> tuple[object, object]:
    """Start and end of the sale, each a datetime, None, or UNREADABLE."""
    if row.get("sale_price_effective_date") is not None:
        found: tuple[object, object] = row.optional(
            "sale_price_effective_date", values.window, instead=(UNREADABLE, UNREADABLE)
        )
        return found
    return (
        row.optional("sale_price_starts", values.moment, instead=UNREADABLE),
        row.optional("sale_price_ends", values.moment, instead=UNREADABLE),
    )


def _stock(row: _Row) -> None:
    stock = row.optional("stock", values.whole_number)
    row.fields["stock"] = None if stock is None else max(stock, 0)
    # An availability nobody can read must not sell what is not there.
    found = row.optional("availability", values.availability, instead="out_of_stock")
    row.fields["availability"] = found or ("out_of_stock" if stock == 0 else "in_stock")


def _texts(row: _Row) -> None:
    description = values.text(row.get("description"))
    row.fields["description"] = row.short("description", description, MAX_DESCRIPTION)
    row.fields["image_link"] = row.optional("image_link", values.url)
    for name, limit in TEXT_LIMITS.items():
        row.fields[name] = row.short(name, values.text(row.get(name)), limit) or None


def _days(row: _Row) -> None:
    days = row.optional("consumable_days", values.whole_number)
    if days is not None and not 1 <= days <= 3650:
        row.mend("consumable_days", f"{days} days is not a life span.", "Write 1 to 3650, or nothing.")
        days = None
    row.fields["consumable_days"] = days
    row.fields["added_at"] = row.optional("added_at", values.moment)


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


def _attributes(row: _Row) -> None:
    """Custom columns, unknown columns and the attributes object, in that order of precedence."""
    unknown = {
        name.removeprefix("custom:"): value
        for name, value in row.raw.values.items()
        if name not in NOT_ATTRIBUTES and name not in NOT_FACTS
    }
    merged = {**_given_attributes(row), **unknown}
    found = {values.attribute_name(name): values.attribute(value) for name, value in merged.items()}
    kept = {name: value for name, value in found.items() if name and value not in (None, "", [], {})}
    if len(kept) > MAX_ATTRIBUTES:
        row.mend("attributes", f"There are {len(kept)}.", f"Only the first {MAX_ATTRIBUTES} were kept.")
    row.fields["attributes"] = dict(list(kept.items())[:MAX_ATTRIBUTES])


STEPS = (_identity, _prices, _stock, _texts, _days, _attributes)


def to_product(raw: RawRow, currency: str | None = None) -> tuple[Product | RowIssue, list[RowIssue]]:
    """The product of a row, or why it has none; and the fields that were mended on the way.

    `currency` (ISO 4217) is taken for prices that name none.
    """
    row = _Row(raw, currency)
    try:
        for step in STEPS:
            step(row)
        return Product.model_validate(row.fields), row.mended
    except RowRejected as error:
        return _issue(row, error.pointer, error.message, error.fix or ""), []
    except ValidationError as error:
        first = error.errors()[0]
        return _issue(row, str(first["loc"][0]), first["msg"], "Mend the value."), []


def _issue(row: _Row, name: str | None, reason: str, fix: str) -> RowIssue:
    shown = row.fields.get("id") or clean_text(str(row.get("id") or ""))[:40] or None
    return RowIssue(line=row.raw.line, product_id=shown, field=name, reason=reason, fix=fix)
