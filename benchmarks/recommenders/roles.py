"""Which column of somebody's file means what, guessed from its name or told on the command line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

from store.errors import InvalidInput


class Role(StrEnum):
    """What a column may mean."""

    CUSTOMER = "customer"
    ITEM = "item"
    TIME = "time"
    CLOCK = "clock"
    """Time of day, where the date stands in a column of its own."""
    SEQUENCE = "sequence"
    """Which order of its customer a line belongs to, 1 the first; stands in for a time."""
    GAP = "gap"
    """Days since the customer's order before; with `sequence`."""
    ORDER = "order"
    QUANTITY = "quantity"
    PRICE = "price"
    AMOUNT = "amount"
    """What the whole line cost, where no unit price is given."""
    TITLE = "title"
    CATEGORY = "category"
    EVENT = "event"


NAMES: dict[Role, tuple[str, ...]] = {
    Role.CUSTOMER: (
        "customerid", "customer", "visitorid", "userid", "user", "householdkey", "householdid", "household", "memberid",
        "clientid", "custid", "buyerid", "shopperid", "reviewerid", "cardid", "loyaltyid", "panelid", "sessionid",
    ),
    Role.ITEM: (
        "stockcode", "itemid", "productid", "articleid", "sku", "asin", "upc", "upcid", "item", "product", "article",
        "productcode", "itemcode", "movieid", "isbn", "contentid",
    ),
    Role.TIME: (
        "invoicedate", "timestamp", "transactiondt", "tdat", "eventtime", "orderdate", "orderdatetime", "purchasedate",
        "transactiondate", "transactiontimestamp", "datetime", "createdat", "orderedat", "occurredat", "date", "ts",
        "at", "time", "unixtime", "unixreviewtime", "day", "saledate", "shopdate", "week", "weekno",
    ),
    Role.CLOCK: ("transtime", "timeofday", "clock", "hour", "orderhourofday"),
    Role.SEQUENCE: ("ordernumber", "orderno", "ordersequence"),
    Role.GAP: ("dayssincepriororder", "dayssincelastorder", "dayssinceprior"),
    Role.ORDER: (
        "invoiceno", "invoice", "orderid", "basketid", "transactionid", "receiptid", "receiptno", "ticketid", "billno",
        "invoiceid", "order", "basket",
    ),
    Role.QUANTITY: ("quantity", "qty", "units", "amount", "quantitysold", "itemcount"),
    Role.PRICE: ("unitprice", "price", "itemprice", "priceperunit"),
    Role.AMOUNT: ("salesvalue", "salesprice", "linetotal", "totalprice", "spend", "revenue", "total", "netamount"),
    Role.TITLE: (
        "title", "productname", "prodname", "itemname", "description", "productdescription", "itemdescription", "name",
        "productdesc", "commoditydesc", "subcommoditydesc",
    ),
    Role.CATEGORY: (
        "productcategory", "category", "categorycode", "categorypath", "producttype", "department", "producttypename",
        "categoryid", "productsubclass", "categoryname", "aisle", "productgroup",
    ),
    Role.EVENT: ("event", "eventtype", "action", "behavior", "behaviour", "behaviortype", "interaction", "kind"),
}  # fmt: skip
"""Names in the order they are looked for, as `plain` writes them: from Online Retail, RetailRocket, Instacart,
Dunnhumby, H&M, Ta-Feng, Amazon reviews, REES46 and what shops call them."""

NEEDED = (Role.CUSTOMER, Role.ITEM)


class ColumnMissing(InvalidInput):
    """The file has no column for something the benchmark cannot do without, or not the one it was told."""

    reason = "column_missing"


def plain(name: str) -> str:
    """Letters and digits only, in lower case."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def mapping(columns: Sequence[str], told: dict[str, str]) -> dict[Role, str]:
    """Role → column. `told` (role → column) wins over the names.

    Raises: ColumnMissing, naming the columns there are and the option that says which to take.
    """
    found: dict[Role, str] = {}
    for role, column in told.items():
        if column not in columns:
            raise _missing(f"there is no column {column!r} for {role}", columns)
        found[Role(role)] = column
    by_name = {plain(name): name for name in reversed(columns)}
    for role, names in NAMES.items():
        free = [by_name[name] for name in names if name in by_name and by_name[name] not in found.values()]
        if free:
            found.setdefault(role, free[0])
    for role in NEEDED:
        if role not in found:
            raise _missing(f"no column looks like the {role}", columns)
    if Role.TIME not in found and Role.SEQUENCE not in found:
        raise _missing("no column looks like the time, nor like the number of a customer's order", columns)
    return found


def _missing(what: str, columns: Sequence[str]) -> ColumnMissing:
    return ColumnMissing(
        f"In the data {what}. Its columns: {', '.join(columns)}.",
        fix="Name it: --columns customer=… item=… time=… (roles: " + ", ".join(Role) + ").",
    )
