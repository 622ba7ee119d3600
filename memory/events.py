"""Segment's messages as they arrive, checked and cleaned one by one.

The wire format is Segment's HTTP Tracking API, verbatim: `identify`, `track` and `batch`, camelCase, with the
names of the e-commerce v2 and e-mail specs (segment.com/docs/connections/spec). Nothing is thrown away: events we
do not know are kept as sent, a bad message is rejected alone, with a pointer and what to do.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import orjson

from store.errors import InvalidInput

MAX_EVENT_BYTES = 32 * 1024
MAX_BATCH_EVENTS = 2_500
MAX_ID_LENGTH = 255
MAX_TEXT_LENGTH = 2_000
"""Longer texts in properties are cut: nothing we say or search needs more."""
MAX_DEPTH = 50
"""Of objects in objects, as far as what is wrong in them is looked for."""
MAX_CLOCK_SKEW = timedelta(days=1)
"""Clocks of phones run ahead; up to this, an event is taken to have happened when it arrived."""
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)

KINDS = frozenset({"identify", "track", "page", "screen", "group", "alias"})
Endpoint = Literal["identify", "track", "batch"]
WORDS_READ = "Words Read"
"""What a model found in a customer's own words (`memory.words.pending`)."""
FACT_CORRECTED = "Fact Corrected"
FACT_FORGOTTEN = "Fact Forgotten"
"""What a person had put right, or forgotten (`memory.account.changing`)."""
RESERVED = frozenset({WORDS_READ, FACT_CORRECTED, FACT_FORGOTTEN})
"""Events that only we write: nobody may tell us that they happened."""

_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls, tab and newline excepted
    "\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff"  # invisible, and reordering of what a reader sees
    "\U000e0000-\U000e007f]"  # tag characters: text that only a model reads
)
_TURNED = re.compile("(?<![^\\W_])[\u202b\u202d\u202e\u2067](?=[^\u202c\u2069]*[A-Za-z]).*", re.DOTALL)
"""A word of Latin letters that is to be read backwards, and all after it: once the mark is gone nobody could tell that
what stands there was meant for a machine, or to be hidden from one."""
_IDS = ("messageId", "userId", "anonymousId", "previousId", "groupId")
_STRICT_JSON = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS
_CANONICAL = _STRICT_JSON | orjson.OPT_SORT_KEYS


class EventRejected(InvalidInput):
    """One message cannot be accepted; the others of its batch can."""

    reason = "event_rejected"


class OurMessage(dict[str, Any]):
    """A message that we wrote ourselves. What comes in as JSON is never one."""


class BatchTooLarge(InvalidInput):
    """More than Segment's limits allow in one request."""

    reason = "batch_too_large"


@dataclass(slots=True)
class Event:
    """An accepted message. `body` is the cleaned message: plain JSON values only."""

    message_id: str
    kind: str
    name: str
    """The event's name for `track`, empty otherwise."""
    user_id: str | None
    anonymous_id: str | None
    at: datetime
    body: dict[str, Any]
    previous_id: str | None = None
    """Who `user_id` was before: of an `alias` alone."""

    @property
    def known_before_as(self) -> tuple[str, ...]:
        """The visitors' ids that say who did this: its own, and the one that an `alias` names."""
        own = () if self.anonymous_id is None else (self.anonymous_id,)
        return own if self.previous_id is None else (*own, self.previous_id)

    @property
    def properties(self) -> dict[str, Any]:
        """What a `track` says; empty when absent."""
        return self.body.get("properties") or {}

    @property
    def traits(self) -> dict[str, Any]:
        """What an `identify` says; empty when absent."""
        return self.body.get("traits") or {}

    @property
    def hints(self) -> dict[str, Any]:
        """Product data added at ingest: its names, and what the event lacked, by product id (`memory.lines`)."""
        return self.body.get("hints") or {}


def clean_text(text: str) -> str:
    """Without control, invisible and reordering characters, cut to `MAX_TEXT_LENGTH`, and where letters are turned."""
    if not text.isascii():
        text = _TURNED.sub("", text)
    return _UNSAFE.sub("", text)[:MAX_TEXT_LENGTH]


