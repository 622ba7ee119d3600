"""`/m/{token}`: "What we remember about you", behind the link in each e-mail. See `api.own_page`."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.responses import Response

from api import pages
from api.access import ReadSession, WriteSession, house_of
from api.own_page.rendering import HEADERS, page
from api.own_page.texts import TEXTS
from api.own_page.visiting import Visit, as_file, ask, change, remembered
from api.unsubscribing import Wanted, choose, standing_of, unsubscribe
from composer.links import OWN_PAGE, BadToken
from memory.account.changing import MAX_CORRECTION
from memory.account.model import Account
from memory.choices import PURPOSES
from memory.consent import Standing
from memory.privacy.proving import TooManyTries, is_theirs
from memory.privacy.requests import Kind, waiting_of
from prompts.model import TOPIC_TITLES
from store import clock
from store.errors import InvalidInput

router = APIRouter(prefix=f"/{OWN_PAGE}", include_in_schema=False)


@router.get("/{token}")
async def show(token: str, request: Request, session: ReadSession) -> HTMLResponse:
    """The reader's choices, and nothing else. Mail scanners open links: opening this changes nothing."""
    visit = await _visit(token, request, session)
    return _broken() if visit is None else await _choices(session, visit)


@router.post("/{token}/choices")
async def save(token: str, request: Request, session: WriteSession) -> HTMLResponse:
    """Topics, how often, a pause, what memory may be used for."""
    visit = await _visit(token, request, session)
    if visit is None or visit.customer_id is None:
        return _broken() if visit is None else _gone(visit)
    wanted = Wanted.of(await request.body())
    if wanted is None:
        return await _choices(session, visit)
    await choose(session, visit.link, wanted)
    return await _choices(session, visit, "saved")


@router.post("/{token}/unsubscribe")
async def stop(token: str, request: Request, session: WriteSession) -> HTMLResponse:
    """One click; also for somebody who was erased, whose address is then known to have said no."""
    visit = await _visit(token, request, session)
    if visit is None:
        return _broken()
    await unsubscribe(session, visit.link)
    if visit.customer_id is None:
        return page("message.html", **_frame(visit), title=TEXTS["unsubscribe"], text=TEXTS["stopped"], stop=False)
    return await _choices(session, visit, "stopped")


@router.post("/{token}/open")
async def open_(token: str, request: Request, session: WriteSession) -> HTMLResponse:
    """What is remembered, to whoever names the address on file."""
    visit = await _visit(token, request, session)
    if visit is None or visit.customer_id is None:
        return _broken() if visit is None else _gone(visit)
    address = _field(await request.form(), "address")
    if not visit.opens:
        return await _choices(session, visit)
    try:
        proved = await is_theirs(session, visit.customer_id, address)
    except TooManyTries:
        return await _choices(session, visit, "too_many", status=429)
    return (
        await _remembered(session, visit, request) if proved else await _choices(session, visit, "wrong_address", 403)
    )


@router.post("/{token}/remembered")
async def act(token: str, request: Request, session: WriteSession) -> Response:
    """Correct, forget, take away, ask for: with the pass that the page's forms have."""
    visit = await _visit(token, request, session)
    if visit is None or visit.customer_id is None:
        return _broken() if visit is None else _gone(visit)
    form = await request.form()
    if not house_of(request).links.passes(token, _field(form, "pass"), clock.now()):
        return await _choices(session, visit, "timed_out", status=403)
    account = await remembered(session, visit, house_of(request).settings.retention.events)
    if account is None:
        return _gone(visit)
    what = _field(form, "do")
    if what == "download":
        return _download(account)
    if what in list(Kind):
        return await _remembered(session, visit, request, await ask(session, visit, Kind(what)))
    value = _field(form, "value") if what == "correct" else None
    try:
        said = await change(session, account, _field(form, "fact"), value)
    except InvalidInput as error:
        return await _remembered(session, visit, request, problem=error.message, status=422)
    return await _remembered(session, visit, request, said)


async def _visit(token: str, request: Request, session: AsyncSession) -> Visit | None:
    try:
        return await Visit.by(session, house_of(request).links, token)
    except BadToken:
        return None


def _field(form: FormData, name: str) -> str:
    """A field's text; a file in its place says nothing."""
    value = form.get(name)
    return value if isinstance(value, str) else ""


def _frame(visit: Visit) -> dict[str, Any]:
    return {"brand": visit.brand, "base": f"/{OWN_PAGE}/{visit.token}"}


def _broken() -> HTMLResponse:
    nobody = {"brand": None, "base": "", "stop": False}
    return page("message.html", 404, **nobody, title=TEXTS["broken_title"], text=TEXTS["broken"])


def _gone(visit: Visit) -> HTMLResponse:
    return page("message.html", **_frame(visit), title=TEXTS["gone_title"], text=TEXTS["gone"], stop=True)


async def _choices(session: AsyncSession, visit: Visit, said: str = "", status: int = 200) -> HTMLResponse:
    if visit.customer_id is None:
        return _gone(visit)
    standing: Standing = await standing_of(session, visit.link)
    until = standing.choices.wish.paused_until
    return page(
        "choices.html",
        status,
        **_frame(visit),
        said=said,
        tone="bad" if status >= 400 else "",
        opens=visit.opens,
        choices=standing.choices,
        stopped=not standing.allowed,
        topics=TOPIC_TITLES,
        frequencies=pages.FREQUENCIES,
        frequency=pages.frequency_of(standing.choices),
        pauses=pages.PAUSES,
        paused_until=until if until is not None and until > clock.now() else None,
        purposes=PURPOSES,
    )


async def _remembered(
    session: AsyncSession, visit: Visit, request: Request, said: str = "", *, problem: str = "", status: int = 200
) -> HTMLResponse:
    """Told anew, as it is after what was just done."""
    account = await remembered(session, visit, house_of(request).settings.retention.events)
    if account is None or visit.customer_id is None:
        return _gone(visit)
    return page(
        "remembered.html",
        status,
        **_frame(visit),
        said=said,
        problem=problem,
        tone="bad" if problem else "",
        account=account,
        waiting=await waiting_of(session, visit.customer_id),
        pass_=house_of(request).links.pass_through(visit.token, clock.now()),
        longest=MAX_CORRECTION,
    )


def _download(account: Account) -> Response:
    headers = {**HEADERS, "Content-Disposition": 'attachment; filename="what-we-remember.json"'}
    return Response(orjson.dumps(as_file(account), option=orjson.OPT_INDENT_2), 200, headers, "application/json")
