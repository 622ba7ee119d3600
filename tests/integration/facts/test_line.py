"""What the shop's holdout is compared by: whom it drew, and all that each has spent since, on both databases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pytest

from composer.erasing import ComposerForgets
from composer.experiments.assigning import held_out
from composer.facts.forgetting import count_old_episodes, forget_episodes
from composer.facts.line_totals import Days, Money, sides
from composer.facts.rules import AttributionRules
from composer.facts.ruling import put_in_force
from composer.results.strata import Sides
from memory.privacy.forgetting import forget
from memory.privacy.people import Person
from memory.recall import customer_id_of
from store.database import Database
from tests.kit.shop_line import BEGAN, DAY, HOUR, LineShop, named

pytestmark = pytest.mark.anyio

GBP = Money("GBP", unnamed=True)
LATER = BEGAN + 40 * DAY


@pytest.fixture
def shop(database: Database) -> LineShop:
    return LineShop(database)


async def compared(shop: LineShop, holdout_id: str, since: date, until: date, money: Money = GBP) -> Sides:
    async with shop.database.session(readonly=True) as session:
        [found] = await sides(session, [Days(holdout_id, since, until)], money)
    return found


def money(rows: list[dict[str, Any]]) -> Mapping[date, tuple[int, float]]:
    return {row["day"]: (row["orders"], row["revenue"] / 10_000) for row in rows}


async def test_all_that_somebody_buys_counts_though_no_campaign_ever_came_to_them(shop: LineShop) -> None:
    await shop.hold_out(0.5)
    await shop.joined("ada", BEGAN - 10 * DAY)
    await shop.ordered("ada", BEGAN + DAY, 50)
    returned = await shop.ordered("ada", BEGAN + 30 * DAY, 80)
    await shop.did("ada", "Order Refunded", BEGAN + 33 * DAY, order_id=returned, total=30)
    cancelled = await shop.ordered("ada", BEGAN + 31 * DAY, 80)
    await shop.did("ada", "Order Cancelled", BEGAN + 32 * DAY, order_id=cancelled)
    await shop.count(LATER)
    assert money(await shop.spent()) == {date(2026, 3, 2): (1, 50.0), date(2026, 3, 31): (1, 50.0)}


async def test_what_comes_back_after_it_was_counted_is_subtracted_from_its_day(shop: LineShop) -> None:
    await shop.hold_out(0.5)
    await shop.joined("ada", BEGAN - DAY)
    order = await shop.ordered("ada", BEGAN + 20 * DAY, 80)
    await shop.count(BEGAN + 21 * DAY)
    await shop.did("ada", "Order Refunded", BEGAN + 30 * DAY, order_id=order, total=30)
    await shop.count(BEGAN + 31 * DAY)
    assert money(await shop.spent()) == {date(2026, 3, 21): (1, 50.0)}
    await shop.did("ada", "Order Cancelled", BEGAN + 32 * DAY, order_id=order)
    await shop.count(BEGAN + 33 * DAY)
    assert await shop.spent() == []


async def test_somebody_is_compared_from_when_they_might_first_have_been_written_to(shop: LineShop) -> None:
    held = await shop.hold_out(0.5)
    await shop.joined("before", BEGAN - 5 * DAY)
    await shop.joined("silent", BEGAN - 5 * DAY, consent=None)
    await shop.joined("refused", BEGAN - 5 * DAY, consent=False)
    await shop.joined("later", BEGAN - 5 * DAY, consent=None)
    await shop.ordered("later", BEGAN + DAY)
    await shop.joined("later", BEGAN + 3 * DAY)
    await shop.joined("new", BEGAN + 4 * DAY)
    await shop.joined("left", BEGAN - 5 * DAY)
    await shop.did("left", "Unsubscribed", BEGAN + 2 * DAY)
    await shop.joined("gone", BEGAN - 5 * DAY)
    await shop.did("gone", "Unsubscribed", BEGAN - DAY)
    for customer in ("before", "silent", "later", "new", "left", "gone"):
        await shop.ordered(customer, BEGAN + 6 * DAY)
    await shop.count(LATER)
    found = await shop.drawn()
    since = {customer: row["since"] for customer, [row] in found.items()}
    # Who unsubscribes once they are in stays in: more of the mailed do.
    assert since == {"before": BEGAN, "later": BEGAN + 3 * DAY, "new": BEGAN + 4 * DAY, "left": BEGAN}
    assert [row["orders"] for row in await shop.spent()] == [1] * 4
    for customer, [row] in found.items():
        assert row["side"] == ("global_holdout" if held_out(held, customer) else "mailed")


async def test_consent_that_is_told_of_later_moves_nobody(shop: LineShop) -> None:
    await shop.hold_out(0.5)
    await shop.joined("ada", BEGAN + 3 * DAY)
    await shop.count(BEGAN + 4 * DAY)
    before = await shop.drawn()
    await shop.did("ada", "Unsubscribed", BEGAN + 2 * DAY, received=BEGAN + 5 * DAY)
    await shop.count(BEGAN + 6 * DAY)
    assert await shop.drawn() == before
    await shop.anew(BEGAN + 6 * DAY)
    assert await shop.drawn() == before


async def test_what_was_spent_before_is_known_as_it_was_then(shop: LineShop) -> None:
    await shop.hold_out(0.5)
    await shop.joined("ada", BEGAN - 200 * DAY)
    await shop.ordered("ada", BEGAN - 100 * DAY, 500)
    order = await shop.ordered("ada", BEGAN - 3 * DAY, 70, currency="EUR")
    await shop.did("ada", "Order Refunded", BEGAN - DAY, order_id=order, total=20)
    await shop.did("ada", "Order Refunded", BEGAN + DAY, order_id=order, total=30)
    await shop.count(LATER)
    [row] = (await shop.drawn())["ada"]
    assert (row["before"], row["currency"]) == (500_000, "EUR")


async def test_an_order_that_is_told_of_again_stays_where_it_was_placed(shop: LineShop) -> None:
    await shop.hold_out(0.5)
    await shop.joined("ada", BEGAN - 200 * DAY)
    old = await shop.ordered("ada", BEGAN - 150 * DAY, 500)
    order = await shop.ordered("ada", BEGAN + DAY, 50)
    await shop.count(BEGAN + 2 * DAY)
    for again in (old, order):
        await shop.ordered("ada", BEGAN + 35 * DAY, 50, order_id=again)
    await shop.count(LATER)
    assert money(await shop.spent()) == {date(2026, 3, 2): (1, 50.0)}


async def happen(shop: LineShop, draw: Random, seed: int) -> None:
    """A shop's months at random, counted now and then, while the share held out changes thrice."""
    names = [f"s{seed}c{number}" for number in range(12)]
    orders: list[tuple[str, str, datetime]] = []
    at = BEGAN - 20 * DAY
    for name in names[:8]:
        await shop.joined(name, at)
    for step in range(60):
        at += timedelta(hours=draw.randrange(1, 30))
        late = at - timedelta(hours=draw.choice([0, 0, 0, 5, 400]))
        name = draw.choice(names)
        match draw.randrange(10):
            case 0 | 1:
                await shop.joined(name, at, draw.choice([True, True, None, False]))
            case 2:
                await shop.did(name, "Unsubscribed", late, received=at)
            case 3 | 4 | 5 | 6:
                currency = draw.choice([{}, {"currency": "GBP"}, {"currency": "EUR"}])
                orders.append(
                    (name, await shop.ordered(name, late, draw.randrange(1, 90), received=at, **currency), late)
                )
            case 7 if orders:
                name, order, placed = draw.choice(orders)
                when = max(placed, late)
                await shop.did(name, "Order Refunded", when, received=at, order_id=order, total=draw.randrange(1, 60))
            case 8 if orders:
                name, order, placed = draw.choice(orders)
                event = draw.choice(["Order Cancelled", "Order Completed", "Order Updated"])
                await shop.did(name, event, max(placed, late), received=at, order_id=order, total=20)
            case _:
                await shop.count(at)
        if step in (10, 25, 42):
            await shop.hold_out({10: 0.5, 25: 0.2, 42: 0.4}[step], at)
    await shop.count(at + HOUR)


