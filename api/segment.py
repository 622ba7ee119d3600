"""Segment's HTTP shapes: `identify`, `track` and `batch` bodies, within Segment's own limits.

Source: segment.com/docs/connections/sources/catalog/libraries/server/http-api (32 KB a message, 500 KB and 2,500
messages a batch).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field

from api.errors import MalformedBody, TooLarge

MAX_MESSAGE_BYTES = 32 * 1024
MAX_BATCH_BYTES = 500 * 1024
MAX_BATCH_MESSAGES = 2_500

Call = Literal["identify", "track"]
Message = dict[str, Any]


class Batch(BaseModel):
    """Many messages, each with its `type`. Other top-level fields are common to all and kept."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "batch": [
                        {"type": "identify", "userId": "c42", "traits": {"firstName": "Ada"}},
                        {
                            "type": "track",
                            "userId": "c42",
                            "event": "Product Viewed",
                            "properties": {"product_id": "p1"},
                        },
                    ]
                }
            ]
        },
    )

    batch: list[Message] = Field(min_length=1, max_length=MAX_BATCH_MESSAGES)
    context: dict[str, Any] = {}


def single(call: Call, body: Mapping[str, Any]) -> list[Message]:
    """The message of one `/v1/identify` or `/v1/track` call. Raises TooLarge, MalformedBody."""
    message = {**body, "type": call}
    _size(message, "/", MAX_MESSAGE_BYTES)
    return [message]


def many(body: Batch) -> list[Message]:
    """The messages of one `/v1/batch` call, each with the batch's context under its own.

    Raises TooLarge, MalformedBody, with a pointer to the message.
    """
    total = sum(_size(message, f"/batch/{place}", MAX_MESSAGE_BYTES) for place, message in enumerate(body.batch))
    if total > MAX_BATCH_BYTES:
        raise TooLarge(
            f"The batch has {total:,} bytes.", pointer="/batch", fix=f"Send at most {MAX_BATCH_BYTES:,} at once."
        )
    if not body.context:
        return body.batch
    return [message | {"context": body.context | _context(message)} for message in body.batch]


def _context(message: Message) -> dict[str, Any]:
    own = message.get("context")
    return own if isinstance(own, dict) else {}


def _size(message: Message, pointer: str, limit: int) -> int:
    try:
        size = len(orjson.dumps(message))
    except (TypeError, orjson.JSONEncodeError) as error:
        raise MalformedBody(
            f"The message cannot be kept: {error}.",
            pointer=pointer,
            fix="Send well-formed Unicode, numbers of at most 64 bits, and no deeper nesting than 250 levels.",
        ) from error
    if size > limit:
        raise TooLarge(f"The message has {size:,} bytes.", pointer=pointer, fix=f"Send at most {limit:,}.")
    return size
