"""Experiments: all of them with the shop's holdout and groups, the form of one, and one with what came of it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from api import experimenting
from api.access import ReadSession, WriteSession, house_of
from api.studio import experiment_form as form
from api.studio.actors import names_of
from api.studio.door import PATH, Editor, Viewer
from api.studio.forms import Values
from api.studio.rendering import go, page
from api.studio.sessions import Visitor
from composer.experiments import groups, holdouts, service
from composer.experiments.model import Experiment, Plan, Status
from composer.experiments.report import report
from store.errors import Conflict, InvalidInput, NotFound, PenfriendError

router = APIRouter(prefix="/experiments")

HERE = f"{PATH}/experiments"
REFUSALS = (InvalidInput, NotFound, Conflict)


@router.get("")
async def everything(request: Request, session: ReadSession, visitor: Viewer) -> Response:
    """All experiments, the shop's holdout, and the groups."""
    return await _list(request, session, visitor)


@router.get("/new")
async def new(
    request: Request, session: ReadSession, visitor: Editor, campaign: Annotated[str, Query(max_length=64)] = ""
) -> Response:
    """The form."""
    return await _form(request, session, visitor, form.started(campaign))


@router.post("")
async def create(request: Request, visitor: Editor) -> Response:
    """Write one down; nothing changes for anybody yet."""
    return await _save(request, visitor, None)


@router.post("/-/holdout")
async def set_holdout(request: Request, visitor: Editor) -> Response:
    """Hold out a share of the shop's customers from now on."""
    values = await _sent(request)
    try:
        share, until = form.read_holdout(values)
        async with house_of(request).database.session() as session:
            await experimenting.set_holdout(session, share, until=until)
    except InvalidInput as error:
        return await _listed_again(request, visitor, values, error)
    return go(request, HERE, toast="holdout_set")


@router.post("/-/holdout/end")
async def end_holdout(request: Request, session: WriteSession, visitor: Editor) -> Response:
    """From now on nobody is held out of everything."""
    await experimenting.end_holdout(session)
    return go(request, HERE, toast="holdout_ended")


@router.post("/-/groups")
async def join(request: Request, visitor: Editor) -> Response:
    """Keep customers for one campaign or experiment of a group."""
    values = await _sent(request)
    try:
        async with house_of(request).database.session() as session:
            await experimenting.join(session, *form.read_member(values))
    except REFUSALS as error:
        return await _listed_again(request, visitor, values, error)
    return go(request, HERE, toast="saved")


@router.post("/-/groups/leave")
async def leave(request: Request, visitor: Editor) -> Response:
    """Take one out of a group."""
    values = await _sent(request)
    kind, _, identity = values.get("member").partition(":")
    try:
        async with house_of(request).database.session() as session:
            await experimenting.leave(session, values.get("group"), kind, identity)
    except REFUSALS as error:
        return await _listed_again(request, visitor, values, error)
    return go(request, HERE, toast="saved")


@router.get("/{experiment_id}")
async def one(request: Request, session: ReadSession, visitor: Viewer, experiment_id: str) -> Response:
    """Its arms, who is in them, and what came of each."""
    return await _one(request, session, visitor, experiment_id)


@router.get("/{experiment_id}/edit")
async def edit(request: Request, session: ReadSession, visitor: Editor, experiment_id: str) -> Response:
    """The form, before it begins."""
    found = await service.get_experiment(session, experiment_id)
    if found.status is not Status.DRAFT or not form.fits(found.plan):
        return go(request, f"{HERE}/{experiment_id}")
    return await _form(request, session, visitor, form.shown(found.plan), experiment=found)


@router.post("/{experiment_id}")
async def change(request: Request, session: ReadSession, visitor: Editor, experiment_id: str) -> Response:
    """Write it down anew."""
    return await _save(request, visitor, await service.get_experiment(session, experiment_id))


