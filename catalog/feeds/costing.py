"""What a product costs the shop, as its feed says it. It goes to the margin weight and nowhere else.

Shopify's `Cost per item` and `inventoryItem.unitCost`, Google's `cost_of_goods_sold`, WooCommerce's `Cost of goods`
and the meta of its cost plugins, and what shops call it in tables of their own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from catalog.feeds.options import FeedOptions
from catalog.feeds.report import RowIssue
from catalog.feeds.rows import RawRow
from catalog.feeds.values import text
from catalog.model import Product
from store.files.prices import MAX_DECIMALS, BadPrice, Price, parse_price

META_KEYS = ("_wc_cog_cost", "_alg_wc_cog_cost", "yith_cog_cost", "_wcj_purchase_price", "_purchase_price")
"""Where WooCommerce's plugins keep it: Cost of Goods by SkyVerge, by WPFactory and by YITH, Booster, and others."""
_APART = re.compile(r"[^\w%]|_")
_OF_COSTS = re.compile(
    r"\b(?:costs?|cogs|wholesale|profit|(?:purchase|buying|supplier|trade|dealer) price"
    r"|ek|ek ?preis|einkauf|einkaufspreis|einstandspreis|lieferantenpreis|händlereinkaufspreis|selbstkosten|marge"
    r"|rohertrag|deckungsbeitrag|prix d achat|prix de revient|coût|margen|coste|costo"
    r"|precio de compra|precio de proveedor)\b|^(?:(?:gross|net|profit) )?margin(?: %|$)"
)
"""Names of what a shop pays and earns, with whatever stands beside them: `EK netto`, `Cost (GBP)`."""
SMALLEST = Decimal(1).scaleb(-MAX_DECIMALS)


class Costed(NamedTuple):
    """What a unit costs, in the currency of its price; None where nobody says so. And why it was left out."""

    amount: Decimal | None = None
    issue: RowIssue | None = None


def cost_of(raw: RawRow, product: Product, options: FeedOptions) -> Costed:
    """The cost in a row. One of nothing is none: shop systems fill it in where nobody said one.

    It is never converted: nobody here knows the rate of the day it was bought.
    """
    given = raw.values.get("cost")
    if given is None or not text(given):
        return Costed()
    if product.currency is None:
        return _left_out(raw, product, "There is no price whose currency it could be in.", "Write the price as well.")
    try:
        found = _read(given, text(raw.values.get("cost_currency")).upper() or product.currency, options)
    except BadPrice:
        # Not quoted: who may read reports need not know what things cost.
        return _left_out(raw, product, "It is no single amount.", "Write the number alone, in the price's currency.")
    if not found.amount:
        return Costed()
    if found.currency not in (None, product.currency):
        reason = f"It is in {found.currency}, and the price in {product.currency}."
        return _left_out(raw, product, reason, "Write both in one currency.")
    return Costed(found.amount.quantize(SMALLEST))


def _read(given: object, currency: str, options: FeedOptions) -> Price:
    exact = isinstance(given, float | Decimal)
    written = str(round(given, MAX_DECIMALS)) if isinstance(given, float) else str(given)
    return parse_price(written, currency, "." if exact else options.decimal)


def _left_out(raw: RawRow, product: Product, reason: str, fix: str) -> Costed:
    issue = RowIssue(line=raw.line, product_id=product.id, field="cost", reason=f"{reason} Left out.", fix=fix)
    return Costed(issue=issue)


def tells_costs(name: str) -> bool:
    """Whether a column or attribute of this name says what a thing costs the shop, or what is earned on it."""
    return _OF_COSTS.search(" ".join(_APART.sub(" ", name.casefold()).split())) is not None


def meta_cost(meta: Mapping[str, object]) -> object | None:
    """The first of WooCommerce's plugin fields that says one; `meta` by its keys."""
    return next((meta[key] for key in META_KEYS if text(meta.get(key)) not in ("", "0", "0.00")), None)
