"""Messages into memory, and what the sender is told: Segment's `{"success": true}`, and the counts behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from api.segment import Message
from memory.ingest import ingest
from store import clock


class Ingested(BaseModel):
    """Answered with 200 whenever the batch as a whole could be read, as Segment does."""

    success: Literal[True] = True
    accepted: int
    duplicates: int
    rejected: list[dict[str, Any]] = []


async def take(session: AsyncSession, messages: Sequence[Message]) -> Ingested:
    """Remember messages."""
    report = await ingest(session, messages, received_at=clock.now())
    return Ingested(accepted=report.accepted, duplicates=report.duplicates)
