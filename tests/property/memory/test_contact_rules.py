"""What contact rules promise, for any rules, any history, in any time zone, on any day of the year."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from memory.contacting.judging import Allowed, Asked, Contacted, Deferred, Refused, Wish, judge
from memory.contacting.quiet import next_allowed, zone_of
from memory.contacting.rules import WEEKDAYS, Caps, ContactRules, Kind, Limits, QuietHours, Span

STEP = timedelta(minutes=15)
"""Quiet hours are drawn on this grid, and clocks are changed on it: nothing happens in between."""
ZONES = (
    "Europe/London",
    "America/New_York",
    "America/Santiago",
    "Africa/Casablanca",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Apia",
)
CLOCK_CHANGES = (
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2026, 10, 25, 1, tzinfo=UTC),
    datetime(2026, 3, 8, 7, tzinfo=UTC),
    datetime(2026, 11, 1, 6, tzinfo=UTC),
    datetime(2026, 4, 4, 15, tzinfo=UTC),
    datetime(2026, 10, 3, 15, 30, tzinfo=UTC),
    datetime(2026, 9, 6, 4, tzinfo=UTC),
    # Apia went without 30 December 2011.
    datetime(2011, 12, 30, 10, tzinfo=UTC),
)
quarters = st.integers(0, 95).map(lambda number: time(number // 4, number % 4 * 15))


@st.composite
def spans(draw: st.DrawFn) -> Span:
    start = draw(quarters)
    return Span(start=start, end=draw(quarters.filter(lambda end: end != start)))


def _near(moment: datetime, days: int) -> date:
    return moment.date() + timedelta(days=days)


@st.composite
def quiet_hours(draw: st.DrawFn) -> QuietHours:
    span = draw(spans())
    days = draw(st.dictionaries(st.sampled_from(WEEKDAYS), spans() | st.sampled_from(["all_day", "none"]), max_size=4))
    holidays = draw(st.lists(st.builds(_near, st.sampled_from(CLOCK_CHANGES), st.integers(-2, 2)), max_size=4))
    values = {"start": span.start, "end": span.end, "weekdays": days, "holidays": holidays}
    return QuietHours.model_validate(values)


limits = st.builds(Limits, day=st.none() | st.integers(2, 4), week=st.none() | st.integers(2, 8), month=st.none())
tight = st.builds(Limits, day=st.none() | st.integers(1, 2), week=st.none() | st.integers(1, 3))
gaps = st.sampled_from([0, 0, 0.5, 7, 30])
caps = st.builds(
    Caps,
    total=limits,
    campaign=tight,
    triggered=tight,
    flows=st.dictionaries(st.sampled_from(["welcome", "newsletter"]), tight, max_size=1),
    reserved=st.integers(0, 1),
    min_gap_hours=gaps,
)
shared_caps = st.builds(Caps, total=limits, campaign=tight, reserved=st.integers(0, 1), min_gap_hours=gaps)
zones = st.sampled_from([*ZONES, None, "Nowhere/Land"])
moments = st.builds(
    lambda near, minutes: near + timedelta(minutes=minutes, seconds=7),
    st.sampled_from(CLOCK_CHANGES),
    st.integers(-4_000, 4_000),
)
wishes = st.builds(Wish, tight, st.none() | moments)
kinds: st.SearchStrategy[Kind] = st.sampled_from(get_args(Kind))


@st.composite
def rules(draw: st.DrawFn, of: st.SearchStrategy[Caps] = caps) -> ContactRules:
    quiet = draw(st.none() | quiet_hours())
    return ContactRules(quiet_hours=quiet, caps=draw(of), timezone=draw(st.sampled_from(ZONES)))


@st.composite
def histories(draw: st.DrawFn, now: datetime) -> list[Contacted]:
    ago = st.integers(-600, 20_000).map(lambda minutes: now - timedelta(minutes=minutes))
    return draw(st.lists(st.builds(Contacted, ago, kinds, st.sampled_from(["welcome", "newsletter"])), max_size=8))


def is_quiet(quiet: QuietHours, shown: datetime) -> bool:
    """What the rules say of what a clock shows, in the words of the document."""
    if shown.date() in quiet.holidays:
        return True
    return _began(quiet, shown.date(), shown.time(), 0) or _began(quiet, shown.date(), shown.time(), 1)


def _began(quiet: QuietHours, day: date, at: time, days_ago: int) -> bool:
    """Whether it is quiet because of what began so many days ago."""
    said = quiet.weekdays.get(WEEKDAYS[(day - timedelta(days=days_ago)).weekday()], quiet)
    if said == "none":
        return False
    if said == "all_day":
        return days_ago == 0 or (quiet.start > quiet.end and at < quiet.end)
    assert isinstance(said, Span)
    overnight = said.start > said.end
    if days_ago:
        return overnight and at < said.end
    return at >= said.start and (overnight or at < said.end)


@given(quiet_hours(), zones, moments)
def test_the_next_moment_is_the_first_one_that_is_not_quiet(
    quiet: QuietHours, zone: str | None, after: datetime
) -> None:
    asked = ContactRules(quiet_hours=quiet, timezone="Europe/London")
    found, local = next_allowed(asked, zone, after), zone_of(zone, "Europe/London")
    assert found >= after
    assert not is_quiet(quiet, found.astimezone(local))
    grid = datetime.fromtimestamp(after.timestamp() // 900 * 900, UTC) + STEP
    earlier = [after] if found > after else []
    while grid < found:
        earlier.append(grid)
        grid += STEP
    assert all(is_quiet(quiet, moment.astimezone(local)) for moment in earlier)


@given(st.data(), rules(), zones, moments, kinds, st.booleans(), wishes)
def test_what_is_deferred_is_allowed_when_its_time_has_come(
    data: st.DataObject, of: ContactRules, zone: str | None, now: datetime, kind: Kind, ahead: bool, wish: Wish
) -> None:
    history, asked = data.draw(histories(now)), Asked(kind, "newsletter", ahead)
    answer = judge(of, asked, now, history, zone, wish=wish)
    counting = [one for one in history if one.kind != "transactional"]
    assert answer == judge(of, asked, now, list(reversed(counting)), zone, wish=wish)
    if isinstance(answer, Allowed):
        return
    assert isinstance(answer, Deferred)
    assert answer.until > now
    assert judge(of, asked, answer.until, history, zone, wish=wish) == Allowed()
    just_before = max(now, answer.until - timedelta(seconds=1))
    assert judge(of, asked, just_before, history, zone, wish=wish) != Allowed()
    late = Asked(kind, "newsletter", ahead, latest=answer.until - timedelta(seconds=1))
    assert judge(of, late, now, history, zone, wish=wish) == Refused(answer.reason, answer.rule)


@given(st.data(), rules(), zones, moments)
@settings(max_examples=60)
def test_who_follows_the_answers_never_exceeds_a_cap_and_never_writes_in_quiet_hours(
    data: st.DataObject, of: ContactRules, zone: str | None, now: datetime
) -> None:
    sent: list[Contacted] = []
    wanted = data.draw(st.lists(st.tuples(kinds, st.integers(0, 900)), min_size=5, max_size=25))
    for kind, minutes in wanted:
        flow = "newsletter" if kind == "campaign" else "welcome"
        now += timedelta(minutes=minutes)
        answer = judge(of, Asked(kind, flow), now, sent, zone)
        if isinstance(answer, Deferred) and data.draw(st.booleans()):
            now = answer.until
            answer = judge(of, Asked(kind, flow), now, sent, zone)
        if isinstance(answer, Allowed):
            sent.append(Contacted(now, kind, flow))
    marketing = [one for one in sent if one.kind != "transactional"]
    _no_window_is_too_full(of.caps.total, marketing)
    _no_window_is_too_full(of.caps.campaign, [one for one in sent if one.kind == "campaign"])
    _no_window_is_too_full(of.caps.triggered, [one for one in sent if one.kind == "triggered"])
    for flow, most in of.caps.flows.items():
        _no_window_is_too_full(most, [one for one in marketing if one.flow == flow])
    gap = timedelta(hours=of.caps.min_gap_hours)
    assert all(later.at - earlier.at >= gap for earlier, later in pairwise(marketing))
    local, quiet = zone_of(zone, of.timezone), of.quiet_hours
    assert not any(quiet and is_quiet(quiet, one.at.astimezone(local)) for one in marketing)


def _no_window_is_too_full(most: Limits, sent: Sequence[Contacted]) -> None:
    for _, length, count in most.windows():
        for last in sent:
            assert len([one for one in sent if last.at - length < one.at <= last.at]) <= count


@given(st.data(), rules(shared_caps), zones, moments)
def test_a_higher_priority_is_never_worse_off(
    data: st.DataObject, of: ContactRules, zone: str | None, now: datetime
) -> None:
    # A shop may also cap triggered e-mails or a flow as such; these are the rules that they share.
    history = data.draw(histories(now))

    def free(kind: Kind) -> datetime:
        answer = judge(of, Asked(kind, "welcome"), now, history, zone)
        return answer.until if isinstance(answer, Deferred) else now

    assert free("transactional") == now
    assert free("triggered") <= free("campaign")


@given(st.data(), rules(shared_caps), zones, moments)
def test_a_campaign_leaves_the_reserved_places_to_triggered_e_mails(
    data: st.DataObject, of: ContactRules, zone: str | None, now: datetime
) -> None:
    history = data.draw(histories(now))
    if judge(of, Asked("campaign"), now, history, zone) != Allowed() or not of.caps.reserved:
        return
    after = [*history, Contacted(now, "campaign")]
    answer = judge(of.model_copy(update={"quiet_hours": None}), Asked("triggered"), now, after, zone)
    assert not isinstance(answer, Deferred) or answer.reason == "too_soon"
