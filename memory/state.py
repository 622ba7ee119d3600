"""The folded memory of one customer as plain JSON, and the few laws its parts obey.

Every part is a join or a sum over the set of events, so that order, batching and regrouping do not matter:

* **newest-N lists**: the N greatest entries by (time, message id). A top-N of a set union is a semilattice.
* **last-writer-wins maps**, cut to the N keys written last: a key that was cut lies below N others for ever.
* **counts**: sums; each event is folded once, because ingest deduplicates on the message id.
* **decayed sums**: forward decay (Cormode, Shkapenyuk, Srivastava & Xu, ICDE 2009). A weight is fixed when the
  event happens, 2^(t/half-life) from a common landmark, and only divided by the present's at reading. Its exponent
  names the half-life in which the event happened, its mantissa is summed up for each half-life apart, as an integer
  in fixed point: float addition is not associative, integer addition is. Only the newest half-lives are kept, counted
  from the newest event: whatever the order, that leaves out the same ones.
* **bounded key sets of sums**: the K keys with the smallest hashes. Cutting the smallest sums would make the result
  depend on order; a hash does not, and a kept key has been kept since its first event.

Times are microseconds since 1970. Entries begin with [time, message id, ...].
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice
from math import floor
from typing import Any, TypedDict

Entry = list[Any]
"""[time in µs, message id, ...]: compared by the first two, which no two events share."""
Decayed = list[int]
"""A decayed sum: half-life, sum of mantissas in it, the half-life before, …; newest first. See `add_decayed`."""
Sums = dict[str, list[Any]]
"""Key -> [events, time and message id of the newest, *Decayed]."""
Weight = tuple[int, int]
"""What an event counts: the half-life it happened in, and its fixed-point mantissa there."""

NEWEST_VIEWS = 60
NEWEST_SEARCHES = 20
NEWEST_REFUNDS = 100
NEWEST_CANCELLED = 50
ORDERS = 200
ORDERS_WITH_LINES = 40
LINES_PER_ORDER = 60
CART_PRODUCTS = 50
WISHED_PRODUCTS = 50
OPINIONS = 60
KNOWN_PRODUCTS = 150
SUM_KEYS = 128
HALF_LIVES = 10
"""What happened that many half-lives before the newest of its kind weighs less than a thousandth of that."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LANDMARK = datetime(1995, 1, 1, tzinfo=UTC)
FRACTION_BITS = 12
MICROSECOND = timedelta(microseconds=1)
ONE = 2**FRACTION_BITS
"""Of mantissas."""
SUM = 3
"""Where the decayed sum begins in one of the `Sums`."""
_LANDMARK = (LANDMARK - EPOCH) // MICROSECOND


class State(TypedDict):
    """Everything folded from one customer's events. See `empty` for the initial value of each part."""

    first: int | None
    last: int | None
    orders: dict[str, Entry]
    """Order id -> [time, id, total units, currency, [[product, quantity, price units], …], marks]; marks are those of
    `memory.parts.tastes`."""
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
    """Product -> [time, name, category, brand, days a unit lasts]: empty texts and 0 where unknown, so that what was
    said at the same time is told apart by what was said."""
    sums: dict[str, Sums]
    """Interest kind -> its decayed sums (`memory.parts.interests`)."""
    email: dict[str, int]
    """delivered, opened, clicked: counts; opened_at, clicked_at: newest times."""
    mails: dict[str, list[Any]]
    """E-mail id -> what became of it (`memory.parts.mails`)."""
    hours: dict[str, dict[str, Decayed]]
    """What happened (read, ordered) -> decayed sums by hour of the week (`memory.parts.hours`)."""
    dislikes: dict[str, Entry]
    """What they spoke for or against -> [time, id, how] (`memory.parts.tastes`)."""
    cart_days: dict[str, int]
    """Day -> the first time something was put into the cart on it (`memory.parts.carts`)."""
    forgotten: dict[str, Entry]
    """Subject -> [time, id] of when they asked for it to be forgotten (`memory.parts.forgetting`)."""
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
        cart_days={},
        forgotten={},
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
    while position < len(entries) and entries[position] > entry:
        position += 1
    if position < limit:
        entries.insert(position, entry)
        del entries[limit:]


