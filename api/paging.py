"""Lists over HTTP: `?limit=&cursor=` in, `{"data": […], "next_cursor": …}` out."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import AfterValidator, BaseModel

T = TypeVar("T")

MAX_LIMIT = 500


class Page(BaseModel, Generic[T]):
    """One page. Ask again with `next_cursor` until it is null."""

    data: list[T]
    next_cursor: str | None = None


def _opened(cursor: str) -> str:
    if not cursor:
        return ""
    try:
        return base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError("this is not a cursor: use `next_cursor` of the page before, unchanged") from error


Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Items a page.")]
Cursor = Annotated[str, Query(max_length=400, description="`next_cursor` of the page before."), AfterValidator(_opened)]


def paged(items: Sequence[T], limit: int, id_of: Callable[[T], str]) -> Page[T]:
    """A page of at most `limit` items in the order of their ids. A full page may be followed by an empty one."""
    return Page(data=list(items), next_cursor=closed(id_of(items[-1])) if items and len(items) == limit else None)


def closed(place: str) -> str | None:
    """A place in a list as `next_cursor`; None for the empty one, the end."""
    return base64.urlsafe_b64encode(place.encode()).rstrip(b"=").decode() or None
