"""Rows of runs: the run, its recipients, its chunks, its history, and the processes that work on runs."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Column, Index, Integer, UniqueConstraint
from sqlmodel import Field, SQLModel

from store.types import JsonDocument, UtcDateTime


class RunRow(SQLModel, table=True):
    """One run of one campaign version."""

    __tablename__: ClassVar[Any] = "run"

    id: str = Field(primary_key=True, max_length=64)
    campaign_id: str = Field(max_length=64)
    campaign_version: int
    request: dict[str, Any] = Field(sa_column=Column(JsonDocument(), nullable=False))
    """The `RunRequest`; a list of customers is left out, its recipients are rows."""
    tally: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JsonDocument(), nullable=False))
    """What its chunks have posted of their tallies: where the run stands is told without reading all of them."""
    pace: dict[str, int] = Field(default_factory=dict, sa_column=Column(JsonDocument(), nullable=False))
    """As `ChunkRow.pace`, of chunks that were given back."""
    status: str = Field(max_length=16)
    reason: str = Field(default="", max_length=64)
    detail: str = Field(default="", max_length=500)
    recipients: int
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class RecipientRow(SQLModel, table=True):
    """One customer in one run: the truth. Moves from `pending` when what came of it is stored, never before."""

    __tablename__: ClassVar[Any] = "recipient"
    __table_args__ = (
        UniqueConstraint("run_id", "customer"),
        Index("ix_recipient_run_status", "run_id", "status", "position"),
    )

    run_id: str = Field(primary_key=True, max_length=64, foreign_key="run.id")
    position: int = Field(primary_key=True)
    chunk: int
    customer: str = Field(max_length=255)
    """The shop's own customer id."""
    step: str = Field(default="", max_length=128)
    """Their own step and occasion, where the audience gives each theirs (`due`); else empty: the run's."""
    occasion: str = Field(default="", max_length=128)
    status: str = Field(default="pending", max_length=16)
    reason: str = Field(default="", max_length=64)
    detail: str = Field(default="", max_length=500)
    email_id: str = Field(default="", max_length=64)
    attempts: int = 0
    """How often composing it was begun and ended."""
    not_before: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """For one that is pending because contact rules defer it: when it is asked again."""
    updated_at: datetime = Field(sa_type=UtcDateTime)


class ChunkRow(SQLModel, table=True):
    """A stretch of recipients: what one process takes at a time, under a lease that it keeps renewing.

    Its row is the lock of its recipients: whoever moves one of them holds this row, FOR UPDATE, till the commit.
    """

    __tablename__: ClassVar[Any] = "run_chunk"
    __table_args__ = (Index("ix_run_chunk_open", "done", "turn"),)

    run_id: str = Field(primary_key=True, max_length=64, foreign_key="run.id")
    number: int = Field(primary_key=True)
    first: int
    """Position of its first recipient."""
    size: int
    """Recipients in it, at positions without a gap."""
    turn: int = Field(sa_column=Column(BigInteger(), nullable=False))
    """Whose turn it is among runs (start-time fair queueing, Goyal et al. 1996): the lowest goes first."""
    done: bool = False
    owner: str = Field(default="", max_length=64)
    """The worker that holds it; empty when nobody does."""
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    takes: int = 0
    """How often it was taken: more than once after a crash, a pause or a retry. Fences off who held it before."""
    tally: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JsonDocument(), nullable=False))
    """Its part of the run's `Tally`."""
    unposted: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JsonDocument(), nullable=False))
    """What of it the run's own `tally` does not hold yet; empty in all chunks but the few that are in hand."""
    pace: dict[str, int] = Field(default_factory=dict, sa_column=Column(JsonDocument(), nullable=False))
    """Recipients that became final lately, by the second (Unix time) in which their five seconds began."""
    not_before: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Everyone who is pending is deferred: nobody takes it before the first of them may be asked again."""


class RunEventRow(SQLModel, table=True):
    """What happened to a run, in order. Append-only."""

    __tablename__: ClassVar[Any] = "run_event"
    __table_args__ = (Index("ix_run_event_run", "run_id", "id"),)

    id: int | None = Field(
        default=None,
        sa_column=Column(BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True),
    )
    run_id: str = Field(max_length=64, foreign_key="run.id")
    kind: str = Field(max_length=32)
    at: datetime = Field(sa_type=UtcDateTime)
    data: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JsonDocument(), nullable=False))


class WorkerRow(SQLModel, table=True):
    """A process that works on runs; gone from here when it ends, silent when it was killed."""

    __tablename__: ClassVar[Any] = "worker"

    id: str = Field(primary_key=True, max_length=64)
    host: str = Field(max_length=255)
    pid: int
    version: str = Field(max_length=32)
    started_at: datetime = Field(sa_type=UtcDateTime)
    seen_at: datetime = Field(sa_type=UtcDateTime)
