"""What our e-mails were like, for events that only name them: written beside the event at ingest, as product data is.

It becomes part of the stored event, so that a rebuild does not depend on which e-mails are still kept by then.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from memory.events import Event

EMAIL_EVENTS = frozenset(
    {
        "Email Sent",
        "Email Delivered",
        "Email Opened",
        "Email Link Clicked",
        "Email Bounced",
        "Email Marked as Spam",
        "Unsubscribed",
    }
)
"""Segment's names (segment.com/docs/connections/spec/email), and `Email Sent` of senders that report no delivery."""
MAX_PRODUCTS = 8
_OUR_ID = re.compile(r"msg_[0-9a-z]{26}")


@dataclass(frozen=True, slots=True)
class EmailHints:
    """One e-mail of ours: to whom, and the arm of each dimension that was chosen for it."""

    customer: str
    """The shop's own id."""
    flow: str
    angle: str
    tone: str
    length: str
    subject: str
    """Its style, `composer.styles.subject_style`."""
    cta: str
    products: tuple[str, ...] = ()
    """Ids of the picks it showed."""

    def to_plain(self) -> list[Any]:
        """As it stands in a stored event: six arms, and the products."""
        arms = [self.flow, self.angle, self.tone, self.length, self.subject, self.cta]
        return [*arms, list(self.products[:MAX_PRODUCTS])]


EmailsKnown = Callable[[AsyncSession, Collection[str]], Awaitable[Mapping[str, EmailHints]]]
"""E-mail ids -> what is known of those that are ours. Handed in at ingest, because memory knows no e-mails."""


def email_id_of(event: Event) -> str | None:
    """Our id of the e-mail an event is about: its `email_id`, or what its `Message-ID` (ours hold it) says."""
    if event.name not in EMAIL_EVENTS:
        return None
    properties = event.properties
    for field in ("email_id", "message_id", "smtp-id"):
        value = properties.get(field)
        found = _OUR_ID.search(value) if isinstance(value, str) else None
        if found is not None:
            return found.group()
    return None


async def add_email_hints(session: AsyncSession, events: Sequence[Event], emails: EmailsKnown) -> None:
    """Write beside events about our e-mails what those were like; one look-up for all of them.

    An event of one customer about another's e-mail (it was forwarded, or the id is made up) teaches nothing.
    """
    ids = {event.message_id: email_id for event in events if (email_id := email_id_of(event)) is not None}
    if not ids:
        return
    known = await emails(session, set(ids.values()))
    for event in events:
        hints = known.get(ids.get(event.message_id, ""))
        if hints is not None and hints.customer == event.user_id:
            event.body["email_hints"] = hints.to_plain()
