"""What a comparison will take, by what e-mails took lately."""

from __future__ import annotations

from statistics import fmean

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from composer.contract import ComposeResult, Path
from composer.record import unpacked
from composer.tables import EmailRow
from store.upsert import table_of

_LOOKED_AT = 100
_COUNTED = 20
_EMAIL = table_of(EmailRow).c


class Pace(BaseModel):
    """Of one e-mail by the model that is set, on average."""

    emails: int
    """That it was taken from."""
    seconds: float
    cost_usd: float


async def pace(session: AsyncSession) -> Pace | None:
    """Of the newest e-mails; None where a model wrote none of them."""
    newest = select(_EMAIL.id, _EMAIL.path).order_by(_EMAIL.id.desc()).limit(_LOOKED_AT)
    ids = [row.id for row in await session.execute(newest) if row.path == Path.MODEL][:_COUNTED]
    found = (await session.execute(select(_EMAIL.result).where(_EMAIL.id.in_(ids)))).scalars()
    usages = [ComposeResult.model_validate(unpacked(one)).usage for one in found]
    if not usages:
        return None
    return Pace(
        emails=len(usages),
        seconds=fmean(one.model_ms + one.own_ms for one in usages) / 1000,
        cost_usd=fmean(one.cost_usd for one in usages),
    )
