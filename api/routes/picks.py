"""What a customer would be shown, and why."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from api.access import ReadSession, house_of
from api.auth import Require
from api.routes.customers import ExternalId
from composer.explaining import MAX_SHOWN, PicksExplained, PicksRequest, explain_picks
from prompts.model import FlowName

router = APIRouter(prefix="/v1/customers", tags=["customers"])


class PicksQuery(BaseModel):
    """For what the picks are."""

    model_config = ConfigDict(extra="forbid")

    campaign: str = Field(default="", max_length=64, description="As composing for this campaign would pick.")
    flow: FlowName | None = Field(default=None, description="Without a campaign: as this flow wishes.")
    step: str = Field(default="", max_length=64)
    occasion: str = Field(default="", max_length=128)
    count: int | None = Field(default=None, ge=1, le=12)
    why: bool = Field(default=False, description="Candidates, scores by signal, and what each limit left out.")
    show: int = Field(default=20, ge=0, le=MAX_SHOWN, description="With `why`: candidates told beside the picks.")


@router.get("/{external_id}/picks", summary="Picks, and why", dependencies=[Depends(Require("read"))])
async def picks(
    external_id: ExternalId, request: Request, session: ReadSession, asked: Annotated[PicksQuery, Query()]
) -> PicksExplained:
    """Nothing is composed, sent or remembered of it."""
    house = house_of(request)
    wanted = PicksRequest(customer=external_id, **asked.model_dump())
    return await explain_picks(session, house.benches, house.catalog, wanted)
