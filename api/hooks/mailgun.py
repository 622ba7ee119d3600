"""Mailgun's webhooks: HMAC-SHA256 of timestamp and token, inside the JSON. The rest of the body is not signed.

So what was signed is honoured once (`Reading.token`): who overheard it can say nothing with it after Mailgun has.
Mailgun, "Securing webhooks" and "Event structure".
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from api.hooks.model import (
    EMAIL_ID,
    BadSecret,
    Call,
    Reading,
    Unsigned,
    dig,
    document_of,
    from_epoch,
    named,
    require_fresh,
)
from api.outcomes import OutcomeType
from memory.parts.mails import is_bot

RETRIES = timedelta(hours=8, minutes=30)
"""Mailgun tries again for eight hours; tokens are remembered for longer (`receiving.TOKENS_KEPT`)."""
_MIN_KEY, _MAX_KEY = 16, 200
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
"""Nothing but digits: it is signed together with the token, with no mark between them, and of a timestamp that might go
on (`…e0`) nobody could say where it ends."""
_TYPES: dict[str, OutcomeType] = {
    "delivered": "delivered",
    "opened": "opened",
    "clicked": "clicked",
    "failed": "bounced",
    "complained": "complained",
    "unsubscribed": "unsubscribed",
}
_NOT_TRIED = frozenset({"suppress-unsubscribe", "suppress-complaint"})
_DEAD = frozenset({"bounce", "suppress-bounce"})
"""Reasons for which Mailgun itself sends there no more."""


class Mailgun:
    """A `Provider`."""

    name = "mailgun"
    title = "Mailgun"
    asks = "the HTTP webhook signing key: Send › Sending › Webhooks"

    def checked(self, secret: str) -> str:
        """The signing key. Raises BadSecret."""
        key = secret.strip()
        if not (_MIN_KEY <= len(key) <= _MAX_KEY and key.isascii() and key.isprintable()):
            raise BadSecret("This is not Mailgun's webhook signing key.", fix="Copy it whole from the console.")
        return key

    def guide(self, url: str, secret: str) -> list[str]:
        """See `Provider`."""
        return [
            f"Send › Sending › Webhooks: add {url} for each of",
            "Delivered Messages, Opens, Clicks, Permanent Failure, Spam Complaints, Unsubscribes.",
            f"Send each e-mail with v:{EMAIL_ID}=msg_…, or keep our Message-ID.",
        ]

    async def admit(self, call: Call, secrets: Sequence[str]) -> None:
        """See `Provider`."""
        timestamp, token, signature = _signature(document_of(call.body))
        wanted = signature.encode()
        content = f"{timestamp}{token}".encode()
        # All of them are tried: how long it takes must not tell which key is in use.
        right = [hmac.compare_digest(hmac.new(key.encode(), content, "sha256").hexdigest().encode(), wanted)
                 for key in secrets]  # fmt: skip
        if not _TIMESTAMP.fullmatch(timestamp) or not token or not any(right):
            raise Unsigned(
                "Mailgun's signature is missing or wrong.",
                fix="Add the webhook signing key of the account that sends: penfriend hooks add mailgun.",
            )
        require_fresh(from_epoch(timestamp), call, RETRIES)

    def read(self, call: Call) -> Reading:
        """See `Provider`: one event."""
        document = document_of(call.body)
        timestamp, token, _ = _signature(document)
        # All that was signed: wherever somebody moves the border between the two, it is the same.
        reading = Reading(token=f"{timestamp}{token}")
        event = dig(document, "event-data")
        if isinstance(event, dict):
            _read_one(reading, event)
        else:
            reading.unread()
        return reading


def _read_one(reading: Reading, event: dict[str, Any]) -> None:
    kind, reason = event.get("event"), event.get("reason")
    type_ = _TYPES.get(kind) if isinstance(kind, str) else None
    if type_ == "bounced" and (event.get("severity") != "permanent" or reason in _NOT_TRIED):
        type_ = None
    headers = dig(event, "message", "headers")
    reading.add(
        kind,
        type_,
        (named(event.get("user-variables"), EMAIL_ID), named(headers, "message-id")),
        at=from_epoch(event.get("timestamp")),
        event_id=event.get("id"),
        url=event.get("url") if type_ == "clicked" else None,
        machine=is_bot(dig(event, "client-info", "bot")),
        agent=dig(event, "client-info", "user-agent"),
        permanent=type_ == "bounced" and reason in _DEAD,
    )


def _signature(document: Any) -> tuple[str, str, str]:
    """Timestamp, token, signature; empty where they are no texts (a timestamp may be a number)."""
    parts = (dig(document, "signature", name) for name in ("timestamp", "token", "signature"))
    timestamp, token, signature = (
        str(part) if isinstance(part, str | int | float) and not isinstance(part, bool) else "" for part in parts
    )
    return timestamp, token, signature
