"""Starting a run, in two steps: what would be written to whom, and only then the start."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from api import runs as edge
from api.access import ReadSession, house_of
from api.studio import rule_form, run_form, run_words
from api.studio.door import PATH, Editor
from api.studio.forms import Refused, Values
from api.studio.rendering import go, page
from api.studio.sessions import Visitor
from composer.campaigns import list_campaigns
from composer.runs.preflight.model import PreflightReport
from store.errors import InvalidInput

router = APIRouter(prefix="/runs")

CAMPAIGNS = 200
"""That can be chosen from."""


@router.get("/new")
async def new(
    request: Request, session: ReadSession, visitor: Editor, campaign: Annotated[str, Query(max_length=64)] = ""
) -> Response:
    """The form."""
    campaigns = await list_campaigns(session, limit=CAMPAIGNS)
    chosen = campaign or (campaigns[0][0] if campaigns else "")
    return _form(request, visitor, campaigns, run_form.started(chosen))


@router.get("/terms")
async def terms(request: Request, visitor: Editor) -> Response:
    """What terms of review mean, said as they are typed."""
    said = Values({name: tuple(request.query_params.getlist(name)) for name in request.query_params})
    return page(request, visitor, "runs/terms.html", said=run_form.said_of_terms(said))


@router.post("/look")
async def look(request: Request, visitor: Editor) -> Response:
    """What would stand in its way and what it would take. Starts nothing."""
    async with request.form() as form:
        return await _looked(request, visitor, form, "")


@router.post("")
async def start(request: Request, visitor: Editor) -> Response:
    """Start what was looked at; where the form is another one by now, look again."""
    async with request.form() as form:
        asked = run_form.read(form)
        if isinstance(asked, Refused) or form.get("looked") != asked.looked:
            changed = "You changed something after looking. This is what would be started now."
            return await _looked(request, visitor, form, changed)
        run = await edge.start(house_of(request), asked.campaign, asked.request, open_file=asked.open_file)
    return go(request, f"{PATH}/runs/{run.id}", toast="run_started")


async def _looked(request: Request, visitor: Visitor, form: FormData, note: str) -> Response:
    """The report beside the form; for htmx alone."""
    asked, errors, report = run_form.read(form), dict[str, str](), None
    if isinstance(asked, Refused):
        errors = dict(asked.errors)
    else:
        try:
            report = await edge.preflight(house_of(request), asked.campaign, asked.request, open_file=asked.open_file)
        except InvalidInput as error:
            errors = {"": f"{error.message} {error.fix or ''}".strip()}
    shown: dict[str, Any] = {"errors": errors, "report": report, "note": note, **_of_report(asked, report)}
    if request.headers.get("HX-Request"):
        return page(request, visitor, "runs/report.html", **shown)
    # Opened only now: a preflight may take a minute, and holds no connection while the model writes.
    async with house_of(request).database.session(readonly=True) as session:
        campaigns = await list_campaigns(session, limit=CAMPAIGNS)
    return _form(request, visitor, campaigns, Values.of(form), **shown)


def _of_report(asked: run_form.Asked | Refused, report: PreflightReport | None) -> dict[str, str]:
    if report is None or isinstance(asked, Refused):
        return {"looked": "", "terms": ""}
    review = asked.request.review
    written = report.audience.may_be_written_to
    return {"looked": asked.looked, "terms": run_form.in_words(review, written) if review and written else ""}


def _form(
    request: Request, visitor: Visitor, campaigns: list[tuple[str, int, str, str]], values: Values, **shown: Any
) -> Response:
    known: dict[str, Any] = {"errors": {}, "report": None, "note": "", "looked": "", "terms": "", **shown}
    said = run_form.said_of_terms(values) if values.on("review") else ""
    return page(
        request,
        visitor,
        "runs/new.html",
        campaigns=campaigns,
        values=values,
        groups=rule_form.GROUPS,
        rows=range(rule_form.ROWS),
        said=said,
        words=run_words,
        **known,
    )