@pytest.mark.parametrize("seed", range(2))
async def test_counted_as_it_happens_is_counted_anew(shop: LineShop, seed: int) -> None:
    await happen(shop, Random(seed), seed)
    drawn, spent = await shop.drawn(), await shop.spent()
    assert len(spent) > 5
    assert max(len(rows) for rows in drawn.values()) == 3
    now = BEGAN + 200 * DAY
    await shop.anew(now)
    assert await shop.drawn() == drawn
    assert await shop.spent() == spent
    await shop.count(now, everything=True)
    assert await shop.spent() == spent


async def test_other_rules_of_returns_count_everybody_anew_at_once(shop: LineShop) -> None:
    await shop.hold_out(0.5)
    for customer in ("ada", "ben"):
        await shop.joined(customer, BEGAN)
        order = await shop.ordered(customer, BEGAN + DAY, 50)
        await shop.did(customer, "Order Refunded", BEGAN + 30 * DAY, order_id=order, total=20)
    await shop.count(BEGAN + 31 * DAY)
    assert [row["revenue"] for row in await shop.spent()] == [500_000] * 2
    async with shop.database.session() as session:
        await put_in_force(session, AttributionRules(returns_days=40), "me")
    await shop.count(BEGAN + 32 * DAY)
    assert [row["revenue"] for row in await shop.spent()] == [300_000] * 2


