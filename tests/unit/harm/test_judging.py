"""Which rules are broken by what was counted, and when an alarm is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from composer.harm.counting import Count
from composer.harm.judging import READ, judge, over
from composer.harm.model import Alarm, Level, Limits, Measure, Rule, Scope
from composer.harm.service import look
from composer.harm.wording import sentence

NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TODAY = NOW.replace(hour=0)


def day(ago: int, campaign: str = "spring", *, learned: bool = True, emails: int = 1_000, **happened: int) -> Count:
    told = {"complaints": 0, "unsubscribes": 2, **happened}
    return Count(TODAY - ago * DAY, "newsletter", campaign, learned, emails, **told)


def broken(*found: Count, limits: Limits | None = None) -> list[tuple[Scope, Measure, Rule]]:
    return [(*one.key, one.rule) for one in judge(found, NOW, limits or Limits())]


def test_what_one_campaign_does_is_held_against_it_alone() -> None:
    calm = [day(ago, "calm", emails=100, unsubscribes=0) for ago in range(10)]
    found = broken(*calm, *(day(ago, complaints=6) for ago in range(10)))
    assert found == [(Scope(Level.CAMPAIGN, "spring"), Measure.COMPLAINTS, Rule.LIMIT)]


def test_what_no_campaign_explains_is_held_against_the_flow() -> None:
    many = [day(number % 10, f"c{number}", emails=200, complaints=1) for number in range(40)]
    assert broken(*many) == [(Scope(Level.FLOW, "newsletter"), Measure.COMPLAINTS, Rule.LIMIT)]


def test_a_shop_may_set_its_own_limit_of_unsubscribes() -> None:
    busy = [day(ago, unsubscribes=8) for ago in range(60)]
    assert broken(*busy) == []
    found = broken(*busy, limits=Limits(unsubscribes=0.004))
    assert [(measure, rule) for _, measure, rule in found] == [(Measure.UNSUBSCRIBES, Rule.LIMIT)]


def test_what_was_learned_is_held_against_others_of_the_same_flow_and_days() -> None:
    found = broken(
        *(day(ago, unsubscribes=9) for ago in range(20)),
        *(day(ago, "other", learned=False, unsubscribes=2) for ago in range(20)),
    )
    assert found == [(Scope(Level.CAMPAIGN, "spring"), Measure.UNSUBSCRIBES, Rule.LEARNED)]


def test_weeks_that_are_worse_than_those_before_are_found() -> None:
    before = [day(ago) for ago in range(30, 90)]
    found = broken(*before, *(day(ago, unsubscribes=8) for ago in range(12)))
    assert [rule for _, _, rule in found] == [Rule.BEFORE]
    assert broken(*before, *(day(ago) for ago in range(12))) == []


def test_in_a_year_in_which_nothing_changes_nothing_is_called() -> None:
    called = 0
    for seed in range(5):
        chance = np.random.default_rng(seed)
        days = [
            Count(TODAY - ago * DAY, "newsletter", "spring", learned, 300, *chance.binomial(300, [5e-4, 4e-3]).tolist())
            for ago in range(365 + READ.days)
            for learned in (True, False)
        ]
        for fortnight in range(26):
            now = NOW - 14 * fortnight * DAY
            read = [one for one in days if now - READ <= one.day <= now]
            if judge(read, now, Limits()):
                called += 1
                break
    assert called == 0


def raised(**changes: object) -> Alarm:
    usual = {
        "id": "alm_1",
        "level": "campaign",
        "name": "spring",
        "measure": "complaints",
        "rule": "limit",
        "rules": "harm-1",
        "since": TODAY - 20 * DAY,
        "emails": 9_000,
        "happened": 30,
        "against_emails": 0,
        "against_happened": 0,
        "bar": 0.001,
        "raised_at": NOW - 10 * DAY,
    }
    return Alarm.model_validate({**usual, **changes})


def test_an_alarm_is_over_once_enough_was_sent_since_and_no_more_came_than_may() -> None:
    before = [day(ago, complaints=6) for ago in range(11, 20)]
    assert over([*before, *(day(ago) for ago in range(10))], raised(), NOW) is not None
    assert over([*before, *(day(ago, emails=100) for ago in range(10))], raised(), NOW) is None, "too little was sent"
    assert over([*before, *(day(ago, complaints=2) for ago in range(10))], raised(), NOW) is None, "it goes on"
    young = [day(ago) for ago in range(3)]
    assert over([*before, *young], raised(), NOW) is None, "complaints of the newest are yet to come"


def test_what_was_sent_before_an_alarm_closed_is_not_held_against_it_again_nor_against_its_flow() -> None:
    bad = [day(ago, complaints=6) for ago in range(11, 20)]
    calm = [day(ago, unsubscribes=2) for ago in range(10)]
    verdict = look([*bad, *calm], [raised()], NOW, Limits())
    assert len(verdict.over) == 1
    assert verdict.new == []


def test_an_alarm_that_stands_is_not_raised_again() -> None:
    bad = [day(ago, complaints=6) for ago in range(20)]
    [(first, _)] = look(bad, [], NOW, Limits()).new
    assert first.key == raised().key
    assert look(bad, [raised()], NOW, Limits()).new == []


def test_an_alarm_that_a_person_closed_may_come_again_under_another_number() -> None:
    bad = [day(ago, complaints=6) for ago in range(20)]
    [(_, number)] = look(bad, [raised(closed_at=NOW - 9 * DAY)], NOW, Limits()).new
    assert number == 1


def test_an_alarm_says_what_was_seen_and_against_what() -> None:
    assert sentence(raised()) == (
        "Of 9,000 e-mails of the campaign spring since 28 Feb 2026, 30 were reported as spam: 0.33 %. "
        "The limit is 0.10 %."
    )
    beside = raised(rule="learned", measure="unsubscribes", level="flow", name="win_back", against_emails=1_000)
    assert sentence(beside).endswith(
        "against 0.00 % of those that were not decided by what was learned, on the same days (0 of 1,000)."
    )