def messages_of(body: Mapping[str, Any], endpoint: Endpoint) -> list[Any]:
    """The messages in a request to Segment's `/identify`, `/track` or `/batch`.

    A batch's own `context` applies to the messages that have none.
    Raises: InvalidInput when `batch` is not a list, BatchTooLarge above 2,500 messages.
    """
    if endpoint != "batch":
        return [{**body, "type": endpoint}]
    batch = body.get("batch")
    if not isinstance(batch, list):
        raise InvalidInput("`batch` must be a list of messages.", pointer="/batch", fix='Send {"batch": [...]}.')
    if len(batch) > MAX_BATCH_EVENTS:
        raise BatchTooLarge(
            f"{len(batch)} messages in one batch; at most {MAX_BATCH_EVENTS} are taken.",
            pointer="/batch",
            fix="Send several batches.",
        )
    context = body.get("context")
    if context is None:
        return batch
    return [{"context": context, **message} if isinstance(message, dict) else message for message in batch]


def parse(message: Any, received_at: datetime) -> Event:
    """Check and clean one message.

    `timestamp` may be missing (then it is `received_at`), `messageId` too (then it is a hash of the content: the
    same content sent twice is one event). Raises: EventRejected, with a pointer into the message.
    """
    if not isinstance(message, dict):
        raise EventRejected("A message must be a JSON object.", fix='Send {"type": "track", ...}.')
    body = _cleaned(message)
    kind = _kind(body)
    return Event(
        message_id=_identifier(body, "messageId") or _content_hash(body),
        kind=kind,
        name=_name(body, ours=isinstance(message, OurMessage)) if kind == "track" else "",
        user_id=(user := _identifier(body, "userId")),
        anonymous_id=_anonymous_id(body, user),
        at=_timestamp(body, received_at),
        body=_with_objects(body),
        previous_id=_previous_id(body, user) if kind == "alias" else None,
    )


def _refuse_nul(message: dict[str, Any]) -> None:
    """An id without its NUL would be another's: of everything else it is cleaned out."""
    for field in _IDS:
        if "\x00" in str(message.get(field, "")):
            raise EventRejected(
                f"`{field}` holds a NUL character.", pointer=f"/{field}", fix="Send the id without.", reason="bad_id"
            )


def _cleaned(message: dict[str, Any]) -> dict[str, Any]:
    """The message as plain JSON: what is folded now is bit for bit what a rebuild will read."""
    try:
        encoded = orjson.dumps(message, option=_STRICT_JSON)
    except (TypeError, ValueError, RecursionError) as error:
        raise EventRejected(
            f"The message is not JSON: {error}.",
            pointer=_unencodable(message),
            fix="Send whole characters, 64-bit numbers, booleans, lists and objects with string keys.",
            reason="not_json",
        ) from error
    if len(encoded) > MAX_EVENT_BYTES:
        raise EventRejected(
            f"The message has {len(encoded)} bytes; at most {MAX_EVENT_BYTES} are taken.",
            fix="Send less in `properties` and `traits`.",
            reason="event_too_large",
        )
    if b"\\u0000" in encoded:
        _refuse_nul(message)
    plain: dict[str, Any] = orjson.loads(encoded)
    # Escapes and non-ASCII are where unsafe characters hide; most messages have neither and skip the walk.
    if b"\\" in encoded or b"\x7f" in encoded or not encoded.isascii() or len(encoded) > MAX_TEXT_LENGTH:
        return {clean_text(key): _clean_value(value) for key, value in plain.items()}
    return plain


def _unencodable(value: Any, pointer: str = "", depth: int = 0) -> str | None:
    """Where the first thing stands that is no JSON, as a pointer; None where nothing is found within `MAX_DEPTH`."""
    if depth > MAX_DEPTH:
        return None
    if not isinstance(value, dict | list):
        return None if _is_json(value) else pointer
    if isinstance(value, dict):
        for key in value:
            if not (isinstance(key, str) and _is_json(key)):
                return f"{pointer}/{_shown(key)}"
    items = value.items() if isinstance(value, dict) else enumerate(value)
    found = (_unencodable(item, f"{pointer}/{_shown(key)}", depth + 1) for key, item in items)
    return next((place for place in found if place is not None), None)


def _is_json(value: Any) -> bool:
    try:
        orjson.dumps(value, option=_STRICT_JSON)
    except (TypeError, ValueError, RecursionError):
        return False
    return True


def _shown(key: Any) -> str:
    """A key in a JSON pointer (RFC 6901), with a question mark for what is no character."""
    return str(key).encode(errors="replace").decode().replace("~", "~0").replace("/", "~1")


