"""A report in sentences: what each part of it may be taken for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from composer.reports.model import ArmLine, Period
from composer.results.model import Comparison
from composer.results.reading import Results
from composer.results.wording import aside, sure, told, undecided

INCREMENTAL = (
    "Chance decided who was held out, so the difference is what the e-mails made. What is claimed is of all days since "
    "it began, whichever days you choose: only so is it 95 % sure on whichever day you look. “Cannot tell yet” is a "
    "result. Each line is 95 % sure by itself: of twenty lines one may be wrong. Your days alone stand beside it, for "
    "one look, and claim nothing: who looks at ever new days finds differences where there are none. The headline is "
    "the shop’s holdout: everything that customers bought."
)
OCCASIONS = (
    "Flows and campaigns are told for each time that one came to a customer, by what was bought in the days after it. "
    "Where they follow what customers do (an order, a cart), e-mails may themselves bring more such times, or fewer: "
    "only the headline has that in it."
)
ATTRIBUTED = (
    "Attributed: not proof that the e-mails caused it. An order is given to the e-mail that was clicked before it, "
    "though many of these orders would have been placed anyway."
)
ARMS = (
    "Chance chose between these arms, each with a probability that is on record. E-mails are weighted by its inverse, "
    "so arms compare as in an experiment. Orders are attributed ones. Intervals are for one look at one figure, and of "
    "many arms some look good by luck."
)


TITLES = {"cross_sell": "Cross-sell", "post_purchase": "Post-purchase", "vip": "Regulars", "win_back": "Win-back"}
"""Of flows whose title is not their name in words; a test holds them to the library's."""


def of_flow(results: Results) -> str:
    """What may be said of a flow."""
    if results.comparison.verdict == "no_holdout":
        return (
            "None of its campaigns held anybody out, so nobody knows what these customers would have bought without "
            "the e-mails."
        )
    return told(results)


def of_shop(results: Results) -> str:
    """What may be said of all e-mails together."""
    if results.comparison.verdict == "no_holdout":
        return "No campaign came to anybody whom the shop holds out yet, so there is nobody to compare with."
    return told(results)


def of_everything(
    comparison: Comparison, currency: str, span: Period, days: int, drawn: int, *, cut: bool = False
) -> str:
    """What may be said of all that customers bought on so many `days` of these. `drawn`: how often the shop's holdout
    was drawn in them. `cut`: it was in force on days that are not kept."""
    return _of_everything(comparison, currency, _when(span, days), sure(cut=cut)) + _drawn_anew(drawn)


def _when(span: Period, days: int) -> str:
    first, last = span.since, span.until - timedelta(days=1)
    if days == (span.until - span.since).days:
        return f"from {first:%d %B %Y} to {last:%d %B %Y}"
    return f"on {days:,} days between {first:%d %B %Y} and {last:%d %B %Y}"


def _of_everything(comparison: Comparison, currency: str, when: str, how_sure: str) -> str:
    match comparison.verdict:
        case "nothing_yet" | "no_holdout":
            return (
                "Nobody to compare yet: a customer is compared from the first moment at which they might have been "
                "written to."
            )
        case "too_few_orders":
            return (
                f"Too few have bought on one of the two sides to compare them, {when}, as orders differ as much as "
                "they do. Wait for more."
            )
        case "cannot_tell_yet":
            return (
                f"Cannot tell yet: all e-mails together may have made customers spend more, or less, {when}."
                f"{undecided(comparison)}"
            )
        case "more" | "less" as verdict:
            assert comparison.revenue is not None
            low, high = sorted((abs(comparison.revenue.low), abs(comparison.revenue.high)))
            return (
                f"Each customer who may be written to spent {low:,.2f} to {high:,.2f} {currency} {verdict} than those "
                f"in the shop’s holdout, {when}, whatever they bought and whenever ({how_sure})."
                f"{aside(comparison)}"
            )
        case other:
            raise AssertionError(f"no words for {other}")


def _drawn_anew(drawn: int) -> str:
    if drawn < 2:
        return ""
    return (
        f" The holdout was drawn {drawn} times in these days: customers are counted and compared within each time, and "
        "the differences are added up."
    )


def flow_name(flow: str) -> str:
    """A flow's title: `abandoned_cart` as `Abandoned cart`."""
    if flow in TITLES:
        return TITLES[flow]
    said = flow.replace("_", " ")
    return said[:1].upper() + said[1:] or "No flow"


def of_arms(arms: Sequence[ArmLine]) -> str:
    """Which arm people click most, where its interval is apart from all others'."""
    ranked = sorted(((one.arm, one.click_rate) for one in arms if one.click_rate), key=lambda it: -it[1].value)
    if len(ranked) < 2:
        return "Only one of them was sent: there is nothing to compare."
    (best, rate), rest = ranked[0], ranked[1:]
    if rate.low > max(other.high for _, other in rest):
        return f"“{best.replace('_', ' ')}” is clicked more than each of the others."
    return "Cannot tell yet which of them is clicked most."
