"""Rows of incoming webhooks: what verifies each provider, tokens that were honoured, and what came, as counts.

None of them names a person.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column
from sqlmodel import Field, SQLModel

from store.types import EncryptedText, UtcDateTime


class HookSecretRow(SQLModel, table=True):
    """What one provider's webhooks are verified with: a key, a password, a topic. Several at once for a rotation."""

    __tablename__: ClassVar[Any] = "hook_secret"

    id: str = Field(primary_key=True, max_length=64)
    provider: str = Field(max_length=16, index=True)
    secret: str = Field(sa_type=EncryptedText)
    created_at: datetime = Field(sa_type=UtcDateTime)


class HookTokenRow(SQLModel, table=True):
    """A token that may be honoured once. Kept longer than the signature over it is believed."""

    __tablename__: ClassVar[Any] = "hook_token"

    digest: str = Field(primary_key=True, max_length=64)
    """SHA-256 of provider and token."""
    at: datetime = Field(sa_type=UtcDateTime, index=True)


class HookCountRow(SQLModel, table=True):
    """How many reports of one kind came on one day (UTC), and what became of them."""

    __tablename__: ClassVar[Any] = "hook_count"

    provider: str = Field(primary_key=True, max_length=16)
    day: date = Field(primary_key=True)
    kind: str = Field(primary_key=True, max_length=48)
    """An outcome's type; the provider's own word where it is none of ours; `repeated`."""
    reason: str = Field(primary_key=True, max_length=48)
    """Empty where it was placed, else why not: `ignored`, `not_ours`, `unknown_email` …"""
    n: int = Field(sa_column=Column(BigInteger(), nullable=False))
