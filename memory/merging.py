"""The memory of two disjoint sets of events, from the memories of each: a visitor turned out to be a known customer."""

from __future__ import annotations

from collections.abc import Iterable

from memory.parts.carts import merge_days
from memory.parts.forgetting import FORGOTTEN
from memory.parts.hours import merge_hours
from memory.parts.interests import put_product
from memory.parts.mails import MAILS, MAILS_WITH_PRODUCTS, put_mail
from memory.parts.words import NEWEST_WORDS
from memory.state import (
    CART_PRODUCTS,
    NEWEST_CANCELLED,
    NEWEST_REFUNDS,
    NEWEST_SEARCHES,
    NEWEST_VIEWS,
    OPINIONS,
    ORDERS,
    SUM_KEYS,
    WISHED_PRODUCTS,
    State,
    merge_sums,
    put_last,
    put_newest,
    strip_old_lines,
)


def merge(left: State, right: State) -> State:
    """The state of the union of two disjoint sets of events. Both are consumed."""
    left["first"] = min(_present(left["first"], right["first"]), default=None)
    left["last"] = max(_present(left["last"], right["last"]), default=None)
    for order, entry in right["orders"].items():
        put_last(left["orders"], order, entry, ORDERS)
    strip_old_lines(left["orders"])
    _merge_lists(left, right)
    _merge_maps(left, right)
    for kind, sums in right["sums"].items():
        merge_sums(left["sums"].setdefault(kind, {}), sums, SUM_KEYS)
    for name, number in right["email"].items():
        combine = max if name.endswith("_at") else int.__add__
        left["email"][name] = combine(left["email"].get(name, 0), number)
    for email_id, mail in right["mails"].items():
        put_mail(left["mails"], email_id, mail, MAILS, MAILS_WITH_PRODUCTS)
    merge_hours(left["hours"], right["hours"])
    merge_days(left["cart_days"], right["cart_days"])
    return left


def _present(*values: int | None) -> Iterable[int]:
    return (value for value in values if value is not None)


def _merge_lists(left: State, right: State) -> None:
    lists = (
        (left["refunds"], right["refunds"], NEWEST_REFUNDS),
        (left["cancelled"], right["cancelled"], NEWEST_CANCELLED),
        (left["views"], right["views"], NEWEST_VIEWS),
        (left["searches"], right["searches"], NEWEST_SEARCHES),
        (left["words"], right["words"], NEWEST_WORDS),
    )
    for into, entries, limit in lists:
        for entry in entries:
            put_newest(into, entry, limit)


def _merge_maps(left: State, right: State) -> None:
    maps = (
        (left["cart"], right["cart"], CART_PRODUCTS),
        (left["wishes"], right["wishes"], WISHED_PRODUCTS),
        (left["dislikes"], right["dislikes"], OPINIONS),
        (left["forgotten"], right["forgotten"], FORGOTTEN),
    )
    for into, entries, limit in maps:
        for name, entry in entries.items():
            put_last(into, name, entry, limit)
    for product_id, entry in right["products"].items():
        put_product(left["products"], product_id, entry)
