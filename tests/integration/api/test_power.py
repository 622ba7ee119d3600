"""What lift can be seen, over HTTP: by the shop's own orders where there are enough, and said to be usual ones else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.house import House
from composer.results.spending import learn_spending, spending_of
from memory.ingest import ingest
from tests.integration.api.conftest import Client

pytestmark = pytest.mark.anyio
ROUTE = "/v1/power"
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def ordered(number: int, customer: str, total: float, weeks_ago: float) -> dict[str, Any]:
    """An order."""
    return {
        "type": "track", "userId": customer, "event": "Order Completed", "messageId": f"o{number}",
        "timestamp": (NOW - timedelta(weeks=weeks_ago)).isoformat(),
        "properties": {"order_id": str(number), "total": total, "currency": "GBP"},
    }  # fmt: skip


async def test_without_orders_a_usual_shop_stands_in_and_the_sentence_says_so(
    client: Client, headers: dict[str, str]
) -> None:
    found = (await client.get(ROUTE, params={"customers": 50_000}, headers=headers)).json()
    assert not found["from_shop"]
    assert found["sentence"].startswith("With 50,000 customers, a tenth of them held out, you will see a lift of ")
    assert found["sentence"].endswith("these are the figures of a usual shop.")


async def test_it_is_planned_by_what_the_shops_customers_spend(
    client: Client, headers: dict[str, str], house: House
) -> None:
    """Of 50 customers ten buy each of twelve weeks, two of these twice a week: 20 each time."""
    orders = [
        ordered(week * 100 + order, f"c{order % 10}", 20.0, week + 0.5) for week in range(12) for order in range(17)
    ]
    rest = [{"type": "identify", "userId": f"c{number}", "messageId": f"i{number}"} for number in range(10, 50)]
    old = [ordered(9_999, "c0", 1_000.0, 12.5), ordered(9_998, "c0", 1_000.0, -1)]
    async with house.database.session() as session:
        await ingest(session, [*orders, *rest, *old], received_at=NOW + timedelta(weeks=2))
    await learn_spending(house.database, NOW)
    found = (await client.get(ROUTE, params={"lift": 0.05}, headers=headers)).json()
    assert found["from_shop"]
    assert found["design"] == {"customers": 50, "holdout": 0.1, "weeks": 4, "arms": 1}
    spending = found["spending"]
    assert spending["mean"] == pytest.approx(17 * 20 / 50)
    assert spending["orders"] == pytest.approx(17 / 50)
    # Three spend 20 and seven 40 in each week, and the same in all: whoever buys keeps buying.
    assert spending["variance"] == pytest.approx((3 * 400 + 7 * 1_600) / 50 - 6.8**2)
    assert spending["correlation"] == pytest.approx(1.0)
    assert "To see a lift of 5 % it takes" in found["sentence"]


@pytest.mark.parametrize("bad", [{"holdout": "1"}, {"holdout": "nan"}, {"weeks": "0"}, {"lift": "-1"}])
async def test_what_compares_nobody_is_refused_by_name(
    client: Client, headers: dict[str, str], bad: dict[str, str]
) -> None:
    answer = await client.get(ROUTE, params=bad, headers=headers)
    assert answer.status_code == 422
    assert next(iter(bad)) in answer.text


async def test_a_key_is_needed(client: Client) -> None:
    assert (await client.get(ROUTE)).status_code == 401


async def test_an_order_is_planned_by_once_and_only_in_the_currency_of_most(house: House) -> None:
    """Of 300 orders a third is told of twice, a third in yen, a tenth cancelled: as if none of that had been said."""

    async def learned(orders: list[dict[str, Any]]) -> Any:
        async with house.database.session() as session:
            await ingest(session, orders, received_at=NOW + timedelta(days=1))
        async with house.database.session(readonly=True) as session:
            return await spending_of(session, NOW)

    plain = [ordered(number, f"c{number % 50}", 20.0, number / 40 + 0.2) for number in range(300)]
    before = await learned(plain)
    again = [one | {"messageId": f"again-{one['messageId']}"} for one in plain[::3]]
    yen = [ordered(number + 1_000, f"c{number % 50}", 5_000.0, number / 40 + 0.2) for number in range(100)]
    for one in yen:
        one["properties"]["currency"] = "JPY"
    gone = [ordered(number + 2_000, f"c{number % 50}", 20.0, 1.0) for number in range(30)]
    cancelled = [one | {"event": "Order Cancelled", "messageId": f"gone-{one['messageId']}"} for one in gone]
    assert before.orders == pytest.approx(300 / 50 / 12)
    assert await learned([*again, *yen, *gone, *cancelled]) == before
