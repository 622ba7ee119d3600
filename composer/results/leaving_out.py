"""What a comparison leaves out, counted and in words: nobody takes a part of their shop for all of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict

Why = Literal[
    "other_currency",
    "other_share",
    "sums_only",
    "no_holdout",
    "no_holdout_days",
    "few_days",
    "currency",
    "other_ways",
    "too_old",
]

_WORDS: Mapping[Why, tuple[str, str, str]] = {
    "other_currency": (
        "orders",
        "1 order was paid in another currency: it is counted, its money is not.",
        "{} orders were paid in other currencies: they are counted, their money is not.",
    ),
    "other_share": (
        "occasions",
        "1 time that a campaign came to somebody is not compared: another share of customers was held out then.",
        "{} times that a campaign came to somebody are not compared: another share of customers was held out then.",
    ),
    "sums_only": (
        "occasions",
        "1 time that a campaign came to somebody is not compared: it is too old, and only sums by day are kept.",
        "{} times that a campaign came to somebody are not compared: they are too old, and only sums by day are kept.",
    ),
    "no_holdout": (
        "campaigns",
        "1 campaign is not compared: nobody was held out, or too few to compare.",
        "{} campaigns are not compared: nobody was held out, or too few to compare.",
    ),
    "no_holdout_days": (
        "days",
        "1 day in between is not compared: the shop held nobody out on it.",
        "{} days in between are not compared: the shop held nobody out on them.",
    ),
    "few_days": (
        "days",
        "1 day is not compared: too few had bought while the holdout was drawn as on that day.",
        "{} days are not compared: too few had bought while the holdout was drawn as on those days.",
    ),
    "currency": (
        "campaigns",
        "1 campaign is in another currency: each currency has its own report.",
        "{} campaigns are in other currencies: each currency has its own report.",
    ),
    "other_ways": (
        "e-mails",
        "1 e-mail that could not have had all of these is left out.",
        "{} e-mails that could not have had all of these are left out.",
    ),
    "too_old": (
        "e-mails",
        "1 e-mail is older than those that what was varied is compared on.",
        "{} e-mails are older than those that what was varied is compared on.",
    ),
}
"""Of each: what is counted, and the sentence for one and for several."""


class LeftOut(BaseModel):
    """Something that is left out, and why."""

    model_config = ConfigDict(frozen=True)

    why: Why
    count: int
    of: str
    """What is counted: `orders`, `occasions`, `days`, `campaigns` or `e-mails`."""
    sentence: str


def left_out(counts: Mapping[Why, int]) -> list[LeftOut]:
    """Of each reason that there is anything of."""
    return [_one(why, count) for why, count in counts.items() if count > 0]


def together(found: Iterable[LeftOut]) -> dict[Why, int]:
    """Of several comparisons."""
    counts: dict[Why, int] = {}
    for one in found:
        counts[one.why] = counts.get(one.why, 0) + one.count
    return counts


def _one(why: Why, count: int) -> LeftOut:
    of, single, several = _WORDS[why]
    return LeftOut(why=why, count=count, of=of, sentence=single if count == 1 else several.format(f"{count:,}"))
