"""A run as lines of JSON or as messages: everyone in it, each with what became of them, and the e-mails as they may go
out at this moment.

Read page by page, so that memory does not grow with the run; each e-mail is looked at again (`composer.freshness`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from composer.freshness import Withdrawn
from composer.handoff import mime
from composer.handoff.channel import Parcel
from composer.message import assemble
from composer.render import Rendered
from composer.runs import service
from composer.runs.model import Recipient
from composer.stored import StoredEmail
from memory.addresses import addresses
from store.database import Database

PAGE = 100
"""Recipients read at a time."""
WITHDRAWN = "withdrawn"
"""The status of a line whose e-mail is stored but may not go out now."""
_OF_THE_EMAIL = ("path", "revision", "subject", "preheader", "html", "text", "headers", "picks")


class Current(Protocol):
    """Stored e-mails as they may be handed on now; `composer.freshness.Freshness` is the real one."""

    async def current_many(self, email_ids: Sequence[str]) -> Mapping[str, StoredEmail | Withdrawn]:
        """By id; ids nobody has are left out. Raises Unavailable (database)."""
        ...


@dataclass(frozen=True, slots=True)
class Exported:
    """One recipient with their e-mail."""

    recipient: Recipient
    email: StoredEmail | Withdrawn | None

    @property
    def status(self) -> str:
        """The recipient's, or `withdrawn`."""
        return WITHDRAWN if isinstance(self.email, Withdrawn) else self.recipient.status.value

    def line(self) -> bytes:
        """One line of NDJSON. `idempotency_key` is the same however often the run is exported or handed on."""
        one, email = self.recipient, self.email
        line: dict[str, Any] = {"position": one.position, "customer": one.customer, "status": self.status}
        if isinstance(email, StoredEmail):
            line |= {"idempotency_key": one.email_id, **{name: email.document.get(name) for name in _OF_THE_EMAIL}}
        else:
            refused = email or one
            line |= {"reason": refused.reason, "detail": refused.detail}
        return orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE)


async def pages(database: Database, current: Current, run_id: str, *, after: int = -1) -> AsyncIterator[list[Exported]]:
    """Everyone behind the position `after`, in the run's order. Raises UnknownRun, Unavailable (database)."""
    while page := await _page(database, current, run_id, after):
        yield page
        after = page[-1].recipient.position


async def _page(database: Database, current: Current, run_id: str, after: int) -> list[Exported]:
    async with database.session(readonly=True) as session:
        found = await service.recipients(session, run_id, limit=PAGE, after=after)
    ids = [one.email_id for one in found if one.email_id]
    emails = await current.current_many(ids) if ids else {}
    return [Exported(one, emails.get(one.email_id)) for one in found]


async def messages(database: Database, page: Sequence[Exported]) -> list[tuple[str, bytes]]:
    """(e-mail id, RFC 5322 message) of each e-mail of a page that may go out.

    Without `To` where the customer has no address that mail can be sent to. Raises Unavailable (database).
    """
    ready = [(one.recipient, one.email) for one in page if isinstance(one.email, StoredEmail)]
    async with database.session(readonly=True) as session:
        known = await addresses(session, [recipient.customer for recipient, _ in ready])
    return [(one.email_id, _message(one, email.document, known.get(one.customer))) for one, email in ready]


def _message(one: Recipient, document: Mapping[str, Any], address: str | None) -> bytes:
    try:
        to = mime.recipient(address or "")
    except mime.BadAddress:
        rendered = Rendered(**{name: document[name] for name in ("subject", "preheader", "html", "text")})
        return assemble(rendered, document["headers"], one.email_id)
    return mime.message(Parcel(one.email_id, "", address, document), to)
