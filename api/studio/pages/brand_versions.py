"""The versions of a brand: who saved each, what changed, what it says, and bringing one back."""

from __future__ import annotations

from fastapi import APIRouter, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from api import audit
from api.access import ReadSession, WriteSession
from api.studio.door import PATH, Editor, Viewer
from api.studio.rendering import go
from api.studio.versioning import Against, Number, Shown, Versioned, all_of, one_of
from composer.campaigns import get_brand_version, save_brand
from composer.documents import Brand
from composer.versions import brand_differences, brand_history, brand_said

router = APIRouter()

_INTRO = (
    "Every save makes one, and none is ever changed. A campaign keeps the version of the brand it was saved under, "
    "and its e-mails rest on that one, until the campaign is saved again."
)


@router.get("/brand/{brand_id}/versions")
async def versions(request: Request, visitor: Viewer, session: ReadSession, brand_id: str) -> Response:
    """All of them, the newest first."""
    current = await get_brand_version(session, brand_id)
    return await all_of(request, visitor, session, await _versioned(session, current.brand), _INTRO)


@router.get("/brand/{brand_id}/versions/{number}")
async def version(
    request: Request, visitor: Viewer, session: ReadSession, brand_id: str, number: Number, against: Against = None
) -> Response:
    """What changed with this version, against the one before it or another; and all that it says."""
    after = await get_brand_version(session, brand_id, number)
    other = against or number - 1
    before = await get_brand_version(session, brand_id, other) if other else None
    shown = Shown(
        number,
        before.version if before else None,
        changes=brand_differences(before.brand, after.brand) if before else (),
        said=brand_said(after.brand),
    )
    return await one_of(request, visitor, session, await _versioned(session, after.brand), shown)


@router.post("/brand/{brand_id}/versions/{number}/back")
async def bring_back(
    request: Request, visitor: Editor, session: WriteSession, brand_id: str, number: Number
) -> Response:
    """Save an earlier version as a new one. Campaigns keep theirs until they are saved again."""
    current = await get_brand_version(session, brand_id)
    earlier = await get_brand_version(session, brand_id, number)
    saved = await save_brand(session, earlier.brand, saved_by=audit.actor())
    target = f"{PATH}/brand/{brand_id}"
    if saved == current.version:
        return go(request, target, toast="unchanged")
    why = f"version {saved}, brought back from version {number}"
    before, after = (one.brand.model_dump(mode="json") for one in (current, earlier))
    await audit.append(session, "brand.save", brand_id, why=why, before=before, after=after)
    return go(request, target, toast="saved")


async def _versioned(session: AsyncSession, brand: Brand) -> Versioned:
    return Versioned("brand", brand.name, f"{PATH}/brand/{brand.id}", await brand_history(session, brand.id))
