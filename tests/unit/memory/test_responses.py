"""What a customer responds to, next to what the shop as a whole shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.events import Event, parse
from memory.fold import remember
from memory.model import Profile
from memory.parts.mails import Mailed, mails
from memory.responses.collecting import PriorsCollector
from memory.responses.model import Arm, Responses
from memory.responses.priors import NO_PRIORS, ResponsePriors
from memory.responses.reading import responses
from memory.responses.trials import Outcome, Trial, trials
from memory.state import micros
from memory.view import to_memory
from store.ids import CustomerId
from tests.kit.events import NOW, order
from tests.kit.mails import (
    BOUNCED,
    CLICKED,
    COMPLAINED,
    DELIVERED,
    OPENED,
    UNSUBSCRIBED,
    email_id,
    hints,
    mail_event,
    sent,
)

ZONE = ZoneInfo("Europe/Berlin")


def _mail(*events: Event) -> Mailed:
    [found] = mails(remember(events))
    return found


def _told(*groups: list[Event]) -> list[Trial]:
    return list(trials(remember([event for group in groups for event in group]), ZONE, NOW))


def _read(*groups: list[Event], priors: ResponsePriors = NO_PRIORS) -> Responses:
    return responses(remember([event for group in groups for event in group]), ZONE, NOW, priors)


def _arm(found: Responses, dimension: str, arm: str) -> Arm:
    [preference] = [one for one in found.preferences if one.dimension == dimension]
    return next(one for one in preference.arms if one.arm == arm)


def _shop(people: int = 40) -> ResponsePriors:
    """Everybody got five e-mails with a question in the subject and five without; one in five questions is opened."""
    collector, sample = PriorsCollector(), []
    for person in range(people):
        groups = [
            sent(number, days_ago=5 + number, subject=style, opened=style == "question" and (number + person) % 5 == 0)
            for number, style in enumerate(["question", "plain"] * 5)
        ]
        told = _told(*groups)
        collector.add(told)
        sample.append(told)
    # Made-up people are more alike than chance would have it: these differ as people do.
    return replace(collector.learn(sample), spreads={}, person_spreads={})


SHOP = _shop()


def test_an_email_is_remembered_with_what_it_was_like_and_what_became_of_it() -> None:
    found = _mail(*sent(1, days_ago=4, clicked=True, angle="gift", products=("p7",)))
    assert (found.angle, found.products, found.left, found.ignored) == ("gift", ("p7",), False, False)
    assert found.arrived is not None
    assert found.opened == found.clicked == found.arrived + 3_600_000_000


def test_an_email_nobody_touched_was_ignored() -> None:
    assert _mail(*sent(1, days_ago=4)).ignored


@pytest.mark.parametrize(
    "said",
    [
        {"sg_machine_open": True},
        {"machine_open": "true"},
        {"client-info": {"bot": "apple"}},
        {"user_agent": "Mozilla/5.0"},
    ],
)
def test_what_a_machine_opened_nobody_opened(said: dict[str, Any]) -> None:
    opened = mail_event(OPENED, email_id(1), NOW, **said)
    assert _mail(mail_event(DELIVERED, email_id(1), NOW), opened).opened is None
    memory = to_memory(CustomerId("cus_1"), "u1", remember([opened]), Profile(), NOW)
    assert memory.engagement.opened == 0


def test_a_scanner_clicks_at_once_and_a_person_later() -> None:
    email, second = email_id(1), timedelta(seconds=1)
    scanned = [mail_event(DELIVERED, email, NOW - second * 60), mail_event(CLICKED, email, NOW - second * 59)]
    assert _mail(*scanned).clicked is None
    person = mail_event(CLICKED, email, NOW - second * 20)
    assert _mail(*scanned, person).clicked == micros(person.at)


def test_an_email_without_hints_is_none_of_ours() -> None:
    event = parse({"type": "track", "event": OPENED, "userId": "u1", "properties": {"email_id": email_id(1)}}, NOW)
    assert remember([event])["mails"] == {}


def test_the_id_is_also_found_in_a_message_id_header() -> None:
    header = mail_event(OPENED, "", NOW, message_id=f"<{email_id(3)}@shop.example>")
    assert list(remember([header])["mails"]) == [email_id(3)]


def test_a_bounced_email_never_arrived_and_was_not_ignored() -> None:
    at = NOW - timedelta(days=9)
    bounced = [mail_event(name, email_id(1), at) for name in (DELIVERED, BOUNCED)]
    assert (_mail(*bounced).arrived, _mail(*bounced).ignored, _told(bounced)) == (None, False, [])


def test_sent_stands_in_for_delivered() -> None:
    at = NOW - timedelta(days=9)
    assert _mail(mail_event("Email Sent", email_id(1), at)).arrived == micros(at)


def test_too_young_an_email_is_no_failure_yet() -> None:
    assert _told(sent(1, days_ago=1)) == []


def test_a_click_on_the_way_out_is_no_success() -> None:
    [left] = _told(sent(1, days_ago=10, clicked=True, left=True))
    assert (left.opened, left.clicked, left.left) == (False, False, True)
    [stayed] = _told(sent(1, days_ago=10, clicked=True))
    assert left.burden == pytest.approx(5 * stayed.burden)


def test_complaining_is_leaving() -> None:
    at = NOW.replace(month=5)
    [trial] = _told([mail_event(name, email_id(1), at) for name in (DELIVERED, COMPLAINED)])
    assert trial.left


def test_an_order_counts_in_the_week_after_the_click() -> None:
    bought = parse(order("o1", days_ago=6), NOW)
    late = parse(order("o2", days_ago=1), NOW)
    assert [one.ordered for one in _told(sent(1, days_ago=10, clicked=True), [bought])] == [True]
    assert [one.ordered for one in _told(sent(1, days_ago=10, clicked=True), [late])] == [False]
    assert [one.ordered for one in _told(sent(1, days_ago=10, opened=True), [bought])] == [False]


def test_the_time_of_day_is_the_customers() -> None:
    [trial] = _told(sent(1, days_ago=4))
    assert "midday" not in trial.arms
    assert "afternoon" in trial.arms  # 12:00 UTC is 14:00 in Berlin.


def test_a_week_counts_its_emails() -> None:
    told = _told(*(sent(number, days_ago=10 + number) for number in range(6)))
    assert [trial.arms[-1] for trial in told] == ["4", "4", "4", "3", "2", "1"]


def test_nobodys_history_is_exactly_the_shop() -> None:
    found = _read(priors=SHOP)
    question = _arm(found, "subject", "question")
    assert (
        question.estimate == question.shop == pytest.approx(SHOP.rates["opened"] * SHOP.ratios["subject"]["question"])
    )
    assert (question.emails, question.own_share, found.emails) == (0, 0, 0)
    assert found.rates["clicked"].estimate == pytest.approx(SHOP.rates["clicked"])


def test_the_shop_has_learned_that_questions_are_opened() -> None:
    found = _read(priors=SHOP)
    assert _arm(found, "subject", "question").estimate > 4 * _arm(found, "subject", "plain").estimate


def test_their_own_openings_move_the_estimate_towards_their_own_rate() -> None:
    def of(count: int) -> Arm:
        groups = [sent(number, days_ago=4 + number / 10, subject="plain", opened=True) for number in range(count)]
        return _arm(_read(*groups, priors=SHOP), "subject", "plain")

    found = [of(count) for count in (0, 1, 5, 20, 60)]
    assert [one.estimate for one in found] == sorted(one.estimate for one in found)
    assert found[-1].estimate > 5 * found[0].estimate
    assert [one.own_share for one in found] == sorted(one.own_share for one in found)


def test_what_they_open_of_one_kind_lets_expect_more_of_the_others() -> None:
    keen = [sent(number, days_ago=4 + number, subject="plain", opened=True) for number in range(20)]
    assert (
        _arm(_read(*keen, priors=SHOP), "subject", "question").estimate
        > _arm(_read(priors=SHOP), "subject", "question").estimate
    )


def test_the_reason_counts_in_plain_words() -> None:
    groups = [sent(number, days_ago=4 + number, subject="question", opened=number < 3) for number in range(5)]
    [subject] = [one for one in _read(*groups, priors=SHOP).preferences if one.dimension == "subject"]
    assert "e-mails with a question in the subject 3 of 5 times; the shop's average is" in subject.reason


def test_without_own_emails_the_reason_cannot_tell() -> None:
    assert all(one.reason.startswith("Cannot tell") and not one.tells for one in _read(priors=SHOP).preferences)


def test_an_arm_of_good_flows_only_is_no_better_for_them() -> None:
    collector = PriorsCollector()
    for person in range(200):
        groups = [
            sent(0, days_ago=8, flow="abandoned_cart", angle="cart", clicked=person % 2 == 0),
            sent(1, days_ago=9, flow="newsletter", angle="news", clicked=person % 50 == 0),
        ]
        collector.add(_told(*groups))
    ratios = collector.learn([]).ratios["angle"]
    # It is clicked 25 times as often.
    assert ratios["cart"] < 1.5 * ratios["news"]


def test_nor_is_it_for_one_person() -> None:
    """Clicks cart e-mails half of the time and newsletters hardly ever, as everybody does."""
    flows: dict[Outcome, dict[str, float]] = {"clicked": {"abandoned_cart": 0.5, "newsletter": 0.02}}
    priors = ResponsePriors(rates={**NO_PRIORS.rates, "clicked": 0.1}, flows=flows, emails=1_000)
    carts = [sent(n, days_ago=4 + n, flow="abandoned_cart", angle="cart", clicked=n % 2 == 0) for n in range(20)]
    news = [sent(50 + n, days_ago=4.5 + n, flow="newsletter", angle="news") for n in range(20)]
    found = _read(*carts, *news, priors=priors)
    assert _arm(found, "angle", "cart").estimate == pytest.approx(0.1, rel=0.2)
    assert _arm(found, "angle", "news").estimate == pytest.approx(0.1, rel=0.2)


def test_how_people_differ_in_an_arm_is_not_explained_by_that_arm() -> None:
    """Each got e-mails of one angle, and clicked nearly all of them or hardly any."""
    collector, sample = PriorsCollector(), []
    for person in range(30):
        keen = bool(person % 2)
        groups = [sent(number, days_ago=4 + number, clicked=keen != (number == 0)) for number in range(12)]
        sample.append(_told(*groups))
        collector.add(sample[-1])
    assert collector.learn(sample).spreads["angle"] > 1


def test_a_frequency_that_drives_people_away_is_not_recommended() -> None:
    def priors(leaving: float) -> ResponsePriors:
        return ResponsePriors(
            ratios={"per_week": {"1": 1.0, "2": 0.95, "3": 0.9}},
            per_week={"1": [900, 0.0001], "2": [900, 0.0001], "3": [900, leaving]},
            emails=2_700,
        )

    gentle, harsh = _read(priors=priors(0.0001)).frequency, _read(priors=priors(0.01)).frequency
    assert gentle is not None
    assert harsh is not None
    assert (gentle.recommended_per_week, harsh.recommended_per_week) == (3, 2)


def test_a_frequency_is_not_guessed() -> None:
    found = _read(priors=NO_PRIORS).frequency
    assert found is not None
    assert found.recommended_per_week is None
    assert found.reason.startswith("Cannot tell")


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.sampled_from("ab")), max_size=12))
def test_rates_are_rates_whatever_happened(done: list[tuple[bool, bool, str]]) -> None:
    groups = [
        sent(number, days_ago=3 + number, clicked=clicked, left=left, angle=angle)
        for number, (clicked, left, angle) in enumerate(done)
    ]
    found = _read(*groups, priors=SHOP)
    arms = [arm for one in found.preferences for arm in one.arms]
    assert all(0 <= one.low <= one.estimate <= one.high <= 1 for one in [*arms, *found.rates.values()])


def test_unsubscribing_through_an_email_is_remembered_with_it() -> None:
    found = _mail(mail_event(DELIVERED, email_id(1), NOW), mail_event(UNSUBSCRIBED, email_id(1), NOW, hints()))
    assert found.left
