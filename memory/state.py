"""The folded memory of one customer as plain JSON, and the few laws its parts obey.

Every part is a join or a sum over the set of events, so that order, batching and regrouping do not matter:

* **newest-N lists**: the N greatest entries by (time, message id). A top-N of a set union is a semilattice.
* **last-writer-wins maps**, cut to the N keys written last: a key that was cut lies below N others for ever.
* **counts**: sums; each event is folded once, because ingest deduplicates on the message id.
* **decayed sums**: forward decay (Cormode, Shkapenyuk, Srivastava & Xu, ICDE 2009). A weight is fixed when the
  event happens, 2^(t/half-life) from a common landmark, and only divided by the present's at reading. Sums are kept
  as integers in fixed point: float addition is not associative, integer addition is.
* **bounded key sets of sums**: the K keys with the smallest hashes. Cutting the smallest sums would make the result
  depend on order; a hash does not, and a kept key has been kept since its first event.

Times are microseconds since 1970. Entries begin with [time, message id, ...].
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any, TypedDict

Entry = list[Any]
"""[time in µs, message id, ...]: compared by the first two, which no two events share."""
Sums = dict[str, list[Any]]
"""Key -> [fixed-point sum in hexadecimal, newest entries [time, message id]]."""

NEWEST_VIEWS = 60
NEWEST_SEARCHES = 20
NEWEST_REFUNDS = 100
NEWEST_CANCELLED = 50
ORDERS = 200
ORDERS_WITH_LINES = 40
LINES_PER_ORDER = 60
CART_PRODUCTS = 50
WISHED_PRODUCTS = 50
KNOWN_PRODUCTS = 150
SUM_KEYS = 256
SUM_SOURCES = 2
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LANDMARK = datetime(1995, 1, 1, tzinfo=UTC)
FRACTION_BITS = 20
MICROSECOND = timedelta(microseconds=1)


class State(TypedDict):
    """Everything folded from one customer's events. See `empty` for the initial value of each part."""

    first: int | None
    last: int | None
    orders: dict[str, Entry]
    """Order id -> [time, id, total units, currency, [[product, quantity, price units], …]]."""
    refunds: list[Entry]
    """[time, id, order id, units or None for all of it, [product, …]]."""
    cancelled: list[Entry]
    """[time, id, order id]."""
    cart: dict[str, Entry]
    """Product -> [time, id, quantity (0: taken out), price units]."""
    wishes: dict[str, Entry]
    """Product -> [time, id, 1 or 0]."""
    views: list[Entry]
    """[time, id, product]."""
    searches: list[Entry]
    """[time, id, query]."""
    products: dict[str, Entry]
    """Product -> [time, id, name, category, brand]."""
    sums: dict[str, Sums]
    """Interest kind -> its decayed sums."""
    email: dict[str, int]
    """delivered, opened, clicked: counts; opened_at, clicked_at: newest times."""
    mails: dict[str, list[Any]]
    """E-mail id -> what became of it (`memory.parts.mails`)."""
    hours: dict[str, Sums]
    """What happened (opened, clicked, ordered) -> decayed sums by hour of the week (`memory.parts.hours`)."""
    dislikes: dict[str, Entry]
    """What they turned away -> [time, id, why] (`memory.parts.tastes`)."""
    words: list[Entry]
    """[time, id, …] of what they said in their own words (`memory.parts.words`)."""


def empty() -> State:
    """Nothing known."""
    return State(
        first=None,
        last=None,
        orders={},
        refunds=[],
        cancelled=[],
        cart={},
        wishes={},
        views=[],
        searches=[],
        products={},
        sums={},
        email={},
        mails={},
        hours={},
        dislikes={},
        words=[],
    )


def micros(moment: datetime) -> int:
    """Microseconds since 1970."""
    return (moment - EPOCH) // MICROSECOND


def moment_of(time: int) -> datetime:
    """The inverse of `micros`."""
    return EPOCH + timedelta(microseconds=time)


def order_key(entry: Entry) -> tuple[int, str]:
    """What entries are compared by: a total order over events."""
    return entry[0], entry[1]


def put_newest(entries: list[Entry], entry: Entry, limit: int) -> None:
    """Insert into a list kept newest first, at most `limit` long."""
    position = 0
    key = order_key(entry)
    while position < len(entries) and order_key(entries[position]) > key:
        position += 1
    if position < limit:
        entries.insert(position, entry)
        del entries[limit:]


def put_last(entries: dict[str, Entry], name: str, entry: Entry, limit: int) -> None:
    """Write a key unless something newer stands there, then keep the `limit` keys written last."""
    present = entries.get(name)
    if present is not None and order_key(present) >= order_key(entry):
        return
    entries[name] = entry
    if len(entries) > limit:
        del entries[min(entries, key=lambda other: order_key(entries[other]))]


def weight(time: int, half_life: timedelta) -> int:
    """2^(t / half-life) in fixed point, t counted from the landmark; 0 long before it."""
    exponent = (time - micros(LANDMARK)) / (half_life / MICROSECOND)
    whole = int(exponent // 1)
    mantissa = int(2 ** (exponent - whole) * 2**FRACTION_BITS)
    return mantissa << whole if whole >= 0 else mantissa >> -whole


def add_to_sum(sums: Sums, key: str, amount: int, entry: Entry, limit: int) -> None:
    """Add `amount` under `key`, remember the event as a source, and keep `limit` keys."""
    present = sums.get(key)
    if present is None:
        sums[key] = [f"{amount:x}", [entry]]
        if len(sums) > limit:
            del sums[max(sums, key=_hash)]
        return
    present[0] = f"{int(present[0], 16) + amount:x}"
    if entry not in present[1]:
        put_newest(present[1], entry, SUM_SOURCES)


def _hash(key: str) -> bytes:
    return hashlib.blake2b(key.encode(), digest_size=8).digest()


def strip_old_lines(orders: dict[str, Entry]) -> None:
    """Only the newest orders keep their lines; an order's rank never improves without a new entry of its own."""
    if len(orders) <= ORDERS_WITH_LINES:
        return
    ranked = sorted(orders.values(), key=order_key, reverse=True)
    for entry in ranked[ORDERS_WITH_LINES:]:
        entry[4] = []
