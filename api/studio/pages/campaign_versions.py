"""The versions of a campaign: who saved each, what changed, and bringing one back."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi import Path as InPath
from starlette.responses import Response

from api import audit
from api.access import ReadSession, WriteSession, house_of
from api.studio.actors import names_of
from api.studio.campaign_words import label_of, value_of
from api.studio.door import PATH, Editor, Viewer
from api.studio.rendering import go, page
from composer.briefs import save_understood
from composer.campaigns import get_campaign
from composer.versions import Piece, changed_words, differences, history

router = APIRouter()

Number = Annotated[int, InPath(ge=1, le=1_000_000)]
LONG = 40
"""Characters from which a text is shown with its changed words marked, not before and after."""


@router.get("/campaigns/{campaign_id}/versions")
async def versions(request: Request, visitor: Viewer, session: ReadSession, campaign_id: str) -> Response:
    """All of them, the newest first."""
    current = await get_campaign(session, campaign_id)
    lines = await history(session, campaign_id)
    names = await names_of(session, {line.saved_by for line in lines})
    return page(request, visitor, "campaigns/versions.html", current=current, lines=lines, names=names)


@router.get("/campaigns/{campaign_id}/versions/{number}")
async def version(
    request: Request,
    visitor: Viewer,
    session: ReadSession,
    campaign_id: str,
    number: Number,
    against: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
) -> Response:
    """What changed with this version: against the one before it, or another."""
    lines = await history(session, campaign_id)
    after = await get_campaign(session, campaign_id, number)
    other = against or number - 1
    before = await get_campaign(session, campaign_id, other) if other else None
    names = await names_of(session, {line.saved_by for line in lines})
    return page(
        request,
        visitor,
        "campaigns/version.html",
        shown=after,
        before=before,
        line=next(line for line in lines if line.version == number),
        lines=lines,
        names=names,
        newest=lines[0].version,
        changes=differences(before, after) if before else (),
        label_of=label_of,
        value_of=value_of,
        pieces=_pieces,
    )


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


def _pieces(before: object, after: object) -> list[Piece]:
    """Two texts word by word; nothing where they are short, or no texts."""
    if not (isinstance(before, str) and isinstance(after, str)) or max(len(before), len(after)) < LONG:
        return []
    return changed_words(before, after)
