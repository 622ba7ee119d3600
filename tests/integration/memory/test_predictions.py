"""Predictions learned from stored events, kept by customer, and recalled."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from memory.ingest import ingest
from memory.predictions import learning
from memory.predictions.learning import learn_predictions
from memory.predictions.model import Predictions
from memory.predictions.tables import PredictionRow
from memory.privacy.forgetting import forget
from memory.privacy.people import Person
from memory.recall import customer_id_of, recall
from memory.shop import forget_shop
from store.database import Database
from tests.kit.buyers import END, Buyer, fading
from tests.kit.events import track

SHOP = fading(400, 360, seed=3)
FEW = SHOP[:20]


async def _open(database: Database, shop: Sequence[Buyer]) -> None:
    await _tell(database, [message for number, one in enumerate(shop) for message in one.messages(f"u{number}")])


async def _tell(database: Database, messages: Sequence[dict[str, Any]], at: datetime = END + timedelta(days=2)) -> None:
    async with database.session() as session:
        report = await ingest(session, messages, received_at=at)
    assert not report.rejected


async def _learn(database: Database, as_of: datetime = END) -> list[tuple[str, int]]:
    heard: list[tuple[str, int]] = []
    await learn_predictions(database, as_of, lambda job, customers: heard.append((job, customers)))
    return heard


async def _rows(database: Database) -> list[PredictionRow]:
    async with database.session(readonly=True) as session:
        return list((await session.execute(select(PredictionRow))).scalars())


async def _predictions(database: Database, customer: str, as_of: datetime = END) -> Predictions:
    async with database.session(readonly=True) as session:
        forget_shop()
        memory = await recall(session, customer, as_of=as_of)
    assert memory is not None
    assert memory.predictions is not None
    return memory.predictions


async def test_everybody_who_has_ordered_is_predicted_and_recalled_with_reasons(database: Database) -> None:
    await _open(database, SHOP)
    await _tell(database, [track("Product Viewed", {"product_id": "p1"}, user="looker", days_ago=1)])
    heard = await _learn(database)
    assert heard == [("learning to predict", len(SHOP) + 1), ("predicting", len(SHOP) + 1)]
    rows = await _rows(database)
    assert len(rows) == len(SHOP)
    assert all(0 < (row.buy_30d or 0) <= (row.buy_60d or 0) <= (row.buy_90d or 0) < 1 for row in rows)
    assert all(row.value_12m is not None and row.value_12m >= 0 and row.currency == "EUR" for row in rows)
    assert all(row.next_order_at is None or END < row.next_order_at <= END + timedelta(days=365) for row in rows)

    known = await _predictions(database, "u0")
    assert known.as_of == END
    assert known.buy_probability_30d.basis in ("model", "baseline")
    assert known.churn_risk_30d.value == 1 - (known.buy_probability_30d.value or 0)
    assert known.buy_probability_30d.reason.startswith("Ordered ")
    assert "ordered within 30 days" in known.buy_probability_30d.reason
    looker = await _predictions(database, "looker")
    assert looker.buy_probability_30d.value is None
    assert looker.buy_probability_30d.reason == "They have not ordered yet."


async def test_a_shop_with_little_history_is_told_so_instead_of_being_guessed_at(database: Database) -> None:
    await _open(database, FEW)
    await _learn(database)
    assert await _rows(database) == []
    known = await _predictions(database, "u0")
    assert known.expected_value_12m.basis == "too_little_data"
    assert "Needs 200 customers" in known.churn_risk_90d.reason


async def test_what_was_predicted_later_is_not_recalled_as_of_an_earlier_moment(sqlite_database: Database) -> None:
    await _open(sqlite_database, SHOP)
    await _learn(sqlite_database)
    before = await _predictions(sqlite_database, "u0", END - timedelta(hours=1))
    assert before.as_of is None
    assert before.buy_probability_30d.value is None


async def test_within_a_day_only_those_are_predicted_again_of_whom_something_is_new(sqlite_database: Database) -> None:
    await _open(sqlite_database, SHOP)
    began = END + timedelta(days=3)
    await _learn(sqlite_database, began)
    newest = min(range(len(SHOP)), key=lambda number: SHOP[number].orders[-1][0])
    again = began + timedelta(hours=1)
    await _tell(
        sqlite_database,
        [
            track("Order Completed", {"order_id": "new", "currency": "EUR", "total": 30}, user="u0", days_ago=-3),
            *(
                track("Order Cancelled", {"order_id": f"u{newest}-o{number}"}, user=f"u{newest}", days_ago=-3)
                for number in range(len(SHOP[newest].orders))
            ),
        ],
        began + timedelta(minutes=30),
    )
    before = {row.customer_id: row for row in await _rows(sqlite_database)}
    await _learn(sqlite_database, again)
    after = {row.customer_id: row for row in await _rows(sqlite_database)}
    # Who ordered is likelier to order than before, and whose orders were all called off has nothing to go by.
    (renewed,) = [row for row in after.values() if row.as_of == again]
    assert renewed.buy_30d != before[renewed.customer_id].buy_30d
    assert len(before) - len(after) == 1


async def test_within_a_day_nobody_is_looked_at_whose_orders_are_the_same(database: Database) -> None:
    await _open(database, SHOP)
    began = END + timedelta(days=3)
    assert (await _learn(database, began))[-1] == ("predicting", len(SHOP))
    # An order of long ago that is heard of now, and a look at a product, which no prediction goes by.
    late = track("Order Completed", {"order_id": "late", "currency": "EUR", "total": 30}, user="u1", days_ago=200)
    looked = track("Product Viewed", {"product_id": "p1"}, user="u2", days_ago=-3)
    await _tell(database, [late, looked], began + timedelta(minutes=30))
    before = {row.customer_id: (row.as_of, row.buy_30d) for row in await _rows(database)}
    soon = began + timedelta(hours=1)
    assert await _learn(database, soon) == [("predicting", 1)]
    after = {row.customer_id: (row.as_of, row.buy_30d) for row in await _rows(database)}
    [renewed] = [customer for customer in after if after[customer] != before[customer]]
    assert after[renewed][0] == soon
    assert after[renewed][1] != before[renewed][1]
    assert await _learn(database, soon + timedelta(hours=1)) == []
    assert (await _learn(database, began + timedelta(days=1)))[-1] == ("predicting", len(SHOP))


async def test_who_turned_out_to_have_ordered_is_predicted_at_once(database: Database) -> None:
    await _open(database, SHOP)
    bought = track("Order Completed", {"order_id": "g", "currency": "EUR", "total": 30}, user=None, anonymous="anon")
    await _tell(database, [bought])
    began = END + timedelta(days=3)
    await _learn(database, began)
    named = track("Product Viewed", {"product_id": "p1"}, user="newcomer", anonymous="anon", days_ago=-3)
    await _tell(database, [named], began + timedelta(minutes=30))
    assert await _learn(database, began + timedelta(hours=1)) == [("predicting", 1)]
    assert len(await _rows(database)) == len(SHOP) + 1


async def test_a_pass_over_everybody_that_was_cut_short_is_made_again(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _open(sqlite_database, SHOP)

    class Killed(Exception):
        pass

    async def kill(*_: Any) -> None:
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(learning, "_predict", kill)
        with pytest.raises(Killed):
            await _learn(sqlite_database)
    assert await _rows(sqlite_database) == []
    again = END + timedelta(hours=1)
    assert await _learn(sqlite_database, again) == [("predicting", len(SHOP))]
    assert {row.as_of for row in await _rows(sqlite_database)} == {again}


async def test_who_is_erased_or_objects_while_it_is_predicted_gets_no_prediction(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _open(database, SHOP)
    ids: dict[str, str | None] = {}
    standing = learning._standing

    async def leave(session: AsyncSession, customers: list[str]) -> dict[str, datetime]:
        found = await standing(session, customers)
        if not ids:
            said = {"method": "form", "purposes": {"predictions": False}}
            await _tell(database, [track("Consent Changed", said, user="u2", days_ago=0)])
            async with database.session() as other:
                for user in ("u1", "u2", "u3"):
                    ids[user] = await customer_id_of(other, user)
                await forget(other, Person(ids["u1"], "u1"))
        return found

    monkeypatch.setattr(learning, "_standing", leave)
    await _learn(database)
    predicted = {row.customer_id for row in await _rows(database)}
    assert ids["u3"] in predicted
    assert not predicted & {ids["u1"], ids["u2"]}


async def test_a_day_later_everything_is_learned_and_predicted_again(sqlite_database: Database) -> None:
    await _open(sqlite_database, FEW + SHOP[20:])
    await _learn(sqlite_database)
    tomorrow = END + timedelta(days=1)
    await _learn(sqlite_database, tomorrow)
    assert {row.as_of for row in await _rows(sqlite_database)} == {tomorrow}


async def test_customers_are_scored_by_fifths_of_the_shop(sqlite_database: Database) -> None:
    await _open(sqlite_database, FEW)
    await _learn(sqlite_database)
    async with sqlite_database.session(readonly=True) as session:
        forget_shop()
        memories = [await recall(session, f"u{number}", as_of=END) for number in range(len(FEW))]
    scores = [memory.traits.rfm for memory in memories if memory is not None]
    assert sorted(one.recency for one in scores if one) == [score for score in (1, 2, 3, 4, 5) for _ in range(4)]