async def test_who_was_there_for_half_of_the_days_counts_as_half(shop: LineShop) -> None:
    held = await shop.hold_out(0.5)
    customers = named(held, False, 4)
    for number, customer in enumerate(customers):
        await shop.joined(customer, BEGAN - DAY if number < 2 else BEGAN + 10 * DAY)
        await shop.ordered(customer, BEGAN + 15 * DAY, 10.0 * (1 + number))
    await shop.ordered(customers[0], BEGAN + 25 * DAY, 1000)
    await shop.ordered(customers[1], BEGAN + 12 * DAY, 70, currency="EUR")
    await shop.count(LATER)
    mailed, out = await compared(shop, held.id, BEGAN.date(), (BEGAN + 20 * DAY).date())
    assert (mailed.revenue.n, mailed.revenue.m, mailed.revenue.x) == (4, 3.0, 100.0)
    assert (mailed.revenue.hits, mailed.bought.x, mailed.revenue.xm) == (5, 4.0, 10 + 20 + 15 + 20)
    assert out.revenue.n == 0
    euros, _ = await compared(shop, held.id, BEGAN.date(), (BEGAN + 20 * DAY).date(), Money("EUR", unnamed=False))
    assert euros.revenue.x == 70.0
    late, _ = await compared(shop, held.id, (BEGAN + 11 * DAY).date(), (BEGAN + 40 * DAY).date())
    assert (late.revenue.m, late.revenue.x) == (4.0, 1100.0)


async def test_who_is_erased_goes_on_counting_and_nothing_names_them(shop: LineShop) -> None:
    held = await shop.hold_out(0.5)
    gone, there = named(held, False, 2)
    for customer in (gone, there):
        await shop.joined(customer, BEGAN - DAY)
        await shop.ordered(customer, BEGAN - HOUR, 40)
        await shop.ordered(customer, BEGAN + 2 * DAY, 60)
        await shop.ordered(customer, BEGAN + 9 * DAY, 15)
    await shop.count(LATER)
    span = BEGAN.date(), (BEGAN + 20 * DAY).date()
    before, _ = await compared(shop, held.id, *span)
    async with shop.database.session() as session:
        customer_id = await customer_id_of(session, gone)
        await forget(session, Person(customer_id, gone), (ComposerForgets(),))
    assert (await shop.drawn()).keys() == {there}
    assert {row["customer_id"] for row in await shop.spent()} == {(await shop.drawn())[there][0]["customer_id"]}
    assert not any({gone, str(customer_id)} & set(map(str, row.values())) for row in await shop.departed())
    await shop.count(LATER + HOUR)
    after, _ = await compared(shop, held.id, *span)
    for name in ("n", "m", "x", "z", "zz", "zm", "hits", "positive"):
        assert getattr(after.revenue, name) == getattr(before.revenue, name)
    assert (after.bought.x, after.bought.m) == (before.bought.x, before.bought.m)
    # They come back as somebody new, and drop out of nothing.
    await shop.joined(gone, LATER + DAY)
    await shop.count(LATER + 2 * DAY)
    assert len(await shop.drawn()) == 2


async def test_a_guest_who_opens_an_account_stays_where_they_were_drawn(shop: LineShop) -> None:
    guest = "guest-" + "a" * 32
    await shop.hold_out(0.5)
    await shop.joined(guest, BEGAN + DAY)
    await shop.ordered(guest, BEGAN + 2 * DAY, 30)
    await shop.count(BEGAN + 3 * DAY)
    [before] = (await shop.drawn())[guest]
    await shop.joined("ada", BEGAN + 4 * DAY)
    await shop.count(BEGAN + 5 * DAY)
    await shop.did("ada", "Page Seen", BEGAN + 6 * DAY)
    await shop.became("ada", guest, BEGAN + 6 * DAY)
    await shop.ordered("ada", BEGAN + 7 * DAY, 20)
    await shop.count(BEGAN + 8 * DAY)
    [after] = (await shop.drawn()).pop(guest)
    assert len(await shop.drawn()) == 1
    assert (after["side"], after["since"]) == (before["side"], before["since"])
    assert money(await shop.spent()) == {date(2026, 3, 3): (1, 30.0), date(2026, 3, 8): (1, 20.0)}
    assert {row["customer_id"] for row in await shop.spent()} == {after["customer_id"]}


async def test_days_that_are_kept_no_more_are_gone_and_who_is_in_stays(shop: LineShop) -> None:
    old, new = await shop.hold_out(0.5, BEGAN, days=10), await shop.hold_out(0.5, BEGAN + 20 * DAY)
    await shop.joined("ada", BEGAN - DAY)
    for days in (2, 25, 35):
        await shop.ordered("ada", BEGAN + days * DAY, 50)
    await shop.count(LATER)
    assert {row["holdout_id"] for row in await shop.spent()} == {old.id, new.id}
    first = BEGAN + 30 * DAY
    async with shop.database.session() as session:
        assert await count_old_episodes(session, first) == 3
    assert sum([some async for some in forget_episodes(shop.database, first)]) == 3
    await shop.count(LATER + DAY, everything=True)
    assert [row["holdout_id"] for row in (await shop.drawn())["ada"]] == [new.id]
    assert money(await shop.spent()) == {(BEGAN + 35 * DAY).date(): (1, 50.0)}


async def test_without_a_holdout_nothing_is_kept(shop: LineShop) -> None:
    await shop.joined("ada", BEGAN)
    await shop.ordered("ada", BEGAN + DAY)
    await shop.count(LATER)
    assert (await shop.drawn(), await shop.spent()) == ({}, [])
