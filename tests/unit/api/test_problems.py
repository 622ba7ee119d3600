"""Error answers: their status, their words, their pointers."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from api.errors import KeyReused, MalformedBody, MissingScope, TooLarge, Unauthenticated, WrongMediaType
from api.problems import MEDIA_TYPE, on_http_exception, on_penfriend_error, on_validation_error
from store.errors import Conflict, InvalidInput, NotFound, PenfriendError, Unavailable

pytestmark = pytest.mark.anyio


def request(content_type: str = "application/json") -> Request:
    headers = [(b"content-type", content_type.encode())]
    return Request({"type": "http", "headers": headers, "penfriend.request_id": "req_1"})


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (MalformedBody, 400),
        (Unauthenticated, 401),
        (MissingScope, 403),
        (NotFound, 404),
        (Conflict, 409),
        (TooLarge, 413),
        (WrongMediaType, 415),
        (KeyReused, 422),
        (InvalidInput, 422),
        (Unavailable, 503),
        (PenfriendError, 500),
    ],
)
async def test_each_kind_of_error_has_its_status(kind: type[PenfriendError], status: int) -> None:
    response = await on_penfriend_error(request(), kind("What happened.", fix="Do this."))
    problem = orjson.loads(bytes(response.body))
    assert (response.status_code, problem["status"]) == (status, status)
    assert response.media_type == MEDIA_TYPE
    assert problem["reason"] == kind.reason
    assert problem["detail"] == "What happened."
    assert problem["fix"] == "Do this."
    assert problem["request_id"] == "req_1"


async def test_a_subclass_elsewhere_takes_its_parents_status() -> None:
    class UnknownTea(NotFound):
        reason = "unknown_tea"

    response = await on_penfriend_error(request(), UnknownTea("No such tea."))
    assert response.status_code == 404
    assert orjson.loads(bytes(response.body))["type"] == "urn:penfriend:problem:unknown_tea"


async def test_a_pointer_becomes_a_field_problem() -> None:
    response = await on_penfriend_error(request(), InvalidInput("Too big.", pointer="/batch/3"))
    assert orjson.loads(bytes(response.body))["errors"] == [{"pointer": "/batch/3", "detail": "Too big."}]


async def test_a_refused_key_names_the_ways_to_authenticate() -> None:
    response = await on_penfriend_error(request(), Unauthenticated("No key."))
    assert "Bearer" in response.headers["WWW-Authenticate"]


@pytest.mark.parametrize("kind", [Unavailable, Conflict])
async def test_what_may_pass_says_when_to_come_back(kind: type[PenfriendError]) -> None:
    response = await on_penfriend_error(request(), kind("Later."))
    assert int(response.headers["Retry-After"]) > 0


def wrong(kind: str, *loc: str | int) -> dict[str, Any]:
    return {"type": kind, "loc": loc, "msg": "Field required", "input": None}


@pytest.mark.parametrize(
    ("loc", "body", "pointer"),
    [
        (("body", "brief", "limits", "count"), {"brief": {"limits": {}}}, "/brief/limits/count"),
        (("body", "batch", 3, "userId"), {"batch": [{}, {}, {}, {}]}, "/batch/3/userId"),
        (("body", "a/b", "c~d"), {"a/b": {}}, "/a~1b/c~0d"),
        (("body", "audience", "rule", "where"), {"audience": {"kind": "rule"}}, "/audience/where"),
        (("body",), None, "/"),
        (("query", "k"), None, "?k"),
        (("path", "email_id"), None, "path email_id"),
    ],
)
async def test_a_wrong_field_is_pointed_at(loc: tuple[str | int, ...], body: object, pointer: str) -> None:
    response = await on_validation_error(request(), RequestValidationError([wrong("missing", *loc)], body=body))
    problem = orjson.loads(bytes(response.body))
    assert response.status_code == 422
    assert problem["errors"] == [{"pointer": pointer, "detail": "Field required"}]


async def test_broken_json_is_400_and_says_where() -> None:
    error = RequestValidationError([wrong("json_invalid", "body", 17)])
    response = await on_validation_error(request(), error)
    problem = orjson.loads(bytes(response.body))
    assert response.status_code == 400
    assert problem["errors"][0]["pointer"] == "character 17"


async def test_a_form_where_json_belongs_is_415() -> None:
    error = RequestValidationError([wrong("model_attributes_type", "body")])
    response = await on_validation_error(request("application/x-www-form-urlencoded"), error)
    assert response.status_code == 415


async def test_json_with_a_vendor_suffix_is_json() -> None:
    error = RequestValidationError([wrong("missing", "body", "campaign")])
    response = await on_validation_error(request("application/vnd.shop+json; charset=utf-8"), error)
    assert response.status_code == 422


@pytest.mark.parametrize(("status", "reason"), [(404, "not_found"), (405, "method_not_allowed")])
async def test_routing_misses_are_problems_too(status: int, reason: str) -> None:
    response = await on_http_exception(request(), HTTPException(status))
    assert response.status_code == status
    assert orjson.loads(bytes(response.body))["reason"] == reason
