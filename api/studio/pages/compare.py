"""Two ways of writing side by side: started, read blind, and what came of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Query, Request
from fastapi import Path as InPath
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.responses import Response

from api import audit
from api import comparing as edge
from api.access import ReadSession, WriteSession, house_of
from api.studio import compare_form, comparing
from api.studio.actors import names_of
from api.studio.comparing import Where, from_half
from api.studio.door import PATH, Editor, Reviewer, Viewer
from api.studio.forms import Values
from api.studio.framing import frame_response, framed, picture_origins
from api.studio.rendering import go, page
from api.studio.sessions import Visitor
from api.studio.showing import own_host
from composer.comparing import store
from composer.comparing.expected import pace
from composer.comparing.model import MOST_PAIRS
from composer.comparing.voting import left_of
from store.errors import InvalidInput, NotFound

router = APIRouter(prefix="/compare")

Position = Annotated[int, InPath(ge=0, le=1_000_000)]


@router.get("")
async def comparisons(request: Request, session: ReadSession, visitor: Viewer) -> Response:
    """The newest comparisons, and how far whoever looks is with each."""
    found = await store.newest(session)
    shown = [(one, await comparing.names_of(session, one), await comparing.titles_of(session, one)) for one in found]
    makers = await names_of(session, {one.created_by for one in found})
    decided = await comparing.decided(session, audit.actor())
    return page(request, visitor, "compare/list.html", shown=shown, makers=makers, decided=decided)


@router.get("/new")
async def new(
    request: Request, session: ReadSession, visitor: Editor, campaign: Annotated[str, Query(max_length=64)] = ""
) -> Response:
    """The form."""
    offered = await compare_form.offered(house_of(request), session)
    return await _form(request, session, visitor, offered, offered.started(campaign))


@router.get("/new/cost")
async def cost(request: Request, session: ReadSession, visitor: Editor) -> Response:
    """What it will take, said as the form is filled in."""
    asked = request.query_params
    values = Values({name: tuple(asked.getlist(name)) for name in asked})
    return page(request, visitor, "compare/cost.html", said=await _cost(request, session, values))


@router.post("")
async def start(request: Request, session: ReadSession, visitor: Editor) -> Response:
    """Draw the customers and write both sides, beside the requests."""
    async with request.form() as form:
        values = Values.of(form)
    asked = compare_form.read(values)
    try:
        if isinstance(asked, str):
            raise InvalidInput(asked)
        made = await edge.start(house_of(request), asked)
    except (InvalidInput, NotFound) as error:
        problem = f"{error.message} {error.fix or ''}".strip()
        offered = await compare_form.offered(house_of(request), session)
        return await _form(request, session, visitor, offered, values, problem)
    return go(request, f"{PATH}/compare/{made.id}")


@router.get("/{comparison_id}")
async def comparison(request: Request, session: ReadSession, visitor: Viewer, comparison_id: str) -> Response:
    """Where it stands; what came of it, for whoever knows which side is which."""
    found = await comparing.progress(session, comparison_id, audit.actor())
    if found.shown:
        told = await comparing.verdict(session, comparison_id, audit.actor())
        return page(
            request,
            visitor,
            "compare/result.html",
            told=told,
            found=found,
            comparison=found.comparison,
            share=from_half,
        )
    names = await comparing.names_of(session, found.comparison)
    makers = await names_of(session, {found.comparison.created_by})
    titles = await comparing.titles_of(session, found.comparison)
    values: dict[str, Any] = {"found": found, "comparison": found.comparison, "names": names, "makers": makers}
    values["titles"] = titles
    return page(request, visitor, "compare/one.html", **values)


@router.get("/{comparison_id}/next")
async def following(request: Request, session: ReadSession, visitor: Viewer, comparison_id: str) -> Response:
    """On to the next pair that whoever looks has not decided on."""
    found = await comparing.progress(session, comparison_id, audit.actor())
    position = found.next_after(-1)
    home = f"{PATH}/compare/{comparison_id}"
    return go(request, home if position is None else f"{home}/{position}")


@router.post("/{comparison_id}/show")
async def show(request: Request, session: WriteSession, visitor: Viewer, comparison_id: str) -> Response:
    """Which side is which; whoever knows votes no more."""
    await edge.show(session, comparison_id)
    return go(request, f"{PATH}/compare/{comparison_id}")


@router.post("/{comparison_id}/go-on")
async def go_on(request: Request, visitor: Editor, comparison_id: str) -> Response:
    """Write the pairs that are missing."""
    await edge.go_on(house_of(request), comparison_id)
    return go(request, f"{PATH}/compare/{comparison_id}")


@router.get("/{comparison_id}/{position}")
async def pair(
    request: Request,
    session: ReadSession,
    visitor: Viewer,
    comparison_id: str,
    position: Position,
    before: int | None = None,
    pictures: bool = False,
) -> Response:
    """Two e-mails to the same customer. `before`: the pair that was voted on just now."""
    found = await comparing.bench(session, comparison_id, position, audit.actor(), before)
    return _pair(request, visitor, found, pictures)


@router.get("/{comparison_id}/{position}/{where}/frame")
async def frame(
    request: Request,
    session: ReadSession,
    visitor: Viewer,
    comparison_id: str,
    position: Position,
    where: Where,
    pictures: bool = False,
) -> Response:
    """One of the two, for a sandboxed frame."""
    pair = await store.get_pair(session, comparison_id, position)
    left = left_of(comparison_id, position, audit.actor())
    made = pair.side(left if where == "left" else "b" if left == "a" else "a")
    own = own_host(made)
    origins = picture_origins(made.html, own) if pictures else []
    document = framed(made.html, "light", own=own, shown=origins)
    return frame_response(document, str(request.base_url).rstrip("/"), origins)


@router.post("/{comparison_id}/{position}/vote")
async def vote(
    request: Request,
    session: WriteSession,
    visitor: Reviewer,
    comparison_id: str,
    position: Position,
    choice: Annotated[Literal["left", "right", "tie", "neither"], Form()],
    pictures: Annotated[bool, Form()] = False,
) -> Response:
    """Which is better; on to the next pair that is not decided."""
    meant = comparing.choice_of(comparison_id, position, audit.actor(), choice)
    await edge.vote(session, comparison_id, position, meant)
    progress = await comparing.progress(session, comparison_id, audit.actor())
    ahead = progress.next_after(position)
    if ahead is None:
        return go(request, f"{PATH}/compare/{comparison_id}")
    return await _on(request, session, visitor, comparison_id, ahead, position, pictures)


@router.post("/{comparison_id}/{position}/undo")
async def undo(
    request: Request,
    session: WriteSession,
    visitor: Reviewer,
    comparison_id: str,
    position: Position,
    pictures: Annotated[bool, Form()] = False,
) -> Response:
    """The vote is taken back; the pair is looked at again."""
    await edge.undo(session, comparison_id, position)
    return await _on(request, session, visitor, comparison_id, position, None, pictures)


async def _on(
    request: Request,
    session: AsyncSession,
    visitor: Visitor,
    comparison_id: str,
    position: int,
    before: int | None,
    pictures: bool,
) -> Response:
    query = "&".join([*([f"before={before}"] if before is not None else []), *(["pictures=true"] if pictures else [])])
    to = f"{PATH}/compare/{comparison_id}/{position}{'?' if query else ''}{query}"
    if not request.headers.get("HX-Request"):
        return go(request, to)
    found = await comparing.bench(session, comparison_id, position, audit.actor(), before)
    return _pair(request, visitor, found, pictures, pushed=to)


def _pair(request: Request, visitor: Visitor, found: comparing.Bench, pictures: bool, *, pushed: str = "") -> Response:
    values: dict[str, Any] = {"bench": found, "found": found.progress, "pair": found.pair, "pictures": pictures}
    fragment = bool(request.headers.get("HX-Request"))
    template = "compare/pair.html" if fragment else "compare/pair_page.html"
    return page(request, visitor, template, headers={"HX-Push-Url": pushed} if pushed else None, **values)


async def _form(
    request: Request,
    session: AsyncSession,
    visitor: Visitor,
    offered: compare_form.Offered,
    values: Values,
    problem: str = "",
) -> Response:
    said = await _cost(request, session, values)
    shown: dict[str, Any] = {"offered": offered, "values": values, "said": said, "most": MOST_PAIRS}
    return page(request, visitor, "compare/new.html", status=422 if problem else 200, problem=problem, **shown)


async def _cost(request: Request, session: AsyncSession, values: Values) -> str:
    model = house_of(request).settings.model.model
    return compare_form.cost(compare_form.read(values), await pace(session), model)
