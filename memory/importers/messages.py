"""Rows as Segment's messages. Their ids are a pure function of what they say.

So importing a file again, or a later or an overlapping one, brings only what is new. The ids are keyed hashes: an
unkeyed one of an address could be guessed. What is undated in the export is taken to hold when the file was made
(`as_of`) or, where nobody says, when it was imported; in the latter case the time is no part of the id.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson

from memory.guests import guest_id
from memory.importers.cells import compact
from memory.importers.model import Consent, Customer, Found, Happened, Line, Message, Note, Order, Person
from memory.lines import MAX_LABEL_LENGTH, MAX_LINES
from store.crypto import Keyring
from store.files.issues import RowIssue

ID_DIGITS = 40
WITHDRAWN = {"unsubscribed": "Unsubscribed", "complained": "Email Marked as Spam", "bounced": "Email Bounced"}
"""Segment's e-mail events that take a yes back (`memory.consent`)."""
Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sender:
    """Makes messages of one import."""

    source: str
    format: str
    keyring: Keyring
    imported_at: datetime
    as_of: datetime | None = None

    @property
    def undated(self) -> datetime:
        """The time of what the export does not date."""
        return self.as_of or self.imported_at

    def id(self, *parts: Any) -> str:
        """A message id out of what makes a message itself."""
        content = orjson.dumps([self.source, *parts], default=str, option=orjson.OPT_SORT_KEYS)
        return f"{self.source}:{self.keyring.sign('import', content).hex()[:ID_DIGITS]}"

    def who(self, person: Person) -> Body:
        """Segment's ids: the account's, and that of everyone with this address."""
        guest = guest_id(self.keyring, person.email) if person.email else None
        return compact({"userId": person.user_id, "anonymousId": guest})

    def message(self, kind: str, key: str, person: Person, at: datetime, **body: Any) -> Body:
        """One message. `key` is its id."""
        sent = {"type": kind, "messageId": key, "timestamp": at.isoformat(), **self.who(person), **body}
        context = {"import": {"source": self.source, "format": self.format}, **body.get("context", {})}
        return {**sent, "context": context}


@dataclass(slots=True)
class Sent:
    """The messages of one row, and the order in it, if it is one: it may be known already (`revisions`)."""

    line: int
    messages: list[Body]
    order: Order | None = None
    no: Person | None = None
    """Who said no to e-mail at a time the export does not name."""
    notes: list[Note] = field(default_factory=list)


def sent_of(found: Found, sender: Sender) -> Sent | RowIssue:
    """The messages of a row; a row that is about nobody is one that cannot be taken."""
    if isinstance(found, Message):
        return Sent(found.line, [found.body])
    if not sender.who(found.person):
        return RowIssue(
            line=found.line,
            field="customer",
            reason="The row names neither a customer nor an e-mail address.",
            fix="Leave it out, or export it with the customer.",
        )
    if isinstance(found, Customer):
        undated_no = found.at is None and any(one.said == "no" and one.at is None for one in found.person.consents)
        return Sent(found.line, list(_customer(found, sender)), no=found.person if undated_no else None)
    if isinstance(found, Happened):
        key = sender.id("event", found.id)
        event = sender.message("track", key, found.person, found.at, event=found.name, properties=found.properties)
        return Sent(found.line, [event])
    return Sent(found.line, list(_order(found, sender)), order=found, notes=list(_cut(found)))


def _customer(found: Customer, sender: Sender) -> Iterator[Body]:
    # An account without an address cannot be written to, but its orders count.
    yield from _identify(found.person, found.at or sender.undated, found.at or sender.as_of, sender)
    yield from _consents(found.person, found.at or sender.undated, found.at or sender.as_of, sender)


def _identify(person: Person, at: datetime, dated: datetime | None, sender: Sender) -> Iterator[Body]:
    """`dated` is part of the id where the export names a time: the same traits later are news."""
    traits = compact({"email": person.email, **person.traits})
    key = sender.id("identify", sender.who(person), traits, dated)
    yield sender.message("identify", key, person, at, traits=traits)


def _consents(person: Person, undated: datetime, dated: datetime | None, sender: Sender) -> Iterator[Body]:
    for consent in person.consents:
        key = sender.id("consent", sender.who(person), consent.said, consent.at or dated)
        yield _consent(person, consent, key, consent.at or undated, sender)