def put_last(entries: dict[str, Entry], name: str, entry: Entry, limit: int) -> None:
    """Write a key unless something newer stands there, then keep the `limit` keys written last.

    Keys stand in the order in which they were written last, so that what comes next and what must go are at the ends.
    """
    present = entries.get(name)
    if present is not None:
        if order_key(present) >= order_key(entry):
            return
        del entries[name]
    newest = next(reversed(entries), None)
    entries[name] = entry
    if newest is not None and _written(entries, newest) > _written(entries, name):
        _sort(entries)
    if len(entries) > limit:
        del entries[next(iter(entries))]


def _written(entries: dict[str, Entry], name: str) -> tuple[int, str, str]:
    """When and by which event; one event may have written several keys."""
    entry = entries[name]
    return entry[0], entry[1], name


def _sort(entries: dict[str, Entry]) -> None:
    for name in sorted(entries, key=lambda name: _written(entries, name)):
        entries[name] = entries.pop(name)


def weight(time: int, half_life: timedelta) -> Weight:
    """2^(t / half-life), t counted from the landmark, as exponent and mantissa. Multiply the mantissa by a factor."""
    exponent = (time - _LANDMARK) / _micros_in(half_life)
    whole = floor(exponent)
    return whole, round(2.0 ** (exponent - whole) * ONE)


@lru_cache(maxsize=64)
def _micros_in(length: timedelta) -> float:
    return length / MICROSECOND


def add_decayed(total: Decayed, half_life: int, amount: int, start: int = 0) -> None:
    """Add to the sum that stands in `total[start:]`."""
    end = len(total)
    place = start
    while place < end and total[place] > half_life:
        place += 2
    if place < end and total[place] == half_life:
        total[place + 1] += amount
        return
    if place > start and total[start] - half_life >= HALF_LIVES:
        return
    total[place:place] = [half_life, amount]
    while total[start] - total[-2] >= HALF_LIVES:
        del total[-2:]


def decayed(total: Decayed, now: Weight, start: int = 0) -> float:
    """What the sum in `total[start:]` has decayed to by `now`: an event of this moment counts its factor."""
    half_life, mantissa = now
    found = 0.0
    for place in range(start, len(total), 2):
        found += total[place + 1] * 2.0 ** (total[place] - half_life)
    return found / mantissa


def add_to_sum(sums: Sums, key: str, amount: Weight, entry: Entry, limit: int) -> None:
    """Add `amount` under `key` for the event of `entry` ([time, message id]), once an event; keep `limit` keys."""
    present = sums.get(key)
    if present is None:
        sums[key] = [1, *entry, *amount]
        if len(sums) > limit:
            del sums[max(sums, key=_hash)]
        return
    present[0] += 1
    if entry[0] > present[1] or (entry[0] == present[1] and entry[1] > present[2]):
        present[1], present[2] = entry
    add_decayed(present, *amount, start=SUM)


def merge_sums(left: Sums, right: Sums, limit: int) -> None:
    """Add the sums of other events to `left`."""
    for key, (events, time, message_id, *total) in right.items():
        present = left.setdefault(key, [0, time, message_id])
        present[0] += events
        present[1:3] = max(present[1:3], [time, message_id])
        for place in range(0, len(total), 2):
            add_decayed(present, total[place], total[place + 1], start=SUM)
    while len(left) > limit:
        del left[max(left, key=_hash)]


def sum_of(found: list[Any], now: Weight) -> float:
    """What one of the `Sums` has decayed to by `now`."""
    return decayed(found, now, start=SUM)


@lru_cache(maxsize=65_536)
def _hash(key: str) -> bytes:
    """Which keys are kept when there are too many."""
    return hashlib.blake2b(key.encode(), digest_size=8).digest()


def strip_old_lines(orders: dict[str, Entry]) -> None:
    """Only the newest orders keep their lines; an order's rank never improves without a new entry of its own."""
    for entry in islice(reversed(orders.values()), ORDERS_WITH_LINES, None):
        entry[4] = []
