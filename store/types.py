"""Column types, the same on SQLite and PostgreSQL: encrypted values, UTC times, exact amounts, JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from weakref import WeakKeyDictionary

import orjson
from sqlalchemy import JSON, BigInteger, DateTime, LargeBinary
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import DontWrapMixin
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import TypeDecorator, TypeEngine

from store.crypto import Keyring
from store.errors import InvalidInput, NotAllowed

AMOUNT_UNITS = Decimal(10_000)
"""Amounts are kept in 1/10000 of a currency unit: exact for every currency in use, unit prices included."""
AMOUNT_LIMIT = 2**63 - 1
_MOMENT_LENGTH = len("2026-03-29 01:30:00.000000")


class NoKeyring(NotAllowed, DontWrapMixin):
    """An encrypted column was touched through a connection that has no keyring."""

    reason = "no_keyring"


class BadAmount(InvalidInput, DontWrapMixin):
    """An amount that cannot be stored exactly."""

    reason = "bad_amount"


class NaiveTime(InvalidInput, DontWrapMixin):
    """A datetime without a timezone."""

    reason = "naive_time"


# Bound to the dialect, not to the process or task: two databases with two keyrings can be open at once, and a
# session handed to another task still finds its own.
_keyrings: WeakKeyDictionary[Dialect, Keyring] = WeakKeyDictionary()


def use_keyring(dialect: Dialect, keyring: Keyring) -> None:
    """Encrypt and decrypt with `keyring` on every connection of the engine that owns `dialect`."""
    _keyrings[dialect] = keyring


def keyring_for(dialect: Dialect) -> Keyring:
    """The keyring installed for `dialect`.

    Raises: NoKeyring.
    """
    try:
        return _keyrings[dialect]
    except KeyError as error:
        raise NoKeyring(
            "This connection has no keyring, so encrypted columns cannot be used.",
            fix="Open the database with `Database.open(url, keyring)`.",
        ) from error


def keyring_of(session: AsyncSession) -> Keyring:
    """The keyring a session works with, for blind indexes and signatures.

    Raises: NoKeyring.
    """
    return keyring_for(session.get_bind().dialect)


class EncryptedBytes(TypeDecorator[bytes]):
    """Bytes, encrypted at rest."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        """Plain bytes to a token."""
        return None if value is None else keyring_for(dialect).encrypt(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> bytes | None:
        """A token to plain bytes."""
        return None if value is None else keyring_for(dialect).decrypt(value)


class EncryptedText(TypeDecorator[str]):
    """Text, encrypted at rest."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        """Text to a token."""
        return None if value is None else keyring_for(dialect).encrypt(value.encode())

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        """A token to text."""
        return None if value is None else keyring_for(dialect).decrypt(value).decode()


class EncryptedJson(TypeDecorator[Any]):
    """A JSON document, encrypted at rest."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        """A document to a token."""
        return None if value is None else keyring_for(dialect).encrypt(orjson.dumps(value))

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Any:
        """A token to a document."""
        return None if value is None else orjson.loads(keyring_for(dialect).decrypt(value))


ENCRYPTED_TYPES = (EncryptedBytes, EncryptedText, EncryptedJson)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware and in UTC on both sides, whatever the database thinks of timezones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuses naive datetimes."""
        return None if value is None else _utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """SQLite drops the timezone, PostgreSQL answers in the session's."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def utc_texts(values: Sequence[datetime | None]) -> list[str | None]:
    """Moments as SQLite keeps them, in UTC, as `UtcDateTime` writes them one by one.

    Raises: NaiveTime.
    """
    return [None if value is None else _utc(value).isoformat(" ", "microseconds")[:_MOMENT_LENGTH] for value in values]


def _utc(value: datetime) -> datetime:
    """Refuses naive datetimes: guessing a timezone loses hours silently."""
    if value.tzinfo is UTC:
        return value
    if value.tzinfo is None:
        raise NaiveTime(f"{value!r} has no timezone.", fix="Use `store.clock.now()` or attach a timezone.")
    return value.astimezone(UTC)


def to_units(amount: Decimal) -> int:
    """An amount in 1/10000 units.

    Raises: BadAmount for more than four decimals, beyond 64 bits, or not a finite number.
    """
    try:
        units = amount * AMOUNT_UNITS
        exact = units == units.to_integral_value()
    except InvalidOperation as error:
        raise BadAmount(f"{amount} is not an amount.", fix="Send a finite number.") from error
    if not exact or abs(units) > AMOUNT_LIMIT:
        raise BadAmount(
            f"{amount} cannot be stored exactly.",
            fix="Amounts have at most four decimals and lie within ±922 trillion.",
        )
    return int(units)


def from_units(units: int) -> Decimal:
    """The inverse of `to_units`."""
    return Decimal(units).scaleb(-4)


class Amount(TypeDecorator[Decimal]):
    """Money as an exact decimal, kept as an integer of 1/10000 units (SQLite has no decimal type)."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        """Raises BadAmount where `to_units` does."""
        return None if value is None else to_units(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:
        """Units to a decimal with four places."""
        return None if value is None else from_units(value)


class JsonDocument(TypeDecorator[Any]):
    """A JSON document: JSONB on PostgreSQL, text on SQLite. Encoded by orjson (see `store.database`)."""

    impl = JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """JSONB where there is one."""
        return dialect.type_descriptor(JSONB() if dialect.name == "postgresql" else JSON())
