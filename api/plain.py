"""No NUL in what databases are asked for and told: PostgreSQL keeps none in a text, and says so in the middle of a
statement. Asked at the door, of every route at once, it is the field's fault and is named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
from fastapi import Request

from store.failures import NulCharacter

NUL = "\x00"
_ESCAPED = b"\\u0000"
_ANSWERS_ITSELF = ("/v1/content/", "/m/", "/u/")
"""Routes that say in an answer of their own what is wrong with an id or a link."""
_READS_ITSELF = ("/v1/batch", "/v1/identify", "/v1/track", "/v1/hooks/", "/v1/catalog/imports", "/v1/products:batch")
"""Routes that clean what others' systems send, or refuse it line by line."""
_UPLOAD = ":upload"
"""Ends the routes that take a file, which is read line by line."""


async def no_nul(request: Request) -> None:
    """Raises NulCharacter naming the first parameter, or the first field of a JSON body, that holds a NUL."""
    path = request.url.path
    if path.startswith(_ANSWERS_ITSELF):
        return
    named = [(f"path {name}", value) for name, value in request.path_params.items()]
    named += [(f"?{name}", value) for name, value in request.query_params.multi_items()]
    for pointer, value in named:
        if NUL in f"{value}":
            raise _refused(pointer)
    if _is_json(request) and not path.startswith(_READS_ITSELF) and not path.endswith(_UPLOAD):
        _refuse_in(await request.body())


def _is_json(request: Request) -> bool:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


def _refuse_in(body: bytes) -> None:
    if _ESCAPED not in body:
        # A NUL that is not escaped is no JSON, which is found out elsewhere.
        return
    try:
        decoded = orjson.loads(body)
    except orjson.JSONDecodeError:
        return
    for pointer in _places(decoded, ""):
        raise _refused(pointer)


def _places(value: Any, pointer: str) -> Iterator[str]:
    """JSON pointers (RFC 6901) of the texts that hold a NUL; of a key, that of what it is a key of."""
    if isinstance(value, str):
        if NUL in value:
            yield pointer
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _places(item, f"{pointer}/{number}")
    elif isinstance(value, dict):
        for key, item in value.items():
            if NUL in key:
                yield pointer
            yield from _places(item, f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}")


def _refused(pointer: str) -> NulCharacter:
    return NulCharacter("This text holds a NUL character.", pointer=pointer, fix="Send it without.")
