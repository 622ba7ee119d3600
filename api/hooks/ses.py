"""Amazon SES, whose events come through an SNS topic: event publishing, and the older notifications.

AWS, "Examples of event data that Amazon SES publishes to Amazon SNS" and "Amazon SNS notification examples for SES".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import orjson

from api.hooks.model import EMAIL_ID, BadSecret, Call, Reading, dig, document_of, from_iso, named
from api.hooks.sns import NOTIFICATION, Fetch, SnsMessages, fetch_from_amazon
from api.outcomes import OutcomeType
from composer.handoff.mime import KEY_HEADER

_TOPIC = re.compile(r"arn:aws(-[a-z]+)*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}(\.fifo)?")
_TYPES: dict[str, OutcomeType] = {
    "Delivery": "delivered",
    "Open": "opened",
    "Click": "clicked",
    "Bounce": "bounced",
    "Complaint": "complained",
    "Subscription": "unsubscribed",
}
_NEVER_SENT = "OnAccountSuppressionList"
"""A complaint or a bounce of before, for which SES did not send this one."""


class Ses:
    """A `Provider`. What it is given is no secret: the topic that may report, whose messages SNS signs."""

    name = "ses"
    title = "Amazon SES (through SNS)"
    asks = "the ARN of the SNS topic: arn:aws:sns:REGION:ACCOUNT:NAME"

    def __init__(self, fetch: Fetch = fetch_from_amazon) -> None:
        self._messages = SnsMessages(fetch)

    def checked(self, secret: str) -> str:
        """The topic's ARN. Raises BadSecret."""
        topic = secret.strip()
        if not _TOPIC.fullmatch(topic):
            raise BadSecret("This is not the ARN of an SNS topic.", fix="Copy it: arn:aws:sns:eu-west-1:123456789012:x")
        return topic

    def guide(self, url: str, secret: str) -> list[str]:
        """See `Provider`."""
        return [
            "SES › Configuration sets › yours › Event destinations: Amazon SNS, topic",
            f"{secret}. Tick: Deliveries, Opens, Clicks, Hard bounces, Complaints, Subscriptions.",
            f"SNS › the topic › Create subscription: HTTPS, endpoint {url}, raw message delivery off.",
            "It is confirmed by itself while `penfriend serve` runs.",
            f'Send each e-mail with that configuration set, and the tag {{"{EMAIL_ID}": "msg_…"}} or our headers.',
        ]

    async def admit(self, call: Call, secrets: Sequence[str]) -> None:
        """See `Provider`. Raises SnsAway too."""
        await self._messages.admit(call, secrets)

    def read(self, call: Call) -> Reading:
        """See `Provider`: one event inside an SNS notification."""
        message = document_of(call.body)
        reading = Reading()
        if message["Type"] != NOTIFICATION:
            reading.add(message["Type"], None, ())
            return reading
        try:
            event = orjson.loads(message["Message"])
        except orjson.JSONDecodeError:
            # What SES says in words when a topic is set: "Successfully validated SNS topic …".
            event = None
        if isinstance(event, dict):
            _read_one(reading, event)
        else:
            reading.unread()
        return reading


def _read_one(reading: Reading, event: dict[str, Any]) -> None:
    kind = event.get("eventType", event.get("notificationType"))
    type_ = _TYPES.get(kind) if isinstance(kind, str) else None
    said = dig(event, str(kind).lower())
    if _is_nobodys(type_, said):
        type_ = None
    mail = event.get("mail")
    headers = dig(mail, "headers")
    reading.add(
        kind,
        type_,
        (named(dig(mail, "tags"), EMAIL_ID), named(headers, KEY_HEADER), named(headers, "Message-ID"),
         dig(mail, "commonHeaders", "messageId")),
        at=from_iso(dig(said, "timestamp")),
        url=dig(said, "link") if type_ == "clicked" else None,
        agent=dig(said, "userAgent"),
        permanent=type_ == "bounced" and dig(said, "bounceType") == "Permanent",
    )  # fmt: skip


def _is_nobodys(type_: OutcomeType | None, said: Any) -> bool:
    """Is it said of an e-mail that was not sent, or of a subscription that goes on?"""
    if type_ == "complained":
        return bool(dig(said, "complaintSubType") == _NEVER_SENT)
    return type_ == "unsubscribed" and dig(said, "newTopicPreferences", "unsubscribeAll") is not True
