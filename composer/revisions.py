"""The repository of revisions: an e-mail takes on other bytes under its id, and what it was before is kept."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from composer.contract import ComposeResult
from composer.finish import Finished
from composer.record import canonical, deflated, save_records, unpacked
from composer.tables import EmailRevisionRow, EmailRow, RecordRow
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
    if not await _moved(session, before, after.result):
        return False
    # An edit that was undone and made again comes to the record that it came to before.
    if await session.get(RecordRow, after.sealed.hash) is None:
        await save_records(session, [after.sealed], after.artifacts)
    await _note(session, before, after.result, why)
    return True


async def restore(session: AsyncSession, present: ComposeResult, number: int, why: Iterable[str]) -> bool:
    """Put the bytes of revision `number` in the place of `present`, as a revision of its own; False as `revise`.

    Raises UnknownRevision.
    """
    former = await as_it_was(session, present, number)
    after = former.model_copy(update={"revision": present.revision + 1})
    if not await _moved(session, present, after):
        return False
    await _note(session, present, after, why)
    return True


async def changed_since(session: AsyncSession, email_id: str, number: int) -> list[str]:
    """Why the e-mail was revised after revision `number`: reason codes, each once."""
    rows = select(_REVISION.c.why).where(_REVISION.c.email_id == email_id, _REVISION.c.number > number)
    return sorted({code for (why,) in await session.execute(rows) for code in why})


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


async def _moved(session: AsyncSession, before: ComposeResult, after: ComposeResult) -> bool:
    row = {
        "path": after.path.value,
        "products": [pick.product_id for pick in after.picks],
        "result": deflated(canonical(after.model_dump(mode="json"))),
        "record": after.record,
    }
    unchanged = (_EMAIL.c.id == before.id, _EMAIL.c.record == before.record)
    moved = await session.execute(update(_EMAIL).where(*unchanged).values(row).returning(_EMAIL.c.id))
    return moved.scalar_one_or_none() is not None


async def _note(session: AsyncSession, before: ComposeResult, after: ComposeResult, why: Iterable[str]) -> None:
    revision = {
        "email_id": before.id,
        "number": after.revision,
        "why": sorted(why),
        "record_before": before.record,
        "record_after": after.record,
        "result_before": deflated(canonical(before.model_dump(mode="json"))),
        "at": clock.now(),
    }
    await session.execute(insert(_REVISION), revision)
