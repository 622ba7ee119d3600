"""Hand-offs as their owner sees them: start, pause, resume, cancel, retry; and what keeps e-mails from going twice."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from composer.handoff import deliveries
from composer.handoff.channel import Answer, Parcel, Verdict
from composer.handoff.deliveries import Settled
from composer.handoff.model import DeliveryStatus, HandoffStatus
from composer.handoff.pace import Pace
from composer.handoff.service import (
    HandoffNotChangeable,
    NothingToHandOff,
    RunStillComposing,
)
from composer.runs.service import UnknownRun
from composer.runs.tables import RunRow
from tests.kit.handoffs import HandoffShop, ScriptedChannels, dispatching

pytestmark = pytest.mark.anyio

ALERT = Pace(lease_s=1.5, flush_s=0.02)
"""Looks every half second whether it may go on."""
LEASE = timedelta(seconds=60)


async def test_an_e_mail_goes_out_once_whatever_the_number_of_hand_offs(shop: HandoffShop) -> None:
    channels = ScriptedChannels()
    await shop.deliver(await shop.start(), channels)
    with pytest.raises(NothingToHandOff):
        await shop.start()
    assert sorted(channels.keys.values()) == [1, 1, 1]


async def test_two_hand_offs_that_start_at_once_share_the_e_mails_out(shop: HandoffShop) -> None:
    begun = await asyncio.gather(shop.start(), shop.start(), return_exceptions=True)
    started = [one for one in begun if not isinstance(one, BaseException)]
    refused = [one for one in begun if isinstance(one, BaseException)]
    assert (len(started), [type(one) for one in refused]) == (1, [NothingToHandOff])


async def test_a_run_that_still_composes_is_not_handed_off(shop: HandoffShop) -> None:
    async with shop.database.session() as session:
        (await session.get_one(RunRow, shop.run)).status = "running"
    with pytest.raises(RunStillComposing, match="pause it"):
        await shop.start()
    with pytest.raises(UnknownRun):
        await shop.start(run="run_none")


async def test_a_paused_hand_off_stands_still_and_goes_on_where_it_was(shop: HandoffShop) -> None:
    channels = ScriptedChannels(concurrency=1)
    handoff = await shop.start()
    channels.hold()
    async with dispatching(shop.dispatcher(channels, ALERT)):
        await channels.until_begun()
        paused = await shop.pause(handoff)
        assert (paused.status, paused.reason) == (HandoffStatus.PAUSED, "requested")
        # It has heard when it holds nothing but what is on the wire.
        await shop.until_held(handoff.id, 1)
        channels.release()
        # What was on the wire is finished; nothing else is begun.
        await shop.until_held(handoff.id)
        assert len(channels.parcels) == 1
    await shop.resume(paused)
    assert (await shop.deliver(handoff, channels)).tally.sent == 3
    assert sorted(channels.keys.values()) == [1, 1, 1]
    assert [one.attempts for one in await shop.deliveries(handoff.id)] == [1, 1, 1]


async def test_a_cancelled_hand_off_sends_nothing_more_and_says_what_was_sent(shop: HandoffShop) -> None:
    channels = ScriptedChannels(concurrency=1)
    handoff = await shop.start()
    channels.hold()
    async with dispatching(shop.dispatcher(channels, ALERT)):
        await channels.until_begun()
        await shop.cancel(handoff)
        # It has heard when it holds nothing but what is on the wire.
        await shop.until_held(handoff.id, 1)
        channels.release()
        await shop.until_held(handoff.id)
    ended = await shop.handoff(handoff.id)
    assert (ended.status, ended.tally.sent, ended.tally.cancelled, ended.tally.pending) == ("cancelled", 1, 2, 0)
    with pytest.raises(HandoffNotChangeable):
        await shop.resume(ended)
    # Those that were not sent can be handed off anew.
    again = await shop.deliver(await shop.start(), channels)
    assert (again.emails, again.tally.sent) == (2, 2)


async def test_what_a_dead_dispatcher_held_of_a_cancelled_hand_off_is_cancelled(shop: HandoffShop) -> None:
    channels = ScriptedChannels(concurrency=1)
    handoff = await shop.start()
    channels.hold()
    await shop.killed(shop.dispatcher(channels), channels)
    await shop.cancel(handoff)
    await shop.let_leases_run_out(handoff.id)
    async with dispatching(shop.dispatcher(ScriptedChannels())):
        await shop.until_held(handoff.id)
    assert (await shop.handoff(handoff.id)).tally.cancelled == 3


async def test_an_answer_that_comes_after_the_lease_was_lost_changes_nothing(shop: HandoffShop) -> None:
    handoff = await shop.start()
    async with shop.database.session() as session:
        taken = await deliveries.take(session, handoff.id, "first", 10, timedelta(0))
        await deliveries.take(session, handoff.id, "second", 10, LEASE)
        late = [Settled(one.position, DeliveryStatus.FAILED, "timeout") for one in taken]
        await deliveries.settle(session, handoff.id, "first", late)
    assert await shop.statuses(handoff.id) == {"pending": 3}
    async with shop.database.session() as session:
        done = [Settled(one.position, DeliveryStatus.SENT) for one in taken]
        await deliveries.settle(session, handoff.id, "second", done)
    assert await shop.statuses(handoff.id) == {"sent": 3}


async def test_what_a_dead_dispatcher_held_is_delivered_by_another_when_its_lease_ends(shop: HandoffShop) -> None:
    dead, other = ScriptedChannels(concurrency=1), ScriptedChannels()
    handoff = await shop.start()
    dead.hold()
    await shop.killed(shop.dispatcher(dead), dead)
    await shop.let_leases_run_out(handoff.id)
    ended = await shop.deliver(handoff, other)
    assert (ended.tally.sent, sorted(other.keys.values())) == (3, [1, 1, 1])
    assert [one.attempts for one in await shop.deliveries(handoff.id)] == [2, 2, 2]


async def test_several_processes_send_each_e_mail_once(shop: HandoffShop) -> None:
    channels = ScriptedChannels()
    handoff = await shop.start()
    async with dispatching(shop.dispatcher(channels)), dispatching(shop.dispatcher(channels)):
        ended = await shop.until(handoff.id, HandoffStatus.COMPLETED)
    assert (ended.tally.sent, sorted(channels.keys.values())) == (3, [1, 1, 1])
    assert (await shop.events()).count("handoff_completed") == 1


async def test_a_stored_answer_is_encrypted(shop: HandoffShop) -> None:
    def answer(parcel: Parcel) -> Answer:
        return Answer(Verdict.REFUSED, "smtp_refused", "550", f"no {parcel.address} here")

    ended = await shop.deliver(await shop.start(), ScriptedChannels(answer))
    assert "c-1@post.example" in (await shop.deliveries(ended.id))[0].answer
    async with shop.database.session(readonly=True) as session:
        raw = await session.connection()
        stored = (await raw.exec_driver_sql("SELECT answer FROM handoff_delivery")).scalars().all()
    assert len(stored) == 3
    assert not any(b"post.example" in bytes(token) for token in stored)


async def test_where_no_process_has_the_channel_the_hand_off_says_so_until_one_has(shop: HandoffShop) -> None:
    handoff = await shop.start()
    async with dispatching(shop.dispatcher(shop.channels())):
        waits = await shop.until_so(handoff.id, lambda one: bool(one.reason))
        assert (waits.status, waits.reason, waits.tally.pending) == (HandoffStatus.RUNNING, "no_smtp_relay", 3)
        assert "Set [smtp] host" in waits.detail
        channels = ScriptedChannels()
        channels.hold()
        async with dispatching(shop.dispatcher(channels)):
            await channels.until_begun()
            begun = await shop.handoff(handoff.id)
            assert (begun.reason, begun.detail) == ("", "")
            channels.release()
            ended = await shop.until(handoff.id, HandoffStatus.COMPLETED)
    assert (ended.reason, ended.detail, ended.tally.sent) == ("", "", 3)


async def test_who_lacks_the_channel_says_nothing_of_what_others_deliver(shop: HandoffShop) -> None:
    handoff, channels = await shop.start(), ScriptedChannels()
    channels.hold()
    async with dispatching(shop.dispatcher(channels)):
        await channels.until_begun()
        async with shop.database.session() as session:
            await deliveries.unserved(session, handoff.id, reason="no_smtp_relay", detail="No SMTP relay is set.")
        assert (await shop.handoff(handoff.id)).reason == ""
        channels.release()
        await shop.until(handoff.id, HandoffStatus.COMPLETED)
