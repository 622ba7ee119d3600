"""Results as they are shown: figures with their names, and the interval of the difference as a chart."""

from __future__ import annotations

from dataclasses import dataclass

from api.studio import charts
from api.studio.wording import grouped, percent
from composer.results.model import Figures, Interval
from composer.results.reading import Results
from composer.results.statistics import share
from composer.results.wording import TITLES, told

KINDS = {
    "more": "good",
    "less": "bad",
    "cannot_tell_yet": "warn",
    "too_few_orders": "warn",
    "no_holdout": "",
    "nothing_yet": "",
    "kept_no_more": "",
}
"""Of the badge of each verdict."""


@dataclass(frozen=True, slots=True)
class Told:
    """A campaign's results, as a page tells them."""

    results: Results
    sentence: str
    title: str
    kind: str
    figures: tuple[tuple[str, str, str], ...]
    """(name, of the mailed, of the holdout)."""
    difference: charts.Spans | None
    engagement: charts.Spans | None
    outcomes: bool
    """Has anything been reported about these e-mails?"""


def tell(results: Results) -> Told:
    """The same, for the eye."""
    mailed, verdict = results.mailed, results.comparison.verdict
    return Told(
        results=results,
        sentence=told(results),
        title=TITLES[verdict],
        kind=KINDS[verdict],
        figures=_figures(results),
        difference=_difference(results),
        engagement=_engagement(mailed),
        outcomes=bool(mailed.delivered or mailed.opened or mailed.clicked or mailed.machine_opened),
    )


def _figures(results: Results) -> tuple[tuple[str, str, str], ...]:
    mailed, holdout, currency = results.mailed, results.holdout, results.currency
    return (
        ("Customers, once for each occasion", grouped(mailed.customers), grouped(holdout.customers)),
        ("E-mails", grouped(mailed.emails), "–"),
        ("Customers who bought", _of(mailed.buyers, mailed.customers), _of(holdout.buyers, holdout.customers)),
        ("Orders", grouped(mailed.orders), grouped(holdout.orders)),
        (f"Revenue, {currency}", f"{mailed.money:,.2f}", f"{holdout.money:,.2f}"),
        (f"Revenue per customer, {currency}", f"{mailed.mean:,.2f}", f"{holdout.mean:,.2f}"),
        (f"Average order value, {currency}", _each(mailed), _each(holdout)),
        ("Unsubscribed", _of(mailed.unsubscribed, mailed.emails), "–"),
        ("Complained", _of(mailed.complained, mailed.emails), "–"),
    )


def _of(hits: int, of: int) -> str:
    return f"{grouped(hits)} ({percent(hits / of, 1)})" if of else "–"


def _each(figures: Figures) -> str:
    paid = figures.orders - figures.other_currency
    return f"{figures.money / paid:,.2f}" if paid else "–"


def _difference(results: Results) -> charts.Spans | None:
    one = results.comparison.revenue
    if one is None:
        return None
    name = f"Revenue per customer, {results.currency}"
    return charts.spans([(name, one.value, one.low, one.high)], text=lambda value: f"{value:+,.2f}")


def _engagement(mailed: Figures) -> charts.Spans | None:
    named = (
        ("Opened by a person", share(mailed.opened, mailed.emails)),
        ("Clicked", share(mailed.clicked, mailed.emails)),
        ("Unsubscribed", share(mailed.unsubscribed, mailed.emails)),
    )
    rows = [(name, one.value, one.low, one.high) for name, one in named if isinstance(one, Interval)]
    return charts.spans(rows, text=lambda value: percent(value, 1)) if rows else None
