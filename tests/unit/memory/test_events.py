"""Messages are taken as Segment sends them; what cannot be taken says where and why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from memory.events import (
    MAX_BATCH_EVENTS,
    MAX_EVENT_BYTES,
    MAX_TEXT_LENGTH,
    BatchTooLarge,
    EventRejected,
    messages_of,
    parse,
)
from store.errors import InvalidInput
from tests.kit.events import NOW, identify, track


def test_a_message_keeps_what_it_says() -> None:
    event = parse(track("Product Viewed", {"product_id": "p1"}, message_id="m", days_ago=1), NOW)
    assert (event.message_id, event.kind, event.name, event.user_id) == ("m", "track", "Product Viewed", "u1")
    assert event.at == NOW - timedelta(days=1)
    assert event.properties == {"product_id": "p1"}


def test_unknown_events_and_kinds_are_kept_as_sent() -> None:
    event = parse(track("Quiz Finished", {"answers": {"roast": ["dark"]}}), NOW)
    assert event.properties == {"answers": {"roast": ["dark"]}}
    assert parse({"type": "page", "userId": "u1", "name": "Home"}, NOW).body["name"] == "Home"


def test_without_timestamp_it_happened_when_it_arrived() -> None:
    assert parse({"type": "track", "event": "X", "userId": "u"}, NOW).at == NOW


def test_a_clock_that_runs_a_little_ahead_is_set_right() -> None:
    assert parse(track("X", days_ago=-0.5), NOW).at == NOW


def test_a_time_without_offset_is_utc() -> None:
    message = track("X") | {"timestamp": "2026-05-01T10:00:00"}
    assert parse(message, NOW).at == datetime(2026, 5, 1, 10, tzinfo=UTC)


def test_without_message_id_equal_content_is_one_event() -> None:
    first = {"type": "track", "event": "X", "userId": "u", "properties": {"a": 1, "b": 2}, "sentAt": "1"}
    second = {"event": "X", "userId": "u", "type": "track", "properties": {"b": 2, "a": 1}, "sentAt": "2"}
    other = first | {"properties": {"a": 1, "b": 3}}
    assert parse(first, NOW).message_id == parse(second, NOW).message_id
    assert parse(first, NOW).message_id != parse(other, NOW).message_id


def test_numbers_are_taken_as_ids() -> None:
    event = parse(track("X") | {"userId": 42, "messageId": 7}, NOW)
    assert (event.user_id, event.message_id) == ("42", "7")


def test_invisible_and_control_characters_are_taken_out_everywhere() -> None:
    sneaky = "te\x00a\u202e \U000e0041\U000e0042kettle\u200b\x1b[31m\nline"
    event = parse(track("Products Searched", {"query": sneaky, "deep": [{"k\x07ey": "\ufeffx"}]}), NOW)
    assert event.properties == {"query": "tea kettle[31m\nline", "deep": [{"key": "x"}]}


def test_long_texts_are_cut() -> None:
    event = parse(track("X", {"review": "a" * 5_000}), NOW)
    assert event.properties["review"] == "a" * MAX_TEXT_LENGTH


BASE = {"type": "track", "event": "X", "userId": "u1"}


@pytest.mark.parametrize(
    ("message", "reason", "pointer"),
    [
        ("hello", "event_rejected", None),
        (None, "event_rejected", None),
        ([BASE], "event_rejected", None),
        (BASE | {"type": "order"}, "unknown_type", "/type"),
        (BASE | {"type": ["track"]}, "unknown_type", "/type"),
        ({"event": "X", "userId": "u1"}, "unknown_type", "/type"),
        ({"type": "track", "userId": "u1"}, "bad_event_name", "/event"),
        (BASE | {"event": "  "}, "bad_event_name", "/event"),
        (BASE | {"event": "x" * 256}, "bad_event_name", "/event"),
        (BASE | {"event": 3}, "bad_event_name", "/event"),
        ({"type": "track", "event": "X"}, "no_identity", "/userId"),
        ({"type": "track", "event": "X", "userId": "", "anonymousId": None}, "no_identity", "/userId"),
        (BASE | {"userId": True}, "bad_id", "/userId"),
        (BASE | {"userId": {"id": 1}}, "bad_id", "/userId"),
        (BASE | {"userId": "u" * 256}, "bad_id", "/userId"),
        (BASE | {"messageId": ["m"]}, "bad_id", "/messageId"),
        (BASE | {"timestamp": "9999-12-31T23:59:59Z"}, "future_timestamp", "/timestamp"),
        (BASE | {"timestamp": "9999-12-31T23:59:59-23:00"}, "bad_timestamp", "/timestamp"),
        (BASE | {"timestamp": "2026-06-03T12:00:00Z"}, "future_timestamp", "/timestamp"),
        (BASE | {"timestamp": "0001-01-01T00:00:00+14:00"}, "bad_timestamp", "/timestamp"),
        (BASE | {"timestamp": "1970-01-01T00:00:00Z"}, "bad_timestamp", "/timestamp"),
        (BASE | {"timestamp": float("nan")}, None, None),
        (BASE | {"timestamp": 1_700_000_000}, "bad_timestamp", "/timestamp"),
        (BASE | {"timestamp": "yesterday"}, "bad_timestamp", "/timestamp"),
        (BASE | {"timestamp": {"$date": 1}}, "bad_timestamp", "/timestamp"),
        (BASE | {"properties": "p1"}, "not_an_object", "/properties"),
        (BASE | {"properties": [1]}, "not_an_object", "/properties"),
        (BASE | {"context": 1}, "not_an_object", "/context"),
        ({"type": "identify", "userId": "u", "traits": "Ada"}, "not_an_object", "/traits"),
        (BASE | {"properties": {"blob": "x" * MAX_EVENT_BYTES}}, "event_too_large", None),
        (BASE | {"properties": {"n": 2**70}}, "not_json", "/properties/n"),
        (BASE | {"properties": {1: 2}}, "not_json", "/properties/1"),
        (BASE | {"properties": {"when": NOW}}, "not_json", "/properties/when"),
        (BASE | {"properties": {"half": "\ud800"}}, "not_json", "/properties/half"),
        (BASE | {"properties": {"a/b": ["whole", {"~\ud800": 1}]}}, "not_json", "/properties/a~1b/1/~0?"),
        (BASE | {"messageId": "\ud800"}, "not_json", "/messageId"),
        (BASE | {"userId": -(2**63) - 1}, "not_json", "/userId"),
    ],
)
def test_what_cannot_be_taken_says_where_and_what_to_do(message: Any, reason: str | None, pointer: str | None) -> None:
    if reason is None:
        assert parse(message, NOW).at == NOW
        return
    with pytest.raises(EventRejected) as caught:
        parse(message, NOW)
    assert (caught.value.reason, caught.value.pointer) == (reason, pointer)
    assert caught.value.fix


def test_endless_nesting_is_refused() -> None:
    nested: dict[str, Any] = {}
    for _ in range(5_000):
        nested = {"a": nested}
    with pytest.raises(EventRejected, match="not JSON"):
        parse(BASE | {"properties": nested}, NOW)


def test_product_data_of_ours_cannot_be_smuggled_in() -> None:
    assert parse(track("X") | {"hints": {"p1": {"name": "Free gift"}}}, NOW).hints == {}


def test_the_three_endpoints_yield_messages() -> None:
    assert messages_of({"userId": "u", "event": "X"}, "track")[0]["type"] == "track"
    assert messages_of({"userId": "u"}, "identify")[0]["type"] == "identify"
    batch = [identify(), track("X") | {"context": {"ip": "1"}}, "junk"]
    messages = messages_of({"batch": batch, "context": {"locale": "de-DE"}}, "batch")
    assert [isinstance(m, dict) and m["context"] for m in messages] == [{"locale": "de-DE"}, {"ip": "1"}, False]


def test_a_batch_that_is_none_or_too_large_is_refused_whole() -> None:
    with pytest.raises(InvalidInput, match="list"):
        messages_of({"batch": {}}, "batch")
    with pytest.raises(BatchTooLarge, match="several"):
        messages_of({"batch": [{}] * (MAX_BATCH_EVENTS + 1)}, "batch")


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("My favourite colour is \u2066\u202eKCABDIB\u202c\u2069", "My favourite colour is "),
        ("\u202enaD\u202c EVITCA", ""),
        ("Dana \u2067ylper\u2069", "Dana "),
        ("ספר \u202eכחול\u202c", "ספר כחול"),
    ],
)
def test_letters_that_are_to_be_read_backwards_end_a_text(said: str, kept: str) -> None:
    assert parse(track("X", {"text": said}), NOW).properties["text"] == kept
