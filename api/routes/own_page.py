"""`/m/{token}`: "What we remember about you", behind the link in each e-mail. See `api.own_page`."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from api import pages
from api.access import ReadSession, WriteSession, house_of
from api.own_page.rendering import HEADERS, page
from api.own_page.texts import heard
from api.own_page.visiting import Tried, Visit, as_file, ask, change, problem_with, remembered
from api.unsubscribing import (
    FREQUENCIES,
    PAUSES,
    TOPICS,
    Wanted,
    allow_again,
    choose,
    standing_of,
    unsubscribe,
)
from composer.links import OWN_PAGE, BadToken
from memory.account.changing import MAX_CORRECTION
from memory.account.model import Account
from memory.choices import PURPOSES
from memory.consent import Standing
from memory.privacy.proving import TooManyTries, is_theirs
from memory.privacy.requests import Kind, waiting_of
from store import clock
from store.errors import InvalidInput

router = APIRouter(prefix=f"/{OWN_PAGE}", include_in_schema=False)


@router.get("/{token}")
async def show(token: str, request: Request, session: ReadSession) -> HTMLResponse:
    """The reader's choices, and nothing else. Mail scanners open links: opening this changes nothing."""
    visit = await _visit(token, request, session)
    return _broken(request) if visit is None else await _choices(session, visit, request)


@router.get("/{token}/{form}")
def back(token: str, form: str) -> RedirectResponse:
    """Where a form leads, opened again by a browser that was closed meanwhile: what was sent is not sent twice.

    Relative, as every address on the page: the brand's public URL may have a path that this server does not know.
    """
    return RedirectResponse(f"../{quote(token, safe='')}", 303, HEADERS)


@router.post("/{token}/choices")
async def save(token: str, request: Request, session: WriteSession) -> HTMLResponse:
    """Topics, how often, a pause, what memory may be used for."""
    visit = await _visit(token, request, session)
    if visit is None or visit.customer_id is None:
        return _broken(request) if visit is None else _gone(visit, request)
    wanted = Wanted.of(await request.body())
    if wanted is None:
        return await _choices(session, visit, request)
    await choose(session, visit.link, wanted)
    return await _choices(session, visit, request, "saved")


@router.post("/{token}/unsubscribe")
async def stop(token: str, request: Request, session: WriteSession) -> HTMLResponse:
    """One click; also for somebody who was erased, whose address is then known to have said no."""
    visit = await _visit(token, request, session)
    if visit is None:
        return _broken(request)
    await unsubscribe(session, visit.link)
    if visit.customer_id is None:
        return page(
            "message.html", visit.tag, **_frame(visit, request), title="unsubscribe", text="stopped", stop=False
        )
    return await _choices(session, visit, request, "stopped")


@router.post("/{token}/open")
async def open_(token: str, request: Request, session: WriteSession) -> HTMLResponse:
    """What is remembered, to whoever names the address on file."""
    visit = await _visit(token, request, session)
    if visit is None or visit.customer_id is None:
        return _broken(request) if visit is None else _gone(visit, request)
    address = _field(await request.form(), "address")
    if not visit.opens:
        return await _choices(session, visit, request)
    try:
        proved = await is_theirs(session, visit.customer_id, address)
    except TooManyTries:
        return await _choices(session, visit, request, "too_many", status=429)
    return (
        await _remembered(session, visit, request)
        if proved
        else await _choices(session, visit, request, "wrong_address", 403)
    )


@router.post("/{token}/remembered")
async def act(token: str, request: Request, session: WriteSession) -> Response:
    """Correct, forget, take away, ask for: with the pass that the page's forms have."""
    visit = await _visit(token, request, session)
    if visit is None or visit.customer_id is None:
        return _broken(request) if visit is None else _gone(visit, request)
    form = await request.form()
    if not house_of(request).links.passes(token, _field(form, "pass"), clock.now()):
        return await _choices(session, visit, request, "timed_out", status=403)
    account = await remembered(session, visit, house_of(request).settings.retention.events)
    if account is None:
        return _gone(visit, request)
    what = _field(form, "do")
    if what == "download":
        return _download(account)
    if what in list(Kind):
        return await _remembered(session, visit, request, await ask(session, visit, Kind(what)))
    if what == "allow":
        await allow_again(session, visit.link, _field(form, "purpose"))
        return await _remembered(session, visit, request, "allowed")
    fact, value = _field(form, "fact"), _field(form, "value") if what == "correct" else None
    try:
        said = await change(session, account, fact, value)
    except InvalidInput:
        tried = Tried(fact, value or "", problem_with(account, fact))
        return await _remembered(session, visit, request, tried=tried, status=422)
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


def _frame(visit: Visit, request: Request) -> dict[str, Any]:
    up = _up(request)
    return {"brand": visit.brand, "up": up, "base": f"{up}{visit.token}"}


def _up(request: Request) -> str:
    """From where this answer stands to `/m/`: forms lead a step below the link."""
    return "" if request.method == "GET" else "../"


def _broken(request: Request) -> HTMLResponse:
    nobody = {"brand": None, "up": _up(request), "base": "", "stop": False}
    return page("message.html", heard(request), 404, **nobody, title="broken_title", text="broken")


def _gone(visit: Visit, request: Request) -> HTMLResponse:
    return page("message.html", visit.tag, **_frame(visit, request), title="gone_title", text="gone", stop=True)


async def _choices(
    session: AsyncSession, visit: Visit, request: Request, said: str = "", status: int = 200
) -> HTMLResponse:
    if visit.customer_id is None:
        return _gone(visit, request)
    standing: Standing = await standing_of(session, visit.link)
    until = standing.choices.wish.paused_until
    return page(
        "choices.html",
        visit.tag,
        status,
        **_frame(visit, request),
        said=said,
        tone="bad" if status >= 400 else "",
        opens=visit.opens,
        choices=standing.choices,
        stopped=not standing.allowed,
        topics=TOPICS,
        frequencies=FREQUENCIES,
        frequency=pages.frequency_of(standing.choices),
        pauses=[one for one in PAUSES if one != "keep"],
        paused_until=until if until is not None and until > clock.now() else None,
        purposes=PURPOSES,
    )


async def _remembered(
    session: AsyncSession,
    visit: Visit,
    request: Request,
    said: str = "",
    *,
    tried: Tried | None = None,
    status: int = 200,
) -> HTMLResponse:
    """Told anew, as it is after what was just done."""
    account = await remembered(session, visit, house_of(request).settings.retention.events)
    if account is None or visit.customer_id is None:
        return _gone(visit, request)
    return page(
        "remembered.html",
        visit.tag,
        status,
        **_frame(visit, request),
        said=said,
        tried=tried,
        tone="bad" if tried else "",
        account=account,
        objects_to=(await standing_of(session, visit.link)).choices.objects_to,
        waiting=await waiting_of(session, visit.customer_id),
        pass_=house_of(request).links.pass_through(visit.token, clock.now()),
        longest=MAX_CORRECTION,
    )


def _download(account: Account) -> Response:
    headers = {**HEADERS, "Content-Disposition": 'attachment; filename="what-we-remember.json"'}
    return Response(orjson.dumps(as_file(account), option=orjson.OPT_INDENT_2), 200, headers, "application/json")
