"""One order out of all that was reported of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from composer.facts.orders import Order, orders_of
from memory.events import Event

AT = datetime(2026, 6, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
RETURNS = timedelta(days=14)
TEA = {"product_id": "tea", "price": 10, "quantity": 3}
CUP = {"product_id": "cup", "price": 20}


def event(name: str, hours: float = 0, order_id: str | None = "1", **properties: Any) -> Event:
    said = properties if order_id is None else {"order_id": order_id, **properties}
    message_id = f"{name}-{hours}-{order_id}"
    return Event(message_id, "track", name, "ada", None, AT + hours * HOUR, {"properties": said})


def only(*events: Event, **costs: int) -> Order:
    [found] = orders_of(events, RETURNS, costs)
    return found


def test_an_order_is_worth_what_its_newest_report_says_and_placed_when_its_first_says() -> None:
    reports = event("Order Completed", 5, total=40), event("Order Completed", 1, total=30)
    for some in (reports, reports[::-1]):
        found = only(*some)
        assert (found.placed, found.total) == (AT + HOUR, 400_000)


def test_an_update_that_says_nothing_of_money_changes_nothing() -> None:
    first = event("Order Completed", total=40)
    assert only(first, event("Order Updated", 1)).total == 400_000
    assert only(first, event("Order Updated", 1, products=[TEA])).total == 300_000
    assert only(first, event("Order Updated", 400, total=1)).total == 400_000


@pytest.mark.parametrize(
    ("reports", "stands"),
    [
        ([("Order Completed", 0), ("Order Cancelled", 1)], False),
        ([("Order Completed", 0), ("Order Cancelled", 1), ("Order Completed", 2)], True),
        ([("Order Completed", 1), ("Order Cancelled", 0)], True),
        ([("Order Completed", 1), ("Order Cancelled", 1)], False),
        ([("Order Completed", 0), ("Order Cancelled", 15 * 24)], True),
    ],
)
def test_whether_it_stands_is_what_was_said_last_while_returns_count(
    reports: list[tuple[str, float]], stands: bool
) -> None:
    assert only(*(event(name, hours, total=5) for name, hours in reports)).stands is stands


def test_refunds_add_up_to_the_order_at_most_and_end_with_the_period() -> None:
    order = event("Order Completed", total=50)
    some = only(order, event("Order Refunded", 1, total=20), event("Order Refunded", 400, total=20))
    assert (some.returned, some.revenue) == (200_000, 300_000)
    assert only(order, event("Order Refunded", 1, total=20), event("Order Refunded", 2, total=40)).revenue == 0
    assert only(order, event("Order Refunded", 1)).revenue == 0


def test_a_refund_of_products_is_what_they_cost() -> None:
    order = event("Order Completed", products=[TEA, CUP])
    assert only(order, event("Order Refunded", 1, products=[CUP])).revenue == 300_000


def test_a_refund_of_an_order_that_nobody_reported_is_no_order() -> None:
    assert orders_of([event("Order Refunded", 1), event("Order Cancelled", 2)], RETURNS, {}) == []


def test_costs_are_of_goods_that_were_kept() -> None:
    order = event("Order Completed", products=[TEA, CUP])
    assert only(order, tea=40_000, cup=50_000).cost == 170_000
    assert only(order, tea=40_000).cost is None
    back = event("Order Refunded", 1, products=[{"product_id": "tea", "quantity": 2, "price": 10}])
    assert only(order, back, tea=40_000, cup=50_000).cost == 90_000
    assert only(order, event("Order Refunded", 1), tea=40_000).cost == 0
    assert only(event("Order Completed", total=9), tea=1).cost is None


def test_a_line_says_its_own_cost() -> None:
    assert only(event("Order Completed", products=[TEA | {"cost": "1.50"}]), tea=90_000).cost == 45_000


def test_an_update_without_a_currency_does_not_change_it() -> None:
    first = event("Order Completed", total=9_000, currency="jpy")
    assert only(first, event("Order Updated", 1, total=9_000)).currency == "JPY"
    assert only(first, event("Order Updated", 1, total=50, currency="EUR")).currency == "EUR"


def test_no_order_comes_to_more_than_any_amount_may_be_and_an_absurd_cost_is_unknown() -> None:
    absurd = {"product_id": "tea", "price": 10**10, "quantity": 10**6}
    found = only(event("Order Completed", products=[absurd], discount=10**10))
    assert (found.total, found.listed) == (10**14, 10**14)
    cheap = {"product_id": "tea", "price": 5, "quantity": 10**6}
    assert only(event("Order Completed", products=[cheap | {"cost": 10**10}])).cost is None
    assert only(event("Order Completed", products=[cheap | {"cost": 4}])).cost == 4 * 10**10
    back = event("Order Refunded", 1, products=[absurd])
    assert only(event("Order Completed", total=30), back).revenue == 0


def test_orders_without_an_id_are_one_each() -> None:
    events = [event("Order Completed", hours, None, total=5) for hours in (0, 1)]
    assert len(orders_of(events, RETURNS, {})) == 2
