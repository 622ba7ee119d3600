"""What lift an experiment could show, before it is begun: in words a shop can plan by.

The lift at which always-valid intervals (`composer.results.sequential`) leave out nothing four times in five (Cohen
1988), if the difference is looked at in the end; who looks every day sees it no later. The mailed are taken to spend
more by the lift all through, so that their spread grows with it.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from pydantic import BaseModel, ConfigDict, Field

from composer.results.sequential import ALPHA, critical
from composer.results.statistics import LEAST_BUYERS, MOST_ASYMMETRY, POWER_Z

MOST_WEEKS = 104
"""Nobody plans an experiment of more than two years."""
MOST_CUSTOMERS = 10**9
MOST_ASKED = 100_000
"""Buyers: who would need more is told that spending varies too much."""
LARGE = 3.0
"""A lift that no e-mail is known to make, and that nobody should plan by."""
UNLIKELY = 0.3
"""A lift that e-mails hardly ever make over those of a holdout: a shop that sees only larger ones will see none."""
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
SHARES = {0.05: "a twentieth", 0.1: "a tenth", 0.2: "a fifth", 0.25: "a quarter", 0.3333: "a third", 0.5: "half"}


class Spending(BaseModel):
    """What customers spend in a week, each."""

    model_config = ConfigDict(frozen=True)

    mean: float = Field(gt=0)
    """In the currency, over all customers, who mostly spend nothing."""
    variance: float = Field(gt=0)
    """Between weeks of customers."""
    correlation: float = Field(default=0.0, ge=0, le=1)
    """Of one customer's weeks: whoever bought buys again."""
    orders: float = Field(gt=0)
    """Orders a customer and week."""


USUAL = Spending(mean=1.2, variance=143.0, correlation=0.05, orders=0.02)
"""Where nothing is known of a shop: two of a hundred customers order in a week, for 60 on average, give or take 60."""


class Design(BaseModel):
    """Who is written to and held out, and for how long."""

    model_config = ConfigDict(frozen=True)

    customers: int = Field(ge=1)
    """Both sides together."""
    holdout: float = Field(gt=0, lt=1)
    """Share of them held out."""
    weeks: int = Field(ge=1, le=MOST_WEEKS)
    arms: int = Field(default=1, ge=1)
    """How many are compared with those held out, and share what may be untrue."""


class Power(BaseModel):
    """What a design can show."""

    design: Design
    spending: Spending
    from_shop: bool
    """Is `spending` the shop's own? Else it is a usual shop's."""
    lift: float | None
    """The least that is seen four times in five, as a share; None where too few buy to see any."""
    buyers_held_out: float
    """Who of those held out is expected to buy; below `least_buyers` nothing is said."""
    wanted: float | None = None
    """The lift asked for."""
    customers_needed: int | None = None
    """For it, with the same share held out and as many weeks; None where none was asked for, or none are enough."""
    weeks_needed: int | None = None
    """For it, with the same customers; None also where two years are too short."""
    sentence: str = ""


def power(design: Design, spending: Spending | None = None, wanted: float | None = None) -> Power:
    """What can be seen, and what it would take to see `wanted` (a share above 0), in figures and in words."""
    of = spending or USUAL
    found = Power(
        design=design,
        spending=of,
        from_shop=spending is not None,
        lift=detectable_lift(design, of),
        buyers_held_out=buyers_held_out(design, of),
        wanted=wanted,
        customers_needed=None if wanted is None else customers_needed(design, of, wanted),
        weeks_needed=None if wanted is None else weeks_needed(design, of, wanted),
    )
    return found.model_copy(update={"sentence": told(found)})


def detectable_lift(design: Design, spending: Spending) -> float | None:
    """The least lift seen four times in five; None where too few buy, or where no lift would be enough.

    At whichever week it is seen best: longer is never worse, though of customers who never change more weeks tell
    nothing new and another look costs a little.
    """
    by_week = (_at(design.model_copy(update={"weeks": weeks}), spending) for weeks in range(1, design.weeks + 1))
    return min((lift for lift in by_week if lift is not None), default=None)


def _at(design: Design, spending: Spending) -> float | None:
    """With one look, in the end."""
    if _buyers(design, spending, min(design.holdout, 1 - design.holdout)) < least_buyers(design, spending):
        return None
    held = design.customers * design.holdout
    mailed = design.customers - held
    # Of what a customer spends in all weeks, relative to its mean; more weeks of the same people help less and less.
    spread = spending.variance * (1 + (design.weeks - 1) * spending.correlation) / design.weeks / spending.mean**2
    # Held out: their harmonic with the mailed is what has been seen.
    seen = design.weeks * spending.orders * held * mailed / design.customers
    squared = (critical(seen, alpha=ALPHA / design.arms) + POWER_Z) ** 2 * spread
    mine, theirs = squared / mailed, squared / held
    # lift**2 = mine (1 + lift)**2 + theirs, solved for the lift.
    if mine >= 1:
        return None
    return (mine + math.sqrt(mine + theirs - mine * theirs)) / (1 - mine)


