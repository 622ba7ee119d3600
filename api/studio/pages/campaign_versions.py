"""The versions of a campaign: who saved each, what changed, and bringing one back."""

from __future__ import annotations

from fastapi import APIRouter, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from api import audit
from api.access import ReadSession, WriteSession, house_of
from api.studio.door import PATH, Editor, Viewer
from api.studio.rendering import go
from api.studio.versioning import Against, Number, Shown, Versioned, all_of, one_of
from composer.briefs import save_understood
from composer.campaigns import CampaignVersion, get_campaign
from composer.versions import differences, history

router = APIRouter()

_INTRO = "Every save makes one, and none is ever changed: an e-mail always rests on the version it was written under."


@router.get("/campaigns/{campaign_id}/versions")
async def versions(request: Request, visitor: Viewer, session: ReadSession, campaign_id: str) -> Response:
    """All of them, the newest first."""
    of = await _versioned(session, await get_campaign(session, campaign_id))
    return await all_of(request, visitor, session, of, _INTRO)


@router.get("/campaigns/{campaign_id}/versions/{number}")
async def version(
    request: Request,
    visitor: Viewer,
    session: ReadSession,
    campaign_id: str,
    number: Number,
    against: Against = None,
) -> Response:
    """What changed with this version: against the one before it, or another."""
    after = await get_campaign(session, campaign_id, number)
    other = against or number - 1
    before = await get_campaign(session, campaign_id, other) if other else None
    shown = Shown(
        number,
        before.version if before else None,
        changes=differences(before, after) if before else (),
        message=after.campaign.brief.message or "Nothing in particular.",
        under=after.brand_version,
    )
    return await one_of(request, visitor, session, await _versioned(session, after), shown)


@router.post("/campaigns/{campaign_id}/versions/{number}/back")
async def bring_back(
    request: Request, visitor: Editor, session: WriteSession, campaign_id: str, number: Number
) -> Response:
    """Save an earlier version's campaign as a new version, under the brand as it is now."""
    current = await get_campaign(session, campaign_id)
    earlier = await get_campaign(session, campaign_id, number)
    saved = await save_understood(session, earlier.campaign, house_of(request).catalog, saved_by=audit.actor())
    target = f"{PATH}/campaigns/{campaign_id}"
    if saved.version == current.version:
        return go(request, target, toast="unchanged")
    why = f"version {saved.version}, brought back from version {number}"
    before, after = (one.campaign.model_dump(mode="json") for one in (current, saved))
    await audit.append(session, "campaign.save", campaign_id, why=why, before=before, after=after)
    return go(request, target, toast="saved")


async def _versioned(session: AsyncSession, of: CampaignVersion) -> Versioned:
    id_ = of.campaign.id
    return Versioned("campaign", of.campaign.name, f"{PATH}/campaigns/{id_}", await history(session, id_))