def no_again(person: Person, since: datetime, sender: Sender) -> Body:
    """The no of somebody who has said yes since they said it first."""
    key = sender.id("no again", sender.who(person), since)
    return _consent(person, Consent("no"), key, sender.undated, sender)


def _consent(person: Person, consent: Consent, key: str, at: datetime, sender: Sender) -> Body:
    proof = {"source": sender.source, "dated": consent.at is not None, **consent.proof}
    context = {"consent": proof}
    if consent.said in WITHDRAWN:
        bounce = {"bounce_type": "hard"} if consent.said == "bounced" else {}
        name = WITHDRAWN[consent.said]
        return sender.message("track", key, person, at, event=name, properties=bounce, context=context)
    traits = {"email_consent": consent.said == "yes"}
    return sender.message("identify", key, person, at, traits=traits, context=context)


def _order(order: Order, sender: Sender) -> Iterator[Body]:
    """Who ordered, the order itself, and its end if it was cancelled. Refunds are in `revisions`."""
    if order.person.email:
        # Of an order only what it says of the person at that time: later rows and the customers' export come later.
        person = order.person
        key = sender.id("identify", sender.who(person), person.email, person.traits)
        traits = compact({"email": person.email, **person.traits})
        yield sender.message("identify", key, person, order.at, traits=traits)
        yield from _consents(person, order.at, order.at, sender)
    if order.lines:
        yield completed(order, sender)
    if order.cancelled_at:
        key = sender.id("cancelled", order.order_id)
        yield sender.message(
            "track",
            key,
            order.person,
            order.cancelled_at,
            event="Order Cancelled",
            properties={"order_id": order.order_id},
        )


def completed(order: Order, sender: Sender) -> Body:
    """The order as it was placed. What it says is kept as a digest, by which a changed one is known later."""
    properties = order_properties(order)
    context = {"order": sender.id("content", properties)}
    key = completed_id(order, sender)
    return sender.message(
        "track", key, order.person, order.at, event="Order Completed", properties=properties, context=context
    )


def completed_id(order: Order, sender: Sender) -> str:
    """An order is placed once."""
    return sender.id("order", order.order_id)


def order_properties(order: Order) -> Body:
    """Segment's properties of an order."""
    amounts = {name: _number(amount) for name, amount in order.amounts.items()}
    return compact(
        {
            "order_id": order.order_id,
            "currency": order.currency,
            **amounts,
            "total": amounts.get("total", _whole(order.lines)),
            "coupon": order.coupon,
            "gift": order.gift or None,
            "products": [product_of(line) for line in together(order.lines)[:MAX_LINES]],
        }
    )


def together(lines: Sequence[Line]) -> list[Line]:
    """Lines of the same product at the same price as one: shops write a line a scan."""
    found: dict[Any, Line] = {}
    for line in lines:
        key = (line.product_id, line.price, tuple(sorted(line.details.items())))
        known = found.get(key)
        quantity = line.quantity + (known.quantity if known else 0)
        found[key] = Line(line.product_id, quantity, line.price, line.name, line.details)
    return list(found.values())


def _cut(order: Order) -> Iterator[Note]:
    count = len(together(order.lines))
    if count > MAX_LINES:
        yield Note(
            line=order.line,
            field="products",
            reason=f"The order has {count} lines; memory keeps the first {MAX_LINES}, and the whole total.",
            fix="Nothing need be done.",
        )


def _whole(lines: Sequence[Line]) -> float | None:
    """What an order came to, where only its lines say so: None as soon as one of them has no price."""
    priced = [line.price * line.quantity for line in lines if line.price is not None]
    return _number(sum(priced, Decimal(0))) if len(priced) == len(lines) else None


def product_of(line: Line) -> Body:
    """Segment's properties of a product."""
    details: Mapping[str, str] = line.details
    known = {"product_id": line.product_id, "name": (line.name or "")[:MAX_LABEL_LENGTH], **details}
    price = None if line.price is None else _number(line.price)
    return compact({**known, "quantity": abs(line.quantity), "price": price})


def _number(amount: Decimal) -> float:
    """As Segment sends it. Four decimals of a billion fit into a float exactly enough to be read back the same."""
    return float(amount)
