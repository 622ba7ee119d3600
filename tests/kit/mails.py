"""E-mails of ours and what became of them, for tests of what memory learns from that."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession

from memory.email_hints import EmailHints
from memory.events import Event, parse
from store.ids import email_id_for
from tests.kit.events import NOW

DELIVERED, OPENED, CLICKED = "Email Delivered", "Email Opened", "Email Link Clicked"
BOUNCED, COMPLAINED, UNSUBSCRIBED = "Email Bounced", "Email Marked as Spam", "Unsubscribed"
_FEW = st.sampled_from


def hints(**changes: Any) -> EmailHints:
    """What one e-mail was like."""
    usual = {
        "customer": "u1",
        "flow": "newsletter",
        "angle": "news",
        "tone": "warm",
        "length": "short",
        "subject": "plain",
        "cta": "short",
        "products": ("p1", "p2"),
    }
    return EmailHints(**{**usual, **changes})


def email_id(number: int, at: datetime = NOW) -> str:
    """Ids of one moment, told apart by their number."""
    return email_id_for(at, str(number))


def mail_event(name: str, email: str, at: datetime, about: EmailHints | None = None, **properties: Any) -> Event:
    """An event about an e-mail, as it is after ingest has added what the e-mail was like."""
    known = about or hints()
    message = {
        "type": "track",
        "event": name,
        "userId": known.customer,
        "messageId": f"{name}-{email}-{at.isoformat()}",
        "timestamp": at.isoformat(),
        "properties": {"email_id": email, **properties},
    }
    event = parse(message, max(at, NOW))
    event.body["email_hints"] = known.to_plain()
    return event


def sent(
    number: int, *, days_ago: float, opened: bool = False, clicked: bool = False, left: bool = False, **about: Any
) -> list[Event]:
    """One e-mail that arrived, and what was done with it an hour later."""
    at = NOW - timedelta(days=days_ago)
    names = [DELIVERED]
    names += [OPENED] if opened or clicked else []
    names += [CLICKED] if clicked else []
    names += [UNSUBSCRIBED] if left else []
    email = email_id(number, at)
    hour = timedelta(hours=1)
    return [mail_event(name, email, at + hour * (place > 0), hints(**about)) for place, name in enumerate(names)]


def knows(*known: tuple[str, EmailHints]) -> Any:
    """A `memory.email_hints.EmailsKnown` of just these e-mails."""
    found = dict(known)

    async def look_up(session: AsyncSession, ids: Collection[str]) -> Mapping[str, EmailHints]:
        return {one: found[one] for one in ids if one in found}

    return look_up


@st.composite
def mail_histories(draw: st.DrawFn) -> list[Event]:
    """Events about a few e-mails of one customer, many at the same moments, some of machines, some rebuilt between."""
    drawn = draw(
        st.lists(
            st.tuples(
                _FEW([DELIVERED, "Email Sent", OPENED, CLICKED, BOUNCED, COMPLAINED, UNSUBSCRIBED, "Order Completed"]),
                st.integers(0, 5),
                st.integers(0, 30).map(lambda step: NOW - timedelta(hours=step * 37, seconds=1 + step % 3)),
                st.booleans(),
                _FEW([("p1", "p2"), ("p2", "p3"), ()]),
                _FEW(["", "/a", "/b", "/c", "/d"]),
            ),
            max_size=30,
        )
    )
    return [
        _numbered(
            mail_event(name, email_id(number), at, hints(products=products), sg_machine_open=machine, link_url=link),
            place,
        )
        for place, (name, number, at, machine, products, link) in enumerate(drawn)
    ]


def _numbered(event: Event, place: int) -> Event:
    event.message_id = f"m{place:03}"
    return event
