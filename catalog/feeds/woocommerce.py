"""What WooCommerce's two exports have in common: a variable product and its variations become products."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from catalog.feeds.groups import Group, Part
from catalog.feeds.report import RowIssue
from catalog.feeds.rows import LeftOut, RawRow, RawRows
from catalog.text import clean_text

PARENT, VARIATION = range(2)
NOT_SOLD_ITSELF = frozenset({"grouped"})
"""Types that have no price of their own."""
VARIABLE = frozenset({"variable", "variable-subscription"})
VARIATIONS = frozenset({"variation", "subscription_variation", "product_variation"})

Values = dict[str, object]


class Shape(NamedTuple):
    """How one of the two exports is read."""

    unsold: Callable[[Any], str | None]
    """Why the shop does not sell it; None when it does."""
    is_variable: Callable[[Any], bool]
    values: Callable[[Any, Any | None], Values]
    """The values of a product, or of a variation of the product given second."""


def rows(group: Group, shape: Shape) -> RawRows:
    """The rows of one product: itself, or each of its variations."""
    parents = [part for part in group.parts if part.rank == PARENT]
    variations = [part for part in group.parts if part.rank == VARIATION]
    if group.issue:
        yield group.issue
    if not parents:
        yield from (_orphan(part, shape) for part in variations)
        return
    parent, *again = parents
    yield from (_again(part, parent, shape) for part in again)
    reason = shape.unsold(parent.body)
    if reason:
        yield _left_out(parent, reason, shape)
    elif shape.is_variable(parent.body):
        yield from _variations(parent, variations, shape)
    else:
        yield RawRow(parent.line, shape.values(parent.body, None))


def _variations(parent: Part, variations: list[Part], shape: Shape) -> RawRows:
    for part in variations:
        reason = shape.unsold(part.body)
        yield _left_out(part, reason, shape) if reason else RawRow(part.line, shape.values(part.body, parent.body))
    if not variations:
        yield RowIssue(
            line=parent.line,
            product_id=_id(parent, shape),
            field="price",
            reason="The variable product has no variations in the feed, so its prices are not known.",
            fix="Export its variations as well.",
        )


def _id(part: Part, shape: Shape) -> str | None:
    return clean_text(str(shape.values(part.body, None).get("id") or ""))[:128] or None


def _left_out(part: Part, reason: str, shape: Shape) -> LeftOut:
    return LeftOut(
        line=part.line, product_id=_id(part, shape), field="status", reason=reason, fix="Publish it to sell it."
    )


def _orphan(part: Part, shape: Shape) -> RowIssue:
    return RowIssue(
        line=part.line,
        product_id=_id(part, shape),
        field="item_group_id",
        reason="The variation's product is not in the feed.",
        fix="Export variable products together with their variations.",
    )


def _again(part: Part, first: Part, shape: Shape) -> RowIssue:
    return RowIssue(
        line=part.line,
        product_id=_id(part, shape),
        field="id",
        reason=f"The product is in the feed already, in line {first.line}.",
        fix="Export each product once.",
    )


def availability(status: str, quantity: int | None, backorders: bool) -> Values:
    """`instock`, `outofstock`, `onbackorder` and the count, where it is kept. Doubt does not sell."""
    known = {
        "instock": "in_stock", "1": "in_stock", "yes": "in_stock", "true": "in_stock", "": "in_stock",
        "onbackorder": "backorder", "backorder": "backorder", "notify": "backorder",
    }  # fmt: skip
    found = known.get(status.strip().casefold(), "out_of_stock")
    if quantity is not None and quantity <= 0 and found == "in_stock":
        found = "backorder" if backorders else "out_of_stock"
    return {"availability": found} if quantity is None else {"availability": found, "stock": max(quantity, 0)}


def described(*texts: object) -> str:
    """Short and long description as one; the exporter writes line breaks as `\\n`."""
    return "<br><br>".join(str(text).replace("\\n", "\n") for text in texts if isinstance(text, str) and text.strip())


def inherited(own: Mapping[str, object], parent: Mapping[str, object], names: Iterable[str]) -> Values:
    """The variation's own values, its product's for those it leaves empty."""
    return {name: own.get(name) or parent.get(name) for name in names}
