"""Sums by month: how long decisions must stay for them to be right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from composer.bandit.months import CLOSED_AFTER, after, month_of
from composer.facts.rules import AttributionRules
from memory.privacy.retention import RetentionSettings

LONGEST_MONTH = timedelta(days=31)


def test_decisions_go_only_once_nothing_in_their_month_can_change() -> None:
    slowest = AttributionRules(click_days=14, window_days=14, returns_days=60)
    settled = CLOSED_AFTER + slowest.settled + LONGEST_MONTH
    with pytest.raises(ValidationError, match="decisions"):
        RetentionSettings(decisions=settled.days)
    assert RetentionSettings(decisions=180).decisions == 180


def test_months_follow_one_another_in_utc() -> None:
    last = datetime.fromisoformat("2026-12-31T23:30:00-02:00")
    assert month_of(last) == datetime(2027, 1, 1, tzinfo=UTC)
    assert after(datetime(2026, 12, 1, tzinfo=UTC)) == datetime(2027, 1, 1, tzinfo=UTC)
    assert after(datetime(2028, 2, 1, tzinfo=UTC)) == datetime(2028, 3, 1, tzinfo=UTC)
