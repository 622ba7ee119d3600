"""Content for systems that pull at send time: always an answer they can use, always before their clock runs out.

A sender's template inserts whatever comes, so an error page or an empty string would reach the customer: the
answer is content, or `{"abort": true, "reason": …}` for the template to stop on.
"""

from __future__ import annotations

import asyncio
from typing import Any, Literal

import structlog
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from pydantic import ValidationError

from api.middleware import where_it_broke
from api.ports import Composes
from composer.contract import ComposeRequest, ComposeResult, Path
from store.errors import PenfriendError

log = structlog.get_logger("penfriend.pull")

Format = Literal["json", "html", "text"]

DEFAULT_DEADLINE_MS = 1200
MIN_DEADLINE_MS, MAX_DEADLINE_MS = 50, 120_000
GRACE_S = 0.2
"""The composer keeps the deadline; this is how long we wait for it before answering without it."""
PATH_HEADER = "X-Penfriend-Path"


async def pull(
    composer: Composes, campaign: str, customer: str, *, step: str, occasion: str, wanted: str, deadline: str
) -> Response:
    """Compose and answer in `wanted` format. Never raises, never answers other than 200."""
    try:
        request = ComposeRequest(
            campaign=campaign,
            customer=customer,
            step=step,
            occasion=occasion,
            deadline_ms=_milliseconds(deadline),
        )
    except ValidationError:
        return abort("invalid_request", "The campaign, customer, step or occasion in the address cannot be one.")
    return await _answer(composer, request, _format(wanted))


async def _answer(composer: Composes, request: ComposeRequest, wanted: Format) -> Response:
    try:
        async with asyncio.timeout(request.deadline_ms / 1000 + GRACE_S):
            result = await composer.compose(request)
    except PenfriendError as error:
        return abort(error.reason, error.message)
    except TimeoutError:
        return abort("deadline", "No e-mail was ready before the deadline.")
    # A bug of ours must not end in a customer's inbox as an error page: it ends as an abort, and in the log.
    except Exception as error:  # noqa: BLE001
        log.error("pull_broke", error=type(error).__name__, where=where_it_broke(error))
        return abort("internal_error", "Something went wrong on our side.")
    if result.path is Path.SKIPPED or not result.html:
        return abort(result.reason, result.detail or "No e-mail for this customer now.")
    return _content(result, wanted)


def abort(reason: str, detail: str) -> Response:
    """Tells the sender's template to stop."""
    return JSONResponse({"abort": True, "reason": reason, "detail": detail}, headers=_headers("abort"))


def _content(result: ComposeResult, wanted: Format) -> Response:
    headers = {**_headers(result.path.value), "X-Penfriend-Email": result.id}
    if wanted == "html":
        return HTMLResponse(result.html, headers=headers)
    if wanted == "text":
        return PlainTextResponse(result.text, headers=headers)
    return JSONResponse(_slots(result), headers=headers)


def _slots(result: ComposeResult) -> dict[str, Any]:
    return {
        "abort": False,
        "email_id": result.id,
        "path": result.path.value,
        "reason": result.reason,
        "subject": result.subject,
        "preheader": result.preheader,
        "html": result.html,
        "text": result.text,
        "headers": result.headers,
        "blocks": {block.key: block.text for block in result.blocks},
        "products": [pick.model_dump(include={"product_id", "title", "price", "reason"}) for pick in result.picks],
    }


def _headers(path: str) -> dict[str, str]:
    return {PATH_HEADER: path, "Cache-Control": "private, max-age=0"}


def _format(wanted: str) -> Format:
    if wanted == "html":
        return "html"
    return "text" if wanted == "text" else "json"


def _milliseconds(text: str) -> int:
    # A typing slip in a sender's template must not cost its customers their e-mail.
    wanted = int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else DEFAULT_DEADLINE_MS
    return min(max(wanted, MIN_DEADLINE_MS), MAX_DEADLINE_MS)
