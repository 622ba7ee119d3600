"""What happened to one e-mail, out of the events that name it. Machines' opens and clicks are nobody's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from memory.email_hints import email_id_of
from memory.events import Event
from memory.parts.mails import is_machine, link_of, persons_clicks, persons_opens
from memory.state import micros, moment_of

DELIVERED, OPENED, CLICKED, BOUNCED = "Email Delivered", "Email Opened", "Email Link Clicked", "Email Bounced"
COMPLAINED, UNSUBSCRIBED = "Email Marked as Spam", "Unsubscribed"
NAMES = frozenset({DELIVERED, OPENED, CLICKED, BOUNCED, COMPLAINED, UNSUBSCRIBED})
MOST = 1_000
"""The first clicks of an e-mail: whoever clicks more often is not shopping."""


@dataclass
class Mail:
    """Moments by what happened. Read once all is known: who it was by is made out once."""

    email_id: str
    happened: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    machine_opened: list[datetime] = field(default_factory=list)
    """Opens that say of themselves that no person made them."""
    links: list[tuple[int, str]] = field(default_factory=list)
    """Of clicks that do not: when (µs), and what tells the link from others."""

    def delivered(self) -> datetime | None:
        """When it first arrived."""
        return min(self.happened.get(DELIVERED, ()), default=None)

    def by_person(self, name: str) -> Sequence[datetime]:
        """Moments of opens or clicks by a person, as memory tells them from machines': at most `MOST` clicks."""
        return self._clicks if name == CLICKED else self._opens

    def by_machine(self) -> list[datetime]:
        """Opens by machines, as far as that can be told."""
        people = set(self._opens)
        return self.machine_opened + [at for at in self.happened.get(OPENED, ()) if at not in people]

    @cached_property
    def _arrived(self) -> int | None:
        at = self.delivered()
        return None if at is None else micros(at)

    @cached_property
    def _opens(self) -> Sequence[datetime]:
        opens = {micros(at): at for at in self.happened.get(OPENED, ())}
        return [opens[at] for at in persons_opens(sorted(opens), self._arrived)]

    @cached_property
    def _clicks(self) -> Sequence[datetime]:
        return [moment_of(at) for at in persons_clicks(sorted(self.links), self._arrived)[:MOST]]


def mails_of(events: Iterable[Event], ours: Collection[str]) -> Mapping[str, Mail]:
    """By id; of the e-mails `ours`, which were sent to the customer whose events these are."""
    found: dict[str, Mail] = {}
    for event in events:
        if event.name not in NAMES or (email_id := email_id_of(event)) not in ours or email_id is None:
            continue
        mail = found.setdefault(email_id, Mail(email_id))
        by_machine = event.name in (OPENED, CLICKED) and is_machine(event)
        if not by_machine:
            mail.happened[event.name].append(event.at)
            if event.name == CLICKED:
                mail.links.append((micros(event.at), link_of(event)))
        elif event.name == OPENED:
            mail.machine_opened.append(event.at)
    return found
