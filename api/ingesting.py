"""Messages into memory, and what the sender is told: Segment's `{"success": true}`, and the counts behind it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from composer.responses import emails_known
from memory.events import Endpoint, messages_of
from memory.ingest import Rejection, ingest
from memory.lines import Enrich
from store.errors import InvalidInput


class Refused(InvalidInput):
    """A single message that cannot be taken; `reason` says why."""

    reason = "event_rejected"


class RefusedMessage(BaseModel):
    """One message of a batch that was not taken. The others were."""

    pointer: str
    reason: str
    detail: str
    fix: str | None


class Ingested(BaseModel):
    """Answered with 200 whenever the request as a whole could be read, as Segment does."""

    success: Literal[True] = True
    accepted: int
    duplicates: int
    rejected: list[RefusedMessage] = []


async def take(session: AsyncSession, body: Mapping[str, Any], endpoint: Endpoint, enrich: Enrich) -> Ingested:
    """Remember the messages of one call.

    Raises InvalidInput for a body that is no such call, Refused when it was a single message and it was not taken.
    """
    report = await ingest(session, messages_of(body, endpoint), enrich=enrich, emails=emails_known)
    if report.rejected and endpoint != "batch":
        only = report.rejected[0]
        raise Refused(only.message, pointer=only.pointer, fix=only.fix, reason=only.reason)
    return Ingested(
        accepted=report.accepted,
        duplicates=report.duplicates,
        rejected=[_told(rejection) for rejection in report.rejected],
    )


def _told(rejection: Rejection) -> RefusedMessage:
    return RefusedMessage(
        pointer=f"/batch/{rejection.index}{rejection.pointer or ''}",
        reason=rejection.reason,
        detail=rejection.message,
        fix=rejection.fix,
    )
