"""What an e-mail was worth: what people did, and what those take with them who leave."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from composer.bandit.reward import (
    MOST,
    QUANTUM,
    UNPRICED_LEAVES,
    USUAL,
    Kind,
    brought_by,
    gross,
    kind_of,
    learned_worth,
    noise,
)
from tests.kit.decisions import decision
from tests.kit.events import NOW


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [
        ({}, Kind.NOTHING),
        ({"machine_opened": True}, Kind.NOTHING),
        ({"opened": True}, Kind.OPENED),
        ({"opened": True, "clicked": True}, Kind.CLICKED),
        ({"clicked": True, "orders": 2, "revenue": 90_000}, Kind.ORDERED),
        ({"clicked": True, "orders": 1, "revenue": 0}, Kind.CLICKED),
        ({"clicked": True, "orders": 1, "revenue": 0, "unpriced": 1}, Kind.ORDERED),
        ({"opened": True, "unsubscribed": True}, Kind.UNSUBSCRIBED),
        ({"clicked": True, "complained": True, "unsubscribed": True}, Kind.COMPLAINED),
        ({"orders": 1, "revenue": 90_000, "unsubscribed": True}, Kind.ORDERED_AND_LEFT),
    ],
)
def test_an_email_came_to_the_most_that_was_done_with_it(outcome: dict[str, Any], kind: Kind) -> None:
    assert kind_of(decision(1, NOW, **outcome)) is kind


@pytest.mark.parametrize("outcome", [{"delivered": False}, {"bounced": True}, {"delivered": False, "clicked": True}])
def test_an_email_that_did_not_arrive_is_missing_and_not_worth_nothing(outcome: dict[str, Any]) -> None:
    assert kind_of(decision(1, NOW - timedelta(days=50), **outcome)) is None


def test_an_order_is_worth_more_than_a_click_that_more_than_an_open_and_leaving_costs() -> None:
    nothing, opened, clicked, ordered, unsubscribed, complained, both = USUAL.kinds
    assert ordered == 1 > clicked > opened > nothing == 0 > unsubscribed > complained
    assert both == ordered + unsubscribed


def test_a_click_is_worth_what_clicks_lead_to_in_this_shop() -> None:
    often = learned_worth([9_000.0, 500.0, 100.0, 300.0, 0.0, 0.0, 0.0])
    seldom = learned_worth([9_000.0, 500.0, 400.0, 4.0, 0.0, 0.0, 0.0])
    nobody_knows = learned_worth([0.0] * 7)
    assert often.click > 0.4
    assert seldom.click == 0.05
    assert nobody_knows.click == USUAL.click


def test_who_leaves_takes_a_year_of_emails_with_them_within_bounds() -> None:
    good = [900.0, 60.0, 30.0, 10.0, 0.0, 0.0, 0.0]
    assert learned_worth(good).loss == pytest.approx(52 * gross(good, learned_worth(good)))
    assert learned_worth([100_000.0, 0, 0, 0, 0, 0, 0]).loss == 0.1
    assert learned_worth([0, 0, 0, 1_000.0, 0, 0, 0]).loss == 2.0


def test_few_emails_never_seem_to_be_worth_nothing_nor_to_vary_by_nothing() -> None:
    ignored = [30.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
    assert gross(ignored, USUAL) > 0.004
    assert noise(ignored, USUAL) > 0.003


@pytest.mark.parametrize(
    ("outcome", "revenue", "left"),
    [
        ({"orders": 1, "revenue": 500_000, "kept": 200_000}, 1.0, 0.4),
        ({"orders": 2, "revenue": 1_000_000, "kept": 400_000}, 2.0, 0.8),
        ({"orders": 1, "revenue": 400_000, "kept": -50_000}, 0.8, -0.1),
        ({"orders": 9, "revenue": 50_000_000, "kept": 20_000_000}, MOST, 0.4 * MOST),
        ({"orders": 1, "revenue": 1_000, "kept": -50_000_000}, 0.002, -MOST),
        ({"orders": 2, "revenue": 500_000, "kept": 100_000, "unpriced": 1}, 2.0, 0.2 + UNPRICED_LEAVES),
    ],
)
def test_orders_are_worth_what_they_brought_in_usual_orders(
    outcome: dict[str, Any], revenue: float, left: float
) -> None:
    brought = brought_by(decision(1, NOW, **outcome), 500_000)
    assert (brought.revenue / QUANTUM, brought.left / QUANTUM) == pytest.approx((revenue, left), abs=1e-3)


def test_orders_that_differ_much_make_every_email_tell_less() -> None:
    kinds = [900.0, 60.0, 30.0, 10.0, 0.0, 0.0, 0.0]
    assert noise(kinds, learned_worth(kinds, 4.0)) > noise(kinds, learned_worth(kinds, 0.1))
