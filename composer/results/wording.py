"""Results in sentences that promise no more than the figures hold."""

from __future__ import annotations

from collections.abc import Sequence

from composer.results.model import Comparison
from composer.results.reading import Results

TITLES = {
    "more": "Sells more",
    "less": "Sells less",
    "cannot_tell_yet": "Cannot tell yet",
    "too_few_orders": "Too few orders",
    "no_holdout": "No holdout",
    "nothing_yet": "Nothing yet",
    "kept_no_more": "Kept no more",
}
"""Verdicts in short."""
WORTH_SAYING = 0.05
"""Share of the differences between customers."""


def told(results: Results) -> str:
    """What may be said of the difference the e-mails made."""
    return _told(results) + _all_days(results) + _under_one_share(results.comparison) + _kept(results)


def not_compared(names: Sequence[str], others: int) -> str:
    """Once of all campaigns that hold nobody out, `names`; `others`: campaigns that can be compared. Empty for none."""
    if not names:
        return ""
    if others:
        which = ", ".join(names)
        return f"Nobody was held out of these, so they cannot be compared: {which}. Hold some out in their briefs."
    whose = "this campaign" if len(names) == 1 else f"any of these {len(names):,} campaigns"
    return (
        f"Nobody was held out of {whose}, so nobody knows what these customers would have bought without the e-mails. "
        "Hold some out in the campaigns’ briefs."
    )


def _told(results: Results) -> str:
    match results.comparison.verdict:
        case "nothing_yet":
            return "Nobody has been written to yet."
        case "no_holdout":
            return (
                "Nobody was held out, so nobody knows what these customers would have bought without the e-mails. "
                "Hold some out in the campaign's brief."
            )
        case "kept_no_more":
            return (
                "This cannot be told any more: of these days only sums are kept, and those do not say who is in them. "
                "To compare for longer, keep what came of campaigns for longer (retention: episodes)."
            )
        case "too_few_orders":
            return (
                "Too few have bought on one of the two sides to compare them, as orders differ as much as they do. "
                "Wait for more."
            )
        case "cannot_tell_yet":
            said = "Cannot tell yet: the e-mails may have made a difference in either direction."
            return said + undecided(results.comparison)
        case "more" | "less" as verdict:
            return _difference(results, results.comparison, verdict)
        case other:
            raise AssertionError(f"no words for {other}")


def _all_days(results: Results) -> str:
    """That what is claimed is not of the days asked for alone."""
    if results.in_period is None or results.compared_first is None:
        return ""
    return f" This is of all days since {results.compared_first:%d %B %Y}, not only of those asked for."


def _under_one_share(comparison: Comparison) -> str:
    """Which time it is of, where another share was held out at others."""
    if comparison.since is None and comparison.until is None:
        return ""
    days = []
    if comparison.since is not None:
        days.append(f"from {comparison.since:%d %B %Y} on")
    if comparison.until is not None:
        days.append(f"before {comparison.until:%d %B %Y}")
    return (
        f" This is of e-mails {' and '.join(days)}: at other times another share of customers was held out, and what "
        "is drawn differently cannot be compared."
    )


def _kept(results: Results) -> str:
    """Which days the comparison rests on, where retention has taken some away."""
    since = results.compared_since
    if since is None or results.comparison.verdict == "kept_no_more":
        return ""
    return (
        f" This is of customers reached from {since:%d %B %Y} on: of days before only sums are kept, which are in the "
        "figures."
    )


def _difference(results: Results, comparison: Comparison, verdict: str) -> str:
    assert comparison.revenue is not None
    one = comparison.revenue
    low, high = sorted((abs(one.low), abs(one.high)))
    said = (
        f"Each customer who was written to spent {low:,.2f} to {high:,.2f} {results.currency} {verdict} than those "
        f"held out, within {results.window_days} days ({sure(cut=results.compared_since is not None)})."
    )
    return said + aside(comparison)


def sure(*, cut: bool) -> str:
    """How sure an always-valid interval is. `cut`: retention takes days away at its beginning, so that it is of another
    sample by and by, and looks at it are no looks at one."""
    return "95 % sure for one look, as older days are not kept" if cut else "95 % sure, on whichever day you look"


def aside(comparison: Comparison) -> str:
    """What is said beside a difference: the lift, and what a covariate took out."""
    return _lift(comparison) + _explained(comparison)


def undecided(comparison: Comparison) -> str:
    """What is said beside "cannot tell yet"."""
    return _detectable(comparison) + _explained(comparison)


def _lift(comparison: Comparison) -> str:
    lift = comparison.lift
    if lift is None:
        return ""
    return f" That is {lift.low * 100:+.0f} % to {lift.high * 100:+.0f} %."


def _explained(comparison: Comparison) -> str:
    """What a covariate took out, where it is worth a word."""
    if comparison.explained < WORTH_SAYING:
        return ""
    return (
        f" What customers had spent before explains {comparison.explained * 100:.0f} % of how much they differ: it is "
        "taken out."
    )


def _detectable(comparison: Comparison) -> str:
    detectable, people = comparison.detectable, comparison.customers
    if detectable is None:
        return ""
    return f" With these {people:,} customers you would see a lift of {detectable * 100:.0f} % or more."
