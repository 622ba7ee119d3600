"""A simulation's report as tables and curves, for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from composer.simulation.summary import ArmSummary, Difference, Report, Spread

TITLES = {
    "one_for_all": "one text for all",
    "segments": "5 segments × 3 variants",
    "even": "1:1 without learning",
    "learning": "1:1 with learning",
    "oracle": "oracle",
}
COLUMNS = {
    "emails": "e-mails",
    "clicks": "clicks",
    "mail_orders": "orders after a click",
    "orders": "orders",
    "revenue": "revenue",
    "aov": "order value",
    "unsubscribes": "unsubscribes",
    "complaints": "complaints",
    "relevance": "relevance",
}
_DECIMALS = {"aov": 2, "relevance": 2, "unsubscribes": 1, "complaints": 1, "mail_orders": 1, "orders": 1}
_BARS = "▁▂▃▄▅▆▇█"


def rows(report: Report) -> list[list[str]]:
    """A row for each marketer: its figures a shop."""
    return [[TITLES[one.arm], *(shown(one.metrics[name], name) for name in COLUMNS)] for one in report.arms]


def difference_rows(report: Report) -> list[list[str]]:
    """A row for each pair: the later marketer less the earlier one, in the same shops."""
    return [
        [f"{TITLES[one.arm]}\n− {TITLES[one.against]}", *(signed(one.metrics[name], name) for name in COLUMNS)]
        for one in report.differences
    ]


def shown(value: Spread, metric: str) -> str:
    """The mean, and below it `11.0 to 13.6`: what is counted is never below nothing."""
    digits = _DECIMALS.get(metric, 0)
    if value.low is None or value.high is None:
        return f"{value.mean:,.{digits}f}"
    return f"{value.mean:,.{digits}f}\n{max(0.0, value.low):,.{digits}f} to {value.high:,.{digits}f}"


def signed(value: Spread, metric: str) -> str:
    """The mean, with a mark where it is all on one side of nothing, and below it `+0.3 to +2.1`."""
    digits = _DECIMALS.get(metric, 0)
    if value.low is None or value.high is None:
        return f"{value.mean:+,.{digits}f}"
    mark = " *" if value.tells else ""
    return f"{value.mean:+,.{digits}f}{mark}\n{value.low:+,.{digits}f} to {value.high:+,.{digits}f}"


def curves(report: Report) -> Iterator[str]:
    """Of each marketer, a line of bars on one scale, and its numbers. The oracle's bars are cut at the others' best."""
    real = [one for one in report.arms if one.arm != "oracle"] or report.arms
    highest = max((point.relevance.mean for one in real for point in one.curve), default=0.0)
    width = max(len(TITLES[one.arm]) for one in report.arms)
    for one in report.arms:
        means = [point.relevance.mean for point in one.curve]
        numbers = " ".join(f"{mean:.2f}" for mean in means)
        yield f"{TITLES[one.arm]:{width}}  {sparkline(means, highest)}  {numbers}"
        yield f"{'':{width}}  {_rise(one)}"


def sparkline(values: Sequence[float], highest: float) -> str:
    """A bar for each value, from nothing to `highest`."""
    if highest <= 0:
        return _BARS[0] * len(values)
    return "".join(_BARS[min(int(max(value, 0.0) / highest * len(_BARS)), len(_BARS) - 1)] for value in values)


def _rise(one: ArmSummary) -> str:
    rise = one.rise
    if rise.low is None or rise.high is None:
        return f"{rise.mean:+.4f} from one e-mail to the next (one shop: cannot tell)"
    verdict = "rises" if rise.low > 0 else "falls" if rise.high < 0 else "cannot tell"
    return f"{rise.mean:+.4f} from one e-mail to the next ({rise.low:+.4f} to {rise.high:+.4f}): {verdict}"


def verdicts(report: Report) -> Iterator[str]:
    """Of what matters, whether one marketer is ahead of another."""
    for one in report.differences:
        yield f"{TITLES[one.arm]} against {TITLES[one.against]}: {_verdict(one)}."


def _verdict(one: Difference) -> str:
    said = []
    for metric in ("relevance", "clicks", "mail_orders", "revenue"):
        value = one.metrics[metric]
        ahead = "cannot tell" if not value.tells else "ahead" if value.mean > 0 else "behind"
        said.append(f"{COLUMNS[metric]} {ahead}")
    return ", ".join(said)
