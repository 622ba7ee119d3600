"""What the composer knows of a person, gone: their e-mails with every revision and record; in runs and hand-offs they
become a number, so that the counts of what was done stay true."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, String, delete, literal, select, update
from sqlalchemy import cast as sql_cast
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from composer.bandit.tables import DecisionRow
from composer.facts import departing
from composer.handoff.tables import DeliveryRow
from composer.outliving import ERASED
from composer.reviews.tables import SampleItemRow
from composer.runs.chunks import posted
from composer.runs.model import RecipientStatus, Tally
from composer.runs.tables import ChunkRow, RecipientRow
from composer.tables import EmailRevisionRow, EmailRow, RecordRow
from memory.privacy.registry import Whom
from store import clock
from store.upsert import table_of

_EMAIL, _REVISION, _RECORD = table_of(EmailRow), table_of(EmailRevisionRow), table_of(RecordRow)
_DECISION = table_of(DecisionRow)
_RECIPIENT, _DELIVERY, _ITEM = table_of(RecipientRow), table_of(DeliveryRow), table_of(SampleItemRow)
_AT_ONCE = 500


class ComposerForgets:
    """`memory.privacy.registry.Forgets` of this room."""

    tables = departing.TABLES | {
        "email", "email_revision", "compose_record", "decision", "recipient", "handoff_delivery", "review_item"
    }  # fmt: skip

    async def forget(self, session: AsyncSession, person: Whom) -> dict[str, int]:
        """See `Forgets.forget`."""
        if not person.written_to_as:
            # A visitor has no id of the shop's, and nobody writes to them.
            return {}
        names = person.written_to_as
        removed = await forget_emails(session, await emails_of(session, names))
        removed["decision"] = await _deleted(session, _DECISION, _DECISION.c.customer.in_(names))
        removed["recipient"] = await _leave_runs(session, names)
        removed["handoff_delivery"] = await _leave_handoffs(session, names)
        removed["review_item"] = await _leave_samples(session, names)
        removed.update(await departing.depart(session, person.customer_id, names))
        return removed


async def emails_of(session: AsyncSession, customers: Sequence[str]) -> list[str]:
    """Ids of all e-mails written to somebody under these ids of the shop's."""
    return list((await session.execute(select(_EMAIL.c.id).where(_EMAIL.c.customer.in_(customers)))).scalars())


async def forget_emails(session: AsyncSession, email_ids: Sequence[str]) -> Counter[str]:
    """Delete e-mails with their revisions and records. A record belongs to one e-mail: it holds the e-mail's id."""
    removed: Counter[str] = Counter()
    for start in range(0, len(email_ids), _AT_ONCE):
        some = list(email_ids[start : start + _AT_ONCE])
        records = await _records(session, some)
        removed["email_revision"] += await _deleted(session, _REVISION, _REVISION.c.email_id.in_(some))
        removed["email"] += await _deleted(session, _EMAIL, _EMAIL.c.id.in_(some))
        removed["compose_record"] += await _deleted(session, _RECORD, _RECORD.c.hash.in_(records))
    return removed


async def _records(session: AsyncSession, email_ids: Sequence[str]) -> list[str]:
    """Hashes of the records of these e-mails, as they are and as they were."""
    revised = _REVISION.c.email_id.in_(email_ids)
    queries = (
        select(_EMAIL.c.record).where(_EMAIL.c.id.in_(email_ids)),
        select(_REVISION.c.record_before).where(revised),
        select(_REVISION.c.record_after).where(revised),
    )
    found = {one for query in queries for one in (await session.execute(query)).scalars()}
    # A skip has no record.
    return sorted(found - {""})


async def _deleted(session: AsyncSession, table: Any, condition: ColumnElement[bool]) -> int:
    done = await session.execute(delete(table).where(condition))
    return cast(CursorResult[Any], done).rowcount


async def _leave_runs(session: AsyncSession, customers: Sequence[str]) -> int:
    """Nobody in particular is at their place in each run from now on; where they were still to come, they are not."""
    theirs = _RECIPIENT.c.customer.in_(customers)
    waiting = select(_RECIPIENT.c.run_id, _RECIPIENT.c.chunk, _RECIPIENT.c.position)
    waiting = waiting.where(theirs, _RECIPIENT.c.status == RecipientStatus.PENDING.value)
    for run_id, chunk, position in (await session.execute(waiting.order_by(*waiting.selected_columns))).all():
        await _cancel(session, run_id, chunk, position)
    nobody = literal(f"{ERASED}:") + sql_cast(_RECIPIENT.c.position, String)
    # What went wrong with somebody may name them, so that goes too.
    values = {"customer": nobody, "email_id": "", "detail": ""}
    done = await session.execute(update(_RECIPIENT).where(theirs).values(values))
    return cast(CursorResult[Any], done).rowcount


async def _cancel(session: AsyncSession, run_id: str, number: int, position: int) -> None:
    """This recipient is cancelled, and counted. Whoever has them in hand stores nothing: they are not pending now.

    Under the chunk's lock, as everything that moves recipients; whoever takes the chunk next finds nobody pending.
    """
    held = (col(ChunkRow.run_id) == run_id, col(ChunkRow.number) == number)
    chunk = (await session.execute(select(ChunkRow).where(*held).with_for_update())).scalar_one()
    tally = Tally.model_validate(chunk.tally)
    here = (_RECIPIENT.c.run_id == run_id) & (_RECIPIENT.c.position == position)
    deferred = await session.scalar(select(_RECIPIENT.c.not_before.is_not(None)).where(here))
    values = {"status": RecipientStatus.CANCELLED, "reason": ERASED, "not_before": None, "updated_at": clock.now()}
    await session.execute(update(_RECIPIENT).where(here).values(values))
    counts = {"cancelled": tally.cancelled + 1, "deferred": tally.deferred - bool(deferred)}
    chunk.tally = tally.model_copy(update=counts).model_dump(mode="json")
    # Posted by whoever has the chunk next: the run's row is locked before its chunks', never after.
    chunk.unposted = posted(chunk.unposted, {"cancelled": 1, "deferred": -bool(deferred)})
    await session.flush()


async def _leave_samples(session: AsyncSession, customers: Sequence[str]) -> int:
    """The same for samples: what was decided still counts there, for what it proved of the others was proved."""
    nobody = literal(f"{ERASED}:") + sql_cast(_ITEM.c.position, String)
    done = await session.execute(
        update(_ITEM).where(_ITEM.c.customer.in_(customers)).values(customer=nobody, email_id="")
    )
    return cast(CursorResult[Any], done).rowcount


async def _leave_handoffs(session: AsyncSession, customers: Sequence[str]) -> int:
    """The same for hand-offs: what waits is cancelled, what was answered is counted and no longer theirs."""
    theirs = _DELIVERY.c.customer.in_(customers)
    now = clock.now()
    waiting = {"status": "cancelled", "reason": ERASED, "owner": "", "updated_at": now}
    await session.execute(update(_DELIVERY).where(theirs, _DELIVERY.c.status == "pending").values(waiting))
    position = sql_cast(_DELIVERY.c.position, String)
    # The e-mail's id is unique among what was sent.
    gone = {
        "customer": literal(f"{ERASED}:") + position,
        "email_id": literal(f"{ERASED}:") + _DELIVERY.c.handoff_id + literal(":") + position,
        "answer": None,
    }
    done = await session.execute(update(_DELIVERY).where(theirs).values(gone))
    return cast(CursorResult[Any], done).rowcount
