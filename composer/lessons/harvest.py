"""What one review teaches, written and taken back in the transaction of the decision.

What stands of an e-mail is learned as a whole: its newest decision, and the edits that are still in it. So a later
rejection takes an earlier approval's examples out, and undoing it brings back the very same lessons.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from composer.asking import kind_of
from composer.contract import BlockReport, ComposeResult, Rung
from composer.emails import get_email
from composer.ladder import make_block
from composer.lessons.cases import Row, rejected_case, sound_cases
from composer.lessons.examples import BLOCKS, NoExample, example_of
from composer.lessons.model import Kind
from composer.lessons.tables import LessonRow
from composer.lessons.votes import votes_of
from composer.record import load_record
from composer.reviews.decisions import history
from composer.reviews.model import Decision, RejectReason
from composer.reviews.tables import ReviewRow
from composer.writing import WriteTask
from store import clock
from store.ids import lesson_id_for

_BY_MODEL = frozenset({Rung.MODEL, Rung.REPAIR, Rung.REASK, Rung.OTHER_MODEL})
"""What templates say teaches nothing: it is ours already."""


async def learn_from(session: AsyncSession, review: ReviewRow) -> None:
    """Keep what the e-mail's reviews teach now that `review` is the one that stands. `review` is in the session
    already; the caller commits.

    Raises UnknownEmail, UnknownRecord, DamagedRecord.
    """
    email = await get_email(session, review.email_id)
    record, _ = await load_record(session, email.record)
    standing = [one for one in await history(session, review.email_id) if one.undone_at is None]
    rows = {row.id: row for row in _lessons(email, record.task, review, standing)}
    query = select(LessonRow).where(col(LessonRow.email_id) == email.id)
    known = {row.id: row for row in (await session.execute(query)).scalars()}
    # What somebody took out stays out, whatever is decided about the e-mail later.
    removed = [_content(row) for row in known.values() if row.removed_at is not None]
    stale = [row.id for row in known.values() if row.id not in rows and row.removed_at is None]
    await session.execute(delete(LessonRow).where(col(LessonRow.id).in_(stale)))
    session.add_all(row for row in rows.values() if row.id not in known and _content(row) not in removed)
    await session.flush()


async def unlearn(session: AsyncSession, review: ReviewRow) -> None:
    """Take back what a review taught: all of it where it was undone; else only what nobody had removed before."""
    its = [col(LessonRow.review_id) == review.id]
    if review.undone_at is None:
        its.append(col(LessonRow.removed_at).is_(None))
    await session.execute(delete(LessonRow).where(*its))


def _content(row: LessonRow) -> tuple[object, ...]:
    """What two lessons of one e-mail share that teach the same."""
    return row.kind, row.block, row.dimension, row.good, row.body


def _lessons(
    email: ComposeResult, task: WriteTask, review: ReviewRow, standing: Sequence[ReviewRow]
) -> Iterator[LessonRow]:
    decision, reasons = Decision(review.decision), [RejectReason(reason) for reason in review.reasons]
    for vote in votes_of(decision, reasons):
        arm = {"angle": task.angle.name, "tone": task.tone, "length": task.length}[vote.dimension]
        yield _new(email, review, Kind.PREFERENCE, vote.dimension, arm=arm, good=vote.good)
    if decision is Decision.REJECTED:
        yield from _cases(email, review, rejected_case(task, email.blocks, reasons))
        return
    edits = _edits(email, standing)
    # An edit of an e-mail that had left already is in no e-mail, and teaches all the same.
    edited = {b.key: b.model_copy(update={"text": edits[b.key].after}) for b in email.blocks if b.key in edits}
    liked = [block for block in email.blocks if block.rung in _BY_MODEL and block.key not in edits]
    for edit in edits.values():
        block = edited[edit.block]
        yield _example(email, task, edit, block, before=edit.before or "")
        yield from _cases(email, edit, sound_cases(task, [block]))
    if decision is Decision.APPROVED:
        yield from (_example(email, task, review, block) for block in _telling(liked))
        yield from _cases(email, review, sound_cases(task, liked))


def _edits(email: ComposeResult, standing: Sequence[ReviewRow]) -> dict[str, ReviewRow]:
    """The newest edit of each block that the e-mail has; `standing`: the newest first."""
    keys = {block.key for block in email.blocks}
    edits = [one for one in standing if one.decision == Decision.EDITED and one.block in keys and one.after]
    return {one.block: one for one in reversed(edits)}


def _telling(blocks: Sequence[BlockReport]) -> Iterator[BlockReport]:
    """One of each kind: the pitches of one e-mail show the same manner."""
    seen: set[str] = set()
    for block in blocks:
        name = kind_of(block.key)
        if name in BLOCKS and name not in seen:
            seen.add(name)
            yield block


def _example(
    email: ComposeResult, task: WriteTask, review: ReviewRow, block: BlockReport, before: str = ""
) -> LessonRow:
    row = _new(email, review, Kind.EXAMPLE, block.key, arm=task.tone, good=bool(before))
    row.block = kind_of(block.key)
    try:
        shown = example_of(task, make_block(block.key, block.text), before)
    except NoExample as why:
        row.unfit, row.body = why.why.value, {"text": block.text, "note": "", "before": before}
    else:
        row.body = shown.model_dump(include={"text", "note", "before"})
    return row


def _cases(email: ComposeResult, review: ReviewRow, rows: Sequence[Row]) -> Iterator[LessonRow]:
    if rows:
        lesson = _new(email, review, Kind.CASE, "case", good=rows[0]["label"] == "ok")
        lesson.body = {"cases": list(rows)}
        yield lesson


def _new(
    email: ComposeResult, review: ReviewRow, kind: Kind, about: str, *, arm: str = "", good: bool = False
) -> LessonRow:
    """`about` tells the lessons of one review apart."""
    return LessonRow(
        id=lesson_id_for(review.at, review.id, kind.value, about),
        kind=kind.value,
        review_id=review.id,
        email_id=email.id,
        customer=email.customer,
        campaign_id=email.campaign,
        flow=email.flow,
        language=email.locale.partition("-")[0].lower(),
        dimension=about if kind is Kind.PREFERENCE else "",
        arm=arm,
        good=good,
        reviewer=review.reviewer,
        at=review.at,
        changed_at=clock.now(),
    )
