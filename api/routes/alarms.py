"""Alarms of the guard against harm: which stand, and closing one with a reason."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from api import guarding
from api.access import ReadSession, WriteSession
from api.auth import Require
from composer.harm import service
from composer.harm.model import Alarm

router = APIRouter(prefix="/v1/alarms", tags=["alarms"])


class Alarms(BaseModel):
    """Those that stand first, then the newest."""

    data: list[Alarm]
    judged_at: datetime | None
    """When it was last looked whether one is to be raised, which is once an hour. What came in since is not in it."""


class Closing(BaseModel):
    """Why e-mails may be decided by what was learned again."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=service.LONGEST_REASON)


@router.get("", summary="Alarms", dependencies=[Depends(Require("read"))])
async def list_alarms(
    session: ReadSession,
    standing: Annotated[bool, Query(description="Only those that stand.")] = False,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Alarms:
    """Complaints or unsubscribes rose. While one stands, nothing that was learned decides in its scope."""
    found = await service.alarms(session, standing=standing, limit=limit)
    return Alarms(data=found, judged_at=await service.judged_at(session))


@router.post("/{alarm_id}/close", summary="Close an alarm", dependencies=[Depends(Require("write"))])
async def close(alarm_id: str, body: Closing, session: WriteSession) -> Alarm:
    """What was learned decides again from the next e-mail on. What was sent until now is not held against it again."""
    return await guarding.close(session, alarm_id, body.reason)