def _clean_value(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, list):
        return [_clean_value(item) for item in value]
    if isinstance(value, dict):
        return {clean_text(key): _clean_value(item) for key, item in value.items()}
    return value


def _kind(body: dict[str, Any]) -> str:
    kind = body.get("type")
    if isinstance(kind, str) and kind in KINDS:
        return kind
    raise EventRejected(
        f"Unknown message type {kind!r}." if kind is not None else "The message has no `type`.",
        pointer="/type",
        fix=f"Use one of: {', '.join(sorted(KINDS))}.",
        reason="unknown_type",
    )


def _name(body: dict[str, Any], *, ours: bool) -> str:
    name = body.get("event")
    if isinstance(name, str) and (name := name.strip()) and len(name) <= MAX_ID_LENGTH:
        if name in RESERVED and not ours:
            raise EventRejected(
                f"{name!r} is an event that only Penfriend writes.",
                pointer="/event",
                fix="Send it under another name.",
                reason="reserved_event",
            )
        return name
    raise EventRejected(
        "A track message needs the name of its event.",
        pointer="/event",
        fix=f'Send "event": "Product Viewed" or any other name up to {MAX_ID_LENGTH} characters.',
        reason="bad_event_name",
    )


def _identifier(body: dict[str, Any], field: str) -> str | None:
    value = body.get(field)
    if value is None or value == "":
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, str) and 0 < len(value.strip()) <= MAX_ID_LENGTH:
        return value.strip()
    raise EventRejected(
        f"`{field}` must be a string of 1 to {MAX_ID_LENGTH} characters.",
        pointer=f"/{field}",
        fix="Send the id as a string.",
        reason="bad_id",
    )


def _anonymous_id(body: dict[str, Any], user_id: str | None) -> str | None:
    anonymous = _identifier(body, "anonymousId")
    if anonymous is None and user_id is None:
        raise EventRejected(
            "The message says neither `userId` nor `anonymousId`.",
            pointer="/userId",
            fix="Send at least one of them.",
            reason="no_identity",
        )
    return anonymous


def _previous_id(body: dict[str, Any], user_id: str | None) -> str | None:
    """Whom an alias joins to its user; None where it names the visitor as `anonymousId`."""
    previous = _identifier(body, "previousId")
    for field, value in (("userId", user_id), ("previousId", previous or _identifier(body, "anonymousId"))):
        if value is None:
            raise EventRejected(
                f"An alias without `{field}` joins nobody.",
                pointer=f"/{field}",
                fix='Send "previousId", the visitor\'s id until now, and "userId", the customer\'s.',
                reason="bad_alias",
            )
    return previous


def _timestamp(body: dict[str, Any], received_at: datetime) -> datetime:
    value = body.get("timestamp")
    if value is None:
        return received_at
    moment = _parse_moment(value)
    if moment is None or moment < EARLIEST:
        raise EventRejected(
            f"{value!r} is not a time of an event.",
            pointer="/timestamp",
            fix="Send ISO 8601, for example 2026-03-01T12:30:00Z, or leave it out.",
            reason="bad_timestamp",
        )
    if moment > received_at + MAX_CLOCK_SKEW:
        raise EventRejected(
            f"{value!r} lies in the future.",
            pointer="/timestamp",
            fix="Check the sender's clock, or leave the timestamp out.",
            reason="future_timestamp",
        )
    return min(moment, received_at)


def _parse_moment(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
        # Segment's libraries send UTC; a time without an offset is read as that.
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _with_objects(body: dict[str, Any]) -> dict[str, Any]:
    for field in ("properties", "traits", "context"):
        value = body.get(field)
        if value is not None and not isinstance(value, dict):
            raise EventRejected(
                f"`{field}` must be an object.",
                pointer=f"/{field}",
                fix=f'Send "{field}": {{...}} or leave it out.',
                reason="not_an_object",
            )
    # Product data and e-mails' arms are added by us alone (memory.lines, memory.email_hints).
    body.pop("hints", None)
    body.pop("email_hints", None)
    return body


def _content_hash(body: dict[str, Any]) -> str:
    content = {key: value for key, value in body.items() if key != "sentAt"}
    return "hash-" + hashlib.sha256(orjson.dumps(content, option=_CANONICAL)).hexdigest()[:40]
