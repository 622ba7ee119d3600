"""Absurd amounts, orders told again, a process that is killed, retention beside it: the figures stay what is true."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from composer.facts.counting import count
from composer.facts.episodes import Span, reached
from composer.facts.forgetting import forget_episodes
from composer.facts.people import people
from composer.facts.updating import book_of, left_out, update_facts
from composer.facts.writing import write
from composer.results.wording import told
from memory.ingest import ingest
from memory.parts.mails import mails
from memory.privacy.retention import fold_away, forget_contacts
from memory.rebuild import load_states
from memory.recall import customer_id_of
from memory.state import ORDERS
from tests.kit.events import identify
from tests.kit.outcomes import DAY, HOUR, NOW, SENT, Shop

pytestmark = pytest.mark.anyio

MOST = 10**14
GBP = {"currency": "GBP"}


async def ordered(shop: Shop, customer: str, at: Any = SENT + HOUR, order_id: str = "1", **said: Any) -> None:
    await shop.did(customer, "Order Completed", at, **{"order_id": order_id, "total": 40, **GBP, **said})


@pytest.mark.parametrize(
    ("line", "margin", "revenue"),
    [
        ({"price": 5, "quantity": 10**6, "cost": 10**10}, None, 5 * 10**10),
        ({"price": 10**10, "quantity": 80_000}, None, MOST),
        ({"price": 1, "quantity": 1, "cost": 10**10}, 10_000 - MOST, 10_000),
    ],
)
async def test_an_absurd_order_keeps_nobody_from_being_counted(
    shop: Shop, line: dict[str, Any], margin: int | None, revenue: int
) -> None:
    for customer in ("ada", "ben"):
        await shop.decided(customer)
    await ordered(shop, "ada", products=[{"product_id": "p", **line}], total=None)
    await ordered(shop, "ben", order_id="2")
    found = await shop.results()
    assert found.mailed.revenue == revenue + 400_000
    [ada] = [one for one in await shop.episodes() if one["revenue"] == revenue]
    assert ada["margin"] == margin


async def test_a_day_of_absurd_orders_is_summed_up(shop: Shop) -> None:
    for customer in "abcdefghijk":
        await shop.decided(customer)
        await ordered(shop, customer, order_id=customer, total=10**10)
    assert (await shop.results()).mailed.revenue == 11 * MOST


async def test_what_was_stored_by_a_job_that_was_killed_is_summed_up_by_the_next(shop: Shop) -> None:
    await shop.decided("ada")
    await ordered(shop, "ada")
    later = SENT + 60 * DAY

    def killed(day: str, customers: int) -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await update_facts(shop.database, later, killed)
    assert len(await shop.episodes()) == 1
    found = (await shop.results(later)).mailed
    assert (found.customers, found.revenue) == (1, 400_000)


async def test_retention_beside_a_job_leaves_sums_alone(shop: Shop) -> None:
    for customer in ("ada", "ben"):
        await shop.decided(customer)
        await ordered(shop, customer, order_id=customer)
    later = SENT + 100 * DAY
    before = await shop.results(later)
    day = Span(SENT.replace(hour=0), SENT + DAY)
    await shop.did("ada", "Order Refunded", SENT + 2 * DAY, order_id="ada", received_at=later)
    async with shop.database.session(readonly=True) as session:
        book = await book_of(session, later + HOUR)
        read = await people(session, await reached(session, ["autumn"], day), day, book.rules)
    assert [n async for n in forget_episodes(shop.database, SENT + 9 * DAY)] == [2]
    async with shop.database.session() as session:
        await write(session, [count(one, book) for one in read], day, later + HOUR)
    assert await shop.episodes() == []
    assert (await shop.results(later + 2 * HOUR)).mailed == before.mailed


@pytest.mark.parametrize("days", [40, 75])
async def test_an_order_that_is_told_again_later_is_not_placed_again(shop: Shop, days: int) -> None:
    await shop.decided("ada")
    await ordered(shop, "ada")
    again = SENT + days * DAY
    await shop.results(again - HOUR)
    await shop.decided("ada", at=again)
    await ordered(shop, "ada", again + HOUR)
    for since in (5, 39, 60):
        assert (await shop.results(again + since * DAY)).mailed.orders == 1
    assert (await shop.results(again + 60 * DAY, everything=True)).mailed.orders == 1


async def test_more_old_orders_than_memory_keeps_that_are_told_again_are_not_placed_again(shop: Shop) -> None:
    def told(first: datetime) -> list[dict[str, Any]]:
        return [
            {
                "type": "track", "userId": "ada", "event": "Order Completed", "messageId": f"{first}{number}",
                "timestamp": (first + number * timedelta(minutes=1)).isoformat(),
                "properties": {"order_id": f"old{number}", "total": 10, **GBP},
            }
            for number in range(ORDERS + 5)
        ]  # fmt: skip

    for first, received in ((SENT - 200 * DAY, SENT - 150 * DAY), (SENT + HOUR, SENT + DAY)):
        async with shop.database.session() as session:
            assert not (await ingest(session, told(first), received_at=received)).rejected
    await shop.decided("ada")
    await ordered(shop, "ada")
    assert (await shop.results(SENT + 2 * DAY)).mailed.orders == 1


async def test_an_order_whose_first_report_is_kept_no_more_is_not_placed_again(shop: Shop) -> None:
    await shop.decided("ada")
    await ordered(shop, "ada")
    again = SENT + 75 * DAY
    await shop.results(again - HOUR)
    [*_] = [number async for number in fold_away(shop.database, SENT + 40 * DAY, "events")]
    await shop.decided("ada", at=again)
    await ordered(shop, "ada", again + HOUR)
    assert (await shop.results(again + DAY)).mailed.orders == 1


async def test_what_is_said_of_an_order_later_does_not_change_what_was_before(shop: Shop) -> None:
    line = [{"product_id": "p1", "price": 30, "quantity": 1}]
    await ordered(shop, "ada", SENT - 3 * DAY, total=30, products=line)
    await shop.decided("ada")
    await shop.results(SENT + HOUR)
    [before] = await shop.episodes()
    await shop.did(
        "ada", "Order Updated", SENT + DAY, order_id="1", total=30, currency="GBP", products=line, status="shipped"
    )
    await shop.did("ada", "Order Cancelled", SENT + 2 * DAY, order_id="1")
    await shop.results(SENT + 3 * DAY)
    [after] = await shop.episodes()
    assert (before["lifecycle"], before["before"]) == (after["lifecycle"], after["before"]) == ("new", 300_000)


async def test_a_click_before_delivery_is_a_machines_in_memory_and_in_figures(shop: Shop) -> None:
    email = await shop.decided("ada")
    await shop.did(
        "ada", "Email Link Clicked", SENT + timedelta(seconds=3), email_id=email, link_url="https://x.example"
    )
    await shop.did("ada", "Email Opened", SENT + timedelta(seconds=3), email_id=email)
    await shop.did("ada", "Email Delivered", SENT + timedelta(seconds=4), email_id=email)
    found = (await shop.results()).mailed
    async with shop.database.session(readonly=True) as session:
        customer_id = await customer_id_of(session, "ada")
        assert customer_id is not None
        [kept] = mails((await load_states(session, [customer_id]))[customer_id])
    assert (found.opened, found.clicked, found.machine_opened) == (0, 0, 1)
    assert (kept.opened, kept.clicked) == (None, None)


async def test_of_a_ledger_that_is_gone_in_part_no_second_episode_is_made(shop: Shop) -> None:
    for days in range(16):
        await shop.decided("ada", "skipped", "holdout", at=SENT + days * DAY, occasion="cart-1")
    await ordered(shop, "ada", SENT + 12 * DAY)
    await ordered(shop, "ada", SENT + 2 * DAY, "2")
    before = (await shop.results(SENT + 60 * DAY)).holdout
    [*_] = [number async for number in forget_contacts(shop.database, SENT + 10 * DAY)]
    after = (await shop.results(SENT + 101 * DAY, everything=True)).holdout
    assert (before.customers, before.orders) == (after.customers, after.orders) == (1, 1)


async def test_what_can_be_counted_no_more_is_closed(shop: Shop) -> None:
    await shop.decided("ada")
    await shop.results(SENT + 5 * DAY)
    [*_] = [number async for number in fold_away(shop.database, SENT + 4 * DAY, "events")]
    await update_facts(shop.database, SENT + 80 * DAY)
    [found] = await shop.episodes()
    assert found["final"]
    assert all(row.final for row in (await shop.outcomes()).values())


async def test_days_of_which_only_sums_are_kept_are_not_compared(shop: Shop) -> None:
    for customer in range(8):
        side = ("skipped", "holdout") if customer % 2 else ("sent", "ok")
        for week in range(2):
            await shop.decided(f"c{customer}", *side, at=SENT + 21 * week * DAY, occasion=f"{week}")  # type: ignore[arg-type]
    now = SENT + 100 * DAY
    before = await shop.results(now)
    assert before.compared_since is None
    [*_] = [number async for number in forget_episodes(shop.database, SENT + 5 * DAY)]
    half = await shop.results(now)
    assert (half.mailed, half.compared_since) == (before.mailed, (SENT + 5 * DAY).date())
    assert "06 June 2026 on" in told(half)
    [*_] = [number async for number in forget_episodes(shop.database, SENT + 60 * DAY)]
    none = await shop.results(now)
    assert (none.mailed, none.comparison.verdict) == (before.mailed, "kept_no_more")
    assert "cannot be told any more" in told(none)


async def test_who_cannot_be_counted_is_left_out_and_noted_and_nobody_else(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for customer in ("ada", "ben"):
        await shop.decided(customer)
    await shop.results(SENT + HOUR)
    async with shop.database.session(readonly=True) as session:
        ada = await customer_id_of(session, "ada")

    def fails_for_ada(person: Any, book: Any) -> Any:
        if person.customer_id == ada:
            raise OverflowError("what she ordered")
        return count(person, book)

    monkeypatch.setattr("composer.facts.updating.count", fails_for_ada)
    await ordered(shop, "ben")
    found = await shop.results(NOW)
    async with shop.database.session(readonly=True) as session:
        assert await left_out(session) == 1
    assert (found.mailed.customers, found.mailed.orders) == (2, 1)


async def test_what_a_guest_had_bought_is_theirs_who_they_turn_out_to_be(shop: Shop) -> None:
    await shop.decided("ada")
    said = {"order_id": "9", "total": 50, **GBP}
    order = {
        "type": "track", "anonymousId": "v1", "event": "Order Completed", "messageId": "guest",
        "timestamp": (SENT + HOUR).isoformat(), "properties": said,
    }  # fmt: skip
    async with shop.database.session() as session:
        await ingest(session, [order], received_at=SENT + HOUR)
    assert (await shop.results(SENT + 40 * DAY)).mailed.orders == 0
    async with shop.database.session() as session:
        known = identify({}, user="ada", anonymous="v1", message_id="known")
        await ingest(session, [known], received_at=SENT + 41 * DAY)
    assert (await shop.results(SENT + 42 * DAY)).mailed.orders == 1
