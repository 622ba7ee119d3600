"""Postmark's webhooks: not signed. A password we make up, in the URL (Basic, RFC 7617) or in a header, stands for it.

Postmark, "Webhooks overview" and "Bounce webhook".
"""

from __future__ import annotations

import base64
import hmac
import secrets as random
from collections.abc import Sequence
from typing import Any

from yarl import URL

from api.hooks.model import EMAIL_ID, BadSecret, Call, Reading, Unsigned, dig, document_of, from_iso, named
from api.outcomes import OutcomeType

HEADER = "x-penfriend-hook-secret"
USER = "penfriend"
_BYTES, _LEAST = 24, 24
_TYPES: dict[str, OutcomeType] = {
    "Delivery": "delivered",
    "Open": "opened",
    "Click": "clicked",
    "SpamComplaint": "complained",
}
_TIMES = {"Delivery": "DeliveredAt", "Open": "ReceivedAt", "Click": "ReceivedAt", "SubscriptionChange": "ChangedAt"}
_BOUNCES: dict[str, OutcomeType] = {
    "HardBounce": "bounced",
    "BadEmailAddress": "bounced",
    "SoftBounce": "bounced",
    "DnsError": "bounced",
    "VirusNotification": "bounced",
    "SpamNotification": "complained",
    "SpamComplaint": "complained",
    "Unsubscribe": "unsubscribed",
}
"""Postmark's types of bounces as django-anymail has them; the others (`Transient`, `AutoResponder` …) are none."""
_DEAD = frozenset({"HardBounce", "BadEmailAddress"})


class Postmark:
    """A `Provider`."""

    name = "postmark"
    title = "Postmark"
    asks = ""

    def checked(self, secret: str) -> str:
        """The password: a new one where none is given. Raises BadSecret."""
        password = secret.strip() or random.token_urlsafe(_BYTES)
        if len(password) < _LEAST or not password.isascii() or not password.isprintable():
            raise BadSecret(f"The password has less than {_LEAST} characters.", fix="Leave it out: one is made up.")
        return password

    def guide(self, url: str, secret: str) -> list[str]:
        """See `Provider`."""
        return [
            "Servers › your server › your message stream › Webhooks › Add webhook:",
            f"Webhook URL {URL(url).with_user(USER).with_password(secret)}",
            "Tick: Delivery, Bounce, Spam complaint, Open, Link click, Subscription change.",
            f'Send each e-mail with Metadata {{"{EMAIL_ID}": "msg_…"}}: Postmark replaces our Message-ID.',
        ]

    async def admit(self, call: Call, secrets: Sequence[str]) -> None:
        """See `Provider`."""
        given = (call.headers.get(HEADER) or _password(call.headers.get("authorization", ""))).encode()
        right = [hmac.compare_digest(secret.encode(), given) for secret in secrets]
        if not any(right):
            raise Unsigned(
                "The password of Postmark's webhook is missing or wrong.",
                fix="Enter the URL that `penfriend hooks add postmark` prints.",
                reason="bad_credentials",
            )

    def read(self, call: Call) -> Reading:
        """See `Provider`: one event."""
        event = document_of(call.body)
        reading = Reading()
        if isinstance(event, dict):
            _read_one(reading, event)
        else:
            reading.unread()
        return reading


def _read_one(reading: Reading, event: dict[str, Any]) -> None:
    record = event.get("RecordType")
    type_ = _type_of(event)
    clicked = type_ == "clicked"
    reading.add(
        event.get("Type") if record == "Bounce" else record,
        type_,
        (named(event.get("Metadata"), EMAIL_ID), event.get("Tag")),
        at=from_iso(event.get(_TIMES.get(str(record), "BouncedAt"))),
        url=event.get("OriginalLink") if clicked else None,
        agent=event.get("UserAgent"),
        permanent=type_ == "bounced" and event.get("Type") in _DEAD,
    )


def _type_of(event: dict[str, Any]) -> OutcomeType | None:
    record = str(event.get("RecordType"))
    if record == "Bounce":
        return _BOUNCES.get(str(event.get("Type")))
    if record == "SubscriptionChange":
        # Also said of addresses that bounced or complained, of which another record tells more.
        by_hand = dig(event, "SuppressionReason") == "ManualSuppression"
        return "unsubscribed" if event.get("SuppressSending") is True and by_hand else None
    return _TYPES.get(record)


def _password(header: str) -> str:
    scheme, _, value = header.strip().partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(value.strip(), validate=True).decode().partition(":")[2]
    except ValueError:
        # No base64, or no UTF-8 in it.
        return ""
