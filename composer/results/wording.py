"""Results in sentences that promise no more than the figures hold."""

from __future__ import annotations

from composer.results.model import Comparison
from composer.results.reading import Results


def told(results: Results) -> str:
    """What may be said of the difference the e-mails made."""
    match results.comparison.verdict:
        case "nothing_yet":
            return "Nobody has been written to yet."
        case "no_holdout":
            return (
                "Nobody was held out, so nobody knows what these customers would have bought without the e-mails. "
                "Hold some out in the campaign's brief."
            )
        case "too_few_orders":
            return "Too few have bought on one of the two sides to compare them. Wait for more."
        case "cannot_tell_yet":
            return f"Cannot tell yet: the e-mails may have made a difference in either direction.{_detectable(results)}"
        case "more" | "less" as verdict:
            return _difference(results, results.comparison, verdict)
        case other:
            raise AssertionError(f"no words for {other}")


def _difference(results: Results, comparison: Comparison, verdict: str) -> str:
    assert comparison.revenue is not None
    one = comparison.revenue
    low, high = sorted((abs(one.low), abs(one.high)))
    said = (
        f"Each customer who was written to spent {low:,.2f} to {high:,.2f} {results.currency} {verdict} than those "
        f"held out, within {results.window_days} days (95 % sure)."
    )
    return said + _lift(comparison)


def _lift(comparison: Comparison) -> str:
    lift = comparison.lift
    if lift is None:
        return ""
    return f" That is {lift.low * 100:+.0f} % to {lift.high * 100:+.0f} %."


def _detectable(results: Results) -> str:
    detectable = results.comparison.detectable
    if detectable is None:
        return ""
    people = results.mailed.customers + results.holdout.customers
    return f" With these {people:,} customers you would see a lift of {detectable * 100:.0f} % or more."
