"""How products, days, spans and categories stand in a sentence."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import lru_cache


def day(moment: datetime) -> str:
    """`3 March 2026`."""
    return _date(moment.date())


@lru_cache(maxsize=4096)
def _date(of: date) -> str:
    return f"{of.day} {of:%B %Y}"


def the(name: str) -> str:
    """A product's name in a sentence: `the Linen Apron`."""
    return name if name.lower().startswith(("the ", "a ", "an ")) else f"the {name}"


def in_words(category: str) -> str:
    """The last step of a category path as it stands in a sentence: `Drinks > Green Tea` is `green tea`."""
    last = re.split(r"\s*[>/|]\s*", category.strip(" >/|"))[-1]
    return " ".join(word if word.isupper() and len(word) > 1 else word.lower() for word in last.split())


def span(days: float) -> str:
    """`week`, `5 weeks`, `2 months`: rounded as people say it."""
    for unit, size, most in (("day", 1, 10), ("week", 7, 60), ("month", 30.4, 10_000)):
        if days <= most:
            count = max(round(days / size), 1)
            return unit if count == 1 else f"{count} {unit}s"
    return "year"
