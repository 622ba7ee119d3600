"""Content for systems that pull at send time: always an answer they can use, always before their clock runs out.

A sender's template inserts whatever comes, so an error page or an empty string would reach the customer: the
answer is content, or `{"abort": true, "reason": …}` for the template to stop on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from math import ceil
from typing import Any, Literal

import orjson
import structlog
from fastapi.responses import HTMLResponse, PlainTextResponse, Response
from pydantic import ValidationError

from api.middleware import where_it_broke
from api.ports import Composes, Prepares
from composer.contract import ComposeRequest, Path
from composer.courtesy import Courtesy
from composer.freshness import Withdrawn
from store import clock
from store.errors import PenfriendError

log = structlog.get_logger("penfriend.pull")

Format = Literal["json", "html", "text"]
Email = Mapping[str, Any]
"""A `ComposeResult` as JSON: an e-mail that is stored is answered as it was read."""

DEFAULT_DEADLINE_MS = 1200
MIN_DEADLINE_MS, MAX_DEADLINE_MS = 50, 120_000
GRACE_S = 0.2
"""The composer keeps the deadline; this is how long we wait for it before answering without it."""
PATH_HEADER = "X-Penfriend-Path"
_PRODUCT = ("product_id", "title", "price", "former_price", "link", "image", "reason")


async def pull(
    composer: Composes,
    ahead: Prepares,
    courtesy: Courtesy,
    campaign: str,
    customer: str,
    *,
    step: str,
    occasion: str,
    wanted: str,
    deadline: str,
) -> Response:
    """The e-mail written `ahead`, or else composed now, in `wanted` format. Never raises, never answers but 200."""
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
    with courtesy.hurry():
        return await _answer(composer, ahead, request, _format(wanted))


async def _answer(composer: Composes, ahead: Prepares, request: ComposeRequest, wanted: Format) -> Response:
    try:
        async with asyncio.timeout(request.deadline_ms / 1000 + GRACE_S):
            email = await _email(composer, ahead, request)
    except PenfriendError as error:
        return abort(error.reason, error.message)
    except TimeoutError:
        return abort("deadline", "No e-mail was ready before the deadline.")
    # A bug of ours must not end in a customer's inbox as an error page: it ends as an abort, and in the log.
    except Exception as error:  # noqa: BLE001
        log.error("pull_broke", error=type(error).__name__, where=where_it_broke(error))
        return abort("internal_error", "Something went wrong on our side.")
    if isinstance(email, Withdrawn):
        return abort(email.reason, email.detail, until=email.until)
    if email["path"] == Path.SKIPPED or not email["html"]:
        until = datetime.fromisoformat(email["defer_until"]) if email.get("defer_until") else None
        return abort(email["reason"], email["detail"] or "No e-mail for this customer now.", until=until)
    return _content(email, wanted)


async def _email(composer: Composes, ahead: Prepares, request: ComposeRequest) -> Email | Withdrawn:
    found = await ahead.prepared(request)
    if found is None:
        return (await composer.compose(request)).model_dump(mode="json")
    return found if isinstance(found, Withdrawn) else found.document


def abort(reason: str, detail: str, *, until: datetime | None = None) -> Response:
    """Tells the sender's template to stop; `until` says when asking again is worth it (`Retry-After`, RFC 9110)."""
    answer: dict[str, Any] = {"abort": True, "reason": reason, "detail": detail}
    headers = _headers("abort")
    if until is not None:
        answer["retry_at"] = until.isoformat()
        headers["Retry-After"] = str(max(1, ceil((until - clock.now()).total_seconds())))
    return _json(answer, headers)


def _content(email: Email, wanted: Format) -> Response:
    headers = {**_headers(email["path"]), "X-Penfriend-Email": email["id"]}
    if wanted == "html":
        return HTMLResponse(email["html"], headers=headers)
    if wanted == "text":
        return PlainTextResponse(email["text"], headers=headers)
    return _json(_slots(email), headers)


def _slots(email: Email) -> dict[str, Any]:
    kept = {name: email[name] for name in ("path", "reason", "subject", "preheader", "html", "text", "headers")}
    return {
        "abort": False,
        "email_id": email["id"],
        **kept,
        "blocks": {block["key"]: block["text"] for block in email["blocks"]},
        "products": [{name: pick.get(name, "") for name in _PRODUCT} for pick in email["picks"]],
    }


def _json(answer: Mapping[str, Any], headers: Mapping[str, str]) -> Response:
    return Response(orjson.dumps(answer), media_type="application/json", headers=headers)


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
