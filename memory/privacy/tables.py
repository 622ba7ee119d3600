"""What privacy keeps: erasures, keyed hashes of whom and what was erased, and what was folded from events now gone.

Nothing here can be read back into a person: ids and addresses are blind indexes (`Keyring.blind_index`), and what a
proof looks for is encrypted and dropped when the proof is done.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Column, Index
from sqlmodel import Field, SQLModel

from store.types import EncryptedBytes, EncryptedJson, JsonDocument, UtcDateTime


class ErasureRow(SQLModel, table=True):
    """One erasure, from the moment its rows are gone to the end of its proof."""

    __tablename__: ClassVar[Any] = "erasure"

    id: str = Field(primary_key=True, max_length=64)
    person: str = Field(max_length=64, index=True)
    """Blind index of the id that was asked for."""
    status: str = Field(max_length=16)
    asked_at: datetime = Field(sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    actor: str = Field(max_length=100)
    removed: dict[str, int] = Field(sa_column=Column(JsonDocument(), nullable=False))
    """Rows by table."""
    wanted: Any = Field(default=None, sa_column=Column(EncryptedJson(), nullable=True))
    """What the proof looks for (`store.evidence.Wanted`); None once it is done."""
    found: list[dict[str, Any]] = Field(sa_column=Column(JsonDocument(), nullable=False))
    """Where something was still found: places, kinds and counts."""


class ErasedRow(SQLModel, table=True):
    """That the bearer of an id was erased: what happened before must not come in again."""

    __tablename__: ClassVar[Any] = "erased_id"

    index: str = Field(primary_key=True, max_length=64)
    """Blind index of a customer id, a visitor's id or an e-mail's id."""
    erasure_id: str = Field(max_length=64, foreign_key="erasure.id", index=True)
    before: datetime = Field(sa_type=UtcDateTime)
    """Events that happened before are refused."""


class SuppressedRow(SQLModel, table=True):
    """That somebody with this address said no and was erased: an import of the address later must not undo the no."""

    __tablename__: ClassVar[Any] = "suppressed_address"

    email_index: str = Field(primary_key=True, max_length=64)
    withdrawn_at: datetime = Field(sa_type=UtcDateTime)
    reason: str = Field(max_length=32)


class BaseRow(SQLModel, table=True):
    """What was folded from a customer's events that retention has deleted: later rebuilds begin here."""

    __tablename__: ClassVar[Any] = "memory_base"

    customer_id: str = Field(primary_key=True, foreign_key="customer.id")
    fold_version: int
    state: bytes = Field(sa_type=EncryptedBytes)
    profile: bytes = Field(sa_type=EncryptedBytes)
    horizon: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Events at or before may be gone."""
    searches_horizon: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Searches at or before may be gone."""


class OwnRequestRow(SQLModel, table=True):
    """What a customer asked for on their own page, and that somebody saw to it."""

    __tablename__: ClassVar[Any] = "own_request"
    __table_args__ = (Index("ix_own_request_waiting", "answered_at", "asked_at"),)

    customer_id: str = Field(primary_key=True, foreign_key="customer.id")
    kind: str = Field(primary_key=True, max_length=16)
    """`memory.privacy.requests.Kind`."""
    asked_at: datetime = Field(sa_type=UtcDateTime)
    answered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """None: it waits."""
    answered_by: str = Field(default="", max_length=100, sa_column_kwargs={"server_default": ""})
    """As the audit log names who acts."""


class OwnPageTryRow(SQLModel, table=True):
    """That somebody named a wrong address to open what is remembered of a customer. For an hour."""

    __tablename__: ClassVar[Any] = "own_page_try"
    __table_args__ = (Index("ix_own_page_try_customer_at", "customer_id", "at"),)

    id: str = Field(primary_key=True, max_length=64)
    customer_id: str = Field(foreign_key="customer.id")
    at: datetime = Field(sa_type=UtcDateTime)
