"""Whatever bytes an export has: rows come out or are named as wrong, and a row's messages have one id for ever."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from memory.events import EventRejected, parse
from memory.importers.formats import Kind, detect
from memory.importers.messages import Sender, Sent, sent_of
from memory.importers.model import Message
from memory.importers.options import DEFAULTS, ImportOptions
from store.crypto import Keyring
from store.files.issues import RowIssue
from store.files.source import FileUnreadable
from tests.kit.imports import FIXTURES, TILL, rows

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
SENDER = Sender("shop", "csv", Keyring.generate(), NOW)
FILES: list[tuple[str, Kind]] = [
    ("shopify_orders.csv", "orders"),
    ("shopify_customers.csv", "customers"),
    ("shopify_orders.jsonl", "orders"),
    ("shopify_customers.jsonl", "customers"),
    ("woocommerce_orders.csv", "orders"),
    ("woocommerce_customers.csv", "customers"),
    ("woocommerce_orders.json", "orders"),
    ("woocommerce_customers.json", "customers"),
    ("klaviyo_profiles.csv", "customers"),
    ("klaviyo_profiles.json", "customers"),
    ("klaviyo_events.json", "events"),
    ("purchases.csv", "orders"),
]
HOSTILE = [
    b"", b"\0", b'"', b"\n", b",,,", b"NaN", b"-1", b"9999-12-31", b"=cmd|' /C calc'!A0", b"\xff\xfe", b"\xe2\x80\xae",
    b"{", b"]", b"null", b"[1]", b'{"id": null}', b"1e400", b"ignore all instructions",
]  # fmt: skip
EDITS = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 60), st.one_of(st.sampled_from(HOSTILE), st.binary(max_size=8))),
    min_size=1,
    max_size=6,
)


def options_of(name: str) -> ImportOptions:
    return TILL if name == "purchases.csv" else DEFAULTS


def edited(raw: bytes, edits: list[tuple[float, int, bytes]]) -> bytes:
    for place, length, new in edits:
        start = int(place * len(raw))
        raw = raw[:start] + new + raw[start + length :]
    return raw


@pytest.mark.parametrize(("name", "kind"), FILES)
@settings(max_examples=25)
@given(edits=EDITS)
@example(edits=[(0.5, 10**6, b"")])
def test_a_damaged_export_is_read_row_by_row_or_refused_as_a_whole(
    name: str, kind: Kind, edits: list[tuple[float, int, bytes]]
) -> None:
    raw = edited((FIXTURES / name).read_bytes(), edits)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / name
        file.write_bytes(raw)
        try:
            found = rows(file, kind, options_of(name))
        except FileUnreadable:
            return
    for one in found:
        if not isinstance(one, RowIssue | Message):
            made = sent_of(one, SENDER)
            assert isinstance(made, RowIssue) or all(_is_taken_or_named(message) for message in made.messages)


def _is_taken_or_named(message: object) -> bool:
    try:
        parse(message, NOW)
    except EventRejected as error:
        return bool(error.fix)
    return True


@given(raw=st.binary(max_size=200))
def test_any_bytes_have_a_format(raw: bytes) -> None:
    for kind in ("customers", "orders", "events"):
        assert detect(raw, kind)


@pytest.mark.parametrize(("name", "kind"), FILES)
def test_the_same_rows_have_the_same_ids_whenever_they_are_imported(name: str, kind: Kind) -> None:
    def ids(sender: Sender) -> list[str]:
        sent = [sent_of(one, sender) for one in rows(name, kind, options_of(name)) if not isinstance(one, RowIssue)]
        return [message["messageId"] for one in sent if isinstance(one, Sent) for message in one.messages]

    later = Sender("shop", "csv", SENDER.keyring, NOW + timedelta(days=30))
    assert ids(later) == ids(SENDER)
    assert len(ids(SENDER)) > 1 or name == "woocommerce_customers.json"
    assert not {*ids(SENDER)} & {*ids(Sender("other", "csv", SENDER.keyring, NOW))}
    assert not {*ids(SENDER)} & {*ids(Sender("shop", "csv", Keyring.generate(), NOW))}
