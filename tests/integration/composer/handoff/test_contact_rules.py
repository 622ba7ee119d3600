"""E-mails written ahead go out when contact rules allow it, and count from then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update
from sqlmodel import col

from composer.campaigns import save_campaign
from composer.handoff.channel import Answer, Verdict
from composer.handoff.model import Handoff
from composer.reviews.tables import RunGateRow
from composer.tables import EmailRow
from store import clock
from store.database import Database
from tests.kit.contacts import decisions, ledger, moves_to
from tests.kit.factories import make_brand, make_campaign
from tests.kit.handoffs import HandoffShop, ScriptedChannels, dispatching

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
NIGHT = NOON.replace(hour=23)
MORNING = datetime(2026, 11, 24, 8, tzinfo=UTC)
QUIET = make_brand(timezone="Europe/London", quiet_hours={"start": "21:00", "end": "08:00"})


async def idle(shop: HandoffShop, handoff: Handoff, channels: ScriptedChannels, *, done: int, deferred: int) -> Handoff:
    """Let a process deliver until so many e-mails are done and so many wait."""
    async with dispatching(shop.dispatcher(channels)):
        return await shop.until_so(handoff.id, lambda now: (now.tally.done, now.deferred) == (done, deferred))


async def test_each_waits_for_the_morning_where_its_customer_is(database: Database) -> None:
    channels = ScriptedChannels()
    with clock.frozen_at(NOON):
        shop = await HandoffShop.open(database, brand=QUIET)
        await moves_to(database, "c-2", "America/New_York")
    with clock.frozen_at(NIGHT):
        handoff = await shop.start()
        standing = await idle(shop, handoff, channels, done=1, deferred=2)
        waiting = [one for one in await shop.deliveries(handoff.id) if one.status == "pending"]
    assert standing.deferred_until == MORNING
    assert [(one.reason, one.next_at, one.attempts) for one in waiting] == [("quiet_hours", MORNING, 0)] * 2
    assert [parcel.key for parcel in channels.parcels] == [shop.emails[1].id]
    with clock.frozen_at(MORNING):
        ended = await shop.deliver(handoff, channels)
    assert (ended.tally.sent, ended.deferred) == (3, 0)
    assert set(channels.keys.values()) == {1}
    rows = await ledger(database)
    assert [row.at for row in rows if row.decision == "sent"] == [NIGHT, MORNING, MORNING]
    told = [(row.reason, row.until, row.rule_version) for row in rows if row.decision == "deferred"]
    assert told == [("quiet_hours", MORNING, QUIET.contact_rules.version)] * 2


async def test_what_was_sent_meanwhile_counts_at_the_hand_off(database: Database) -> None:
    channels = ScriptedChannels()
    later = NOON + timedelta(days=2)
    with clock.frozen_at(NOON):
        shop = await HandoffShop.open(database, customers=2, brand=make_brand(caps={"total": {"day": 1}}))
        async with database.session() as session:
            await save_campaign(session, make_campaign(id="extra"))
    with clock.frozen_at(later):
        assert (await shop.shop.compose(campaign="extra", customer="c-1")).html
    with clock.frozen_at(later + timedelta(hours=1)):
        handoff = await shop.start()
        standing = await idle(shop, handoff, channels, done=1, deferred=1)
    assert standing.deferred_until == later + timedelta(days=1)
    # It goes out then, and the next one has to wait for it in turn.
    with clock.frozen_at(later + timedelta(days=1)):
        assert (await shop.deliver(handoff, channels)).tally.sent == 2
        refused = await shop.shop.compose(campaign="extra", customer="c-1", occasion="again")
    assert (refused.reason, refused.defer_until) == ("capped", later + timedelta(days=2))


async def test_what_was_not_sent_takes_no_place(database: Database) -> None:
    channels = ScriptedChannels(lambda parcel: Answer(Verdict.REFUSED, "unknown_mailbox"))
    with clock.frozen_at(NOON):
        shop = await HandoffShop.open(database, customers=1, brand=make_brand(caps={"total": {"week": 1}}))
        assert (await shop.shop.compose(occasion="second")).reason == "capped"
        await shop.deliver(await shop.start(), channels)
        assert (await shop.shop.compose(occasion="second")).html
    assert ("withdrawn", "not_sent") in await decisions(database)


async def test_a_cancelled_hand_off_gives_its_places_back_and_the_next_one_takes_them(database: Database) -> None:
    channels = ScriptedChannels()
    with clock.frozen_at(NOON):
        shop = await HandoffShop.open(database, brand=QUIET)
    with clock.frozen_at(NIGHT):
        await shop.cancel(await shop.start())
        assert await decisions(database) == [("withdrawn", "not_sent")] * 3
    with clock.frozen_at(MORNING):
        await shop.deliver(await shop.start(), channels)
    assert [(row.decision, row.at) for row in await ledger(database)] == [("sent", MORNING)] * 3


async def test_what_was_retried_behind_a_released_gate_waits_and_goes_once_its_sample_is_accepted(
    database: Database,
) -> None:
    channels = ScriptedChannels()
    with clock.frozen_at(NOON):
        shop = await HandoffShop.open(database)
        handoff = await shop.start()
        await put_behind_a_gate(shop, released_until=None)
        standing = await idle(shop, handoff, channels, done=2, deferred=1)
        [waiting] = [one for one in await shop.deliveries(handoff.id) if one.status == "pending"]
    assert (waiting.reason, waiting.attempts, standing.tally.suppressed) == ("not_released", 0, 0)
    assert ("withdrawn", "not_released") not in await decisions(database)
    assert standing.deferred_until is not None
    await put_behind_a_gate(shop, released_until=NOON)
    with clock.frozen_at(standing.deferred_until):
        assert (await shop.deliver(handoff, channels)).tally.sent == 3
    assert set(channels.keys.values()) == {1}


async def put_behind_a_gate(shop: HandoffShop, *, released_until: datetime | None) -> None:
    """The first e-mail of the shop alone."""
    async with shop.database.session() as session:
        await session.execute(update(EmailRow).where(col(EmailRow.id) == shop.emails[0].id).values(run_id="run_1"))
        await session.merge(RunGateRow(run_id="run_1", campaign_id="autumn", released_until=released_until))


async def test_what_would_wait_longer_than_the_run_allows_is_not_sent(database: Database) -> None:
    channels = ScriptedChannels()
    closed = make_brand(quiet_hours={"start": "21:00", "end": "08:00", "holidays": _days(NOON, 1, 6)})
    with clock.frozen_at(NOON):
        shop = await HandoffShop.open(database, brand=closed)
    with clock.frozen_at(NIGHT):
        ended = await shop.deliver(await shop.start(), channels)
    assert (ended.tally.suppressed, channels.parcels) == (3, [])
    assert set(await decisions(database)) == {("skipped", "quiet_hours"), ("withdrawn", "quiet_hours")}


def _days(first: datetime, *range_: int) -> list[str]:
    return [(first + timedelta(days=number)).date().isoformat() for number in range(*range_)]
