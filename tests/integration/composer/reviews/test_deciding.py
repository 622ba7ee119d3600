"""Decisions about one e-mail: what follows from each, what undoing brings back, and two reviewers at once."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlmodel import col, select

from composer.contract import ComposeResult
from composer.handoff.tables import DeliveryRow, HandoffRow
from composer.reviews.deciding import (
    DecidedMeanwhile,
    NothingToUndo,
    RevisedMeanwhile,
    Seen,
    approve,
    record,
    reject,
    review_of,
    take,
    undo,
)
from composer.reviews.decisions import get_review, history
from composer.reviews.model import Decision, RejectReason, ReviewTerms
from composer.reviews.tables import ReviewRow, SampleItemRow, SampleRow
from composer.tables import EmailRow
from memory.tables import Contact
from store import clock
from store.database import Database
from store.errors import InvalidInput
from tests.kit.prepared import PreparedShop

pytestmark = pytest.mark.anyio
ADA, BEN = "account:ada", "account:ben"


@pytest.fixture
async def shop(database: Database) -> PreparedShop:
    return await PreparedShop.open(database)


async def standing(shop: PreparedShop, email: ComposeResult) -> str:
    async with shop.database.session(readonly=True) as session:
        return next((row.decision for row in await history(session, email.id) if row.undone_at is None), "")


async def held(shop: PreparedShop, email: ComposeResult) -> str:
    async with shop.database.session(readonly=True) as session:
        return (await session.get_one(EmailRow, email.id)).held


async def contact(shop: PreparedShop, email: ComposeResult) -> Contact:
    async with shop.database.session(readonly=True) as session:
        return (await session.execute(select(Contact).where(col(Contact.email_id) == email.id))).scalar_one()


async def put_in_sample(shop: PreparedShop, email: ComposeResult, status: str = "open") -> str:
    sample = f"smp_{status}"
    async with shop.database.session() as session:
        session.add(
            SampleRow(
                id=sample, population=1, terms=ReviewTerms().model_dump(), status=status, created_at=clock.now(),
                created_by=ADA,
            )
        )  # fmt: skip
        await session.flush()
        session.add(
            SampleItemRow(
                sample_id=sample, position=0, email_id=email.id, customer=email.customer, part="random", why=[]
            )
        )
    return sample


async def item(shop: PreparedShop, sample: str) -> SampleItemRow:
    async with shop.database.session(readonly=True) as session:
        return await session.get_one(SampleItemRow, (sample, 0))


async def hand_off(
    shop: PreparedShop, email: ComposeResult, status: str = "sent", owner: str = "", lease: timedelta = timedelta()
) -> None:
    """As if a relay had taken it over, or a process had it in hand."""
    run_id, now = await shop.run([email]), clock.now()
    async with shop.database.session() as session:
        session.add(
            HandoffRow(
                id="hof_1", run_id=run_id, campaign_id="autumn", campaign_version=1, request={"channel": "smtp"},
                status="completed", emails=1, created_at=now, updated_at=now,
            )
        )  # fmt: skip
        await session.flush()
        session.add(
            DeliveryRow(
                handoff_id="hof_1", position=0, email_id=email.id, customer=email.customer, status=status,
                owner=owner, next_at=now + lease, updated_at=now,
            )
        )  # fmt: skip


async def rejected(shop: PreparedShop, email: ComposeResult, seen: Seen | None = None) -> ReviewRow:
    async with shop.database.session() as session:
        return (await reject(session, email.id, seen or Seen(ADA), [RejectReason.DULL], "Says nothing.")).review


async def test_an_approval_is_kept_with_who_gave_it_and_marks_the_open_sample(shop: PreparedShop) -> None:
    email = await shop.compose()
    opened, closed = await put_in_sample(shop, email), await put_in_sample(shop, email, "accepted")
    async with shop.database.session() as session:
        decided = await approve(session, email.id, Seen(ADA, revision=0, standing="", sample_id=opened))
    assert (decided.review.reviewer, decided.review.decision, decided.left) == (ADA, "approved", False)
    assert (await item(shop, opened)).decision == "approved"
    assert (await item(shop, closed)).decision == ""
    assert await held(shop, email) == ""


async def test_a_rejected_e_mail_is_held_and_its_place_in_the_ledger_is_free_until_it_is_undone(
    shop: PreparedShop,
) -> None:
    email = await shop.compose()
    before = await contact(shop, email)
    sample = await put_in_sample(shop, email)
    review = await rejected(shop, email)
    assert await held(shop, email) == "rejected"
    assert ((await contact(shop, email)).decision, (await contact(shop, email)).reason) == ("withdrawn", "rejected")
    assert (await item(shop, sample)).decision == "rejected"
    async with shop.database.session() as session:
        await undo(session, review.id, BEN)
    assert await held(shop, email) == ""
    after = await contact(shop, email)
    assert (after.decision, after.at) == ("sent", before.at)
    assert (await item(shop, sample)).decision == ""
    assert (await item(shop, sample)).decided_at is None


async def test_a_contact_that_was_withdrawn_for_another_reason_stays_so(shop: PreparedShop) -> None:
    email = await shop.compose()
    await shop.unsubscribe("c-1")
    assert await shop.why_not(email) == "unsubscribed"
    review = await rejected(shop, email)
    async with shop.database.session() as session:
        await undo(session, review.id, ADA)
    rows = [row for row in [*await _contacts(shop, email)] if row.decision == "sent"]
    assert rows == []


async def _contacts(shop: PreparedShop, email: ComposeResult) -> list[Contact]:
    async with shop.database.session(readonly=True) as session:
        return list((await session.execute(select(Contact).where(col(Contact.email_id) == email.id))).scalars())


async def test_undoing_brings_back_the_decision_before(shop: PreparedShop) -> None:
    email = await shop.compose()
    first = await rejected(shop, email)
    with clock.frozen_at(clock.now() + timedelta(minutes=1)):
        async with shop.database.session() as session:
            second = (await approve(session, email.id, Seen(BEN, standing=first.id))).review
        assert await held(shop, email) == ""
        async with shop.database.session() as session:
            with pytest.raises(NothingToUndo):
                await undo(session, first.id, ADA)
        async with shop.database.session() as session:
            await undo(session, second.id, ADA)
    assert await standing(shop, email) == "rejected"
    assert await held(shop, email) == "rejected"
    assert (await contact(shop, email)).decision == "withdrawn"
    async with shop.database.session() as session:
        with pytest.raises(NothingToUndo):
            await undo(session, second.id, ADA)


async def test_of_two_who_undo_the_same_at_once_one_does(shop: PreparedShop) -> None:
    email = await shop.compose()
    review = await rejected(shop, email)
    both_have_read = asyncio.Barrier(2) if shop.database.dialect == "postgresql" else None

    async def taken_back(by: str) -> bool:
        try:
            async with shop.database.session() as session:
                await get_review(session, review.id)
                if both_have_read is not None:
                    await both_have_read.wait()
                await undo(session, review.id, by)
        except NothingToUndo:
            return False
        return True

    assert sorted(await asyncio.gather(taken_back(ADA), taken_back(BEN))) == [False, True]


async def test_an_edited_e_mail_that_is_approved_afterwards_still_counts_as_edited(shop: PreparedShop) -> None:
    email = await shop.compose()
    sample = await put_in_sample(shop, email)
    async with shop.database.session() as session:
        desk = await take(session, email.id)
        review = review_of(desk, Seen(ADA), Decision.EDITED)
        review.block, review.after = "nowhere", "Another one."
        await record(session, desk, review)
    with clock.frozen_at(clock.now() + timedelta(minutes=1)):
        async with shop.database.session() as session:
            approval = (await approve(session, email.id, Seen(BEN))).review
    assert (await item(shop, sample)).decision == "edited"
    with clock.frozen_at(clock.now() + timedelta(minutes=2)):
        async with shop.database.session() as session:
            edit = (await undo(session, approval.id, BEN), await history(session, email.id))[1][1]
            await undo(session, edit.id, ADA)
            await approve(session, email.id, Seen(BEN))
    assert (await item(shop, sample)).decision == "approved"


async def test_who_decides_second_is_told_unless_they_say_the_same(shop: PreparedShop) -> None:
    email = await shop.compose()
    first = await rejected(shop, email, Seen(ADA, standing=""))
    async with shop.database.session() as session:
        with pytest.raises(DecidedMeanwhile, match="it was rejected"):
            await approve(session, email.id, Seen(BEN, standing=""))
    again = await rejected(shop, email, Seen(BEN, standing=""))
    assert again.id == first.id
    async with shop.database.session(readonly=True) as session:
        assert len(await history(session, email.id)) == 1


async def test_what_was_rebuilt_since_the_page_was_loaded_wants_another_look(shop: PreparedShop) -> None:
    email = await shop.compose()
    shop.shelf.remove("kettle")
    await shop.now(email)
    async with shop.database.session() as session:
        with pytest.raises(RevisedMeanwhile, match="gone"):
            await approve(session, email.id, Seen(ADA, revision=0))
    async with shop.database.session() as session:
        assert (await approve(session, email.id, Seen(ADA, revision=1))).review.revision == 1


async def test_an_e_mail_that_has_left_is_decided_about_but_still_counts_as_a_contact(shop: PreparedShop) -> None:
    email = await shop.compose()
    await hand_off(shop, email)
    async with shop.database.session() as session:
        decided = await reject(session, email.id, Seen(ADA), [RejectReason.WRONG_FACT])
    assert decided.left
    assert (await contact(shop, email)).decision == "sent"
    async with shop.database.session() as session:
        await undo(session, decided.review.id, ADA)
    assert (await contact(shop, email)).decision == "sent"


@pytest.mark.parametrize(
    ("owner", "lease", "left"),
    [("p-1", timedelta(minutes=1), True), ("p-1", -timedelta(minutes=1), False), ("", timedelta(minutes=1), False)],
)
async def test_who_decides_while_an_e_mail_is_on_its_way_is_told(
    shop: PreparedShop, owner: str, lease: timedelta, left: bool
) -> None:
    email = await shop.compose()
    await hand_off(shop, email, "pending", owner, lease)
    async with shop.database.session() as session:
        decided = await reject(session, email.id, Seen(ADA), [RejectReason.WRONG_FACT])
    assert decided.left is left
    assert await held(shop, email) == "rejected"


async def test_a_rejection_needs_a_reason_and_few_words(shop: PreparedShop) -> None:
    email = await shop.compose()
    async with shop.database.session() as session:
        with pytest.raises(InvalidInput, match="what is wrong"):
            await reject(session, email.id, Seen(ADA), [])
        with pytest.raises(InvalidInput, match="1000 characters"):
            await reject(session, email.id, Seen(ADA), [RejectReason.OTHER], "x" * 1001)
    assert await standing(shop, email) == ""
