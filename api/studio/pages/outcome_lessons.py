"""Learned, outcomes: what came of e-mails taught, what decides now, and alarms where it did harm."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import JSONResponse, Response

from api import guarding
from api.access import ReadSession, house_of
from api.studio import learned, outcome_lessons
from api.studio.actors import names_of
from api.studio.door import Editor, Viewer
from api.studio.forms import Values
from api.studio.rendering import HEADERS, go, page
from api.studio.sessions import Visitor
from api.studio.wording import in_full
from catalog import merchandising_store
from composer.bandit.learned import read_learned
from composer.bandit.policy import EXPLORE
from composer.bandit.reading import what_was_learned
from composer.harm import service, wording
from composer.harm.standing import read_standing
from composer.lessons import reading
from composer.lessons.taught import read_taught
from store.errors import Conflict, InvalidInput

router = APIRouter(prefix="/lessons/outcomes")
LEAD = "What came of your e-mails taught Penfriend which ways to write do better, and how sure that is."
ALARMS = 30
Name = Annotated[str, Query(max_length=64)]


@router.get("")
async def outcomes(
    request: Request, session: ReadSession, visitor: Viewer, flow: Name = "", stage: Name = ""
) -> Response:
    """One flow, for customers of one stage of life."""
    return await _page(request, session, visitor, flow, stage)


@router.get(".json")
async def export(session: ReadSession, visitor: Viewer) -> Response:
    """All that was learned in the whole shop, and every alarm."""
    lesson, judged_at = await read_learned(session), await service.judged_at(session)
    said = {
        "learned": what_was_learned(lesson).model_dump(mode="json"),
        "alarms": [one.model_dump(mode="json") for one in await service.alarms(session)],
        "judged_at": judged_at.isoformat() if judged_at else None,
    }
    headers = {**HEADERS, "Content-Disposition": 'attachment; filename="what-was-learned.json"'}
    return JSONResponse(said, headers=headers)


@router.post("/alarms/{alarm_id}/close")
async def close(request: Request, visitor: Editor, alarm_id: str) -> Response:
    """What was learned decides again."""
    house = house_of(request)
    async with request.form() as sent:
        reason = Values.of(sent).get("reason")
    try:
        async with house.database.session() as session:
            await guarding.close(session, alarm_id, reason)
    except (InvalidInput, Conflict) as error:
        async with house.database.session(readonly=True) as session:
            return await _page(request, session, visitor, problem=in_full(error))
    return go(request, learned.OUTCOMES, toast="alarm_closed")


async def _page(
    request: Request, session: AsyncSession, visitor: Visitor, flow: str = "", stage: str = "", problem: str = ""
) -> Response:
    library = house_of(request).library
    lesson, taught, standing = await read_learned(session), await read_taught(session), await read_standing(session)
    named = {one.name: one for one in library.flows}
    chosen = named[flow] if flow in named else outcome_lessons.usual_flow(lesson, library.flows)
    stage_ = outcome_lessons.stage_of(stage)
    exploration = (await merchandising_store.load(session)).document.exploration
    read, questions = outcome_lessons.questions(lesson, taught.preferences, chosen, stage_, standing, exploration)
    alarms = await service.alarms(session, limit=ALARMS)
    return page(
        request,
        visitor,
        "lessons/outcomes.html",
        status=422 if problem else 200,
        tabs=learned.tabs(await reading.counts(session)),
        kind="outcomes",
        here=learned.HERE,
        lead=LEAD,
        older="",
        newest=True,
        problem=problem,
        read=read,
        summary=what_was_learned(lesson).sentence,
        questions=questions,
        flow=chosen,
        flows=library.flows,
        stage=stage_,
        stages=outcome_lessons.STAGES,
        campaigns=await outcome_lessons.campaigns(session, chosen, standing),
        explore=EXPLORE,
        standing=[one for one in alarms if one.closed_at is None],
        closed=[one for one in alarms if one.closed_at is not None],
        closers=await names_of(session, {one.closed_by for one in alarms if one.closed_by}),
        judged=wording.judged(await service.judged_at(session)),
        words=wording,
    )
