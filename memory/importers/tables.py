"""Imports of customers, orders and events, and how far each has come. Names no person."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Field, SQLModel

from store.types import EncryptedJson, UtcDateTime


class ImportRow(SQLModel, table=True):
    """One import: enough to go on with it after the process that ran it was killed."""

    __tablename__ = "customer_import"

    id: str = Field(primary_key=True)
    """A TypeID, `imp_…`."""
    fingerprint: str = Field(index=True)
    """A hash of the file, its kind, format and options: the same import is known by it."""
    kind: str
    format: str
    status: str
    """`running`, also when its process is gone; `done`; `failed`."""
    position: int
    """Rows done."""
    started_at: datetime = Field(sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    report: Any = Field(sa_type=EncryptedJson)
    """Counts and issues so far. Encrypted, for an issue may quote what somebody sent as a type or a time."""
