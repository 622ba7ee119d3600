"""Every error answer is a problem detail (RFC 9457, `application/problem+json`): what, where, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from api.errors import MalformedBody, TooLarge, TooManyAtOnce, Unauthenticated, WrongMediaType
from composer.pointers import pointer_to
from store.errors import Conflict, InvalidInput, NotAllowed, NotFound, PenfriendError, Unavailable

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_S = 2

STATUS: dict[type[PenfriendError], int] = {
    MalformedBody: 400,
    Unauthenticated: 401,
    NotAllowed: 403,
    NotFound: 404,
    Conflict: 409,
    TooLarge: 413,
    WrongMediaType: 415,
    InvalidInput: 422,
    TooManyAtOnce: 429,
    Unavailable: 503,
    PenfriendError: 500,
}


class FieldProblem(BaseModel):
    """One wrong field."""

    pointer: str = Field(description="JSON pointer (RFC 6901) into the body, or `?name` for a parameter.")
    detail: str


class Problem(BaseModel):
    """RFC 9457 problem details, with the reason code and the fix as extension members."""

    type: str = Field(examples=["urn:penfriend:problem:unknown_campaign"])
    title: str
    status: int
    detail: str
    reason: str = Field(description="Stable snake_case code, safe to switch on.")
    fix: str | None = None
    errors: list[FieldProblem] = []
    request_id: str | None = None


def problem_responses() -> dict[int | str, dict[str, Any]]:
    """For `FastAPI(responses=…)`: every 4XX and 5XX answer carries a `Problem`."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        "4XX": {"description": "The request cannot be served as it is.", "content": content},
        "5XX": {"description": "Something outside the request failed.", "content": content},
    }


def status_of(error: PenfriendError) -> int:
    """The HTTP status of the nearest class that has one."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def respond(
    status: int,
    detail: str,
    *,
    reason: str,
    request_id: str | None,
    fix: str | None = None,
    errors: Sequence[FieldProblem] = (),
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """Build the answer."""
    problem = Problem(
        type=f"urn:penfriend:problem:{reason}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        reason=reason,
        fix=fix,
        errors=list(errors),
        request_id=request_id,
    )
    return JSONResponse(problem.model_dump(), status, headers, MEDIA_TYPE)


async def on_penfriend_error(request: Request, error: Exception) -> JSONResponse:
    """Turn a domain error into its answer."""
    if not isinstance(error, PenfriendError):  # Starlette's handler type is wider than its registration.
        raise error
    status = status_of(error)
    headers = {}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="penfriend", Basic realm="penfriend"'
    if isinstance(error, Unavailable | Conflict):
        headers["Retry-After"] = str(RETRY_AFTER_S)
    if isinstance(error, TooManyAtOnce):
        headers["Retry-After"] = str(error.wait_s)
    pointers = [FieldProblem(pointer=error.pointer, detail=error.message)] if error.pointer else []
    return respond(
        status,
        error.message,
        reason=error.reason,
        request_id=request_id(request),
        fix=error.fix,
        errors=pointers,
        headers=headers,
    )


async def on_validation_error(request: Request, error: Exception) -> JSONResponse:
    """400 for what cannot be parsed, 415 for a body of another type, 422 with pointers for wrong fields."""
    if not isinstance(error, RequestValidationError):
        raise error
    wrong = error.errors()
    if any(item["type"] == "json_invalid" for item in wrong):
        place = next(item["loc"][-1] for item in wrong if item["type"] == "json_invalid")
        malformed = MalformedBody(
            "The body is not valid JSON.", pointer=f"character {place}", fix="Send well-formed JSON in UTF-8."
        )
        return await on_penfriend_error(request, malformed)
    if any(item["loc"][0] == "body" for item in wrong) and not _says_json(request):
        return await on_penfriend_error(
            request, WrongMediaType("This route reads JSON.", fix="Send `Content-Type: application/json`.")
        )
    fields = [FieldProblem(pointer=_pointer(item, error.body), detail=_explain(item)) for item in wrong]
    count = len(fields)
    return respond(
        422,
        f"{count} field{'s are' if count > 1 else ' is'} wrong.",
        reason="validation",
        request_id=request_id(request),
        fix="Correct the fields named in `errors`.",
        errors=fields,
    )


async def on_http_exception(request: Request, error: Exception) -> JSONResponse:
    """Routing misses, wrong methods, and bodies over the limit."""
    if not isinstance(error, HTTPException):
        raise error
    reason = HTTPStatus(error.status_code).phrase.lower().replace(" ", "_").replace("-", "_")
    return respond(
        error.status_code,
        str(error.detail),
        reason=reason,
        request_id=request_id(request),
        fix="See /docs for the routes and their limits." if error.status_code in (404, 405, 413) else None,
        headers=dict(error.headers or {}),
    )


def internal_error(request: Request) -> JSONResponse:
    """For what nobody caught: nothing of it is told but the id under which the log has it."""
    return respond(
        500,
        "Something went wrong on our side.",
        reason="internal_error",
        request_id=request_id(request),
        fix="Try again; if it stays, report it with the request id.",
    )


def request_id(request: Request) -> str | None:
    """The id the middleware gave this request."""
    return request.scope.get("penfriend.request_id")


def _says_json(request: Request) -> bool:
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


def _pointer(item: dict[str, Any], body: Any) -> str:
    where, *path = item["loc"]
    if where != "body":
        return f"?{'.'.join(str(part) for part in path)}" if where == "query" else f"{where} {path[0]}"
    return pointer_to(path, body, missing=item["type"] == "missing")


def _explain(item: dict[str, Any]) -> str:
    if item["type"] == "extra_forbidden":
        return "This field is not known here. Check its spelling, or leave it out."
    message: str = item["msg"]
    return message.removeprefix("Value error, ")
