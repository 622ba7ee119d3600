"""Samples to review, and the gate of a run that waits for one."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Body, Depends, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api import reviewing
from api.access import ReadSession, WriteSession
from api.auth import Require
from api.paging import Cursor, Limit, Page, paged
from composer.reviews import reading
from composer.reviews.model import ReviewTerms
from composer.reviews.reading import Item, Sample
from composer.runs.model import Run

router = APIRouter(prefix="/v1", tags=["reviews"])

_READ, _WRITE, _ADMIN = (Depends(Require(scope)) for scope in ("read", "write", "admin"))
_TERMS = {"defect_rate": 0.05, "confidence": 0.95, "allowed": 0}


class SampleWithItems(Sample):
    """A sample and the e-mails in it, in the order of review."""

    items: list[Item]


class DrawAlone(BaseModel):
    """Of which e-mails that belong to no run."""

    model_config = ConfigDict(extra="forbid")

    campaign: str = Field(default="", max_length=64)
    """Empty: of all campaigns."""
    since: AwareDatetime | None = None
    """Only what was composed after it."""
    terms: ReviewTerms = ReviewTerms()


class Unreviewed(BaseModel):
    """Why a run leaves without an accepted sample."""

    model_config = ConfigDict(extra="forbid")

    why: str = Field(min_length=1, max_length=200)


@router.post("/runs/{run_id}/samples", summary="Draw a sample of a run", dependencies=[_WRITE], status_code=201)
async def draw_of_run(
    run_id: str,
    session: WriteSession,
    response: Response,
    terms: Annotated[ReviewTerms | None, Body(examples=[_TERMS])] = None,
) -> Sample:
    """Without a body on the terms that the run was started with. What was read before is not drawn again.

    Send an `Idempotency-Key`: a repeated request then finds the sample that was drawn.
    """
    found = await reviewing.draw_of_run(session, run_id, terms)
    response.headers["Location"] = f"/v1/samples/{found.id}"
    return found


@router.post("/samples", summary="Draw a sample of single e-mails", dependencies=[_WRITE], status_code=201)
async def draw_alone(body: DrawAlone, session: WriteSession, response: Response) -> Sample:
    """Of what was composed one by one: of a campaign, or all since a moment."""
    found = await reviewing.draw_alone(session, body.campaign, body.since, body.terms)
    response.headers["Location"] = f"/v1/samples/{found.id}"
    return found


@router.get("/samples", summary="All samples", dependencies=[_READ])
async def list_samples(
    session: ReadSession,
    limit: Limit = 50,
    cursor: Cursor = "",
    run: Annotated[str, Query(max_length=64)] = "",
    campaign: Annotated[str, Query(max_length=64)] = "",
    status: Annotated[Literal["", "open", "accepted", "refused"], Query()] = "",
) -> Page[Sample]:
    """Newest first, each with what it says so far."""
    found = await reading.samples(session, run=run, campaign=campaign, status=status, limit=limit, after=cursor)
    return paged(found, limit, lambda one: one.id)


@router.get("/samples/{sample_id}", summary="One sample", dependencies=[_READ])
async def get(sample_id: str, session: ReadSession) -> SampleWithItems:
    """What it says so far, and its e-mails in the order of review, each with what makes it worth a look."""
    found = await reading.sample(session, sample_id)
    return SampleWithItems(**found.model_dump(), items=await reading.items(session, sample_id))


@router.post("/samples/{sample_id}/accept", summary="Accept", dependencies=[_WRITE])
async def accept(sample_id: str, session: WriteSession) -> Sample:
    """What it was drawn from is good enough: a run that waited for it is released, for good.

    Refused before the random part is read, and when more of it is bad than is accepted.
    """
    return await reviewing.accept(session, sample_id)


@router.post("/samples/{sample_id}/refuse", summary="Refuse", dependencies=[_WRITE])
async def refuse(sample_id: str, session: WriteSession) -> Sample:
    """It is not good enough: the run stays closed. Another sample may be drawn of what was not read."""
    return await reviewing.refuse(session, sample_id)


@router.post("/runs/{run_id}/release", summary="Release without a review", dependencies=[_ADMIN])
async def release(run_id: str, body: Unreviewed, session: WriteSession) -> Run:
    """Needs the scope `admin` and a reason, which the audit log keeps. Rejected e-mails stay held."""
    return await reviewing.release(session, run_id, why=body.why)
