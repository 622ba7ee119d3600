"""The repository of revisions: an e-mail takes on other bytes under its id, and what it was before is kept."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from composer.contract import ComposeResult
from composer.finish import Finished
from composer.record import canonical, deflated, save_records, unpacked
from composer.tables import EmailRevisionRow, EmailRow
from store import clock
from store.errors import NotFound
from store.upsert import table_of

_EMAIL, _REVISION = table_of(EmailRow), table_of(EmailRevisionRow)


class UnknownRevision(NotFound):
    """The e-mail was not rebuilt so often."""

    reason = "unknown_revision"


async def revise(session: AsyncSession, before: ComposeResult, after: Finished, why: Iterable[str]) -> bool:
    """Put `after` in the place of `before`; False, and nothing written, where somebody else has replaced it meanwhile.

    The record it rested on is what is compared: of two who rebuild the same e-mail at once, one finds it gone.
    """
    result = after.result
    row = {
        "path": result.path.value,
        "products": [pick.product_id for pick in result.picks],
        "result": deflated(canonical(result.model_dump(mode="json"))),
        "record": result.record,
    }
    unchanged = (_EMAIL.c.id == before.id, _EMAIL.c.record == before.record)
    moved = await session.execute(update(_EMAIL).where(*unchanged).values(row).returning(_EMAIL.c.id))
    if moved.scalar_one_or_none() is None:
        return False
    await save_records(session, [after.sealed], after.artifacts)
    revision = {
        "email_id": before.id,
        "number": result.revision,
        "why": sorted(why),
        "record_before": before.record,
        "record_after": result.record,
        "result_before": deflated(canonical(before.model_dump(mode="json"))),
        "at": clock.now(),
    }
    await session.execute(insert(_REVISION), revision)
    return True


async def as_it_was(session: AsyncSession, present: ComposeResult, number: int) -> ComposeResult:
    """Revision `number` of an e-mail, 0 being the first; `present` is the newest. Raises UnknownRevision."""
    if number == present.revision:
        return present
    row = await session.get(EmailRevisionRow, (present.id, number + 1))
    if row is None:
        raise UnknownRevision(
            f"The e-mail {present.id!r} has no revision {number}.", fix=f"Revisions are 0 to {present.revision}."
        )
    return ComposeResult.model_validate(unpacked(row.result_before))
