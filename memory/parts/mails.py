"""What became of each of our e-mails: what it was like, when it arrived, was opened, clicked, or made them leave.

The N greatest e-mail ids are kept (ours are UUIDv7: the newest e-mails). Each moment is a minimum or a maximum over
the events about it, so that order and duplicates do not matter; a kept id has been kept since its first event, as only
greater ids push one out. Only e-mails that were ours to this customer are kept: what came without hints
(`memory.email_hints`) is not.

Not everything that opens or clicks is a person (`is_machine`, and `MACHINE_SPEED`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

from memory.email_hints import email_id_of
from memory.events import Event
from memory.parts.steps import Step
from memory.state import MICROSECOND, State

MAILS = 60
"""At two a week more than half a year. Older outcomes would weigh little anyway."""
MAILS_WITH_PRODUCTS = 24
MACHINE_SPEED = timedelta(seconds=2)
"""Nobody reads an e-mail and clicks this soon after it arrived: scanners of links do, on every link."""
_MACHINE_SPEED = MACHINE_SPEED // MICROSECOND
MACHINE_FLAGS = ("sg_machine_open", "machine_open", "is_machine", "is_machine_open", "is_bot", "bot", "prefetch")
"""Properties by which senders say so. `sg_machine_open` is SendGrid's; Mailgun's `client-info.bot` is read too."""
APPLE_PRIVACY_AGENT = "Mozilla/5.0"
"""All that Apple's Mail Privacy Protection, which loads every image of every e-mail, says of itself."""

SENT, DELIVERED, OPENED, LAST_OPENED, CLICKED, LAST_CLICKED, BOUNCED, UNSUBSCRIBED, COMPLAINED, ABOUT = range(10)
"""Places in an entry: moments in µs or None; `ABOUT` is [time, message id, six arms, products]."""
_FIRST: tuple[int, ...] = (SENT, DELIVERED, OPENED, CLICKED, BOUNCED, UNSUBSCRIBED, COMPLAINED)
_LAST: tuple[int, ...] = (LAST_OPENED, LAST_CLICKED)


class Mailed(NamedTuple):
    """One of our e-mails to this customer, and what they did with it. Moments in µs since 1970; None: none known."""

    email_id: str
    flow: str
    angle: str
    tone: str
    length: str
    subject: str
    cta: str
    products: tuple[str, ...]
    """Ids of the picks shown; empty for all but the newest 24 e-mails."""
    arrived: int | None
    """Delivered, or sent where the sender reports no delivery. None: bounced, or nothing said so."""
    opened: int | None
    """First by a person."""
    clicked: int | None
    unsubscribed: int | None
    complained: int | None

    @property
    def left(self) -> bool:
        """Did it make them unsubscribe or complain?"""
        return self.unsubscribed is not None or self.complained is not None

    @property
    def ignored(self) -> bool:
        """Did it arrive, and they neither opened nor clicked it?"""
        return self.arrived is not None and self.opened is None and self.clicked is None


def is_machine(event: Event) -> bool:
    """Whether an open or click says of itself that no person made it. Simple on purpose; see the module."""
    properties = event.properties
    if any(_said(properties.get(flag)) for flag in MACHINE_FLAGS):
        return True
    client = properties.get("client-info")
    if isinstance(client, dict) and _said(client.get("bot")):
        return True
    context = event.body.get("context") or {}
    agents = (properties.get("user_agent"), properties.get("useragent"), context.get("userAgent"))
    return APPLE_PRIVACY_AGENT in agents


def _said(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.lower() not in ("", "false", "0", "no", "none"))


def mails(state: State) -> Iterator[Mailed]:
    """Our e-mails to this customer, newest first."""
    kept = state["mails"]
    for email_id in sorted(kept, reverse=True):
        sent, delivered, opened, last_opened, clicked, last_clicked, bounced, unsubscribed, complained, _ = kept[
            email_id
        ]
        _, _, flow, angle, tone, length, subject, cta, products = kept[email_id][ABOUT]
        arrived = sent if delivered is None else delivered
        by_machines_until = -1 if delivered is None else delivered + _MACHINE_SPEED
        # By place and not by name: every recall reads up to sixty.
        yield Mailed(
            email_id,
            flow,
            angle,
            tone,
            length,
            subject,
            cta,
            tuple(products),
            arrived if bounced is None else None,
            _by_person(opened, last_opened, by_machines_until),
            _by_person(clicked, last_clicked, by_machines_until),
            unsubscribed,
            complained,
        )


def _by_person(first: int | None, last: int | None, by_machines_until: int) -> int | None:
    """The first moment, or the last one where the first came at a machine's speed."""
    if first is None or first > by_machines_until:
        return first
    return last if last is not None and last > by_machines_until else None


def put_mail(kept: dict[str, list[Any]], email_id: str, entry: list[Any], limit: int, with_products: int) -> None:
    """Join what is known of one e-mail into `kept`, and keep the `limit` greatest ids."""
    present = kept.get(email_id)
    kept[email_id] = entry if present is None else _joined(present, entry)
    if len(kept) > limit:
        del kept[min(kept)]
    if len(kept) > with_products:
        for older in sorted(kept, reverse=True)[with_products:]:
            kept[older][ABOUT][-1] = []


def _joined(one: list[Any], other: list[Any]) -> list[Any]:
    joined = list(one)
    for place in _FIRST:
        joined[place] = min((at for at in (one[place], other[place]) if at is not None), default=None)
    for place in _LAST:
        joined[place] = max((at for at in (one[place], other[place]) if at is not None), default=None)
    # An e-mail that was rebuilt between two events (`composer.refreshing`) has shown other picks: the first count.
    joined[ABOUT] = min(one[ABOUT], other[ABOUT], key=lambda about: about[:2])
    return joined


def _happened(*places: int, by_person: bool = False) -> Step:
    def step(state: State, event: Event, time: int) -> None:
        hints = event.body.get("email_hints")
        email_id = email_id_of(event)
        if hints is None or email_id is None or (by_person and is_machine(event)):
            return
        entry: list[Any] = [None] * ABOUT + [[time, event.message_id, *hints[:-1], list(hints[-1])]]
        for place in places:
            entry[place] = time
        put_mail(state["mails"], email_id, entry, MAILS, MAILS_WITH_PRODUCTS)

    return step


STEPS: dict[str, Step] = {
    "Email Sent": _happened(SENT),
    "Email Delivered": _happened(DELIVERED),
    "Email Opened": _happened(OPENED, LAST_OPENED, by_person=True),
    "Email Link Clicked": _happened(CLICKED, LAST_CLICKED, by_person=True),
    "Email Bounced": _happened(BOUNCED),
    "Email Marked as Spam": _happened(COMPLAINED),
    "Unsubscribed": _happened(UNSUBSCRIBED),
}
