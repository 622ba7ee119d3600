"""The demo shop's customers: Segment calls that any source could have sent, and stories that fit their flows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from demo.customers import events, showcase
from demo.journal import FREE_SHIPPING_OVER
from demo.people import HOSTILE_EVERY
from demo.products import RESTOCKED, products
from prompts.model import FlowName

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
COUNT = 600
Calls = Sequence[Mapping[str, Any]]

E_COMMERCE = {
    "Product Viewed", "Products Searched", "Product Added", "Product Added to Wishlist", "Product Reviewed",
    "Checkout Started", "Order Completed", "Order Refunded",
}  # fmt: skip
E_MAIL = {"Email Delivered", "Email Opened", "Email Link Clicked", "Unsubscribed"}


@pytest.fixture(scope="module")
def calls() -> Calls:
    return list(events(NOW, count=COUNT))


@pytest.fixture(scope="module")
def by_customer(calls: Calls) -> dict[str, list[Mapping[str, Any]]]:
    grouped: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for call in calls:
        grouped[call["userId"]].append(call)
    return grouped


def moment(call: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(call["timestamp"])


def named(calls: Calls, event: str) -> list[Mapping[str, Any]]:
    return [call for call in calls if call.get("event") == event]


def test_the_same_seed_gives_the_same_calls(calls: Calls) -> None:
    assert list(events(NOW, count=COUNT)) == calls


def test_another_seed_gives_other_people() -> None:
    assert list(events(NOW, count=60, seed=8)) != list(events(NOW, count=60, seed=7))


def test_more_customers_leave_the_first_ones_as_they_are(calls: Calls) -> None:
    few = list(events(NOW, count=40))
    assert few == calls[: len(few)]


def test_every_call_has_the_shape_of_segments_http_api(calls: Calls) -> None:
    for call in calls:
        assert call["type"] in {"identify", "track"}
        assert call["userId"].startswith("hr-")
        assert call["timestamp"].endswith("Z")
        assert moment(call) <= NOW
        if call["type"] == "track":
            assert call["event"] in E_COMMERCE | E_MAIL
            assert isinstance(call["properties"], dict)
            assert isinstance(call["properties"].get("query", ""), str)
        else:
            assert {"email", "firstName", "lastName", "address", "createdAt"} <= call["traits"].keys()


def test_message_ids_are_unique(calls: Calls) -> None:
    assert len({call["messageId"] for call in calls}) == len(calls)


def test_everybody_is_identified_once(by_customer: Mapping[str, Calls]) -> None:
    assert len(by_customer) == COUNT
    for customer, theirs in by_customer.items():
        assert sum(call["type"] == "identify" for call in theirs) == 1, customer


def test_calls_name_only_products_of_the_shop(calls: Calls) -> None:
    known = {product.id for product in products(NOW)}
    for call in calls:
        properties = call.get("properties", {})
        lines = [*properties.get("products", []), properties]
        assert {line["product_id"] for line in lines if "product_id" in line} <= known


def test_an_orders_sums_add_up(calls: Calls) -> None:
    for call in named(calls, "Order Completed"):
        order = call["properties"]
        lines = sum(line["price"] * line["quantity"] for line in order["products"])
        assert order["revenue"] == pytest.approx(lines)
        assert order["total"] == pytest.approx(order["revenue"] + order["shipping"])
        assert (order["shipping"] == 0) == (order["revenue"] >= FREE_SHIPPING_OVER)


def test_what_is_ordered_was_put_into_the_cart_before(by_customer: Mapping[str, Calls]) -> None:
    for theirs in by_customer.values():
        for order in named(theirs, "Order Completed"):
            carted = {
                call["properties"]["product_id"]
                for call in named(theirs, "Product Added")
                if timedelta() < moment(order) - moment(call) < timedelta(hours=1)
            }
            assert {line["product_id"] for line in order["properties"]["products"]} <= carted


def test_a_shop_full_of_different_people(calls: Calls, by_customer: Mapping[str, Calls]) -> None:
    orders = Counter(call["userId"] for call in named(calls, "Order Completed"))
    consents = [call["traits"]["marketing_consent"] for call in calls if call["type"] == "identify"]
    assert 25 < len(calls) / COUNT < 60
    assert sum(customer not in orders for customer in by_customer) > COUNT * 0.1
    assert sum(count >= 8 for count in orders.values()) > COUNT * 0.02
    assert 0.86 < sum(consents) / COUNT < 0.94
    assert named(calls, "Unsubscribed")
    assert named(calls, "Order Refunded")


def test_baskets_hold_what_goes_together(calls: Calls) -> None:
    together = Counter(
        tuple(sorted({line["category"].split(" > ")[1] for line in call["properties"]["products"]}))
        for call in named(calls, "Order Completed")
        if len(call["properties"]["products"]) > 1
    )
    assert together["Coffee beans", "Coffee makers"] + together["Coffee beans", "Filters and care"] > 20


def test_some_carts_were_left_two_hours_ago_and_some_yesterday(by_customer: Mapping[str, Calls]) -> None:
    left = Counter[int]()
    for theirs in by_customer.values():
        added = [moment(call) for call in named(theirs, "Product Added")]
        ordered = [moment(call) for call in named(theirs, "Order Completed")]
        if added and max(added) > max(ordered, default=NOW - timedelta(days=999)):
            left[int((NOW - max(added)) / timedelta(days=1))] += 1
    assert left[0] >= 10
    assert left[1] >= 10


def test_a_few_people_type_hostile_things(calls: Calls) -> None:
    names = [call["traits"]["firstName"] for call in events(NOW, count=8 * HOSTILE_EVERY) if call["type"] == "identify"]
    assert any("<script>" in name for name in names)
    assert any("\u202e" in name for name in names)
    assert "" in names
    queries: list[str] = [call["properties"]["query"] for call in named(calls, "Products Searched")]
    assert any("ignore all previous" in query.lower() or "<" in query or "DROP TABLE" in query for query in queries)


# Showcase: the story of each fits its flow.


@pytest.fixture(scope="module")
def cast(by_customer: Mapping[str, Calls]) -> dict[str, Calls]:
    return {flow: by_customer[customer] for flow, customer in showcase(NOW)}


def test_every_flow_has_somebody_to_show() -> None:
    shown = showcase(NOW)
    assert {flow for flow, _ in shown} == set(get_args(FlowName))
    assert len({customer for _, customer in shown}) == len(shown)


def test_everybody_shown_may_be_written_to(cast: Mapping[str, Calls]) -> None:
    for theirs in cast.values():
        identify = next(call for call in theirs if call["type"] == "identify")
        assert identify["traits"]["marketing_consent"] is True
        assert not named(theirs, "Unsubscribed")


def test_the_abandoned_cart_was_left_within_hours(cast: Mapping[str, Calls]) -> None:
    theirs = cast["abandoned_cart"]
    added = named(theirs, "Product Added")[-1]
    assert timedelta(hours=1) < NOW - moment(added) < timedelta(hours=4)
    assert moment(added) > moment(named(theirs, "Order Completed")[-1])


def test_the_welcomed_one_is_new(cast: Mapping[str, Calls]) -> None:
    assert not named(cast["welcome"], "Order Completed")
    assert all(NOW - moment(call) < timedelta(days=2) for call in cast["welcome"])


def test_the_browser_looked_and_left(cast: Mapping[str, Calls]) -> None:
    last = cast["browse_abandonment"][-1]
    assert last["event"] == "Product Viewed"
    assert NOW - moment(last) < timedelta(hours=12)


@pytest.mark.parametrize(
    ("flow", "low", "high"), [("post_purchase", 2, 8), ("cross_sell", 10, 20), ("win_back", 200, 365)]
)
def test_the_last_order_is_as_old_as_the_flow_wants(flow: str, low: int, high: int, cast: Mapping[str, Calls]) -> None:
    last = named(cast[flow], "Order Completed")[-1]
    assert timedelta(days=low) < NOW - moment(last) < timedelta(days=high)


def test_the_replenisher_is_about_to_run_out(cast: Mapping[str, Calls]) -> None:
    lasts = {product.id: product.consumable_days for product in products(NOW)}
    last = named(cast["replenishment"], "Order Completed")[-1]
    days = lasts[last["properties"]["products"][0]["product_id"]]
    assert days is not None
    assert 0.8 < (NOW - moment(last)) / timedelta(days=days) < 1.5


def test_the_regular_orders_often_and_lately(cast: Mapping[str, Calls]) -> None:
    orders = named(cast["vip"], "Order Completed")
    assert len(orders) >= 10
    assert NOW - moment(orders[-1]) < timedelta(days=30)


def test_the_birthday_is_today(cast: Mapping[str, Calls]) -> None:
    identify = next(call for call in cast["birthday"] if call["type"] == "identify")
    assert identify["traits"]["birthday"][5:] == f"{NOW:%m-%d}"


def test_the_wished_product_costs_less_now(cast: Mapping[str, Calls]) -> None:
    on_sale = {product.id for product in products(NOW) if product.on_sale(NOW)}
    wished = named(cast["price_drop"], "Product Added to Wishlist")[-1]["properties"]["product_id"]
    assert wished in on_sale


def test_the_awaited_product_can_be_bought(cast: Mapping[str, Calls]) -> None:
    in_stock = {product.id for product in products(NOW) if product.availability == "in_stock"}
    wished = named(cast["back_in_stock"], "Product Added to Wishlist")[-1]["properties"]["product_id"]
    assert wished in in_stock
    assert wished in RESTOCKED
    assert in_stock.issuperset(RESTOCKED)


def test_a_birthday_on_a_leap_day_is_kept_the_day_before() -> None:
    leap = datetime(2028, 2, 29, 12, tzinfo=UTC)
    shown = dict(showcase(leap))
    identify = next(
        call for call in events(leap, count=20) if call["userId"] == shown["birthday"] and call["type"] == "identify"
    )
    assert identify["traits"]["birthday"].endswith("02-28")
