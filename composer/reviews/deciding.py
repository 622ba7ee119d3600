"""Deciding about one e-mail: approve, reject, undo. Each in the caller's transaction, with everything that follows.

A rejected e-mail is held and gives its place in the contact ledger up; an undone decision leaves the one before it
standing. What a decision teaches is learned with it, and forgotten with it (`composer.lessons.harvest`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from composer.contract import ComposeResult
from composer.departed import departed
from composer.emails import get_email
from composer.handoff.tables import DeliveryRow
from composer.lessons.harvest import learn_from, unlearn
from composer.record import DamagedRecord, UnknownRecord
from composer.reviews.decisions import get_review, history, newest_of
from composer.reviews.gate import REJECTED
from composer.reviews.model import Decision, RejectReason
from composer.reviews.tables import ReviewRow, SampleItemRow, SampleRow
from composer.revisions import changed_since, restore
from composer.tables import EmailRow
from memory.ledger import restore_contacts, withdraw_contacts
from memory.privacy.tombstones import share
from store import clock
from store.errors import Conflict, InvalidInput
from store.ids import new_review_id

UNDONE = "edit_undone"
"""Why an e-mail was revised: an edit was taken back."""
MAX_WORDS = 1_000
_SAID = {
    Decision.APPROVED: "it was approved",
    Decision.REJECTED: "it was rejected",
    Decision.EDITED: "it was edited",
}


class DecidedMeanwhile(Conflict):
    """Somebody else decided about the e-mail since the page was loaded."""

    reason = "decided_meanwhile"


class RevisedMeanwhile(Conflict):
    """The e-mail is not what it was when the page was loaded."""

    reason = "revised_meanwhile"


class NothingToUndo(Conflict):
    """The decision is undone already, or another one stands over it."""

    reason = "nothing_to_undo"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a reviewer had before them. Whatever is None is not compared."""

    by: str
    """As the audit log names who acts."""
    revision: int | None = None
    """Of the e-mail."""
    standing: str | None = None
    """The id of the decision that stood; empty for none."""
    sample_id: str = ""
    """The sample they were reviewing."""


class Decided(NamedTuple):
    """What came of it."""

    review: ReviewRow
    email: ComposeResult
    """As it is now."""
    left: bool
    """The e-mail had left already, or was leaving: nothing that was sent changes."""
    repeated: bool = False
    """Somebody had decided the same already."""
    untaught: str = ""
    """Why nothing is learned from it (`unknown_record`, `damaged_record`); empty where it is."""


class Desk(NamedTuple):
    """One e-mail with what was decided about it, locked until the transaction ends."""

    email: ComposeResult
    reviews: list[ReviewRow]
    """The newest first."""
    left: bool

    @property
    def standing(self) -> ReviewRow | None:
        """The newest decision that was not undone."""
        return newest_of(self.reviews)


async def approve(session: AsyncSession, email_id: str, seen: Seen, words: str = "") -> Decided:
    """Raises UnknownEmail, DecidedMeanwhile, RevisedMeanwhile, InvalidInput."""
    desk = await take(session, email_id)
    return await _decide(session, desk, seen, Decision.APPROVED, (), words)


async def reject(
    session: AsyncSession, email_id: str, seen: Seen, reasons: Sequence[RejectReason], words: str = ""
) -> Decided:
    """Hold the e-mail back, for one reason of the list at least; it gives its contact up. Raises as `approve`."""
    if not reasons:
        raise InvalidInput("Say what is wrong with it.", pointer="/reasons", fix="Choose at least one reason.")
    desk = await take(session, email_id)
    return await _decide(session, desk, seen, Decision.REJECTED, reasons, words)


async def undo(session: AsyncSession, review_id: str, by: str) -> Decided:
    """Take the newest decision about an e-mail back: the one before it stands again, and its bytes do after an edit.

    Raises UnknownReview, UnknownEmail, NothingToUndo.
    """
    review = await get_review(session, review_id)
    desk = await take(session, review.email_id)
    if desk.standing is None or desk.standing.id != review_id:
        raise NothingToUndo(
            "This decision is not the newest one any more.", fix="Load the page again to see what stands."
        )
    review = desk.standing
    review.undone_at, review.undone_by = clock.now(), by
    await session.flush()
    email = await _unedited(session, desk, review)
    await unlearn(session, review)
    before = newest_of(desk.reviews)
    await settle(session, desk, before)
    untaught = "" if before is None else await _taught_by(session, before)
    return Decided(review, email, desk.left, untaught=untaught)


async def take(session: AsyncSession, email_id: str) -> Desk:
    """Lock an e-mail for a decision. Raises UnknownEmail."""
    # What is written about a person here must not outlive their erasure.
    await share(session)
    await session.execute(select(col(EmailRow.id)).where(col(EmailRow.id) == email_id).with_for_update())
    email = await get_email(session, email_id)
    return Desk(email, await history(session, email_id), await has_left(session, email_id))


async def has_left(session: AsyncSession, email_id: str) -> bool:
    """Whether this e-mail has reached its customer, or a hand-off has it in hand at this moment."""
    in_hand = (col(DeliveryRow.status) == "pending") & (col(DeliveryRow.owner) != "")
    held = in_hand & (col(DeliveryRow.email_id) == email_id) & (col(DeliveryRow.next_at) > clock.now())
    going = (await session.execute(select(exists(select(col(DeliveryRow.email_id)).where(held))))).scalar_one()
    return bool(going) or bool(await departed(session, [email_id]))


