"""Standard Webhooks 1.0 (HMAC-SHA256 of id, timestamp and body): Resend, which calls the headers Svix's, and any sender
that speaks our own words.

Every attempt is signed anew, so that a signature is believed for five minutes (`standardwebhooks`).
"""

from __future__ import annotations

import binascii
from collections.abc import Sequence
from typing import Any, NamedTuple

from pydantic import ValidationError
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from api.errors import MalformedBody
from api.hooks.model import (
    EMAIL_ID,
    MALFORMED,
    BadSecret,
    Call,
    Passed,
    Reading,
    Unsigned,
    dig,
    document_of,
    from_iso,
    named,
)
from api.outcomes import EVENTS, Outcome, OutcomeType
from composer.handoff.mime import KEY_HEADER
from composer.handoff.webhooks.signing import SECRET_PREFIX, new_secret

_HEADERS = ("id", "timestamp", "signature")
_TYPES: dict[str, OutcomeType] = {
    "email.delivered": "delivered",
    "email.opened": "opened",
    "email.clicked": "clicked",
    "email.bounced": "bounced",
    "email.complained": "complained",
}
_LEAST_BYTES = 16


class Resend:
    """A `Provider`."""

    name = "resend"
    title = "Resend"
    asks = "the Signing Secret (whsec_…): Webhooks › your webhook"

    def checked(self, secret: str) -> str:
        """The signing secret. Raises BadSecret."""
        return _checked(secret)

    def guide(self, url: str, secret: str) -> list[str]:
        """See `Provider`."""
        return [
            f"Webhooks › Add Webhook: Endpoint URL {url}",
            "Tick: email.delivered, email.opened, email.clicked, email.bounced, email.complained.",
            f'Send each e-mail with tags [{{"name": "{EMAIL_ID}", "value": "msg_…"}}].',
        ]

    async def admit(self, call: Call, secrets: Sequence[str]) -> None:
        """See `Provider`."""
        _require_signed(call, secrets, "svix")

    def read(self, call: Call) -> Reading:
        """See `Provider`: one event."""
        event = document_of(call.body)
        reading = Reading()
        if not isinstance(event, dict):
            reading.unread()
            return reading
        kind, data = event.get("type"), event.get("data")
        type_ = _TYPES.get(kind) if isinstance(kind, str) else None
        said = dig(data, {"opened": "open", "clicked": "click"}.get(type_ or "", ""))
        headers = dig(data, "headers")
        reading.add(
            kind,
            type_,
            (named(dig(data, "tags"), EMAIL_ID), named(headers, KEY_HEADER), named(headers, "Message-ID"),
             dig(data, "message_id")),
            at=from_iso(dig(said, "timestamp")) or from_iso(event.get("created_at")),
            # The same in every attempt at one event.
            event_id=call.headers.get("svix-id"),
            url=dig(said, "link"),
            agent=dig(said, "userAgent"),
            permanent=type_ == "bounced" and dig(data, "bounce", "type") == "Permanent",
        )  # fmt: skip
        return reading


class Generic:
    """A `Provider`: whoever sends `{"outcomes": […]}` as to `POST /v1/outcomes`, signed instead of with a key."""

    name = "generic"
    title = "Generic (Standard Webhooks)"
    asks = ""

    def checked(self, secret: str) -> str:
        """The signing secret: a new one where none is given. Raises BadSecret."""
        return _checked(secret) if secret.strip() else new_secret()

    def guide(self, url: str, secret: str) -> list[str]:
        """See `Provider`."""
        return [
            f"POST to {url}",
            f"Sign by Standard Webhooks (standardwebhooks.com) with the secret {secret}",
            'Body: {"outcomes": [{"type": "clicked", "email_id": "msg_…", "at": "…", "event_id": "…"}, …]}',
            f"Types: {', '.join(EVENTS)}.",
        ]

    async def admit(self, call: Call, secrets: Sequence[str]) -> None:
        """See `Provider`."""
        _require_signed(call, secrets, "webhook")

    def read(self, call: Call) -> Reading:
        """See `Provider`: outcomes, each judged alone."""
        outcomes = dig(document_of(call.body), "outcomes")
        if not isinstance(outcomes, list):
            raise MalformedBody("The body has no list of outcomes.", pointer="/outcomes", fix='Send {"outcomes": […]}.')
        reading = Reading()
        for one in outcomes:
            type_ = dig(one, "type")
            try:
                reading.outcomes.append(Outcome.model_validate(one))
            except ValidationError:
                known = isinstance(type_, str) and type_ in EVENTS
                reading.passed.append(Passed(type_ if known else "other", MALFORMED))
        return reading


def _checked(secret: str) -> str:
    text = secret.strip()
    try:
        size = len(binascii.a2b_base64(text.removeprefix(SECRET_PREFIX) + "=="))
    except (binascii.Error, ValueError):
        size = 0
    if not text.startswith(SECRET_PREFIX) or size < _LEAST_BYTES:
        raise BadSecret("This is not a signing secret.", fix="Copy it whole: it begins with whsec_.")
    return text


class _Verdict(NamedTuple):
    signed: bool
    stale: bool


def _require_signed(call: Call, secrets: Sequence[str], prefix: str) -> None:
    """Raises Unsigned."""
    headers = {f"webhook-{name}": call.headers.get(f"{prefix}-{name}", "") for name in _HEADERS}
    verdicts = [_verdict(secret, call.body, headers) for secret in secrets]
    if any(verdict.signed for verdict in verdicts):
        return
    raise Unsigned(
        "The signature is missing, wrong, or more than five minutes old.",
        fix="Add the signing secret of this very webhook (`penfriend hooks add`), and check this machine's clock.",
        reason="stale_signature" if any(verdict.stale for verdict in verdicts) else "bad_signature",
    )


def _verdict(secret: str, body: bytes, headers: dict[str, Any]) -> _Verdict:
    try:
        Webhook(secret).verify(body, headers, json_parse=False)
    except WebhookVerificationError as error:
        return _Verdict(signed=False, stale="timestamp too" in str(error))
    except ValueError:
        # A body that is no UTF-8, a signature that is no base64 or has no version.
        return _Verdict(signed=False, stale=False)
    return _Verdict(signed=True, stale=False)
