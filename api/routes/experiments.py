"""A/B/n tests: written down, started, stopped, and what came of them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Depends, Request, Response

from api import experimenting
from api.access import ReadSession, WriteSession, house_of
from api.auth import Require
from api.paging import Cursor, Limit, Page, paged
from composer.experiments import service
from composer.experiments.model import Experiment, Plan
from composer.experiments.report import Report, report

router = APIRouter(prefix="/v1/experiments", tags=["experiments"])

_READ, _WRITE = Depends(Require("read")), Depends(Require("write"))
_EXAMPLE = {
    "name": "Warmer words for win-back",
    "hypothesis": "Whoever was away for months buys more when they are greeted warmly.",
    "campaigns": ["win_back"],
    "arms": [
        {"name": "control", "share": 0.5},
        {"name": "warm", "share": 0.5, "versions": {"win_back": 3}},
    ],
    "metric": "revenue",
}
Body_ = Annotated[Plan, Body(openapi_examples={"another version": {"value": _EXAMPLE}})]


@router.post("", summary="Write one down", dependencies=[_WRITE], status_code=201)
async def create(body: Body_, response: Response, session: WriteSession) -> Experiment:
    """Nothing changes for anybody before it is started.

    One arm is `control`. Each other names what is different in it: `versions` (campaign to a saved version), `model`
    (one that the settings name; `templates` asks none), `prompts` (a folder of changed ones), `policy` (`learned`,
    `even`, `prior`), or `nothing` (no e-mail). Shares come to 1. Everybody stays in their arm, by hash.
    """
    made = await experimenting.create(session, body)
    response.headers["Location"] = f"/v1/experiments/{made.id}"
    return made


@router.get("", summary="All experiments", dependencies=[_READ])
async def list_experiments(session: ReadSession, limit: Limit = 50, cursor: Cursor = "") -> Page[Experiment]:
    """The newest first."""
    found = await service.list_experiments(session, limit=limit, before=cursor)
    return paged(found, limit, lambda one: one.id)


@router.get("/{experiment_id}", summary="One experiment", dependencies=[_READ])
async def read(experiment_id: str, session: ReadSession) -> Report:
    """Who is in it and what came of each arm against control; before it begins, what it could find.

    `verdict` of an arm is `more`, `less`, `cannot_tell_yet`, `too_few`, `nothing_yet` or `kept_no_more` (retention has
    taken what it rests on). `mismatch` says that the arms do not have the customers their shares say: then nothing else
    here is to be believed.
    """
    return await report(session, await service.get_experiment(session, experiment_id))


@router.put("/{experiment_id}", summary="Write it down anew", dependencies=[_WRITE])
async def change(experiment_id: str, body: Body_, session: WriteSession) -> Experiment:
    """Before it begins only: afterwards what was counted would be of something else (409)."""
    return await experimenting.change(session, experiment_id, body)


@router.delete("/{experiment_id}", summary="Throw a draft away", dependencies=[_WRITE], status_code=204)
async def discard(experiment_id: str, session: WriteSession) -> None:
    """One that has begun stays: stop it."""
    await experimenting.discard(session, experiment_id)


@router.post("/{experiment_id}/start", summary="Start", dependencies=[_WRITE])
async def start(experiment_id: str, request: Request, session: WriteSession) -> Experiment:
    """From now on its customers are in its arms."""
    return await experimenting.start(session, experiment_id, house_of(request).benches)


@router.post("/{experiment_id}/stop", summary="Stop", dependencies=[_WRITE])
async def stop(experiment_id: str, session: WriteSession) -> Experiment:
    """From now on everybody gets the campaigns as they are."""
    return await experimenting.stop(session, experiment_id)
