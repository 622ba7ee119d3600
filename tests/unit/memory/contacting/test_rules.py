"""Contact rules by example: what a marketer writes, and what it means for one customer."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
import yaml
from pydantic import ValidationError

from memory.contacting.judging import Allowed, Asked, Contacted, Deferred, Refused, Wish, judge
from memory.contacting.quiet import known_zone, next_allowed, zone_of
from memory.contacting.rules import Caps, ContactRules, Limits, QuietHours
from tests.kit.factories import NOW

DOCUMENT = """
quiet_hours:
  start: 21:00
  end: 08:00
  weekdays: {saturday: {start: "20:00", end: "10:00"}, sunday: all_day, friday: none}
  holidays: [2026-12-25]
caps:
  total: {day: 1, week: 3}
  campaign: {week: 2}
  flows: {win_back: {month: 1}}
  reserved: 0
  min_gap_hours: 20
timezone: Europe/London
"""
TRIGGERED, CAMPAIGN = Asked("triggered", "abandoned_cart"), Asked("campaign", "newsletter")


VERSION_OF_BEFORE = "contact-1:0a013c94bed8a875"
"""Of three a week and nothing else, as ledgers have it."""


def rules(**changes: object) -> ContactRules:
    return ContactRules.model_validate({**yaml.safe_load(DOCUMENT), **changes})


def sent(hours_ago: float, kind: str = "campaign", flow: str = "newsletter") -> Contacted:
    return Contacted(NOW - timedelta(hours=hours_ago), kind, flow)  # type: ignore[arg-type]


def of(**caps: object) -> ContactRules:
    return ContactRules(caps=Caps.model_validate(caps))


def until(answer: object) -> tuple[datetime, str]:
    assert isinstance(answer, Deferred), answer
    return answer.until, answer.rule


@pytest.mark.parametrize(
    ("zone", "after", "allowed"),
    [
        pytest.param("Europe/London", "2026-11-23T23:00", "2026-11-24T08:00", id="night"),
        pytest.param("Europe/London", "2026-11-23T12:00", "2026-11-23T12:00", id="day"),
        pytest.param("Europe/London", "2026-11-23T08:00", "2026-11-23T08:00", id="ends with its last moment"),
        pytest.param("Europe/London", "2026-11-23T21:00", "2026-11-24T08:00", id="begins with its first"),
        pytest.param("Europe/London", "2026-11-21T20:30", "2026-11-23T08:00", id="saturday evening to monday"),
        pytest.param("Europe/London", "2026-11-28T02:00", "2026-11-28T02:00", id="no quiet begins on friday"),
        pytest.param("Europe/London", "2026-12-24T23:00", "2026-12-26T00:00", id="over a holiday, a friday"),
        pytest.param("America/New_York", "2026-11-24T01:00", "2026-11-24T01:00", id="evening there is not quiet yet"),
        pytest.param("America/New_York", "2026-11-24T08:00", "2026-11-24T13:00", id="night there"),
        pytest.param(None, "2026-11-23T23:00", "2026-11-24T08:00", id="the brand's clock"),
        pytest.param("Mars/Olympus", "2026-11-23T23:00", "2026-11-24T08:00", id="a zone nobody knows"),
    ],
)
def test_quiet_hours_are_those_of_the_customer(zone: str | None, after: str, allowed: str) -> None:
    moment, expected = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (after, allowed))
    assert next_allowed(rules(), zone, moment) == expected


def test_clock_changes_shorten_and_lengthen_the_night() -> None:
    night = rules(quiet_hours={"start": "22:00", "end": "01:30"})
    spring, autumn = datetime(2026, 3, 29, 0, 10, tzinfo=UTC), datetime(2026, 10, 25, 0, 10, tzinfo=UTC)
    # No clock in London shows 01:30 on that morning: at 01:00 it shows 02:00.
    assert next_allowed(night, None, spring) == datetime(2026, 3, 29, 1, tzinfo=UTC)
    assert next_allowed(night, None, autumn) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    # Then 01:00 to 01:30 comes again, and is as quiet as before.
    again = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)
    assert next_allowed(night, None, again) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_an_unquoted_time_of_day_is_taken_for_what_was_meant() -> None:
    quiet = rules().quiet_hours
    assert quiet is not None
    assert (quiet.start, quiet.end) == (time(21), time(8))


@pytest.mark.parametrize(
    ("field", "value", "complaint"),
    [
        ("quiet_hours", {"start": "21:00", "end": "21:00"}, "the same"),
        ("quiet_hours", {"start": "00:00", "end": "23:59:59", "weekdays": {}}, None),
        ("quiet_hours", {"start": "21:00+02:00", "end": "08:00"}, "local time"),
        (
            "quiet_hours",
            {
                "start": "21:00",
                "end": "08:00",
                "weekdays": dict.fromkeys(
                    ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"), "all_day"
                ),
            },
            "no time in the week",
        ),
        ("quiet_hours", {"start": "21:00", "end": "08:00", "weekdays": {"caturday": "none"}}, "monday"),
        ("caps", {"total": {"week": 0}}, "greater than or equal to 1"),
        ("caps", {"total": {"fortnight": 2}}, "Extra inputs"),
        ("caps", {"min_gap_hours": float("nan")}, "finite"),
    ],
)
def test_rules_that_make_no_sense_say_what_is_wrong(field: str, value: object, complaint: str | None) -> None:
    if complaint is None:
        rules(**{field: value})
        return
    with pytest.raises(ValidationError, match=complaint):
        rules(**{field: value})


def test_the_same_rules_have_the_same_version_and_others_another() -> None:
    assert rules().version == rules().version
    assert rules().version != rules(timezone="Europe/Paris").version
    assert rules().version.startswith("contact-1:")


def test_rules_look_back_as_far_as_any_of_them_needs() -> None:
    assert rules().memory == timedelta(days=30)
    assert of(total={"day": 1}, min_gap_hours=48).memory == timedelta(hours=48)
    assert of().memory == timedelta(0)


def test_a_full_week_has_room_when_its_oldest_e_mail_has_left_it() -> None:
    history = [sent(24), sent(100), sent(160)]
    full = of(total={"week": 3})
    assert until(judge(full, CAMPAIGN, NOW, history, None)) == (NOW + timedelta(hours=8), "total.week")
    assert judge(full, CAMPAIGN, NOW + timedelta(hours=8), history, None) == Allowed()


def test_the_rule_that_holds_longest_is_the_one_that_is_named() -> None:
    both = of(total={"day": 1, "week": 2}, min_gap_hours=30)
    history = [sent(5), sent(100)]
    assert until(judge(both, CAMPAIGN, NOW, history, None)) == (NOW + timedelta(hours=68), "total.week")
    assert until(judge(both, CAMPAIGN, NOW, history[:1], None)) == (NOW + timedelta(hours=25), "min_gap_hours")


def test_a_cap_that_ends_at_night_waits_for_the_morning() -> None:
    quiet = QuietHours(start=time(18), end=time(9))
    night = of(total={"day": 1}).model_copy(update={"quiet_hours": quiet})
    answer = judge(night, CAMPAIGN, NOW, [sent(4)], None)
    # The day is over at 06:00.
    assert answer == Deferred(datetime(2026, 11, 22, 9, tzinfo=UTC), "quiet_hours", "quiet_hours")


def test_priorities() -> None:
    tight = of(total={"week": 3}, campaign={"week": 1}, reserved=1, flows={"abandoned_cart": {"week": 1}})
    campaign, cart = sent(30), sent(20, "triggered", "abandoned_cart")
    # Its own cap, the place kept for triggered e-mails, and a flow's own cap.
    assert until(judge(tight, CAMPAIGN, NOW, [campaign], None))[1] == "campaign.week"
    assert until(judge(tight, CAMPAIGN, NOW, [cart, sent(10, "triggered", "welcome")], None))[1] == "total.week"
    assert judge(tight, Asked("triggered", "win_back"), NOW, [cart, campaign], None) == Allowed()
    assert until(judge(tight, TRIGGERED, NOW, [cart], None))[1] == "flows.abandoned_cart.week"
    # What a customer needs waits for nothing and counts for nothing.
    needed = Asked("transactional", "post_purchase")
    assert judge(tight, needed, NOW, [campaign, cart, sent(1)], None) == Allowed()
    assert judge(tight, CAMPAIGN, NOW, [sent(1, "transactional")] * 5, None) == Allowed()


def test_whatever_is_reserved_one_place_is_left_for_campaigns() -> None:
    daily = of(total={"day": 1, "week": 3}, reserved=1)
    assert judge(daily, CAMPAIGN, NOW, [], None) == Allowed()
    assert until(judge(daily, CAMPAIGN, NOW, [sent(30), sent(60)], None))[1] == "total.week"


def test_a_customer_who_wants_less_gets_less() -> None:
    answer = judge(of(total={"week": 3}), CAMPAIGN, NOW, [sent(24)], None, wish=Wish(Limits(week=1)))
    assert until(answer) == (NOW + timedelta(days=6), "wish.week")


def test_what_comes_too_late_is_refused_with_the_same_reason() -> None:
    asked = Asked("campaign", "newsletter", latest=NOW + timedelta(hours=1))
    assert judge(of(total={"day": 1}), asked, NOW, [sent(1)], None) == Refused("capped", "total.day")


def test_an_e_mail_written_ahead_does_not_wait_for_the_morning() -> None:
    night = ContactRules(quiet_hours=QuietHours(start=time(9), end=time(12)))
    assert until(judge(night, CAMPAIGN, NOW, [], None))[1] == "quiet_hours"
    assert judge(night, Asked("campaign", "newsletter", ahead=True), NOW, [], None) == Allowed()


@pytest.mark.parametrize("name", ["", "Europe", "../etc/passwd", "Europe/Londn", "\x00", "x" * 5_000, "/etc/passwd"])
def test_a_time_zone_that_does_not_exist_is_the_brands(name: str) -> None:
    assert not name or not known_zone(name)
    assert zone_of(name, "Europe/London").key == "Europe/London"
    assert zone_of(name, name).key == "UTC"


def test_what_was_learned_of_a_person_holds_only_where_the_brand_asks_for_it() -> None:
    history = [sent(24)]
    assert judge(of(), CAMPAIGN, NOW, history, None, learned=1) == Allowed()
    asked = of(learned_frequency=True)
    assert until(judge(asked, CAMPAIGN, NOW, history, None, learned=1)) == (NOW + timedelta(days=6), "learned.week")
    assert until(judge(asked, TRIGGERED, NOW, history, None, learned=1)) == (NOW + timedelta(days=6), "learned.week")
    assert judge(asked, CAMPAIGN, NOW, history, None, learned=2) == Allowed()
    assert judge(asked, CAMPAIGN, NOW, history, None) == Allowed(), "memory cannot tell"
    assert judge(asked, Asked("transactional"), NOW, history, None, learned=1) == Allowed()


def test_what_was_learned_never_makes_more_of_it_than_the_caps() -> None:
    capped = of(total={"week": 2}, learned_frequency=True)
    answer = judge(capped, CAMPAIGN, NOW, [sent(24), sent(48)], None, learned=500)
    assert until(answer) == (NOW + timedelta(days=5), "total.week")
    assert capped.memory == timedelta(days=7) == of(learned_frequency=True).memory


def test_rules_of_before_the_switch_keep_their_version_and_the_switch_has_one_of_its_own() -> None:
    assert of(total={"week": 3}).version == VERSION_OF_BEFORE
    assert of(total={"week": 3}, learned_frequency=True).version != VERSION_OF_BEFORE
