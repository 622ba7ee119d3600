"""An order is given to one e-mail at most, never before a click, and the same however events are shuffled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from composer.facts.crediting import credit, credited, touches_of
from composer.facts.mails import mails_of
from composer.facts.orders import orders_of
from composer.facts.rules import AttributionRules
from memory.events import Event

AT = datetime(2026, 6, 1, tzinfo=UTC)
EMAILS = [f"msg_{number:026}" for number in range(4)]
SENT = {email_id: AT + timedelta(days=number) for number, email_id in enumerate(EMAILS)}
MAIL_EVENTS = ("Email Delivered", "Email Opened", "Email Link Clicked", "Email Bounced")
ORDER_EVENTS = ("Order Completed", "Order Refunded", "Order Cancelled", "Order Updated")
rules = st.builds(
    AttributionRules,
    model=st.sampled_from(["last_click", "first_click"]),
    click_days=st.integers(0, 14),
    open_days=st.integers(0, 14),
    delivered_only=st.booleans(),
    window_days=st.integers(1, 14),
    returns_days=st.integers(0, 60),
)


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """What one customer did with four e-mails, and three orders."""
    events = []
    for number in range(draw(st.integers(6, 25))):
        at = AT + timedelta(hours=draw(st.integers(-12, 24 * 8)))
        said: dict[str, Any] = {"order_id": draw(st.sampled_from("abc")), "total": draw(st.integers(0, 100))}
        name = draw(st.sampled_from(MAIL_EVENTS + ORDER_EVENTS))
        if name in MAIL_EVENTS:
            said = {"email_id": draw(st.sampled_from(EMAILS))}
        events.append(Event(f"m{number}", "track", name, "ada", None, at, {"properties": said}))
    return events


@given(histories(), rules, st.randoms(use_true_random=False))
def test_each_order_is_given_once_and_its_money_is_never_more_than_was_paid(
    events: list[Event], rules: AttributionRules, shuffle: Random
) -> None:
    orders = orders_of(events, rules.returns, {})
    mails = mails_of(events, SENT)
    given_to = credit(orders, touches_of(mails, SENT, rules), rules)
    every = [order.order_id for theirs in given_to.values() for order in theirs]
    assert len(every) == len(set(every))
    money = sum(order.revenue for theirs in given_to.values() for order in theirs)
    assert 0 <= money <= sum(order.total for order in orders if order.stands)
    again = list(events)
    shuffle.shuffle(again)
    assert orders_of(again, rules.returns, {}) == orders
    assert credit(orders, touches_of(mails_of(again, SENT), SENT, rules), rules) == given_to


@given(histories(), rules)
def test_an_e_mail_has_an_order_only_after_a_person_touched_it_and_soon_enough(
    events: list[Event], rules: AttributionRules
) -> None:
    touches = touches_of(mails_of(events, SENT), SENT, rules)
    for order in orders_of(events, rules.returns, {}):
        email_id = credited(order.placed, touches, rules)
        kinds = ((touches.clicks, rules.click), (touches.opens, rules.open))
        may = {one.email_id for some, within in kinds for one in some if one.at <= order.placed < one.at + within}
        assert (email_id in may) if may else email_id is None


@given(rules)
def test_the_version_is_of_what_the_rules_say(rules: AttributionRules) -> None:
    assert AttributionRules.model_validate_json(rules.model_dump_json()).version == rules.version
    other = rules.model_copy(update={"returns_days": (rules.returns_days + 1) % 61})
    assert AttributionRules.model_validate(other.model_dump()).version != rules.version
