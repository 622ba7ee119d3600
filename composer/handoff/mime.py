"""A stored e-mail as the message that goes over SMTP: its own headers, addressed, with the key to deduplicate on."""

from __future__ import annotations

from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

from composer.handoff.channel import Parcel
from composer.message import assemble
from composer.render import Rendered
from store.errors import InvalidInput

KEY_HEADER = "X-Penfriend-Key"
POSTMARK_HEADER = "X-PM-Metadata-email_id"
"""Postmark replaces our `Message-ID`, and gives back in its webhooks what stands in headers of this kind."""
_ORDER = (
    "From",
    "Reply-To",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "List-Id",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Feedback-ID",
    KEY_HEADER,
    POSTMARK_HEADER,
)


class BadAddress(InvalidInput):
    """The customer's address is not one that mail can be sent to."""

    reason = "bad_address"


@dataclass(frozen=True, slots=True)
class Recipient:
    """An address as SMTP takes it."""

    address: str
    """With a domain in ASCII (IDNA 2008) where the rest is."""
    utf8: bool
    """True where the name before the @ is not ASCII: only a server with SMTPUTF8 (RFC 6531) takes it."""


def recipient(address: str) -> Recipient:
    """Raises BadAddress."""
    try:
        found = validate_email(address, check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError as error:
        raise BadAddress("The customer's address is not an e-mail address.", fix="Correct it in the shop.") from error
    if found.ascii_email is not None:
        return Recipient(found.ascii_email, utf8=False)
    return Recipient(found.normalized, utf8=True)


def message(parcel: Parcel, to: Recipient) -> bytes:
    """RFC 5322 with CRLF line ends: what `GET /v1/emails/{id}/message` shows, and the key."""
    document = parcel.document
    rendered = Rendered(**{name: document[name] for name in ("subject", "preheader", "html", "text")})
    # The stored document has them by name; a message begins with who writes to whom about what.
    found = {**document["headers"], "To": to.address, KEY_HEADER: parcel.key, POSTMARK_HEADER: parcel.key}
    return assemble(rendered, {name: found[name] for name in _ORDER if name in found}, parcel.key)
