"""The shop's headline: everything that customers bought, told beside what fell into campaigns' windows."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from composer.campaigns import save_brand, save_campaign
from composer.experiments.assigning import held_out
from composer.experiments.model import Holdout
from composer.facts.noting import count_only_since
from composer.facts.tables import DrawnRow, SpentRow
from composer.reports.flat import as_csv
from composer.reports.model import Period, Report
from composer.reports.reading import read_report
from store import clock
from store.database import Database
from store.upsert import table_of
from tests.kit.factories import make_brand, make_campaign
from tests.kit.reports import episode, keep
from tests.kit.shop_line import BEGAN, DAY, LineShop

pytestmark = pytest.mark.anyio

NOW = BEGAN + 60 * DAY
SPAN = Period(BEGAN.date(), (BEGAN + 60 * DAY).date())
UNITS = 10_000
_DRAWN = table_of(DrawnRow).c


async def open_shop(database: Database) -> LineShop:
    async with database.session() as session:
        await save_brand(session, make_brand())
        await save_campaign(session, make_campaign())
    return LineShop(database)


async def live(
    shop: LineShop, held: Holdout, since: datetime, bought: tuple[float, float], currency: str = "GBP"
) -> None:
    """800 customers in it from a moment on, of whom these shares (of the mailed, of those held out) bought for 50."""
    rows: list[DrawnRow | SpentRow] = []
    numbers = [0, 0]
    for number in range(800):
        customer = f"c{number}"
        out = held_out(held, customer)
        numbers[out] += 1
        about: dict[str, Any] = {"customer_id": f"cus_{number:026}", "holdout_id": held.id}
        side = "global_holdout" if out else "mailed"
        rows.append(DrawnRow(**about, customer=customer, side=side, since=since, day=since.date()))
        if numbers[out] % 10 < bought[out] * 10:
            day = since.date() + timedelta(days=numbers[out] % 7)
            rows.append(SpentRow(**about, day=day, currency=currency, orders=1, revenue=50 * UNITS))
    async with shop.database.session() as session:
        session.add_all(rows)


async def report_of(database: Database, period: Period = SPAN, *, currency: str = "", now: datetime = NOW) -> Report:
    with clock.frozen_at(now):
        async with database.session(readonly=True) as session:
            return await read_report(session, period, currency)


async def test_the_headline_is_everything_that_customers_bought(database: Database) -> None:
    shop = await open_shop(database)
    held = await shop.hold_out(0.5)
    await live(shop, held, BEGAN, (0.6, 0.3))
    await shop.count(NOW)
    report = await report_of(database)
    found = report.shop
    assert found is not None
    assert (found.per, found.comparison.verdict) == ("customer", "more")
    assert found.mailed + found.held_out == 800
    assert found.comparison.revenue is not None
    assert found.comparison.revenue.value == pytest.approx(15.0, abs=0.3)
    assert found.mailed_mean - found.held_out_mean == pytest.approx(found.comparison.revenue.value, abs=0.1)
    assert "from 01 March 2026 to 29 April 2026, whatever they bought and whenever" in found.sentence
    assert (found.compared_since, found.compared_until) == (date(2026, 3, 1), date(2026, 4, 30))
    # No campaign came to anybody: nothing of this is in anybody's window.
    assert report.shop_in_windows is not None
    assert report.shop_in_windows.comparison.verdict == "nothing_yet"
    lines = [line for line in as_csv(report, "campaign").splitlines() if ",shop," in line]
    assert any("revenue_per_customer" in line and ",GBP,more" in line for line in lines)


async def test_what_is_claimed_is_of_all_days_and_the_days_asked_for_stand_beside_it(database: Database) -> None:
    shop = await open_shop(database)
    held = await shop.hold_out(0.5)
    await live(shop, held, BEGAN, (0.6, 0.3))
    await shop.count(NOW)
    found = (await report_of(database, Period(date(2026, 3, 20), date(2026, 4, 1)))).shop
    assert found is not None
    assert (found.comparison.verdict, found.mailed + found.held_out) == ("more", 800)
    assert "from 01 March 2026 to 31 March 2026" in found.sentence
    alone = found.in_period
    assert alone is not None
    assert (alone.since, alone.until, alone.mailed + alone.held_out) == (date(2026, 3, 20), date(2026, 4, 1), 800)
    # All of it was bought in the first week.
    assert (alone.mailed_mean, alone.one_look_difference) == (0.0, None)
    assert alone.sentence == "In these 12 days alone too few have bought to compare."
    # What comes after the days asked for is in neither.
    before = (await report_of(database, Period(date(2026, 3, 1), date(2026, 3, 2)))).shop
    assert before is not None
    assert (before.in_period, before.compared_until) == (None, date(2026, 3, 2))
    assert before.mailed_mean < found.mailed_mean


async def test_days_that_look_good_by_chance_are_told_for_one_look_and_claim_nothing(
    sqlite_database: Database,
) -> None:
    """Those held out bought more in the first weeks, and less in the last: all together there is nothing."""
    shop = await open_shop(sqlite_database)
    held = await shop.hold_out(0.5)
    await live(shop, held, BEGAN, (0.3, 0.6))
    async with sqlite_database.session() as session:
        customers = (await session.execute(select(_DRAWN.customer_id, _DRAWN.side))).all()
        late = (BEGAN + 50 * DAY).date()
        about: dict[str, Any] = {
            "holdout_id": held.id,
            "day": late,
            "currency": "GBP",
            "orders": 1,
            "revenue": 50 * UNITS,
        }
        numbers = {"mailed": 0, "global_holdout": 0}
        for customer, side in customers:
            numbers[side] += 1
            if numbers[side] % 10 < (6 if side == "mailed" else 3):
                session.add(SpentRow(customer_id=customer, **about))
    await shop.count(NOW)
    report = await report_of(sqlite_database, Period((BEGAN + 40 * DAY).date(), SPAN.until))
    found = report.shop
    assert found is not None
    assert found.comparison.verdict == "cannot_tell_yet"
    alone = found.in_period
    assert alone is not None
    assert alone.one_look_difference is not None
    assert alone.one_look_difference.low > 10
    assert alone.sentence.endswith("This claims nothing.")
    assert "95 %" not in alone.sentence
    rows = list(csv.DictReader(io.StringIO(as_csv(report, "campaign"))))
    by_metric = {row["metric"]: row for row in rows if row["by"] == "shop"}
    claimed, looked = (by_metric[name] for name in ("revenue_per_customer", "in_period_one_look_revenue_per_customer"))
    assert (claimed["since"], claimed["verdict"]) == ("2026-03-01", "cannot_tell_yet")
    assert (looked["since"], looked["verdict"]) == ("2026-04-10", "")
    assert "for one look" in looked["note"]


async def test_a_share_that_was_changed_leaves_all_days_in(database: Database) -> None:
    shop = await open_shop(database)
    first = await shop.hold_out(0.5)
    second = await shop.hold_out(0.3, BEGAN + 30 * DAY)
    await live(shop, first, BEGAN, (0.6, 0.3))
    await live(shop, second, BEGAN + 30 * DAY, (0.6, 0.3))
    await shop.count(NOW)
    found = (await report_of(database)).shop
    assert found is not None
    assert found.comparison.revenue is not None
    # Over both together: 15 in the first half of the days, and 15 in the second.
    assert found.comparison.revenue.value == pytest.approx(30.0, abs=1.0)
    assert "drawn 2 times in these days" in found.sentence
    assert found.compared_since == SPAN.since


async def test_before_anything_was_counted_it_says_that_there_is_nobody_to_compare(database: Database) -> None:
    shop = await open_shop(database)
    await shop.hold_out(0.5)
    found = (await report_of(database)).shop
    assert found is not None
    assert found.sentence.startswith("Nobody to compare yet")
    assert found.comparison.revenue is None


async def test_where_the_first_days_are_not_kept_it_does_not_say_that_one_may_look_every_day(
    sqlite_database: Database,
) -> None:
    shop = await open_shop(sqlite_database)
    await live(shop, await shop.hold_out(0.5), BEGAN, (0.6, 0.3))
    await shop.count(NOW)
    async with sqlite_database.session() as session:
        await count_only_since(session, datetime(2026, 3, 2, tzinfo=UTC))
    found = (await report_of(sqlite_database)).shop
    assert found is not None
    assert (found.comparison.verdict, found.compared_since) == ("more", date(2026, 3, 2))
    assert "95 % sure for one look, as older days are not kept" in found.sentence
    assert "whichever" not in found.sentence


async def test_days_on_which_nobody_was_held_out_are_not_claimed(sqlite_database: Database) -> None:
    shop = await open_shop(sqlite_database)
    first = await shop.hold_out(0.5, BEGAN, days=28)
    second = await shop.hold_out(0.5, BEGAN + 200 * DAY, days=28)
    await live(shop, first, BEGAN, (0.6, 0.3))
    await live(shop, second, BEGAN + 200 * DAY, (0.6, 0.3))
    now = BEGAN + 230 * DAY
    await shop.count(now)
    found = (await report_of(sqlite_database, Period(BEGAN.date(), now.date()), now=now)).shop
    assert found is not None
    assert "on 58 days between 01 March 2026 and 15 October 2026" in found.sentence
    [gap] = found.left_out
    assert (gap.why, gap.count, gap.of) == ("no_holdout_days", 171, "days")
    assert gap.sentence == "171 days in between are not compared: the shop held nobody out on them."


async def test_a_time_of_the_holdout_with_too_few_buyers_is_left_out_and_nothing_made_up_of_it(
    sqlite_database: Database,
) -> None:
    shop = await open_shop(sqlite_database)
    first = await shop.hold_out(0.5)
    second = await shop.hold_out(0.02, BEGAN + 30 * DAY)
    await live(shop, first, BEGAN, (0.6, 0.3))
    await live(shop, second, BEGAN + 30 * DAY, (0.3, 0.0))
    await shop.count(NOW)
    found = (await report_of(sqlite_database)).shop
    assert found is not None
    # As it was on the days that are compared: 0.6 of them for 50.
    assert found.mailed_mean == pytest.approx(30.0, abs=0.5)
    assert found.mailed + found.held_out == found.comparison.customers == 800
    assert "from 01 March 2026 to 31 March 2026" in found.sentence
    assert "drawn 2 times" not in found.sentence
    [few] = found.left_out
    # On the day it was drawn anew both were in force.
    assert (few.why, few.count) == ("few_days", 29)


async def test_orders_in_other_currencies_are_counted_and_said(sqlite_database: Database) -> None:
    shop = await open_shop(sqlite_database)
    held = await shop.hold_out(0.5)
    await live(shop, held, BEGAN, (0.6, 0.3), currency="USD")
    await shop.count(NOW)
    found = (await report_of(sqlite_database)).shop
    assert found is not None
    assert (found.mailed_mean, found.comparison.verdict) == (0.0, "cannot_tell_yet")
    [elsewhere] = found.left_out
    assert elsewhere.why == "other_currency"
    assert elsewhere.count == sum(row["orders"] for row in await shop.spent()) > 300
    assert "orders were paid in other currencies: they are counted, their money is not." in elsewhere.sentence


async def test_orders_that_name_no_currency_are_in_the_same_one_whatever_period_is_asked_for(
    sqlite_database: Database,
) -> None:
    shop = await open_shop(sqlite_database)
    async with sqlite_database.session() as session:
        await save_brand(session, make_brand(id="hafen", currency="EUR", locale="de-DE"))
        await save_campaign(session, make_campaign(id="herbst", brand="hafen"))
    held = await shop.hold_out(0.5)
    await live(shop, held, BEGAN, (0.6, 0.3), currency="")
    await shop.count(NOW)
    # Most e-mails ever were in pounds, most of the last days in euros.
    late = BEGAN + 50 * DAY
    await keep(sqlite_database, [episode(number, begins=BEGAN + DAY) for number in range(3)])
    await keep(sqlite_database, [episode(number, campaign_id="herbst", begins=late) for number in range(2)])
    for since in (SPAN.since, late.date()):
        euros, pounds = [
            (await report_of(sqlite_database, Period(since, SPAN.until), currency=currency)).shop
            for currency in ("EUR", "GBP")
        ]
        assert euros is not None
        assert pounds is not None
        assert euros.mailed_mean == 0.0
        assert pounds.mailed_mean == pytest.approx(30.0, abs=0.5)
