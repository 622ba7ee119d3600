"""When a server wants to be asked again."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from composer.retry_after import retry_after

NOW = datetime(2026, 10, 21, 7, 28, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "120"}, 120.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:30 GMT"}, 30.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:00:00 GMT"}, 0.0),
        ({"retry-after": "2", "retry-after-ms": "1250"}, 1.25),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:30"}, None),
        ({"retry-after": "Wed, 99 Oct 2026 07:28:30 GMT"}, None),
        ({}, None),
    ],
)
def test_seconds_milliseconds_or_a_date(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, NOW) == seconds


@pytest.mark.parametrize(
    ("reset", "limit", "left", "seconds"),
    [
        ("60s", "600", "0", 0.1),
        ("6m0s", "60", "0", 6.0),
        ("1h2m3.5s", "1", "0", 3723.5),
        ("500ms", "5", "0", 0.1),
        ("60s", "600", "3", None),
        ("in a while", "600", "0", None),
        ("", "600", "0", None),
        ("60s", "0", "0", None),
    ],
)
def test_an_empty_bucket_tells_when_it_holds_one_call_again(
    reset: str, limit: str, left: str, seconds: float | None
) -> None:
    headers = {
        "x-ratelimit-reset-requests": reset,
        "x-ratelimit-limit-requests": limit,
        "x-ratelimit-remaining-requests": left,
    }
    found = retry_after(headers, NOW)
    assert found == (None if seconds is None else pytest.approx(seconds))
