"""Tables of the edge: API keys, idempotent answers, the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column
from sqlmodel import Field, SQLModel

from store.types import EncryptedJson, JsonDocument, UtcDateTime


class ApiKeyRow(SQLModel, table=True):
    """One API key. Only its SHA-256 is kept; `prefix` finds the row and is what people see in lists."""

    __tablename__: ClassVar[Any] = "api_key"

    id: str = Field(primary_key=True, max_length=64)
    name: str = Field(max_length=100)
    prefix: str = Field(max_length=24, unique=True, index=True)
    hash: str = Field(max_length=64)
    scopes: list[str] = Field(sa_column=Column(JsonDocument(), nullable=False))
    created_at: datetime = Field(sa_type=UtcDateTime)
    last_used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class IdempotencyRow(SQLModel, table=True):
    """One `Idempotency-Key` of one API key. `answer` is None while the first request is in flight."""

    __tablename__: ClassVar[Any] = "idempotency_key"

    owner: str = Field(primary_key=True, max_length=64)
    """Id of the API key: two callers may choose the same words."""
    key: str = Field(primary_key=True, max_length=255)
    fingerprint: str = Field(max_length=64)
    """SHA-256 of method, path, query and body."""
    started_at: datetime = Field(sa_type=UtcDateTime, index=True)
    answer: dict[str, Any] | None = Field(default=None, sa_column=Column(EncryptedJson(), nullable=True))
    """Status, headers and body: encrypted, since an e-mail's body holds a name."""


class AuditRow(SQLModel, table=True):
    """One thing that a person or a program did, chained to the one before (`api.audit`). Append-only."""

    __tablename__: ClassVar[Any] = "audit"

    id: int = Field(sa_column=Column(BigInteger(), primary_key=True, autoincrement=False))
    """Counted from 1 without a gap."""
    at: datetime = Field(sa_type=UtcDateTime)
    actor: str = Field(max_length=100)
    """`account:acc_…` of the studio, `key:key_…`, `user:NAME` of the command line, `visitor` before signing in, or
    `penfriend` by itself."""
    action: str = Field(max_length=64, index=True)
    about: str = Field(max_length=128, index=True)
    """Our id of a customer, a run, a key; the shop's of a campaign or a brand."""
    why: str = Field(max_length=200)
    before: str | None = Field(default=None, max_length=64)
    after: str | None = Field(default=None, max_length=64)
    """Keyed hashes of what was there before and after, where something changed: never the thing itself."""
    hash: str = Field(max_length=64)