@router.post("/{experiment_id}/start")
async def start(request: Request, visitor: Editor, experiment_id: str) -> Response:
    """From now on its customers are in its arms."""
    house = house_of(request)
    try:
        async with house.database.session() as session:
            await experimenting.start(session, experiment_id, house.benches)
    except (InvalidInput, Conflict) as error:
        async with house.database.session(readonly=True) as session:
            return await _one(request, session, visitor, experiment_id, problem=_told(error))
    return go(request, f"{HERE}/{experiment_id}", toast="experiment_started")


@router.post("/{experiment_id}/stop")
async def stop(request: Request, session: WriteSession, visitor: Editor, experiment_id: str) -> Response:
    """From now on everybody gets the campaigns as they are."""
    await experimenting.stop(session, experiment_id)
    return go(request, f"{HERE}/{experiment_id}", toast="experiment_stopped")


@router.post("/{experiment_id}/discard")
async def discard(request: Request, session: WriteSession, visitor: Editor, experiment_id: str) -> Response:
    """Throw a draft away."""
    await experimenting.discard(session, experiment_id)
    return go(request, HERE, toast="experiment_discarded")


async def _save(request: Request, visitor: Visitor, before: Experiment | None) -> Response:
    values, house = await _sent(request), house_of(request)
    read = form.read(values)
    errors = read if isinstance(read, dict) else {}
    if isinstance(read, Plan):
        try:
            async with house.database.session() as session:
                made = (
                    await experimenting.create(session, read)
                    if before is None
                    else await experimenting.change(session, before.id, read)
                )
            return go(request, f"{HERE}/{made.id}", toast="saved")
        except REFUSALS as error:
            errors = {"arms": _told(error)}
    async with house.database.session(readonly=True) as session:
        return await _form(request, session, visitor, values, experiment=before, errors=errors)


async def _form(
    request: Request,
    session: AsyncSession,
    visitor: Visitor,
    values: Values,
    *,
    experiment: Experiment | None = None,
    errors: dict[str, str] | None = None,
) -> Response:
    said: dict[str, Any] = {
        "offered": await form.offered(house_of(request), session),
        "values": values,
        "errors": errors or {},
        "experiment": experiment,
        "rows": range(form.ROWS),
    }
    return page(request, visitor, "experiments/form.html", status=422 if errors else 200, **said)


async def _one(
    request: Request, session: AsyncSession, visitor: Visitor, experiment_id: str, problem: str = ""
) -> Response:
    found = await service.get_experiment(session, experiment_id)
    said: dict[str, Any] = {
        "report": await report(session, found),
        "experiment": found,
        "makers": await names_of(session, {found.created_by}),
        "names": await form.names_of(session, found.plan.campaigns),
        "editable": found.status is Status.DRAFT and form.fits(found.plan),
        "problem": problem,
    }
    return page(request, visitor, "experiments/one.html", status=422 if problem else 200, **said)


async def _list(
    request: Request, session: AsyncSession, visitor: Visitor, values: Values | None = None, problem: str = ""
) -> Response:
    found = await service.list_experiments(session, limit=200)
    offered = await form.offered(house_of(request), session)
    names = dict(offered.campaigns)
    names |= {one.id: one.plan.name for one in found}
    said: dict[str, Any] = {
        "experiments": found,
        "holdout": await holdouts.current(session),
        "groups": await groups.groups(session),
        "campaigns": offered.campaigns,
        "drafts": [one for one in found if one.status is Status.DRAFT],
        "names": names,
        "values": values or Values({"until": (form.usual_end(),), "share": ("5",)}),
        "problem": problem,
    }
    return page(request, visitor, "experiments/list.html", status=422 if problem else 200, **said)


async def _listed_again(request: Request, visitor: Visitor, values: Values, error: PenfriendError) -> Response:
    async with house_of(request).database.session(readonly=True) as session:
        return await _list(request, session, visitor, values, _told(error))


async def _sent(request: Request) -> Values:
    async with request.form() as sent:
        return Values.of(sent)


def _told(error: PenfriendError) -> str:
    return f"{error.message} {error.fix or ''}".strip()
