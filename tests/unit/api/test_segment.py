"""Segment's shapes: what a batch becomes, and what is too much."""

from __future__ import annotations

from typing import Any

import pytest

from api.errors import MalformedBody, TooLarge
from api.segment import MAX_MESSAGE_BYTES, Batch, many, single


def track(**more: Any) -> dict[str, Any]:
    return {"userId": "c42", "event": "Product Viewed"} | more


def test_the_route_says_which_call_it_is_whatever_the_body_says() -> None:
    assert single("track", track(type="identify"))[0]["type"] == "track"


def test_messages_of_a_batch_come_out_as_sent() -> None:
    messages = [track(type="track", messageId="a"), track(type="page", messageId="b")]
    assert many(Batch(batch=messages)) == messages


def test_the_context_of_a_batch_is_under_each_messages_own() -> None:
    batch = Batch(batch=[track(context={"ip": "1.2.3.4"})], context={"ip": "9.9.9.9", "locale": "en-GB"})
    assert many(batch)[0]["context"] == {"ip": "1.2.3.4", "locale": "en-GB"}


def test_a_message_over_32_kb_is_pointed_at() -> None:
    huge = track(properties={"note": "x" * MAX_MESSAGE_BYTES})
    with pytest.raises(TooLarge) as caught:
        many(Batch(batch=[track(), huge]))
    assert caught.value.pointer == "/batch/1"


def test_a_batch_over_500_kb_is_refused() -> None:
    messages = [track(properties={"note": "x" * 30_000}) for _ in range(20)]
    with pytest.raises(TooLarge, match="batch"):
        many(Batch(batch=messages))


@pytest.mark.parametrize("value", ["\ud800", 2**70], ids=["half a surrogate pair", "a number beyond 64 bits"])
def test_what_no_database_keeps_is_refused_before_it_gets_there(value: object) -> None:
    with pytest.raises(MalformedBody):
        single("track", track(properties={"value": value}))
