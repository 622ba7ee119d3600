"""Columns as PostgreSQL takes them in bulk: one binary array each.

psycopg packs a list value by value, in Python, for some 0.7 µs each. Here a column is packed in a few steps of C.
The format is that of `array_recv` (PostgreSQL, src/backend/utils/adt/arrayfuncs.c): dimensions, whether there are
nulls, the type of the elements, their number and first index, then each with its length in front (-1: null).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from struct import Struct, pack
from typing import Any

import psycopg
from psycopg.adapt import Dumper
from psycopg.pq import Format

_BYTEA, _BIGINT, _TEXT, _TIMESTAMPTZ = 17, 20, 25, 1184
"""Numbers of the types in `pg_type`, the same in every database."""
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NULL = pack("!i", -1)
_length = Struct("!i").pack


class Packed:
    """An array in PostgreSQL's binary format. Its type is what the statement casts it to."""

    __slots__ = ("content",)

    def __init__(self, content: bytes) -> None:
        self.content = content


class _PackedDumper(Dumper):
    format = Format.BINARY
    oid = 0

    def dump(self, obj: Packed) -> bytes:
        return obj.content


psycopg.adapters.register_dumper(Packed, _PackedDumper)


def packed(type_name: str, values: Sequence[Any]) -> Packed | None:
    """`values`, of which there is at least one, as an array of `type_name`; None for a type that is not packed here.

    Values: `str` for text, `bytes` for bytea, aware datetimes for timestamptz, `int` for bigint; None for null.
    """
    pack_values = _PACKERS.get(type_name)
    return None if pack_values is None else Packed(pack_values(values))


def packed_texts(values: Sequence[str | None]) -> Packed:
    """`packed` of texts."""
    return Packed(_texts(values))


def _texts(values: Sequence[str | None]) -> bytes:
    return _array(_TEXT, [None if value is None else value.encode() for value in values])


def _blobs(values: Sequence[bytes | psycopg.Binary | None]) -> bytes:
    # SQLAlchemy wraps bytes for drivers that would take them for text.
    return _array(_BYTEA, [value.obj if isinstance(value, psycopg.Binary) else value for value in values])


def _moments(values: Sequence[datetime | None]) -> bytes:
    return _numbers(_TIMESTAMPTZ, [None if value is None else (value - _EPOCH) // _MICROSECOND for value in values])


def _integers(values: Sequence[int | None]) -> bytes:
    return _numbers(_BIGINT, values)


def _numbers(oid: int, values: Sequence[int | None]) -> bytes:
    """Of eight bytes each."""
    if None in values:
        return _array(oid, [None if value is None else pack("!q", value) for value in values])
    body = chain.from_iterable((8, value) for value in values)
    return _head(oid, len(values)) + pack("!" + "iq" * len(values), *body)


def _array(oid: int, values: Sequence[bytes | None]) -> bytes:
    parts = [_NULL if value is None else _length(len(value)) + value for value in values]
    return _head(oid, len(values), nulls=None in values) + b"".join(parts)


def _head(oid: int, count: int, *, nulls: bool = False) -> bytes:
    return pack("!iiIii", 1, nulls, oid, count, 1)


_PACKERS: dict[str, Callable[[Sequence[Any]], bytes]] = {
    "text": _texts,
    "bytea": _blobs,
    "timestamptz": _moments,
    "bigint": _integers,
}
