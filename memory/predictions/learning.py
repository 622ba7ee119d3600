"""The job: teach once a day or when history has grown by a tenth, and predict everyone of whom something is new.

The pass over everybody also finds the fifths of the shop for RFM scores (`memory.traits`).

Customers are taught from by a sample, evenly chosen by a hash of their ids, and predicted batch by batch: memory does
not grow with the shop beyond some 20 MB for a million of them.
"""

from __future__ import annotations

import asyncio
import zlib
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
from memory.predictions.stored import PREDICTOR, REPORT, VERSION
from memory.predictions.tables import PredictionRow
from memory.scanning import Remembered, remembered
from memory.shop import forget_shop
from memory.state import EPOCH, State, micros
from memory.tables import Consent, Customer, Event
from memory.traits import FIFTHS, FifthsBuilder
from memory.traits import VERSION as FIFTHS_VERSION
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

Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class _Taught:
    predictor: Predictor
    at: datetime
    events: int


async def learn_predictions(database: Database, as_of: datetime, progress: Progress) -> None:
    """Replace what is predicted. Raises: LightGbmUnusable."""
    taught = await _known(database)
    async with database.session(readonly=True) as session:
        events = int(await session.scalar(select(func.count()).select_from(Event)) or 0)
    is_new = taught is None or as_of - taught.at >= TEACH_EVERY or events >= GROWN * taught.events
    if taught is None or is_new:
        taught = await _teach(database, as_of, events, progress)
    await _predict_everyone(database, taught.predictor, as_of, is_new, progress)


async def _known(database: Database) -> _Taught | None:
    async with database.session(readonly=True) as session:
        known = await load_learned(session, PREDICTOR, VERSION)
    if known is None:
        return None
    return _Taught(Predictor.read(known.document["predictor"]), known.as_of, known.document["events"])


async def _teach(database: Database, as_of: datetime, events: int, progress: Progress) -> _Taught:
    async with database.session(readonly=True) as session:
        customers = int(await session.scalar(select(func.count()).select_from(Customer)) or 0)
    share = MOST_TAUGHT / max(customers, 1)
    builder, seen = HistoriesBuilder(), 0
    async for batch in remembered(database):
        for one in batch:
            if one.state["orders"] and is_whole(one.state) and _drawn(one.customer_id) < share:
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


def _drawn(customer_id: str) -> float:
    return zlib.crc32(customer_id.encode()) / 2**32


def _day(moment: datetime) -> float:
    return (moment - EPOCH) / DAY


async def _predict_everyone(
    database: Database, predictor: Predictor, as_of: datetime, is_new: bool, progress: Progress
) -> None:
    seen, fifths = 0, FifthsBuilder()
    async for batch in remembered(database):
        for one in batch:
            fifths.see(rfm(placed_orders(one.state), as_of))
        async with database.session(readonly=True) as session:
            standing = await _standing(session, batch)
            objecting = await _objecting(session, batch)
        asked = [one for one in batch if one.customer_id not in objecting]
        wanted = [one for one in asked if is_new or _has_news(one, standing.get(one.customer_id), as_of)]
        if wanted:
            rows = await asyncio.to_thread(_rows, predictor, wanted, as_of)
            gone = {one.customer_id for one in wanted} & standing.keys() - {row["customer_id"] for row in rows}
            async with database.session() as session:
                await _replace(session, rows, gone)
        seen += len(batch)
        progress("predicting", seen)
    async with database.session() as session:
        await save_learned(session, Learned(FIFTHS, FIFTHS_VERSION, as_of, fifths.build().model_dump(mode="json")))
        forget_shop()


async def _standing(session: AsyncSession, batch: list[Remembered]) -> dict[str, datetime]:
    """When those of the batch who have a row were last predicted."""
    query = select(col(PredictionRow.customer_id), col(PredictionRow.as_of)).where(
        col(PredictionRow.customer_id).between(batch[0].customer_id, batch[-1].customer_id)
    )
    return {row.customer_id: row.as_of for row in (await session.execute(query)).all()}


async def _objecting(session: AsyncSession, batch: list[Remembered]) -> set[str]:
    """Those of the batch who want nothing predicted of them (`memory.choices`)."""
    query = select(col(Consent.customer_id)).where(
        col(Consent.customer_id).between(batch[0].customer_id, batch[-1].customer_id), col(Consent.predictions_off)
    )
    return set((await session.execute(query)).scalars())


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
