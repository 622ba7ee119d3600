"""Who a run is for."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy.ext.asyncio import AsyncSession

from composer.runs.tables import RecipientRow
from store import clock
from store.upsert import table_of

CustomerKey = Annotated[str, StringConstraints(min_length=1, max_length=255)]


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Listed(_Document):
    """Customer ids, as the shop knows them."""

    kind: Literal["list"] = "list"
    customers: tuple[CustomerKey, ...] = Field(min_length=1)


Audience = Listed


async def snapshot(session: AsyncSession, run_id: str, audience: Audience, *, chunk_size: int) -> int:
    """Write one pending row for each customer of the audience, once each; returns how many.

    Positions go from 0 without a gap, and `chunk` is position // chunk_size. In the caller's transaction.
    """
    now = clock.now()
    rows = [
        {
            "run_id": run_id,
            "position": position,
            "chunk": position // chunk_size,
            "customer": customer,
            "status": "pending",
            "updated_at": now,
        }
        for position, customer in enumerate(dict.fromkeys(audience.customers))
    ]
    await session.execute(table_of(RecipientRow).insert(), rows)
    return len(rows)
