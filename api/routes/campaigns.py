"""Brands and campaigns: the marketer's documents, versioned."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from api import audit
from api.access import ReadSession, WriteSession, house_of
from api.auth import Require
from api.paging import Cursor, Limit, Page, paged
from composer import campaigns as store
from composer.briefs import save_understood
from composer.documents import Brand, Campaign
from store.errors import InvalidInput

router = APIRouter(prefix="/v1", tags=["campaigns"])

_READ, _WRITE = Depends(Require("read")), Depends(Require("write"))
Version = Annotated[int | None, Query(ge=1, le=1_000_000)]


class SavedCampaign(BaseModel):
    """A campaign with its version."""

    version: int
    campaign: Campaign
    brand_version: int
    """The version of the brand it was saved under; 0: not noted."""


class CampaignLine(BaseModel):
    """A campaign in a list."""

    id: str
    version: int
    flow: str
    name: str


@router.get("/brands", summary="All brands", dependencies=[_READ])
async def list_brands(session: ReadSession) -> Page[Brand]:
    """By id."""
    return Page(data=await store.list_brands(session))


@router.put("/brands/{brand_id}", summary="Save a brand", dependencies=[_WRITE])
async def put_brand(brand_id: str, body: Brand, session: WriteSession) -> Brand:
    """A changed document becomes a new version; campaigns keep the one they were saved under until saved again."""
    _same_id(brand_id, body.id)
    version = await store.save_brand(session, body, saved_by=audit.actor())
    why, after = f"version {version}", body.model_dump(mode="json")
    await audit.append(session, "brand.save", body.id, why=why, after=after)
    return body


@router.get("/brands/{brand_id}", summary="One brand", dependencies=[_READ])
async def get_brand(brand_id: str, session: ReadSession, version: Version = None) -> Brand:
    """As it is now, or the version asked for."""
    return (await store.get_brand_version(session, brand_id, version)).brand


@router.get("/campaigns", summary="All campaigns", dependencies=[_READ])
async def list_campaigns(session: ReadSession, limit: Limit = 50, cursor: Cursor = "") -> Page[CampaignLine]:
    """By id, each with its current version."""
    rows = await store.list_campaigns(session, limit=limit, after=cursor)
    lines = [CampaignLine(id=id_, version=version, flow=flow, name=name) for id_, version, flow, name in rows]
    return paged(lines, limit, lambda line: line.id)


@router.post("/campaigns", summary="Save a campaign", dependencies=[_WRITE], status_code=201)
async def post_campaign(body: Campaign, request: Request, response: Response, session: WriteSession) -> SavedCampaign:
    """A changed document becomes a new version; an unchanged one keeps its version.

    The answer's `brief.meant` tells what the words of `brief.products` were understood as.
    """
    response.headers["Location"] = f"/v1/campaigns/{body.id}"
    return await _saved(session, body, request)


@router.put("/campaigns/{campaign_id}", summary="Save a campaign by id", dependencies=[_WRITE])
async def put_campaign(campaign_id: str, body: Campaign, request: Request, session: WriteSession) -> SavedCampaign:
    """The same as POST, for callers that know the id."""
    _same_id(campaign_id, body.id)
    return await _saved(session, body, request)


@router.get("/campaigns/{campaign_id}", summary="One campaign", dependencies=[_READ])
async def get_campaign(campaign_id: str, session: ReadSession, version: Version = None) -> SavedCampaign:
    """The current version, or the one asked for."""
    return _shown(await store.get_campaign(session, campaign_id, version))


async def _saved(session: AsyncSession, body: Campaign, request: Request) -> SavedCampaign:
    found = await save_understood(session, body, house_of(request).catalog, saved_by=audit.actor())
    why, after = f"version {found.version}", body.model_dump(mode="json")
    await audit.append(session, "campaign.save", body.id, why=why, after=after)
    return _shown(found)


def _shown(found: store.CampaignVersion) -> SavedCampaign:
    return SavedCampaign(version=found.version, campaign=found.campaign, brand_version=found.brand_version)


def _same_id(in_path: str, in_body: str) -> None:
    if in_path != in_body:
        raise InvalidInput(
            f"The address says {in_path!r}, the document {in_body!r}.", pointer="/id", fix="Make them the same."
        )
