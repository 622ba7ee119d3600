"""`penfriend predictions`: how good the predictions in use are."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import typer
from rich.console import Console

from api.console import Home, Json, emit, table
from api.databases import open_database
from api.predictions import prediction_report
from api.settings import Settings, read_settings
from memory.predictions.report import BASIS_WORDS, BuyingReport, PredictionReport, ValueReport


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(predictions)


def predictions(home: Home = None, as_json: Json = False) -> None:
    """Show how good the predictions in use are: checked on the newest past, which what is checked had not seen."""
    report = asyncio.run(_report(read_settings(home)))
    emit(report, as_json, lambda console: _show(console, report))


async def _report(settings: Settings) -> PredictionReport:
    async with open_database(settings) as database, database.session(readonly=True) as session:
        return await prediction_report(session)


def _show(console: Console, report: PredictionReport) -> None:
    learned = f"{report.customers:,} customers and their {report.orders:,} days with an order"
    console.print(
        f"As of {report.as_of:%Y-%m-%d}, learned from {learned} within {report.history_days:,.0f} days.",
        highlight=False,
    )
    in_use = [*(_use(f"an order within {one.days} days", one) for one in report.buying), _use("value", report.value)]
    console.print(table(("prediction", "in use", "checked from", "customers", "because"), in_use))
    if any(one.scores for one in report.buying):
        columns = ("days", "answer", "log-loss", "Brier", "calibration error", "AUC")
        scores = (row for one in report.buying for row in _scores(one))
        console.print(table(columns, scores, "Who orders: less is better, but for the AUC"))
        bins = (row for one in report.buying for row in _bins(one))
        console.print(table(("days", "customers", "predicted", "ordered"), bins, "Reliability of the answer in use"))
    if report.value.errors:
        title = f"Value over {report.value.days} days, in mean orders of the shop: {report.value.spent:.3f} were spent"
        measures = ("answer", "mean absolute error", "root mean squared error", "mean")
        console.print(table(measures, _errors(report.value), title))


def _use(name: str, one: BuyingReport | ValueReport) -> tuple[object, ...]:
    since = "" if one.judged_at is None else f"{one.judged_at:%Y-%m-%d}"
    return name, BASIS_WORDS[one.basis], since, f"{one.customers:,}", one.reason


def _scores(report: BuyingReport) -> Iterator[tuple[object, ...]]:
    for name, one in report.scores.items():
        figures = (one.log_loss, one.brier, one.calibration_error, one.auc)
        yield report.days, name, *(f"{figure:.4f}" for figure in figures)


def _bins(report: BuyingReport) -> Iterator[tuple[object, ...]]:
    for one in report.bins:
        yield report.days, f"{one.customers:,}", f"{one.predicted:.1%}", f"{one.happened:.1%}"


def _errors(report: ValueReport) -> Iterator[tuple[object, ...]]:
    for name, one in report.errors.items():
        yield name, f"{one.mae:.3f}", f"{one.rmse:.3f}", f"{one.mean:.3f}"
