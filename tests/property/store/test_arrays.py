"""Arrays packed here are those that psycopg reads: no value is changed on its way into PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.adapt import Transformer
from psycopg.pq import Format

from store.arrays import packed, packed_texts

TEXTS, BLOBS, INTEGERS, MOMENTS = 1009, 1001, 1016, 1185
"""Numbers of the array types in `pg_type`."""
INTEGER = st.integers(-(2**63), 2**63 - 1)
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENT = st.datetimes(min_value=datetime(1900, 1, 2), max_value=datetime(9998, 1, 1), timezones=OFFSETS)  # noqa: DTZ001


def _read(content: bytes, array: int) -> Any:
    return Transformer().get_loader(array, Format.BINARY).load(content)


def _lists(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.none() | values, min_size=1) | st.lists(values, min_size=1)


def _content(name: str, values: list[Any]) -> bytes:
    array = packed(name, values)
    assert array is not None
    return array.content


@given(_lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))))
def test_texts_and_nulls_come_back(values: list[str | None]) -> None:
    assert _read(packed_texts(values).content, TEXTS) == values
    assert _content("text", values) == packed_texts(values).content


@given(_lists(st.binary()))
def test_bytes_and_nulls_come_back(values: list[bytes | None]) -> None:
    assert _read(_content("bytea", values), BLOBS) == values


@given(_lists(INTEGER))
def test_integers_and_nulls_come_back(values: list[int | None]) -> None:
    assert _read(_content("bigint", values), INTEGERS) == values


@given(_lists(MOMENT))
def test_moments_come_back_to_the_microsecond_in_utc(values: list[datetime | None]) -> None:
    back = _read(_content("timestamptz", values), MOMENTS)
    assert back == values
    assert all(moment is None or moment.utcoffset() == UTC.utcoffset(None) for moment in back)


@pytest.mark.parametrize("name", ["date", "boolean"])
def test_other_types_are_left_to_the_driver(name: str) -> None:
    assert packed(name, [None]) is None
