"""When a server wants to be asked again, read from its headers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

_SPAN = re.compile(r"(?:(?P<h>\d+)h)?(?:(?P<m>\d+)m(?!s))?(?:(?P<s>\d+(?:\.\d+)?)s)?(?:(?P<ms>\d+(?:\.\d+)?)ms)?")
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds from `now` until the server wants to be asked again; None where it does not say. Keys are lower case.

    `retry-after-ms` (OpenAI, Azure) before `Retry-After` as seconds or as a date (RFC 9110, 10.2.3), before what
    OpenAI's rate headers tell of a bucket that is empty.
    """
    for read in (_milliseconds, _seconds, lambda headers: _date(headers, now), _refill):
        found = read(headers)
        if found is not None:
            return max(0.0, found)
    return None


def _milliseconds(headers: Mapping[str, str]) -> float | None:
    value = _number(headers.get("retry-after-ms"))
    return None if value is None else value / 1000


def _seconds(headers: Mapping[str, str]) -> float | None:
    return _number(headers.get("retry-after"))


def _date(headers: Mapping[str, str], now: datetime) -> float | None:
    try:
        # A date without a zone is naive, and cannot be told from now: no answer either.
        return (parsedate_to_datetime(headers.get("retry-after", "")) - now).total_seconds()
    except (ValueError, TypeError):
        return None


def _refill(headers: Mapping[str, str]) -> float | None:
    """`x-ratelimit-reset-*` is when a bucket of `limit` is full again: divided by it, when there is one more call.

    For tokens there is no telling how many a call will take: their share of a call is left to the next refusal.
    """
    left = _number(headers.get("x-ratelimit-remaining-requests"))
    limit = _number(headers.get("x-ratelimit-limit-requests"))
    full = _span(headers.get("x-ratelimit-reset-requests"))
    if left is None or left >= 1 or not limit or full is None:
        return None
    return full / limit


def _span(text: str | None) -> float | None:
    """Seconds in `6m0s`, `1.5s` or `20ms`."""
    found = _SPAN.fullmatch(text or "")
    if not text or found is None:
        return None
    return sum(float(value) * _UNITS[unit] for unit, value in found.groupdict().items() if value)


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text else None
    except ValueError:
        return None
    return value if value is not None and 0 <= value < 1e9 else None
