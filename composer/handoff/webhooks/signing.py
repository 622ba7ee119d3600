"""Signed messages by Standard Webhooks 1.0: `webhook-id`, `webhook-timestamp`, `webhook-signature`."""

from __future__ import annotations

import base64
import secrets
from datetime import datetime
from typing import Any

import orjson
from standardwebhooks import Webhook

from store import clock

SECRET_PREFIX = "whsec_"  # noqa: S105 - a label, not a secret
_SECRET_BYTES = 32


def new_secret() -> str:
    """A random one, as the specification writes it."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def envelope(type_: str, at: datetime, data: dict[str, Any]) -> bytes:
    """The body: what happened, when, and to what."""
    return orjson.dumps({"type": type_, "timestamp": at.isoformat().replace("+00:00", "Z"), "data": data})


def signed(secret: str, message_id: str, body: bytes) -> dict[str, str]:
    """The headers of one attempt, whose time is signed too. The id stays the same in every attempt."""
    now = clock.now()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, now, body.decode()),
    }