def buyers_held_out(design: Design, spending: Spending) -> float:
    """Expected; whoever buys several times is one."""
    return _buyers(design, spending, design.holdout)


def _buyers(design: Design, spending: Spending, share: float) -> float:
    return design.customers * share * -math.expm1(-spending.orders * design.weeks)


def least_buyers(design: Design, spending: Spending) -> float:
    """On the smaller side, for anything to be said: the more, the smaller its share and the more baskets differ.

    As `composer.results.strata.asymmetry` will be, if baskets are log-normal: then their third moment follows from the
    first two.
    """
    ratio = min(design.holdout, 1 - design.holdout) / max(design.holdout, 1 - design.holdout)
    # Of baskets: the mean of the squares over the square of the mean.
    spread = max(1.0, spending.variance * (1 - spending.correlation) * spending.orders / spending.mean**2)
    lopsided = (spread / (1 + ratio)) ** 1.5 * (1 - ratio**2)
    return max(float(LEAST_BUYERS), float(lopsided / MOST_ASYMMETRY) ** 2)


def customers_needed(design: Design, spending: Spending, lift: float) -> int | None:
    """The fewest with whom `lift` is seen; None where not even a thousand million are enough."""

    def enough(customers: int) -> bool:
        least = detectable_lift(design.model_copy(update={"customers": customers}), spending)
        return least is not None and least <= lift

    return _least(enough, MOST_CUSTOMERS)


def weeks_needed(design: Design, spending: Spending, lift: float) -> int | None:
    """The fewest after which `lift` is seen; None where two years are too short."""

    def enough(weeks: int) -> bool:
        least = detectable_lift(design.model_copy(update={"weeks": weeks}), spending)
        return least is not None and least <= lift

    return _least(enough, MOST_WEEKS)


def _least(enough: Callable[[int], bool], most: int) -> int | None:
    """By bisection: whatever is enough, more of it is too."""
    if not enough(most):
        return None
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def told(found: Power) -> str:
    """In sentences."""
    said = [_seen(found)]
    if found.wanted is not None:
        said.append(_needed(found, found.wanted))
    if not found.from_shop:
        said.append("Your shop has too few orders to plan by yet: these are the figures of a usual shop.")
    return " ".join(said)


def _seen(found: Power) -> str:
    design = found.design
    begin = f"With {design.customers:,} customers, {_share(design.holdout)} of them held out,"
    if found.lift is not None and found.lift <= LARGE:
        return (
            f"{begin} you will see a lift of {math.ceil(found.lift * 100)} % or more in {_weeks(design.weeks)} "
            "(80 % of the time)." + _unlikely(found.lift)
        )
    least = least_buyers(design, found.spending)
    if found.buyers_held_out < least <= MOST_ASKED:
        return (
            f"{begin} you will not see any lift in {_weeks(design.weeks)}: about {found.buyers_held_out:.0f} of those "
            f"held out will buy, and it takes {math.ceil(least)}."
        )
    return (
        f"{begin} you will not see any lift that e-mails can make in {_weeks(design.weeks)}: spending varies too much."
    )


def _unlikely(lift: float) -> str:
    if lift <= UNLIKELY:
        return ""
    return (
        " E-mails hardly ever make that much: do not expect to see a lift. More weeks, more customers, or a larger "
        "share held out show smaller ones."
    )


def _needed(found: Power, wanted: float) -> str:
    begin = f"To see a lift of {wanted * 100:g} %"
    if found.customers_needed is None:
        return f"{begin} no number of customers is enough in {_weeks(found.design.weeks)}."
    longer = (
        f", or {_weeks(found.weeks_needed)} with those you have"
        if found.weeks_needed is not None
        else "; with those you have, two years are too short"
    )
    return f"{begin} it takes {found.customers_needed:,} customers in {_weeks(found.design.weeks)}{longer}."


def _share(share: float) -> str:
    near = next((name for value, name in SHARES.items() if math.isclose(value, share, abs_tol=5e-4)), None)
    return near or f"{share * 100:.3g} %"


def _weeks(weeks: int) -> str:
    number = NUMBERS[weeks] if weeks < len(NUMBERS) else f"{weeks:,}"
    return f"{number} week{'' if weeks == 1 else 's'}"
