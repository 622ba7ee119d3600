"""Who counts on which side, and what of theirs: out of the real ledger and real events, on both databases."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from composer.facts.updating import update_facts
from composer.results.model import Figures
from composer.results.reading import all_results, results_of
from composer.results.wording import told
from store.ids import new_email_id
from tests.kit.outcomes import HOUR, NOW, SENT, Shop

pytestmark = pytest.mark.anyio


async def test_each_side_has_its_own_orders_and_money(shop: Shop) -> None:
    await shop.decided("ada")
    await shop.decided("ben")
    await shop.decided("cat", "skipped", "holdout")
    await shop.did("ada", "Order Completed", SENT + HOUR, order_id="1", total=40.0, currency="GBP")
    await shop.did("ada", "Order Completed", SENT + 2 * HOUR, order_id="2", total=2.5, currency="GBP")
    await shop.did("cat", "Order Completed", SENT + HOUR, order_id="3", total="10.00", currency="GBP")
    found = await shop.results()
    assert found.mailed == Figures(
        customers=2, emails=2, buyers=1, orders=2, revenue=425_000, revenue_squared=42.5**2
    )  # fmt: skip
    assert found.holdout == Figures(customers=1, buyers=1, orders=1, revenue=100_000, revenue_squared=100.0)
    assert (found.first, found.last, found.currency) == (date(2026, 6, 1), date(2026, 6, 1), "GBP")


async def test_only_what_happens_within_the_window_counts(shop: Shop) -> None:
    await shop.decided("ada")
    for number, at in enumerate((SENT - HOUR, SENT + timedelta(days=7), SENT + timedelta(days=7) - HOUR)):
        await shop.did("ada", "Order Completed", at, order_id=str(number), total=10, currency="GBP")
    assert (await shop.results()).mailed.orders == 1


async def test_what_comes_back_is_subtracted_and_never_more_than_was_paid(shop: Shop) -> None:
    for name in ("ada", "ben", "cat"):
        await shop.decided(name)
        await shop.did(name, "Order Completed", SENT + HOUR, order_id=name, total=30, currency="GBP")
    await shop.did("ada", "Order Refunded", SENT + timedelta(days=12), order_id="ada", total=12)
    await shop.did("ben", "Order Refunded", SENT + timedelta(days=2), order_id="ben", total=99)
    await shop.did("cat", "Order Cancelled", SENT + timedelta(days=2), order_id="cat")
    found = (await shop.results(SENT + timedelta(days=15))).mailed
    assert (found.revenue, found.orders, found.buyers) == (180_000, 2, 2)


async def test_an_e_mail_is_opened_once_and_a_machine_is_nobody(shop: Shop) -> None:
    read, scanned = await shop.decided("ada"), await shop.decided("ben")
    for _ in range(2):
        await shop.did("ada", "Email Opened", SENT + HOUR, email_id=read)
    await shop.did("ada", "Email Delivered", SENT, email_id=read)
    await shop.did("ada", "Email Link Clicked", SENT + HOUR, email_id=read)
    await shop.did("ben", "Email Opened", SENT + HOUR, email_id=scanned, is_machine=True)
    await shop.did("ben", "Email Link Clicked", SENT + HOUR, email_id=scanned, is_machine=True)
    await shop.did("ben", "Unsubscribed", SENT + HOUR, email_id=scanned)
    await shop.did("ben", "Email Opened", SENT + HOUR, email_id=new_email_id())
    found = (await shop.results()).mailed
    assert (found.opened, found.machine_opened, found.clicked) == (1, 1, 1)
    assert (found.delivered, found.unsubscribed, found.complained) == (1, 1, 0)


async def test_who_was_never_a_candidate_is_on_neither_side_and_who_was_capped_is_mailed(shop: Shop) -> None:
    await shop.decided("ada", "skipped", "no_consent")
    await shop.decided("ben", "deferred", "capped")
    found = await shop.results()
    assert (found.mailed.customers, found.mailed.emails, found.holdout.customers) == (1, 0, 0)


async def test_who_is_held_out_counts_once_about_an_occasion_however_often_they_are_due(shop: Shop) -> None:
    for days in range(10):
        await shop.decided("ada", "skipped", "holdout", at=SENT + timedelta(days=days), occasion="cart-1")
    await shop.did("ada", "Order Completed", SENT + timedelta(days=8), order_id="late", total=10, currency="GBP")
    found = await shop.results(SENT + timedelta(days=22))
    assert (found.holdout.customers, found.holdout.orders) == (1, 0)


async def test_a_newsletter_twice_a_week_counts_each_time_and_each_order_once(shop: Shop) -> None:
    for number in range(6):
        await shop.decided("ada", at=SENT + timedelta(days=3.5 * number), occasion=f"week-{number}")
    await shop.did("ada", "Order Completed", SENT + timedelta(days=4), order_id="1", total=10, currency="GBP")
    found = (await shop.results(SENT + timedelta(days=30))).mailed
    assert (found.customers, found.emails, found.orders) == (6, 6, 1)


async def test_a_run_of_a_week_later_counts_though_it_reached_somebody_minutes_earlier(shop: Shop) -> None:
    for weeks in range(3):
        await shop.decided("ada", at=SENT + weeks * (timedelta(days=7) - timedelta(minutes=5)))
        await shop.decided("cat", "skipped", "holdout", at=SENT + weeks * timedelta(days=7))
    found = await shop.results(SENT + timedelta(days=30))
    assert (found.mailed.customers, found.mailed.emails, found.holdout.customers) == (3, 3, 3)


async def test_nothing_is_final_that_was_open_when_it_was_counted_last(shop: Shop) -> None:
    await shop.decided("ada")
    await shop.results(SENT + HOUR)
    await shop.did("ada", "Order Completed", SENT + 2 * HOUR, order_id="1", total=10, currency="GBP")
    assert (await shop.results(SENT + timedelta(days=90))).mailed.orders == 1


async def test_an_order_that_cost_nothing_and_one_that_came_back_whole_bring_nothing(shop: Shop) -> None:
    line = [{"product_id": "p1", "price": 30, "quantity": 1}]
    await shop.decided("ada")
    await shop.did("ada", "Order Completed", SENT + HOUR, order_id="1", total=0, currency="GBP", products=line)
    await shop.did("ada", "Order Completed", SENT + HOUR, order_id="2", total=30, currency="GBP")
    await shop.did("ada", "Order Refunded", SENT + 2 * HOUR, order_id="2")
    found = (await shop.results()).mailed
    assert (found.orders, found.revenue) == (2, 0)


async def test_of_several_processes_one_counts(shop: Shop) -> None:
    await shop.decided("ada")
    await shop.results()
    await shop.decided("ben")
    await update_facts(shop.database, NOW, unless_within=HOUR)
    async with shop.database.session(readonly=True) as session:
        assert (await results_of(session, "autumn")).mailed.customers == 1


async def test_an_order_in_another_currency_is_counted_without_its_money(shop: Shop) -> None:
    await shop.decided("ada")
    await shop.did("ada", "Order Completed", SENT + HOUR, order_id="1", total=5_000, currency="JPY")
    found = (await shop.results()).mailed
    assert (found.orders, found.other_currency, found.revenue) == (1, 1, 0)


async def test_counting_twice_and_late_reports_change_only_what_they_are_about(shop: Shop) -> None:
    await shop.decided("ada")
    await shop.did("ada", "Order Completed", SENT + HOUR, "o1", order_id="1", total=10, currency="GBP")
    first = await shop.results()
    assert await shop.results() == first
    await shop.did("ada", "Order Completed", SENT + HOUR, "o1", order_id="1", total=10, currency="GBP")
    assert await shop.results() == first
    await shop.did("ada", "Order Completed", SENT + 2 * HOUR, order_id="2", total=5, currency="GBP")
    assert (await shop.results()).mailed.orders == 2


async def test_a_day_that_is_final_stays_unless_everything_is_counted_anew(shop: Shop) -> None:
    await shop.decided("ada")
    later = SENT + timedelta(days=60)
    await shop.results(later)
    await shop.did("ada", "Order Completed", SENT + HOUR, order_id="1", total=10, currency="GBP")
    assert (await shop.results(later + HOUR)).mailed.orders == 0
    assert (await shop.results(later + HOUR, everything=True)).mailed.orders == 1


async def test_all_campaigns_that_came_to_somebody_are_listed(shop: Shop) -> None:
    async with shop.database.session(readonly=True) as session:
        assert await all_results(session) == []
    await shop.decided("ada")
    found = await shop.results()
    async with shop.database.session(readonly=True) as session:
        [listed] = await all_results(session)
    assert listed.mailed == found.mailed
    assert "Nobody was held out" in told(listed)
