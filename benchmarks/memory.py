"""Predictions on real shops, as the product makes them, against BG/NBD + Gamma-Gamma and against RFM cells.

    python -m benchmarks.memory [--data ../shared/data] [--shops cdnow online_retail] [--every 1] [--resamples 500]

Each shop's orders are ingested in order of time into a database of its own. At each cut, with nothing later ingested,
the learner runs as it does in production and its rows are read back; then the orders go on. Judged is what happened
after the cut. Both baselines are fitted at the same cut to the same orders. Differences have 95 % intervals from paired
resamples of customers; * marks those that exclude zero. Less is better everywhere.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from rich.progress import track
from sqlalchemy import select

from benchmarks.memory_baselines import Baseline, BgNbdGammaGamma, RfmCells
from benchmarks.memory_shops import CUTS, SHOPS, Message
from memory.ingest import ingest
from memory.learned import load_learned
from memory.measures import DAY
from memory.predictions import metrics
from memory.predictions.features import Known
from memory.predictions.fitting import HORIZONS, Predictor
from memory.predictions.histories import Floats, Histories, HistoriesBuilder
from memory.predictions.learning import learn_predictions
from memory.predictions.stored import PREDICTOR, VERSION
from memory.predictions.tables import PredictionRow
from memory.scanning import remembered
from memory.state import EPOCH
from store.crypto import Keyring
from store.database import Database
from store.errors import PenfriendError

BATCH = 1_000
VALUE_DAYS = (90, 182, 273, 365)


@dataclass
class Said:
    """What the product said at one cut."""

    cut: datetime
    predictor: Predictor
    rows: dict[str, PredictionRow]
    seconds: float


@dataclass
class Told:
    """A shop, told to the end."""

    histories: Histories
    customers: list[str]
    said: list[Said]
    lines: list[str] = field(default_factory=list)


async def tell(database: Database, messages: Sequence[Message], cuts: Sequence[datetime], name: str) -> Told:
    """Ingest, and learn at each cut what can be learned by then."""
    said, began, spent = [], time.process_time(), 0.0
    bounds = [*cuts, datetime.max.replace(tzinfo=UTC)]
    position = 0
    for bound in bounds:
        end = next((n for n in range(position, len(messages)) if messages[n]["timestamp"] > bound.isoformat()), None)
        part = messages[position:end]
        for start in track(range(0, len(part), BATCH), f"{name} to {bound:%Y-%m-%d}", transient=True):
            async with database.session() as session:
                report = await ingest(session, part[start : start + BATCH], received_at=datetime.now(UTC))
            assert not report.rejected, report.rejected[:3]
        position += len(part)
        if bound in cuts:
            said.append(await _say(database, bound))
            spent += said[-1].seconds
    seconds = time.process_time() - began - spent
    told = Told(*await _histories(database), said)
    told.lines.append(f"ingested {len(messages):,} events, {len(messages) / seconds:,.0f}/s of processor time")
    return told


async def _say(database: Database, cut: datetime) -> Said:
    began = time.process_time()
    await learn_predictions(database, cut, lambda job, customers: None)
    seconds = time.process_time() - began
    async with database.session(readonly=True) as session:
        rows = (await session.execute(select(PredictionRow))).scalars().all()
        learned = await load_learned(session, PREDICTOR, VERSION)
    assert learned is not None
    return Said(cut, Predictor.read(learned.document["predictor"]), {row.customer_id: row for row in rows}, seconds)


async def _histories(database: Database) -> tuple[Histories, list[str]]:
    """Amounts in units of money."""
    builder, customers = HistoriesBuilder(), []
    async for batch in remembered(database):
        for one in batch:
            builder.add(one.state)
            customers.append(one.customer_id)
    money = dict.fromkeys(builder.build().scale, 10_000.0)
    return builder.build(money), customers


class Judge:
    """One cut of one shop."""

    def __init__(self, told: Told, said: Said, resamples: int) -> None:
        self.told, self.said = told, said
        self.cut = (said.cut - EPOCH) / DAY
        self.known = Known.of(told.histories, self.cut)
        self.end = float(told.histories.at.max()) + 1.0
        self.ids = [told.customers[row] for row in self.known.rows]
        self.others: list[Baseline] = [BgNbdGammaGamma(self.known), RfmCells(told.histories, self.known)]
        self._draws = np.random.default_rng(1).integers(0, len(self.ids), (resamples, len(self.ids)), dtype=np.int32)

    def chances(self) -> None:
        """Probabilities to order, for each horizon whose days are over."""
        for days in HORIZONS:
            if self.cut + days > self.end:
                continue
            happened = self.told.histories.between(self.cut, self.cut + days).counts()[self.known.rows] > 0
            said = [getattr(self.said.rows.get(one), f"buy_{days}d", None) for one in self.ids]
            if any(one is None for one in said):
                print(f"  {days:3} d   {self.said.predictor.bases[days]}: nothing is said")
                continue
            ours = np.array(said, dtype=np.float64)
            print(f"  {days:3} d   {happened.mean():.1%} of {len(happened):,} ordered")
            self._chance(f"ours ({self.said.predictor.bases[days]})", ours, happened, None)
            for other in self.others:
                self._chance(other.name, other.buys(days), happened, metrics.log_losses(ours, happened))

    def _chance(self, name: str, answer: Floats, happened: metrics.Happened, ours: Floats | None) -> None:
        losses = metrics.log_losses(answer, happened)
        bins = metrics.calibration_error(metrics.reliability(answer, happened))
        figures = f"log-loss {losses.mean():.4f}  Brier {metrics.brier(answer, happened):.4f}"
        figures += f"  ECE {bins:.3f}  AUC {metrics.auc(answer, happened):.3f}"
        against = "" if ours is None else f"   ours - this: log-loss {self._mean(ours - losses, '+.4f')}"
        print(f"          {name:18} {figures}{against}")

    def values(self) -> None:
        """Money spent, over each window that is over."""
        scale = next(iter(self.said.predictor.scale.values()), 1.0) / 10_000.0
        for days in VALUE_DAYS:
            if self.cut + days > self.end:
                continue
            spent = self.told.histories.between(self.cut, self.cut + days).totals()[self.known.rows]
            scaled = Known.of(self._scaled(scale), self.cut)
            ours = self.said.predictor.value_within(scaled, days) * scale
            if np.isnan(ours).any():
                print(f"  {days:3} d   {self.said.predictor.value_basis}: no value is said")
                continue
            print(f"  {days:3} d   {spent.mean():.2f} spent by the mean customer")
            self._value(f"ours ({self.said.predictor.value_basis})", ours, spent, None)
            for other in self.others:
                self._value(other.name, other.value(days), spent, ours)

    def _scaled(self, scale: float) -> Histories:
        told = self.told.histories
        return replace(told, amount=told.amount / scale, refund_amount=told.refund_amount / scale)

    def _value(self, name: str, answer: Floats, spent: Floats, ours: Floats | None) -> None:
        wrong = np.abs(answer - spent)
        figures = f"MAE {wrong.mean():.2f}  RMSE {np.sqrt(np.mean(wrong**2)):.2f}  mean {answer.mean():.2f}"
        line = f"          {name:18} {figures}"
        if ours is not None:
            mine = np.abs(ours - spent)
            line += f"   ours - this: MAE {self._mean(mine - wrong, '+.2f')}  RMSE {self._rmse(mine**2, wrong**2)}"
        print(line)

    def _mean(self, difference: Floats, form: str) -> str:
        return _interval(float(difference.mean()), np.array([difference[draw].mean() for draw in self._draws]), form)

    def _rmse(self, ours: Floats, theirs: Floats) -> str:
        drawn = [np.sqrt(ours[draw].mean()) - np.sqrt(theirs[draw].mean()) for draw in self._draws]
        return _interval(float(np.sqrt(ours.mean()) - np.sqrt(theirs.mean())), np.array(drawn), "+.2f")

    def next_orders(self) -> None:
        """Of the dates for a next order that are over: had half of them ordered?"""
        after = self.told.histories.between(self.cut, self.end)
        first = np.full(self.told.histories.customers, np.inf)
        np.minimum.at(first, after.customer, after.at)
        rows = ((self.said.rows.get(one), first[row]) for one, row in zip(self.ids, self.known.rows, strict=True))
        dates = [((row.next_order_at - EPOCH) / DAY, at) for row, at in rows if row and row.next_order_at]
        over = [(date, at) for date, at in dates if date <= self.end]
        if over:
            share = np.mean([at <= date for date, at in over])
            print(f"  next order   {len(dates):,} dates, {len(over):,} past by the end: {share:.1%} ordered by then")


def _interval(value: float, drawn: Floats, form: str) -> str:
    low, high = np.percentile(drawn, (2.5, 97.5))
    return f"{value:{form}} [{low:{form}}, {high:{form}}]{'*' if low > 0 or high < 0 else ' '}"


async def measure(name: str, options: argparse.Namespace) -> None:
    """One shop."""
    messages = SHOPS[name](options.data, options.every)
    cuts = [datetime.fromisoformat(cut).replace(tzinfo=UTC) for cut in CUTS[name]]
    with tempfile.TemporaryDirectory() as folder:
        database = Database.open(f"sqlite:///{folder}/memory.db", Keyring.generate())
        await database.migrate()
        told = await tell(database, messages, cuts, name)
        await database.close()
    print(f"\n== {name}: {', '.join(told.lines)}")
    for said in told.said:
        judge = Judge(told, said, options.resamples)
        print(f"\n{said.cut:%Y-%m-%d}: {len(judge.ids):,} customers, learned and predicted in {said.seconds:.1f} s")
        judge.chances()
        judge.values()
        judge.next_orders()


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--shops", nargs="+", choices=sorted(SHOPS), default=sorted(SHOPS))
    parser.add_argument("--every", type=int, default=1, help="take only each so manieth customer")
    parser.add_argument("--resamples", type=int, default=500)
    options = parser.parse_args()
    for name in options.shops:
        try:
            asyncio.run(measure(name, options))
        except PenfriendError as error:
            print(f"{name}: {error}")
            return 1
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\nmost memory used: {peak:,.0f} MB")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
