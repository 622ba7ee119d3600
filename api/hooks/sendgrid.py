"""SendGrid's Event Webhook: ECDSA over P-256 with SHA-256, of the timestamp and the body as it came.

Twilio, "Getting started with the Event Webhook security features" and "Event Webhook reference".
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from api.errors import MalformedBody
from api.hooks.model import (
    EMAIL_ID,
    BadSecret,
    Call,
    Reading,
    Unsigned,
    dig,
    document_of,
    from_epoch,
    require_fresh,
)
from api.outcomes import OutcomeType

SIGNATURE, TIMESTAMP = "x-twilio-email-event-webhook-signature", "x-twilio-email-event-webhook-timestamp"
RETRIES = timedelta(hours=24, minutes=5)
"""SendGrid tries again for a day, and does not say whether it signs again. The body is signed and every event in it
counts once, so that an old call can add nothing that was not said then."""
_TYPES: dict[str, OutcomeType] = {
    "delivered": "delivered",
    "open": "opened",
    "click": "clicked",
    "bounce": "bounced",
    "spamreport": "complained",
    "unsubscribe": "unsubscribed",
    "group_unsubscribe": "unsubscribed",
}
_BLOCKED = "blocked"
"""A bounce that says nothing about the address: it was refused this time."""


class SendGrid:
    """A `Provider`."""

    name = "sendgrid"
    title = "SendGrid"
    asks = "the Verification Key: Settings › Mail Settings › Event Webhook › Signature Verification"

    def checked(self, secret: str) -> str:
        """A base64 DER public key, as the console shows it. Raises BadSecret."""
        _public_key(secret)
        return secret.strip()

    def guide(self, url: str, secret: str) -> list[str]:
        """See `Provider`."""
        return [
            f"Settings › Mail Settings › Event Webhook › your webhook: HTTP Post URL {url}",
            "Tick: Delivered, Opened, Clicked, Bounced, Spam Reports, Unsubscribed, Group Unsubscribed.",
            "Turn Signature Verification on.",
            f'Send each e-mail with custom_args {{"{EMAIL_ID}": "msg_…"}}, or keep our Message-ID.',
        ]

    async def admit(self, call: Call, secrets: Sequence[str]) -> None:
        """See `Provider`."""
        timestamp = call.headers.get(TIMESTAMP, "")
        try:
            signature = base64.b64decode(call.headers.get(SIGNATURE, ""), validate=True)
        except ValueError as error:
            raise _unsigned() from error
        if not any(_is_signed(secret, signature, timestamp.encode() + call.body) for secret in secrets):
            raise _unsigned()
        require_fresh(from_epoch(timestamp), call, RETRIES)

    def read(self, call: Call) -> Reading:
        """See `Provider`: a list of events."""
        events = document_of(call.body)
        if not isinstance(events, list):
            raise MalformedBody("The body is no list of events.", fix="Send it as SendGrid made it.")
        reading = Reading()
        for event in events:
            _read_one(reading, event)
        return reading


def _read_one(reading: Reading, event: Any) -> None:
    if not isinstance(event, dict):
        reading.unread()
        return
    kind = event.get("event")
    type_ = _TYPES.get(kind) if isinstance(kind, str) else None
    reading.add(
        kind,
        type_,
        (event.get(EMAIL_ID), dig(event, "unique_args", EMAIL_ID), event.get("smtp-id")),
        at=from_epoch(event.get("timestamp")),
        event_id=event.get("sg_event_id"),
        url=event.get("url") if type_ == "clicked" else None,
        machine=event.get("sg_machine_open") is True,
        agent=event.get("useragent"),
        permanent=type_ == "bounced" and event.get("type") != _BLOCKED,
    )


def _is_signed(secret: str, signature: bytes, content: bytes) -> bool:
    try:
        _public_key(secret).verify(signature, content, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def _public_key(secret: str) -> ec.EllipticCurvePublicKey:
    """Raises BadSecret."""
    try:
        key = load_der_public_key(base64.b64decode(secret.strip(), validate=True))
    except ValueError as error:
        raise _bad_key() from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise _bad_key()
    return key


def _bad_key() -> BadSecret:
    return BadSecret(
        "This is not SendGrid's Verification Key.", fix="Copy it whole from the console: it begins with MFkwEwYHKoZI."
    )


def _unsigned() -> Unsigned:
    return Unsigned(
        "SendGrid's signature is missing or wrong.",
        fix="Turn Signature Verification on, and add its key: penfriend hooks add sendgrid.",
    )
