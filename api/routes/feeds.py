"""Feeds that keep themselves up to date, and what became of each fetch."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Path, Request, Response
from pydantic import BaseModel, ConfigDict

from api.access import ReadSession, WriteSession, house_of
from api.auth import Require
from api.paging import Cursor, Limit, Page, paged
from catalog.feeds import register, reports
from catalog.feeds.feed import Feed, FeedStatus
from catalog.feeds.report import ImportReport
from store.errors import InvalidInput

router = APIRouter(prefix="/v1/feeds", tags=["feeds"])

_READ, _WRITE = Depends(Require("read")), Depends(Require("write"))
FeedId = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", description="The feed's name, as you gave it.")]
_EXAMPLE = {
    "id": "shop",
    "source": "https://shop.example/feeds/google.xml",
    "every_minutes": 60,
    "currency": "GBP",
    "headers": {"Authorization": "Bearer 5f2c…"},
    "guard": {"max_drop_share": 0.3, "max_drop": 20},
}


class Paused(BaseModel):
    """Whether a feed is fetched."""

    model_config = ConfigDict(extra="forbid")

    paused: bool


@router.get("", summary="All feeds", dependencies=[_READ])
async def list_feeds(session: ReadSession, limit: Limit = 50, cursor: Cursor = "") -> Page[FeedStatus]:
    """By id, each with where it stands and its last import."""
    return paged(await register.page(session, after=cursor, limit=limit), limit, lambda found: found.feed.id)


@router.put("/{feed_id}", summary="Add or change", dependencies=[_WRITE])
async def put(feed_id: FeedId, body: Annotated[Feed, Body(examples=[_EXAMPLE])], request: Request) -> FeedStatus:
    """It is fetched soon, then at its own rhythm. Secrets sent back as they are shown stay what they are."""
    if body.id != feed_id:
        raise InvalidInput(
            f"The address says {feed_id!r}, the document {body.id!r}.", pointer="/id", fix="Make them the same."
        )
    return await house_of(request).feeds.put(body)


@router.get("/{feed_id}", summary="One feed", dependencies=[_READ])
async def get(feed_id: FeedId, session: ReadSession) -> FeedStatus:
    """Where it stands."""
    return await register.status(session, feed_id)


@router.patch("/{feed_id}", summary="Pause or resume", dependencies=[_WRITE])
async def patch(feed_id: FeedId, body: Paused, session: WriteSession) -> FeedStatus:
    """A paused feed is not fetched by itself; its products stay in the shop."""
    await register.pause(session, feed_id, body.paused)
    return await register.status(session, feed_id)


@router.delete("/{feed_id}", summary="Forget", dependencies=[_WRITE], status_code=204)
async def delete(feed_id: FeedId, session: WriteSession) -> None:
    """Its imports are forgotten too. Its products stay in the shop."""
    await register.remove(session, feed_id)


@router.get("/{feed_id}/imports", summary="Its imports", dependencies=[_READ])
async def imports(feed_id: FeedId, session: ReadSession, limit: Limit = 50, cursor: Cursor = "") -> Page[ImportReport]:
    """Newest first, without their rows: `GET /v1/catalog/imports/{id}` has them."""
    await register.status(session, feed_id)
    found = await reports.page(session, feed_id, before=cursor, limit=limit)
    return paged(found, limit, lambda report: report.id)


@router.post("/{feed_id}:run", summary="Fetch now", dependencies=[_WRITE], status_code=202)
async def run(feed_id: FeedId, request: Request, response: Response) -> ImportReport:
    """`Location` says where to look for what becomes of it."""
    report = await house_of(request).feeds.run(feed_id)
    response.headers["Location"] = f"/v1/catalog/imports/{report.id}"
    return report


@router.post("/{feed_id}:release", summary="Apply what is held", dependencies=[_WRITE])
async def release(feed_id: FeedId, request: Request) -> ImportReport:
    """The import that was held back, exactly as its report says."""
    return await house_of(request).feeds.release(feed_id)
