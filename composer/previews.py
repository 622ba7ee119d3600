"""E-mails that are looked at and not sent: drafts of a campaign being edited, second tries, sides of a comparison.

Kept for an hour, with their records, so that whichever process a page asks can show them.
"""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from composer.contract import ComposeResult
from composer.finish import Finished
from composer.outliving import ERASED, ERASED_DETAIL, erased_since
from composer.record import ComposeRecord, canonical, deflated, unpacked
from composer.strangers import UnknownCustomer
from composer.tables import PreviewRow
from memory.privacy.tombstones import share
from store import clock
from store.errors import NotFound
from store.ids import new_preview_id

KEPT = timedelta(hours=1)


class UnknownPreview(NotFound):
    """There is no such preview, or no longer."""

    reason = "unknown_preview"


PREFIX = "pre_"
"""What ids of previews begin with."""


class Preview(NamedTuple):
    """An e-mail to look at; a skip has no record."""

    id: str
    result: ComposeResult
    record: ComposeRecord | None


async def keep(session: AsyncSession, made: Finished | ComposeResult) -> str:
    """Keep what was composed for a while; its id. What is too old goes at the same time.

    Raises UnknownCustomer with reason `erased` where they were erased since it was composed.
    """
    await share(session)
    await session.execute(delete(PreviewRow).where(col(PreviewRow.created_at) < clock.now() - KEPT))
    result, record = (made.result, made.record) if isinstance(made, Finished) else (made, None)
    if await erased_since(session, result.customer, result.created_at):
        raise UnknownCustomer(ERASED_DETAIL, fix="Take them off your lists.", reason=ERASED)
    body = {
        "result": result.model_dump(mode="json"),
        "record": None if record is None else record.model_dump(mode="json"),
    }
    row = PreviewRow(
        id=new_preview_id(), customer=result.customer, body=deflated(canonical(body)), created_at=clock.now()
    )
    session.add(row)
    await session.flush()
    return row.id


async def find(session: AsyncSession, preview_id: str) -> Preview:
    """Raises UnknownPreview."""
    row = await session.get(PreviewRow, preview_id)
    if row is None or row.created_at < clock.now() - KEPT:
        raise UnknownPreview("This preview is no longer kept.", fix="Compose it again: previews last for an hour.")
    body = unpacked(row.body)
    record = None if body["record"] is None else ComposeRecord.model_validate(body["record"])
    return Preview(row.id, ComposeResult.model_validate(body["result"]), record)
