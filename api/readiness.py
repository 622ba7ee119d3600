"""Ready or not: each part looked at for itself, with the reason and what to do."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from pydantic import BaseModel

from store.errors import PenfriendError

if TYPE_CHECKING:
    from api.house import House


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


async def look(house: House) -> Readiness:
    """Database with its keys, index, model. Cheap enough to be asked every few seconds."""
    checks = [
        await attempt("database", house.database.check(), "reachable, migrated, and ours to open"),
        _index(house),
    ]
    return Readiness(ready=all(check.ok for check in checks if check.required), checks=checks)


async def attempt(name: str, work: Awaitable[object], fine: str, *, required: bool = True) -> Check:
    """The check behind `work`: fine unless it raises one of our errors."""
    try:
        await work
    except PenfriendError as error:
        return Check(name=name, ok=False, detail=error.message, fix=error.fix, required=required)
    return Check(name=name, ok=True, detail=fine, required=required)


def _index(house: House) -> Check:
    count = len(house.catalog.view)
    if count:
        return Check(name="index", ok=True, detail=f"{count} products")
    return Check(
        name="index",
        ok=True,
        detail="no products yet",
        fix="Import some: penfriend import products FILE.",
    )
