"""Rows of experiments, holdouts and groups. They name no person: who is where follows from a hash."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Column
from sqlmodel import Field, SQLModel

from store.types import JsonDocument, UtcDateTime


class ExperimentRow(SQLModel, table=True):
    """One experiment."""

    __tablename__: ClassVar[Any] = "experiment"

    id: str = Field(primary_key=True, max_length=64)
    document: dict[str, Any] = Field(sa_column=Column(JsonDocument(), nullable=False))
    """`model.Plan`. Never changed once it has begun."""
    status: str = Field(max_length=16)
    """`draft`, `running` or `stopped`."""
    salt: str = Field(max_length=64)
    created_at: datetime = Field(sa_type=UtcDateTime)
    created_by: str = Field(max_length=100)
    started_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    stopped_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    changed_at: datetime = Field(sa_type=UtcDateTime)


class HoldoutRow(SQLModel, table=True):
    """One period of the shop's holdout. Periods do not overlap, and each has a salt of its own."""

    __tablename__: ClassVar[Any] = "global_holdout"

    id: str = Field(primary_key=True, max_length=64)
    share: float
    salt: str = Field(max_length=64)
    starts_at: datetime = Field(sa_type=UtcDateTime)
    ends_at: datetime = Field(sa_type=UtcDateTime)
    set_by: str = Field(max_length=100)
    changed_at: datetime = Field(sa_type=UtcDateTime)


class GroupRow(SQLModel, table=True):
    """Campaigns and experiments that share no customer."""

    __tablename__: ClassVar[Any] = "exclusion_group"

    name: str = Field(primary_key=True, max_length=64)
    salt: str = Field(max_length=64)
    members: list[dict[str, Any]] = Field(sa_column=Column(JsonDocument(), nullable=False))
    """`model.Member`."""
    changed_at: datetime = Field(sa_type=UtcDateTime)


class RevisionRow(SQLModel, table=True):
    """One row: how often anything of who is where was changed. Whoever changes it holds this row until they commit."""

    __tablename__: ClassVar[Any] = "experiment_revision"

    id: int = Field(primary_key=True)
    """Always 1."""
    revision: int


class FallbackRow(SQLModel, table=True):
    """Why e-mails of an arm were written as the campaign is: what the arm asks for is not there any more."""

    __tablename__: ClassVar[Any] = "experiment_fallback"

    experiment: str = Field(primary_key=True, max_length=64)
    variant: str = Field(primary_key=True, max_length=64)
    reason: str = Field(primary_key=True, max_length=32)
    first_at: datetime = Field(sa_type=UtcDateTime)
