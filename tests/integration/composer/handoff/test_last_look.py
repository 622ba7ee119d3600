"""What is looked at before each e-mail goes out, and what one e-mail does to the others."""

from __future__ import annotations

import pytest
from sqlmodel import select

from composer.handoff.channel import Answer, Parcel, Verdict
from composer.handoff.model import HandoffStatus
from composer.handoff.pace import Pace
from composer.handoff.service import HandoffNotChangeable, UnknownHandoff
from memory.tables import Contact
from store.database import Database
from tests.kit.handoffs import HASTE, HandoffShop, ScriptedChannels, dispatching

pytestmark = pytest.mark.anyio


@pytest.fixture
async def shop(sqlite_database: Database) -> HandoffShop:
    """Three composed e-mails; none of this depends on the kind of database."""
    return await HandoffShop.open(sqlite_database)


async def test_whoever_unsubscribed_since_is_left_out_and_the_ledger_says_why(shop: HandoffShop) -> None:
    channels = ScriptedChannels()
    await shop.shop.unsubscribe("c-2")
    ended = await shop.deliver(await shop.start(), channels)
    assert (ended.tally.sent, ended.tally.suppressed) == (2, 1)
    (left_out,) = [one for one in await shop.deliveries(ended.id) if one.status == "suppressed"]
    assert (left_out.customer, left_out.reason) == ("c-2", "unsubscribed")
    async with shop.database.session(readonly=True) as session:
        rows = (await session.execute(select(Contact).where(Contact.decision == "skipped"))).scalars().all()
    assert [(row.reason, row.email_id) for row in rows] == [("unsubscribed", shop.emails[1].id)]


async def test_whoever_unsubscribes_while_they_wait_in_line_is_left_out(shop: HandoffShop) -> None:
    channels = ScriptedChannels(concurrency=1)
    handoff = await shop.start()
    channels.hold()
    async with dispatching(shop.dispatcher(channels, Pace(lease_s=2, flush_s=0.02, fresh_s=0.0))):
        await channels.until_begun()
        await shop.shop.unsubscribe("c-3")
        channels.release()
        ended = await shop.until(handoff.id, HandoffStatus.COMPLETED)
    assert (ended.tally.sent, ended.tally.suppressed) == (2, 1)


async def test_a_changed_price_goes_out_as_it_is_now(shop: HandoffShop) -> None:
    channels = ScriptedChannels()
    shop.raise_price("sencha", "19.90")
    await shop.deliver(await shop.start(), channels)
    assert all("19.90" in parcel.document["text"] for parcel in channels.parcels)
    assert {parcel.key for parcel in channels.parcels} == {email.id for email in shop.emails}


async def test_a_bug_with_one_e_mail_keeps_no_other_back(shop: HandoffShop) -> None:
    def answer(parcel: Parcel) -> Answer:
        if parcel.key == shop.emails[0].id:
            raise ZeroDivisionError
        return Answer(Verdict.SENT)

    ended = await shop.deliver(await shop.start(), ScriptedChannels(answer), HASTE)
    assert (ended.status, ended.tally.sent, ended.tally.failed) == (HandoffStatus.COMPLETED, 2, 1)
    assert (await shop.deliveries(ended.id))[0].reason == "internal_error"


async def test_what_failed_and_was_sent_by_another_hand_off_since_is_not_retried(shop: HandoffShop) -> None:
    def no(parcel: Parcel) -> Answer:
        return Answer(Verdict.LATER, "http_500")

    first = await shop.deliver(await shop.start(), ScriptedChannels(no))
    assert first.tally.failed == 3
    second = await shop.deliver(await shop.start(), ScriptedChannels())
    assert second.tally.sent == 3
    with pytest.raises(HandoffNotChangeable, match="Nothing of this hand-off can be tried again"):
        await shop.retry(first)


async def test_an_unknown_hand_off_is_named(shop: HandoffShop) -> None:
    with pytest.raises(UnknownHandoff, match="hof_none"):
        await shop.handoff("hof_none")
