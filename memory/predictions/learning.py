"""The job: teach once a day or when history has grown by a tenth, and predict everyone of whom something is new.

After teaching, and once a day, everyone is looked at, which also finds the fifths of the shop for RFM scores
(`memory.traits`). In between only those are whose orders changed, as the index of such events tells. Customers are
taught from by an even sample, and predicted batch by batch: memory does not grow with the shop beyond some 20 MB for a
million of them.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from memory.learned import Learned, load_learned, save_learned
from memory.measures import DAY, placed_orders, rfm
from memory.predictions.fitting import HORIZONS, Predictor, fit
from memory.predictions.histories import NO_CURRENCY, HistoriesBuilder, histories_of, is_whole
from memory.predictions.stored import PREDICTED, PREDICTOR, REPORT, VERSION
from memory.predictions.tables import PredictionRow
from memory.scanning import Remembered, remembered, remembered_among
from memory.shop import forget_shop
from memory.state import EPOCH, State, micros
from memory.tables import OUTCOMES, Consent, Customer, Event
from memory.traits import FIFTHS, FifthsBuilder
from memory.traits import VERSION as FIFTHS_VERSION
from store.bulk import read_rows
from store.database import Database
from store.types import AMOUNT_UNITS
from store.upsert import insert_or_replace

MOST_TAUGHT = 40_000
"""Customers: a hundred MB and half a minute of work."""
TEACH_EVERY = timedelta(days=1)
GROWN = 1.1
"""Times the events known when it was taught, from which it is worth being taught again."""
KEPT_FOR = timedelta(days=1)
"""Of customers of whom nothing is new: days without an order tell a little, too."""
LATE = timedelta(minutes=15)
"""What arrived that long before the last pass began may not have been committed yet."""
CHANGING = ("Order Cancelled", "Order Completed", "Order Refunded", "Order Updated")
"""Events that make another history of orders."""

Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class _Taught:
    predictor: Predictor
    at: datetime
    events: int


async def learn_predictions(database: Database, as_of: datetime, progress: Progress) -> None:
    """Replace what is predicted. Raises: LightGbmUnusable."""
    taught, passed = await _known(database), await _passed(database)
    async with database.session(readonly=True) as session:
        events = int(await session.scalar(select(func.count()).select_from(Event)) or 0)
    if taught is None or as_of - taught.at >= TEACH_EVERY or events >= GROWN * taught.events:
        taught = await _teach(database, as_of, events, progress)
    is_new = passed is None or passed.everyone_at < taught.at
    if passed is None or is_new or not timedelta() <= as_of - passed.everyone_at < KEPT_FOR:
        await _predict_everyone(database, taught.predictor, as_of, is_new, progress)
        passed = _Passed(as_of, as_of)
    else:
        await _predict_changed(database, taught.predictor, as_of, passed.at, progress)
        passed = _Passed(as_of, passed.everyone_at)
    document = {"everyone_at": passed.everyone_at.isoformat()}
    async with database.session() as session:
        await save_learned(session, Learned(PREDICTED, VERSION, passed.at, document))


@dataclass(frozen=True, slots=True)
class _Passed:
    at: datetime
    """Whose orders had changed by then are predicted."""
    everyone_at: datetime


async def _passed(database: Database) -> _Passed | None:
    async with database.session(readonly=True) as session:
        known = await load_learned(session, PREDICTED, VERSION)
    return None if known is None else _Passed(known.as_of, datetime.fromisoformat(known.document["everyone_at"]))


async def _known(database: Database) -> _Taught | None:
    async with database.session(readonly=True) as session:
        known = await load_learned(session, PREDICTOR, VERSION)
    if known is None:
        return None
    return _Taught(Predictor.read(known.document["predictor"]), known.as_of, known.document["events"])


async def _teach(database: Database, as_of: datetime, events: int, progress: Progress) -> _Taught:
    builder, seen = HistoriesBuilder(), 0
    async for batch in remembered(database, most=MOST_TAUGHT):
        for one in batch:
            if one.state["orders"] and is_whole(one.state):
                builder.add(one.state)
        seen += len(batch)
        progress("learning to predict", seen)
    predictor, report = await asyncio.to_thread(fit, builder.build(), _day(as_of))
    document = {"predictor": predictor.document(), "events": events}
    async with database.session() as session:
        await save_learned(session, Learned(PREDICTOR, VERSION, as_of, document))
        await save_learned(session, Learned(REPORT, VERSION, as_of, report.model_dump(mode="json")))
        forget_shop()
    return _Taught(predictor, as_of, events)


def _day(moment: datetime) -> float:
    return (moment - EPOCH) / DAY


async def _predict_everyone(
    database: Database, predictor: Predictor, as_of: datetime, is_new: bool, progress: Progress
) -> None:
    seen, fifths = 0, FifthsBuilder()
    async for batch in remembered(database):
        for one in batch:
            fifths.see(rfm(placed_orders(one.state), as_of))
        await _predict(database, predictor, batch, as_of, is_new)
        seen += len(batch)
        progress("predicting", seen)
    async with database.session() as session:
        await save_learned(session, Learned(FIFTHS, FIFTHS_VERSION, as_of, fifths.build().model_dump(mode="json")))
        forget_shop()


async def _predict_changed(
    database: Database, predictor: Predictor, as_of: datetime, since: datetime, progress: Progress
) -> None:
    """Those whose orders changed since then, or who turned out to be somebody who had ordered."""
    seen = 0
    async for batch in remembered_among(database, await _changed(database, since - LATE)):
        # An order that was heard of late lies before what was predicted: that it is no news by its date says nothing.
        await _predict(database, predictor, batch, as_of, is_new=True)
        seen += len(batch)
        progress("predicting", seen)


async def _changed(database: Database, since: datetime) -> list[str]:
    names = col(Event.name).in_(CHANGING)
    ordered = select(col(Event.customer_id)).where(OUTCOMES, names, col(Event.received_at) >= since)
    merged = select(col(Customer.id)).where(col(Customer.merged_at) >= since)
    async with database.session(readonly=True) as session:
        return list((await session.execute(ordered.union(merged))).scalars())


async def _predict(
    database: Database, predictor: Predictor, batch: list[Remembered], as_of: datetime, is_new: bool
) -> None:
    customers = [one.customer_id for one in batch]
    async with database.session(readonly=True) as session:
        standing = await _standing(session, customers)
        objecting = await _objecting(session, customers)
    asked = [one for one in batch if one.customer_id not in objecting]
    wanted = [one for one in asked if is_new or _has_news(one, standing.get(one.customer_id), as_of)]
    if wanted:
        rows = await asyncio.to_thread(_rows, predictor, wanted, as_of)
        gone = {one.customer_id for one in wanted} & standing.keys() - {row["customer_id"] for row in rows}
        async with database.session() as session:
            theirs = await _still(session, [row["customer_id"] for row in rows])
            await _replace(session, [row for row in rows if row["customer_id"] in theirs], gone)


async def _still(session: AsyncSession, customers: list[str]) -> set[str]:
    """Those who were neither erased nor merged, and have not objected, while it was predicted: none of it happens until
    this transaction ends, for whoever does it takes the same lock."""
    there = select(col(Customer.id)).where(col(Customer.id).in_(customers)).order_by(col(Customer.id))
    found = (await session.execute(there.with_for_update(read=True))).scalars()
    return set(found) - await _objecting(session, customers)


async def _standing(session: AsyncSession, customers: list[str]) -> dict[str, datetime]:
    """When those of them who have a row were last predicted."""
    return dict(await read_rows(session, PredictionRow, ("customer_id", "as_of"), "customer_id", customers))


async def _objecting(session: AsyncSession, customers: list[str]) -> set[str]:
    """Those of them who want nothing predicted of them (`memory.choices`)."""
    rows = await read_rows(session, Consent, ("customer_id", "predictions_off"), "customer_id", customers)
    return {customer for customer, objects in rows if objects}


def _has_news(one: Remembered, predicted_at: datetime | None, as_of: datetime) -> bool:
    if predicted_at is None:
        return bool(one.state["orders"])
    return as_of - predicted_at >= KEPT_FOR or (one.state["last"] or 0) > micros(predicted_at)


def _rows(predictor: Predictor, batch: list[Remembered], as_of: datetime) -> list[dict[str, Any]]:
    """One for each who has ordered, where there is enough data to say anything."""
    if predictor.baseline is None:
        return []
    histories = histories_of((one.state for one in batch), predictor.scale)
    predicted = predictor.predict(histories, _day(as_of))
    bases = {f"basis_{days}d": predictor.bases[days] for days in HORIZONS} | {"basis_12m": predictor.value_basis}
    rows = []
    for position, buys, value, wait in zip(
        predicted.rows.tolist(), predicted.buys, predicted.value, predicted.next_order, strict=True
    ):
        one = batch[position]
        currency = _currency(one.state)
        probabilities = {f"buy_{days}d": _known_number(buy) for days, buy in zip(HORIZONS, buys, strict=True)}
        rows.append(
            {
                "customer_id": one.customer_id,
                "as_of": as_of,
                **probabilities,
                "value_12m": _known_number(value * histories.scale[currency or NO_CURRENCY] / float(AMOUNT_UNITS)),
                "currency": currency,
                "next_order_at": None if np.isnan(wait) else as_of + timedelta(days=float(wait)),
                **bases,
            }
        )
    return rows


def _known_number(number: float) -> float | None:
    return None if np.isnan(number) else float(number)


def _currency(state: State) -> str | None:
    """That of most of their orders, as `memory.measures.rfm` has it."""
    counts = Counter(entry[3] for entry in state["orders"].values() if entry[3] is not None)
    return min(counts, key=lambda name: (-counts[name], name), default=None)


async def _replace(session: AsyncSession, rows: list[dict[str, Any]], gone: set[str]) -> None:
    if rows:
        await session.execute(insert_or_replace(session, PredictionRow), rows)
    if gone:
        await session.execute(delete(PredictionRow).where(col(PredictionRow.customer_id).in_(gone)))
