"""What is known already: what an export says of it now that it did not say before.

An order is placed once, whatever exports say later. Where its lines or amounts changed, it is updated. Refunds of an
order are numbered, each message keeps the sum until then, and what brings the sum beyond the last is the news: some
exports list refunds, some give their sum, and both may be of one shop. And a no without a date, said before and
followed by a yes, is a no again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from memory import consent
from memory.importers.cells import compact
from memory.importers.messages import Body, Sender, Sent, completed, completed_id, no_again, product_of
from memory.importers.model import Order, Refund
from memory.lines import MAX_LINES
from memory.tables import Customer, CustomerAlias
from memory.tables import Event as EventRow
from store.ids import CustomerId

MAX_REFUNDS = 20
"""Of one order."""


async def revised(session: AsyncSession, sent: Sequence[Sent], sender: Sender) -> list[Body]:
    """What is new about known orders and people among these, and all refunds that are."""
    return [*await _nos(session, sent, sender), *await _orders(session, sent, sender)]


async def _nos(session: AsyncSession, sent: Sequence[Sent], sender: Sender) -> list[Body]:
    people = [one.no for one in sent if one.no is not None]
    owners = await _owners(session, [sender.who(person) for person in people])
    standings = await consent.statuses(session, [CustomerId(owner) for owner in owners if owner])
    found = []
    for person, owner in zip(people, owners, strict=True):
        standing = standings.get(CustomerId(owner)) if owner else None
        if standing and standing.allowed and standing.since and standing.since < sender.undated:
            found.append(no_again(person, standing.since, sender))
    return found


async def _owners(session: AsyncSession, ids: Sequence[Body]) -> list[str | None]:
    """The customer of each of these, None for those who are new."""
    if not ids:
        return []
    users = select(col(Customer.external_id), col(Customer.id)).where(
        col(Customer.external_id).in_([who["userId"] for who in ids if "userId" in who])
    )
    guests = select(col(CustomerAlias.anonymous_id), col(CustomerAlias.customer_id)).where(
        col(CustomerAlias.anonymous_id).in_([who["anonymousId"] for who in ids if "anonymousId" in who])
    )
    by_user = {str(user): owner for user, owner in (await session.execute(users)).all()}
    by_guest = {str(guest): owner for guest, owner in (await session.execute(guests)).all()}
    return [by_user.get(who.get("userId", "")) or by_guest.get(who.get("anonymousId", "")) for who in ids]


async def _orders(session: AsyncSession, sent: Sequence[Sent], sender: Sender) -> list[Body]:
    orders = [one.order for one in sent if one.order is not None]
    if not orders:
        return []
    known = await _known(session, [completed_id(order, sender) for order in orders])
    updated = [change for order in orders for change in _updates(order, known, sender)]
    return updated + await _refunds(session, [order for order in orders if order.refunds], sender)


async def _known(session: AsyncSession, message_ids: Sequence[str]) -> dict[str, Body]:
    query = select(col(EventRow.message_id), col(EventRow.payload)).where(col(EventRow.message_id).in_(message_ids))
    return {message_id: orjson.loads(payload) for message_id, payload in (await session.execute(query)).all()}


def _updates(order: Order, known: dict[str, Body], sender: Sender) -> Iterator[Body]:
    before = known.get(completed_id(order, sender))
    if before is None or not order.lines:
        return
    now = completed(order, sender)
    content = now["context"]["order"]
    if before.get("context", {}).get("order") == content:
        return
    at = max(order.at, sender.undated)
    changed = {"event": "Order Updated", "messageId": sender.id("updated", order.order_id, content)}
    yield {**now, **changed, "timestamp": at.isoformat()}


async def _refunds(session: AsyncSession, orders: Sequence[Order], sender: Sender) -> list[Body]:
    """Looks for the first number that is free, of all orders at once: most have one refund or none."""
    found: list[Body] = []
    waiting = [(order, Decimal(0)) for order in orders]
    for number in range(1, MAX_REFUNDS + 1):
        ids = [_refund_id(order, number, sender) for order, _ in waiting]
        known = await _known(session, ids) if ids else {}
        for (order, before), key in zip(waiting, ids, strict=True):
            if key not in known:
                found += _new_refunds(order, before, number, sender)
        waiting = [
            (order, _until_then(known[key])) for (order, _), key in zip(waiting, ids, strict=True) if key in known
        ]
    return found


def _refund_id(order: Order, number: int, sender: Sender) -> str:
    return sender.id("refund", order.order_id, number)


def _until_then(body: dict[str, Any]) -> Decimal:
    return Decimal(body["context"]["refunded"])


def _new_refunds(order: Order, before: Decimal, number: int, sender: Sender) -> Iterator[Body]:
    """The refunds that bring the sum beyond what was given `before`, numbered from there."""
    until_then = Decimal(0)
    for refund in order.refunds:
        until_then += refund.amount
        if until_then > before or (number == 1 and refund.lines):
            yield _refund(order, refund, (before, until_then), _refund_id(order, number, sender), sender)
            before, number = until_then, number + 1


def _refund(order: Order, refund: Refund, sums: tuple[Decimal, Decimal], key: str, sender: Sender) -> Body:
    """One refund of a known or a new order; `sums` are those of the refunds before it, and with it."""
    before, until_then = sums
    properties = {"order_id": order.order_id, "currency": order.currency, "total": float(until_then - before)}
    products = [product_of(line) for line in refund.lines[:MAX_LINES]]
    return sender.message(
        "track",
        key,
        order.person,
        max(refund.at, order.at),
        event="Order Refunded",
        properties=compact({**properties, "products": products}),
        context={"refunded": str(until_then)},
    )