async def require_unchanged(session: AsyncSession, desk: Desk, seen: Seen) -> None:
    """Raises RevisedMeanwhile, DecidedMeanwhile."""
    if seen.revision is not None and seen.revision != desk.email.revision:
        changes = await changed_since(session, desk.email.id, seen.revision)
        what = ", ".join(code.replace("_", " ") for code in changes)
        raise RevisedMeanwhile(
            f"This e-mail was rebuilt since you opened it ({what}).", fix="Load it again, and decide about it as it is."
        )
    now = desk.standing.id if desk.standing else ""
    if seen.standing is not None and seen.standing != now:
        said = _SAID[Decision(desk.standing.decision)] if desk.standing else "the decision was undone"
        raise DecidedMeanwhile(
            f"Somebody else decided meanwhile: {said}.", fix="Load it again; you may still decide otherwise."
        )


async def record(session: AsyncSession, desk: Desk, review: ReviewRow) -> str:
    """Let a decision stand, with all that follows from it; returns why nothing is learned from it, if so."""
    superseded = desk.standing
    session.add(review)
    await session.flush()
    if superseded is not None:
        await unlearn(session, superseded)
    await settle(session, desk, review)
    return await _taught_by(session, review)


async def _taught_by(session: AsyncSession, review: ReviewRow) -> str:
    """Learn from a decision; the reason code where the e-mail's record is gone. A bad e-mail is held all the same."""
    try:
        await learn_from(session, review)
    except (UnknownRecord, DamagedRecord) as error:
        return error.reason
    return ""


def review_of(desk: Desk, seen: Seen, decision: Decision, words: str = "") -> ReviewRow:
    """The row of a decision. Raises InvalidInput for too many words."""
    email = desk.email
    if len(words) > MAX_WORDS:
        raise InvalidInput(
            f"The words are longer than {MAX_WORDS} characters.", pointer="/words", fix="Say it more briefly."
        )
    return ReviewRow(
        id=new_review_id(),
        email_id=email.id,
        customer=email.customer,
        campaign_id=email.campaign,
        campaign_version=email.campaign_version,
        sample_id=seen.sample_id,
        decision=decision.value,
        reasons=[],
        words=words.strip() or None,
        revision=email.revision,
        reviewer=seen.by,
        at=clock.now(),
    )


async def settle(session: AsyncSession, desk: Desk, stands: ReviewRow | None) -> None:
    """What follows from the decision that `stands`: the hold, the place in the ledger, the samples it is in."""
    email_id = desk.email.id
    decision = stands.decision if stands else ""
    held = REJECTED if decision == Decision.REJECTED else ""
    email = (col(EmailRow.id) == email_id, col(EmailRow.held) != held)
    moved = await session.execute(update(EmailRow).where(*email).values(held=held).returning(col(EmailRow.id)))
    if moved.scalar_one_or_none() is not None and not desk.left:
        # What has reached somebody counts, whatever is thought of it afterwards.
        change = withdraw_contacts if held else restore_contacts
        await change(session, [email_id], REJECTED)
    items = (
        col(SampleItemRow.email_id) == email_id,
        col(SampleItemRow.sample_id).in_(await _opened(session, email_id)),
    )
    values = {"decision": _as_it_came(desk, decision), "decided_at": stands.at if stands else None}
    quietly = {"synchronize_session": False}
    await session.execute(update(SampleItemRow).where(*items).values(values).execution_options(**quietly))


def _as_it_came(desk: Desk, decision: str) -> str:
    """What a sample counts: who approves an e-mail after it was edited approves the edit, not what was written."""
    edited = any(one.decision == Decision.EDITED and one.undone_at is None for one in desk.reviews)
    return Decision.EDITED if edited and decision == Decision.APPROVED else decision


async def _opened(session: AsyncSession, email_id: str) -> list[str]:
    """The open samples that the e-mail is in, kept open to the end of the transaction: one that was accepted or refused
    stays what it was judged by."""
    drawn = select(col(SampleItemRow.sample_id)).where(col(SampleItemRow.email_id) == email_id)
    opened = select(col(SampleRow.id)).where(col(SampleRow.id).in_(drawn), col(SampleRow.status) == "open")
    locked = opened.order_by(col(SampleRow.id)).with_for_update(read=True)
    return list((await session.execute(locked)).scalars())


async def _decide(
    session: AsyncSession, desk: Desk, seen: Seen, decision: Decision, reasons: Sequence[RejectReason], words: str
) -> Decided:
    now = desk.standing
    if now is not None and seen.standing not in (None, now.id) and now.decision == decision:
        return Decided(now, desk.email, desk.left, repeated=True)
    await require_unchanged(session, desk, seen)
    review = review_of(desk, seen, decision, words)
    review.reasons = [reason.value for reason in dict.fromkeys(reasons)]
    untaught = await record(session, desk, review)
    return Decided(review, desk.email, desk.left, untaught=untaught)


async def _unedited(session: AsyncSession, desk: Desk, review: ReviewRow) -> ComposeResult:
    """The e-mail as it was before an edit, where the edit is still in it."""
    email = desk.email
    texts = {block.key: block.text for block in email.blocks}
    if review.decision != Decision.EDITED or desk.left or texts.get(review.block) != review.after:
        return email
    if not await restore(session, email, review.revision - 1, [UNDONE]):
        raise RevisedMeanwhile("This e-mail was rebuilt at this moment.", fix="Load it again, and undo once more.")
    return await get_email(session, email.id)
