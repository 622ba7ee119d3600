"""What is wrong with one row of a file."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class RowIssue(BaseModel):
    """What is wrong with one row, where, and what to do about it."""

    model_config = ConfigDict(frozen=True)

    line: int
    """Where the row begins, counted from 1."""
    field: str | None = None
    reason: str
    fix: str


class BrokenOff(RowIssue):
    """Where a file ends before its end: what would have come is not known."""
