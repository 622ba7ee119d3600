"""Ready or not: what each part of an installation says of itself, and what to do."""

from __future__ import annotations

from collections.abc import Awaitable

from pydantic import BaseModel

from store.errors import PenfriendError


class Check(BaseModel):
    """One part. `required`: without it nothing can be composed; a missing model only means template blocks."""

    name: str
    ok: bool
    detail: str
    fix: str | None = None
    required: bool = True


class Readiness(BaseModel):
    """All parts."""

    ready: bool
    checks: list[Check]


async def attempt(name: str, work: Awaitable[object], fine: str, *, required: bool = True) -> Check:
    """The check behind `work`: fine unless it raises one of our errors."""
    try:
        await work
    except PenfriendError as error:
        return Check(name=name, ok=False, detail=error.message, fix=error.fix, required=required)
    return Check(name=name, ok=True, detail=fine, required=required)
