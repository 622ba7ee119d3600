"""How products, days, spans and categories stand in a sentence."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import lru_cache

_DAYS_SAID, _WEEKS_SAID = 10, 60
"""Up to so many days a span is said in days, and in weeks."""


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
    unit, count = span_of(days)
    return unit if count == 1 else f"{count} {unit}s"


def span_of(days: float) -> tuple[str, int]:
    """(unit, how many) of `span`: `day`, `week` or `month`."""
    unit, size = ("day", 1.0) if days <= _DAYS_SAID else ("week", 7.0) if days <= _WEEKS_SAID else ("month", 30.4)
    return unit, max(round(days / size), 1)
