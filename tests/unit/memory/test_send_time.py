"""When to write to somebody, by their own clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.fold import remember
from memory.hour_priors import NEIGHBOURS, NO_HOURS, learn_hours
from memory.parts.hours import ORDERED, local_hours
from memory.send_time import SendWindow, days_in_words, pooled_week, recommended_at, send_window
from memory.state import State, empty
from tests.kit.events import NOW
from tests.kit.mails import CLICKED, OPENED, email_id, mail_event

BERLIN, NEW_YORK, KATHMANDU = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York"), ZoneInfo("Asia/Kathmandu")


def _reads(zone: ZoneInfo, *, hour: int, weekday: int | None = None, weeks: int = 30) -> State:
    """Somebody who reads every day, or one day a week, at one hour of their clock, in summer as in winter."""
    today = NOW.astimezone(zone).date()
    days = [today - timedelta(days=number) for number in range(1, weeks * 7)]
    moments = [
        datetime(day.year, day.month, day.day, hour, 30, tzinfo=zone).astimezone(UTC)
        for day in days
        if weekday is None or day.weekday() == weekday
    ]
    return remember([mail_event(OPENED, email_id(number), at) for number, at in enumerate(moments)])


def _window(**changes: object) -> SendWindow:
    usual = {
        "weekdays": (0, 2),
        "from_hour": 18,
        "to_hour": 21,
        "timezone": "Europe/Berlin",
        "share": 0.2,
        "own_share": 0.5,
        "events": 10.0,
        "next_at": NOW,
        "reason": "",
    }
    return SendWindow.model_validate({**usual, **changes})


@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK, KATHMANDU])
@pytest.mark.parametrize("hour", [8, 20])
def test_somebody_who_reads_at_an_hour_is_written_to_around_it(zone: ZoneInfo, hour: int) -> None:
    found = send_window(_reads(zone, hour=hour), zone, NOW, NO_HOURS)
    assert found.from_hour <= hour < found.to_hour
    assert found.timezone == zone.key
    assert found.own_share > 0.5


def test_somebody_who_reads_on_sundays_is_written_to_on_sundays() -> None:
    assert send_window(_reads(BERLIN, hour=19, weekday=6), BERLIN, NOW, NO_HOURS).weekdays == (6,)


def test_the_clock_change_does_not_blur_an_hour() -> None:
    year = _reads(BERLIN, hour=9, weeks=52)
    week = local_hours(year["hours"]["read"], BERLIN, NOW).reshape(7, 24).sum(axis=0)
    assert week[9] / week.sum() > 0.94


def test_without_a_history_it_is_the_shops_window() -> None:
    week = np.zeros((7, 24))
    week[5, 19:22] = 500
    shop = learn_hours(week.ravel(), [], "Europe/Berlin")
    found = send_window(empty(), BERLIN, NOW, shop)
    assert (found.weekdays, found.from_hour, found.own_share) == ((5,), 19, 0)
    assert "the shop's hours" in found.reason


def test_with_nothing_learned_at_all_it_says_that_it_guesses() -> None:
    assert "guess" in send_window(empty(), BERLIN, NOW, NO_HOURS).reason


def test_more_of_their_own_moves_the_week_towards_them() -> None:
    own = np.zeros(168)
    own[6 * 24 + 7] = 1
    shares = [pooled_week(own * count, NO_HOURS)[6 * 24 + 7] for count in (0, 1, 10, 100, 10_000)]
    assert shares == sorted(shares)
    assert shares[0] == pytest.approx(NO_HOURS.week[6 * 24 + 7])
    # The rest of it is lent to the neighbouring hours.
    assert shares[-1] == pytest.approx(max(NEIGHBOURS), abs=0.02)


def test_other_hours_on_other_days_are_told_apart() -> None:
    own = np.zeros((7, 24))
    own[0, 8] = own[5, 20] = 200
    week = pooled_week(own.ravel(), NO_HOURS).reshape(7, 24)
    assert week[0, 8] > 3 * week[0, 20]
    assert week[5, 20] > 3 * week[5, 8]


def test_a_date_without_a_time_says_nothing_of_hours() -> None:
    assert remember([mail_event("Order Completed", "", NOW.replace(hour=0))])["hours"] == {}
    assert ORDERED in remember([mail_event("Order Completed", "", NOW)])["hours"]


def test_a_machine_has_no_hours() -> None:
    assert remember([mail_event(CLICKED, email_id(1), NOW, bot=True)])["hours"] == {}


@pytest.mark.parametrize(
    ("weekdays", "said"), [((3, 1), "Tuesday and Thursday"), ((6,), "Sunday"), (range(7), "any day")]
)
def test_days_are_told_in_words(weekdays: Sequence[int], said: str) -> None:
    assert days_in_words(weekdays) == said


def test_now_is_recommended_inside_the_window() -> None:
    inside = datetime(2026, 6, 1, 19, 5, tzinfo=BERLIN)  # a Monday
    assert recommended_at(inside, _window()) == inside


def test_else_its_next_beginning_is() -> None:
    after = datetime(2026, 6, 1, 21, tzinfo=BERLIN)
    assert recommended_at(after, _window()) == datetime(2026, 6, 3, 18, tzinfo=BERLIN)


def test_it_lies_within_what_is_allowed() -> None:
    monday = datetime(2026, 6, 1, 12, tzinfo=BERLIN)
    wednesday = datetime(2026, 6, 3, 20, tzinfo=BERLIN)
    assert recommended_at(monday, _window(), not_before=wednesday) == wednesday
    assert recommended_at(monday, _window(), not_after=monday + timedelta(hours=1)) is None


def test_a_window_in_the_hour_that_a_clock_change_skips_begins_with_what_is_left_of_it() -> None:
    # 2026-03-29, a Sunday: Berlin goes from 2:00 to 3:00.
    window = _window(weekdays=(6,), from_hour=2, to_hour=4)
    found = recommended_at(datetime(2026, 3, 28, 12, tzinfo=BERLIN), window)
    assert found is not None
    assert found.astimezone(BERLIN).hour == 3


moments = st.integers(0, 3 * 365 * 24 * 60).map(lambda minutes: NOW - timedelta(minutes=minutes))


@given(
    moments,
    st.sets(st.integers(0, 6), min_size=1),
    st.integers(0, 21),
    st.sampled_from(["Europe/Berlin", "Asia/Kathmandu", "America/New_York", "Australia/Lord_Howe"]),
)
def test_what_is_recommended_lies_in_the_window_and_within_a_week(
    now: datetime, weekdays: set[int], first: int, timezone: str
) -> None:
    window = _window(weekdays=tuple(weekdays), from_hour=first, to_hour=first + 3, timezone=timezone)
    found = recommended_at(now, window)
    assert found is not None
    local = found.astimezone(ZoneInfo(timezone))
    assert local.weekday() in weekdays
    assert first <= local.hour < first + 3
    assert now <= found <= now + timedelta(days=7, hours=4)
