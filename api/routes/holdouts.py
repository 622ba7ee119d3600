"""The shop's holdout, and groups whose members share no customer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from fastapi import Path as InPath
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api import experimenting
from api.access import ReadSession, WriteSession
from api.auth import Require
from composer.experiments import groups, holdouts
from composer.experiments.model import Group, Holdout

router = APIRouter(prefix="/v1", tags=["experiments"])

_READ, _WRITE = Depends(Require("read")), Depends(Require("write"))
_Name = Annotated[str, InPath(max_length=64)]
_Kind = Literal["campaign", "experiment"]


class NewHoldout(BaseModel):
    """What to hold out."""

    model_config = ConfigDict(extra="forbid")

    share: float = Field(gt=0, le=holdouts.MOST, allow_inf_nan=False)
    """Of all customers: 0.05 is one in twenty."""
    until: AwareDatetime
    starts: AwareDatetime | None = None
    """None: now."""


class HoldoutAnswer(BaseModel):
    """The holdout in force now or set for later, and all periods there were."""

    current: Holdout | None
    periods: list[Holdout]


class NewMember(BaseModel):
    """Who joins a group."""

    model_config = ConfigDict(extra="forbid")

    kind: _Kind
    id: str = Field(min_length=1, max_length=64)
    share: float = Field(gt=0, le=1, allow_inf_nan=False)
    """Of all customers."""


@router.get("/holdout", summary="The shop's holdout", dependencies=[_READ])
async def read(session: ReadSession) -> HoldoutAnswer:
    """Nobody in it gets any marketing e-mail of any campaign; transactional ones go."""
    return HoldoutAnswer(current=await holdouts.current(session), periods=await holdouts.periods(session))


@router.put("/holdout", summary="Set it", dependencies=[_WRITE])
async def put(body: NewHoldout, session: WriteSession) -> Holdout:
    """For a period; the one before ends there. Each draws other customers, so that nobody is left out for ever."""
    return await experimenting.set_holdout(session, body.share, until=_utc(body.until), starts=_maybe(body.starts))


@router.delete("/holdout", summary="End it", dependencies=[_WRITE], status_code=204)
async def end(session: WriteSession) -> None:
    """From now on nobody is held out of everything."""
    await experimenting.end_holdout(session)


@router.get("/exclusion-groups", summary="Groups", dependencies=[_READ])
async def list_groups(session: ReadSession) -> list[Group]:
    """Campaigns and experiments that share no customer."""
    return await groups.groups(session)


@router.post("/exclusion-groups/{name}/members", summary="Join a group", dependencies=[_WRITE])
async def join(name: _Name, body: NewMember, session: WriteSession) -> Group:
    """The member gets customers who are nobody else's in the group; the group is made with its first member."""
    return await experimenting.join(session, name, body.kind, body.id, body.share)


@router.delete(
    "/exclusion-groups/{name}/members/{kind}/{member_id}",
    summary="Leave a group",
    dependencies=[_WRITE],
    status_code=204,
)
async def leave(name: _Name, kind: _Kind, member_id: _Name, session: WriteSession) -> None:
    """A campaign may then write to everybody again."""
    await experimenting.leave(session, name, kind, member_id)


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _maybe(moment: datetime | None) -> datetime | None:
    return None if moment is None else _utc(moment)
