"""One customer's moments, and what the rules look at to find them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import Literal

from memory.due.rules import FlowTimes
from memory.measures import Placed, placed_orders
from memory.parts.interests import known_of
from memory.sensitive import sensitive_topic
from memory.shop import NOTHING_LEARNED, Shop
from memory.state import State

NewsKind = Literal["price_drop", "back_in_stock"]
MAX_OCCASION = 128
"""Characters that a request to compose takes."""


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """One step of one flow: from when it is due, and until when it makes sense."""

    flow: str
    occasion: str
    step: str
    since_at: datetime
    """When the customer came into the state that the flow is about."""
    from_at: datetime
    until_at: datetime
    product_id: str = ""


@dataclass(frozen=True, slots=True)
class News:
    """A product became cheaper, or can be ordered again."""

    product_id: str
    kind: NewsKind
    at: datetime
    until_at: datetime


@dataclass(frozen=True)
class Whom:
    """What the rules look at of one customer."""

    state: State
    birthday: date | None = None
    timezone: str | None = None
    consented_at: datetime | None = None
    """Since when they agree to e-mail; None where they never said so."""
    shop: Shop = NOTHING_LEARNED
    news: Mapping[str, Sequence[News]] = field(default_factory=dict)
    """By product, of those that they want (`memory.due.wants`)."""

    @cached_property
    def placed(self) -> list[Placed]:
        """Orders that stand, newest first."""
        return placed_orders(self.state)

    @cached_property
    def last_order(self) -> int:
        """When they ordered last, whatever became of it, in microseconds; -1 without an order."""
        return max((entry[0] for entry in self.state["orders"].values()), default=-1)


def series(
    times: FlowTimes,
    flow: str,
    occasion: str,
    since: datetime,
    anchor: datetime,
    *,
    over: datetime | None = None,
    patient: bool = False,
    product_id: str = "",
) -> list[Moment]:
    """The steps of one occasion, counted from `anchor`.

    Each makes sense until the next one begins; a `patient` flow's until the end, where the first must come first.
    `over` ends it before its pace does; a step that could only begin then is left out.
    """
    end = anchor + times.pace.lasts
    if over is not None:
        end = min(end, over)
    starts = [anchor + step.after for step in times.steps]
    found = []
    for step, start, following in zip(times.steps, starts, [*starts[1:], end], strict=True):
        until = end if patient else min(following, end)
        if start < until:
            found.append(Moment(flow, occasion, step.name, since, start, until, product_id))
    return found


def occasion_of(name: str) -> str:
    """An id as an occasion: as it is where it fits, else its hash."""
    return name if len(name) <= MAX_OCCASION else hashlib.sha256(name.encode()).hexdigest()


def is_private(state: State, product_id: str) -> bool:
    """Does what we know of the product touch what is nobody's business? Then nobody is written to because of it."""
    known = known_of(state, product_id)
    return _touches(known.name, known.category)


@lru_cache(maxsize=50_000)
def _touches(name: str, category: str) -> bool:
    return sensitive_topic(name, category) is not None
