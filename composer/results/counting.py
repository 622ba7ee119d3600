"""What the people of a batch of episodes did in their windows, out of their events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from composer.results.episodes import Episode
from composer.results.model import UNITS, Figures
from memory.email_hints import email_id_of
from memory.events import Event
from memory.lines import MAX_AMOUNT, lines, text_id, units
from memory.parts.mails import is_machine
from memory.tables import Event as EventRow
from store.upsert import table_of

RETURNS = timedelta(days=14)
"""What comes back for so long after a window is subtracted from it."""
ORDERED, REFUNDED, CANCELLED = "Order Completed", "Order Refunded", "Order Cancelled"
DELIVERED, OPENED, CLICKED = "Email Delivered", "Email Opened", "Email Link Clicked"
COMPLAINED, UNSUBSCRIBED = "Email Marked as Spam", "Unsubscribed"
_COUNTS: Mapping[str, str] = {
    DELIVERED: "delivered",
    CLICKED: "clicked",
    COMPLAINED: "complained",
    UNSUBSCRIBED: "unsubscribed",
}
_NAMES = (ORDERED, REFUNDED, CANCELLED, OPENED, *_COUNTS)
_EVENT = table_of(EventRow).c


@dataclass(slots=True)
class _Person:
    """One episode's events, each e-mail and each order counted once."""

    emails: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """By what happened: ids of the e-mails it happened to."""
    orders: dict[str, tuple[datetime, int, bool]] = field(default_factory=dict)
    """By order id: when, money, whether in the brand's currency. The newest report of an order counts."""
    returned: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    cancelled: set[str] = field(default_factory=set)


async def count(session: AsyncSession, batch: Sequence[Episode], currency: str) -> list[Figures]:
    """The figures of each episode, in order, in one read. `currency`: ISO 4217."""
    if not batch:
        return []
    happened = await _events(session, batch)
    return [_figures(one, happened.get(one.customer_id, ()), currency) for one in batch]


async def _events(session: AsyncSession, batch: Sequence[Episode]) -> Mapping[str, list[Event]]:
    query = select(_EVENT.customer_id, _EVENT.message_id, _EVENT.name, _EVENT.at, _EVENT.payload).where(
        _EVENT.customer_id.in_({one.customer_id for one in batch}),
        _EVENT.at >= min(one.begins for one in batch),
        _EVENT.at < max(one.ends for one in batch) + RETURNS,
        _EVENT.name.in_(_NAMES),
    )
    found: dict[str, list[Event]] = defaultdict(list)
    for customer_id, message_id, name, at, payload in (await session.execute(query.order_by(_EVENT.at))).all():
        found[customer_id].append(Event(message_id, "track", name, None, None, at, orjson.loads(payload)))
    return found


def _figures(episode: Episode, events: Iterable[Event], currency: str) -> Figures:
    person = _Person()
    for event in events:
        if episode.begins <= event.at < episode.ends + RETURNS:
            _take(person, episode, event, currency)
    by_machine = person.emails["opened_by_machine"] - person.emails["opened"]
    counted = {name: len(person.emails[name]) for name in _COUNTS.values()}
    return Figures(
        customers=1,
        emails=len(set(episode.email_ids)),
        opened=len(person.emails["opened"]),
        machine_opened=len(by_machine),
        **counted,
        **_money(person),
    )


def _take(person: _Person, episode: Episode, event: Event, currency: str) -> None:
    order = text_id(event.properties.get("order_id")) or event.message_id
    if event.name == REFUNDED:
        person.returned[order] += _returned(event)
    elif event.name == CANCELLED:
        person.cancelled.add(order)
    elif event.at >= episode.ends:
        return
    elif event.name == ORDERED:
        said = event.properties.get("currency")
        ours = not isinstance(said, str) or said.upper() == currency
        person.orders[order] = (event.at, _total(event), ours)
    else:
        _note_email(person, episode, event)


def _note_email(person: _Person, episode: Episode, event: Event) -> None:
    email_id = email_id_of(event)
    if email_id not in episode.email_ids:
        return
    if event.name == OPENED:
        person.emails["opened_by_machine" if is_machine(event) else "opened"].add(email_id)
    elif event.name != CLICKED or not is_machine(event):
        person.emails[_COUNTS[event.name]].add(email_id)


def _money(person: _Person) -> dict[str, float]:
    kept = {order: said for order, said in person.orders.items() if order not in person.cancelled}
    ours = {order: total for order, (_, total, in_currency) in kept.items() if in_currency}
    # A refund can take an order to nothing, never below: what was paid is all that can come back.
    revenue = sum(max(0, total - person.returned.get(order, 0)) for order, total in ours.items())
    return {
        "buyers": int(bool(kept)),
        "orders": len(kept),
        "other_currency": len(kept) - len(ours),
        "revenue": revenue,
        "revenue_squared": (revenue / UNITS) ** 2,
    }


def _total(event: Event) -> int:
    said = (units(event.properties.get(name)) for name in ("total", "revenue", "value"))
    total = next((amount for amount in said if amount is not None), None)
    return _sum(event) if total is None else total


def _returned(event: Event) -> int:
    """A refund that names neither money nor products takes the whole order back."""
    total = units(event.properties.get("total"))
    if total is not None:
        return total
    return _sum(event) if event.properties.get("products") else MAX_AMOUNT * UNITS


def _sum(event: Event) -> int:
    return sum((line.price or 0) * line.quantity for line in lines(event))
