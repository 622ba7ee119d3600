"""What an HTTP answer means for an e-mail that was posted, and how long to wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from composer.handoff.http import Reply, judged, read_wait
from store import clock

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, "sent"),
        (202, "sent"),
        (301, "halt"),
        (400, "refused"),
        (401, "halt"),
        (403, "halt"),
        (404, "halt"),
        (408, "later"),
        (409, "later"),
        (410, "halt"),
        (413, "refused"),
        (422, "refused"),
        (429, "away"),
        (500, "later"),
        (502, "away"),
        (503, "away"),
        (504, "away"),
        (507, "later"),
    ],
)
def test_a_status_is_taken_for_what_it_says(status: int, verdict: str) -> None:
    answer = judged(Reply(status))
    assert (answer.verdict.value, answer.code) == (verdict, str(status))


@pytest.mark.parametrize(
    ("reason", "verdict"),
    [("timeout", "away"), ("unreachable", "away"), ("address_refused", "halt"), ("certificate", "halt")],
)
def test_where_nothing_came_back_the_reason_says_who_must_act(reason: str, verdict: str) -> None:
    answer = judged(Reply(reason=reason))
    assert (answer.verdict.value, answer.reason) == (verdict, reason)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("0", 0.0),
        ("120", 120.0),
        ("999999999", 86_400.0),
        ("-5", None),
        ("soon", None),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW - timedelta(seconds=90), usegmt=True), 0.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    with clock.frozen_at(NOW):
        assert read_wait(header) == seconds


def test_how_long_to_wait_goes_with_the_answer() -> None:
    assert judged(Reply(503, retry_after_s=7.0)).wait_s == 7.0
