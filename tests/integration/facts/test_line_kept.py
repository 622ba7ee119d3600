"""The shop's line loses nobody's orders and makes up none: where guests turn out to be somebody, where somebody cannot
be counted, where old orders are told of again, and where retention goes through it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from composer.erasing import ComposerForgets
from composer.facts import spent as spending
from composer.facts.forgetting import forget_episodes
from composer.facts.spent import Kept, Theirs
from composer.facts.tables import UncountedRow
from composer.facts.updating import left_out
from memory.privacy.forgetting import forget
from memory.privacy.people import Person
from memory.privacy.retention import fold_away
from memory.recall import customer_id_of
from memory.state import ORDERS
from store.database import Database
from tests.kit.shop_line import BEGAN, DAY, HOUR, LineShop

pytestmark = pytest.mark.anyio

GUEST, OTHER = "guest-" + "a" * 32, "guest-" + "b" * 32
Money = dict[date, tuple[int, float]]


@pytest.fixture
def shop(database: Database) -> LineShop:
    return LineShop(database)


async def spent(shop: LineShop) -> Money:
    """By day: orders and what was paid."""
    return {row["day"]: (row["orders"], row["revenue"] / 10_000) for row in await shop.spent()}


def on(days: int) -> date:
    return (BEGAN + days * DAY).date()


async def waiting(shop: LineShop) -> list[str]:
    async with shop.database.session(readonly=True) as session:
        return list((await session.execute(select(col(UncountedRow.customer_id)))).scalars())


async def test_a_guest_who_opens_an_account_keeps_what_they_spent_on_days_whose_events_are_gone(shop: LineShop) -> None:
    await shop.hold_out(0.5)
    await shop.joined(GUEST, BEGAN + DAY)
    await shop.joined("ada", BEGAN + 4 * DAY)
    await shop.ordered(GUEST, BEGAN + 2 * DAY, 30)
    await shop.ordered("ada", BEGAN + 5 * DAY, 10)
    for customer, total in ((GUEST, 40), ("ada", 7)):
        await shop.ordered(customer, BEGAN + 60 * DAY, total)
    await shop.count(BEGAN + 61 * DAY)
    assert sum([some async for some in fold_away(shop.database, BEGAN + 40 * DAY, "events")]) > 0
    await shop.became("ada", GUEST, BEGAN + 63 * DAY)
    theirs = {on(2): (1, 30.0), on(5): (1, 10.0), on(60): (2, 47.0)}
    for days in (64, 65):
        await shop.count(BEGAN + days * DAY)
        assert await spent(shop) == theirs
    assert len({row["customer_id"] for row in await shop.spent()}) == 1
    await shop.count(BEGAN + 66 * DAY, everything=True)
    assert await spent(shop) == theirs


async def test_what_a_guest_who_was_drawn_later_had_ordered_stays_theirs(shop: LineShop) -> None:
    await shop.hold_out(0.5)
    await shop.joined("ada", BEGAN - DAY)
    for days, guest in ((3, GUEST), (8, OTHER)):
        await shop.joined(guest, BEGAN + days * DAY)
        await shop.ordered(guest, BEGAN + (days + 1) * DAY, 25)
        await shop.count(BEGAN + (days + 2) * DAY)
        await shop.became("ada", guest, BEGAN + (days + 3) * DAY)
    await shop.count(BEGAN + 12 * DAY)
    assert await spent(shop) == {on(4): (1, 25.0), on(9): (1, 25.0)}
    assert {name: len(rows) for name, rows in (await shop.drawn()).items()} == {"ada": 1}
    await shop.count(BEGAN + 13 * DAY, everything=True)
    assert await spent(shop) == {on(4): (1, 25.0), on(9): (1, 25.0)}


async def test_who_turns_out_to_be_somebody_drawn_changes_nothing_of_before_and_brings_only_later_orders(
    shop: LineShop,
) -> None:
    """E-mails make people log in: what they had bought unknown would come to light more often of the mailed."""
    await shop.hold_out(0.5)
    await shop.joined(GUEST, BEGAN - 50 * DAY, consent=None)
    await shop.ordered(GUEST, BEGAN - 20 * DAY, 300)
    await shop.joined("ada", BEGAN - DAY)
    await shop.ordered("ada", BEGAN - HOUR, 15)
    await shop.ordered("ada", BEGAN + DAY, 11)
    await shop.count(BEGAN + DAY + HOUR)
    unknown = await shop.ordered(GUEST, BEGAN + 2 * DAY, 77)
    await shop.became("ada", GUEST, BEGAN + 20 * DAY)
    await shop.ordered(GUEST, BEGAN + 21 * DAY, 5)
    # The shop tells of the guest's order again, as one of the account's.
    await shop.ordered("ada", BEGAN + 21 * DAY, 77, order_id=unknown)
    for everything in (False, True):
        await shop.count(BEGAN + 22 * DAY, everything=everything)
        [row] = (await shop.drawn())["ada"]
        assert row["before"] == 150_000
        assert await spent(shop) == {on(1): (1, 11.0), on(21): (1, 5.0)}


async def test_who_turned_out_to_be_somebody_before_they_were_drawn_is_all_theirs(shop: LineShop) -> None:
    await shop.joined(GUEST, BEGAN - 50 * DAY, consent=None)
    await shop.ordered(GUEST, BEGAN - 20 * DAY, 300)
    await shop.joined("ada", BEGAN - 19 * DAY)
    await shop.became("ada", GUEST, BEGAN - 18 * DAY)
    await shop.hold_out(0.5)
    await shop.count(BEGAN + DAY)
    [row] = (await shop.drawn())["ada"]
    assert row["before"] == 3_000_000
    # Others who turn out to be them afterwards take nothing of it away.
    await shop.joined(OTHER, BEGAN + 2 * DAY, consent=None)
    await shop.became("ada", OTHER, BEGAN + 3 * DAY)
    await shop.count(BEGAN + 4 * DAY)
    assert (await shop.drawn())["ada"] == [row]


def fails_for(customer_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = spending.kept

    def fails(theirs: Theirs, *said: Any) -> Kept:
        if theirs.customer_id == customer_id:
            raise OverflowError("what they ordered")
        return real(theirs, *said)

    monkeypatch.setattr("composer.facts.line.kept", fails)


async def test_who_cannot_be_counted_is_tried_again_until_they_can(
    shop: LineShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.hold_out(0.5)
    for customer in ("ada", "ben"):
        await shop.joined(customer, BEGAN - DAY)
    await shop.count(BEGAN + DAY)
    for customer in ("ada", "ben"):
        await shop.ordered(customer, BEGAN + 2 * DAY, 60)
    async with shop.database.session(readonly=True) as session:
        ada = str(await customer_id_of(session, "ada"))
    with monkeypatch.context() as broken:
        fails_for(ada, broken)
        await shop.count(BEGAN + 2 * DAY + HOUR)
        await shop.ordered("ada", BEGAN + 20 * DAY, 5)
        for days in (20.5, 25, 30):
            await shop.count(BEGAN + days * DAY)
            assert await waiting(shop) == [ada]
            async with shop.database.session(readonly=True) as session:
                assert await left_out(session) == 1
    assert await spent(shop) == {on(2): (1, 60.0)}
    await shop.count(BEGAN + 31 * DAY)
    assert [(row["day"], row["revenue"]) for row in await shop.spent() if row["customer_id"] == ada] == [
        (on(2), 600_000), (on(20), 50_000)
    ]  # fmt: skip
    assert await waiting(shop) == []


async def test_who_could_not_be_counted_and_is_erased_leaves_nothing_behind(
    shop: LineShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.hold_out(0.5)
    await shop.joined("ada", BEGAN)
    async with shop.database.session(readonly=True) as session:
        ada = str(await customer_id_of(session, "ada"))
    fails_for(ada, monkeypatch)
    await shop.count(BEGAN + DAY)
    assert await waiting(shop) == [ada]
    async with shop.database.session() as session:
        await forget(session, Person(ada, "ada"), (ComposerForgets(),))
    assert await waiting(shop) == []
    await shop.count(BEGAN + 2 * DAY)
    assert (await waiting(shop), await shop.drawn()) == ([], {})


async def test_a_shop_that_tells_of_more_old_orders_than_memory_keeps_has_not_sold_them_again(shop: LineShop) -> None:
    await shop.hold_out(0.5)
    await shop.joined("ada", BEGAN - 400 * DAY)
    old = ORDERS + 20
    placed = [BEGAN - 90 * DAY - number * HOUR for number in range(old)]
    await shop.told("ada", [(f"old{number}", at) for number, at in enumerate(placed)], BEGAN - DAY)
    await shop.told(
        "ada", [(f"old{number}", BEGAN + 5 * DAY + number * HOUR / 60) for number in range(old)], BEGAN + 6 * DAY
    )
    await shop.ordered("ada", BEGAN + 6 * DAY, 10)
    await shop.count(BEGAN + 7 * DAY)
    assert await spent(shop) == {on(6): (1, 10.0)}


async def test_retention_leaves_what_is_not_old_and_goes_through_more_than_it_takes_at_once(
    shop: LineShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("composer.facts.forgetting.AT_ONCE", 2)
    await shop.hold_out(0.5, BEGAN, days=10)
    await shop.hold_out(0.5, BEGAN + 20 * DAY)
    for customer in ("ada", "ben", "cyd"):
        await shop.joined(customer, BEGAN - DAY)
        for days in (2, 3, 25, 35):
            await shop.ordered(customer, BEGAN + days * DAY, 50)
    await shop.count(BEGAN + 40 * DAY)
    gone = [some async for some in forget_episodes(shop.database, BEGAN + 30 * DAY)]
    assert gone == [2, 2, 2, 2, 1, 2, 1]
    assert await spent(shop) == {on(35): (1, 50.0)}
    assert len(await shop.spent()) == 3
    assert {name: len(rows) for name, rows in (await shop.drawn()).items()} == {"ada": 1, "ben": 1, "cyd": 1}
