"""When each step of each flow becomes due for one customer, and until when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from memory.cycles import ShopCycles
from memory.due.agenda import RULES, agenda
from memory.due.moments import Moment, News, NewsKind, Whom
from memory.due.rules import PACES, BadFlowTimes, DueRules, Thresholds, UnknownFlow, UnknownStep, due_rules
from memory.events import parse
from memory.fold import remember
from memory.shop import Shop
from tests.kit.events import APRON, KETTLE, NOW, TEA, order, track
from tests.kit.factories import LIBRARY

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LONG_AGO = NOW - 400 * DAY
STEPS = {str(flow.name): [(step.name, step.after) for step in flow.steps] for flow in LIBRARY.flows}
RULES_OF_SHOP = due_rules(STEPS)


def whom(*messages: dict[str, Any], **known: Any) -> Whom:
    """A customer who did this."""
    return Whom(remember(parse(message, NOW) for message in messages), **known)


def moments(
    flow: str, who: Whom, *, as_of: datetime = NOW - 400 * DAY, rules: DueRules = RULES_OF_SHOP
) -> list[Moment]:
    """Their moments in one flow, earliest first."""
    return sorted((one for one in agenda(who, rules, as_of) if one.flow == flow), key=lambda one: one.from_at)


def windows(found: Sequence[Moment], since: datetime) -> dict[str, tuple[timedelta, timedelta]]:
    """Step -> from and until, counted from a moment."""
    return {one.step: (one.from_at - since, one.until_at - since) for one in found}


def added(product: dict[str, Any] = KETTLE, *, days_ago: float = 0) -> dict[str, Any]:
    return track("Product Added", product, days_ago=days_ago)


def viewed(product: dict[str, Any] = KETTLE, *, days_ago: float = 0) -> dict[str, Any]:
    return track("Product Viewed", product, days_ago=days_ago)


class TestCart:
    def test_it_is_reminded_of_after_an_hour_a_day_and_before_three(self) -> None:
        found = moments("abandoned_cart", whom(added()))
        assert windows(found, NOW) == {
            "reminder": (HOUR, DAY),
            "closer_look": (DAY, 60 * HOUR),
            "last_note": (60 * HOUR, 3 * DAY),
        }

    def test_an_order_empties_it(self) -> None:
        assert not moments("abandoned_cart", whom(added(days_ago=1), order("o1", APRON)))

    def test_so_does_an_order_that_is_cancelled_later(self) -> None:
        cancelled = track("Order Cancelled", {"order_id": "o1"})
        assert not moments("abandoned_cart", whom(added(days_ago=2), order("o1", KETTLE, days_ago=1), cancelled))

    def test_taking_everything_out_ends_it(self) -> None:
        assert not moments("abandoned_cart", whom(added(days_ago=1), track("Product Removed", KETTLE)))

    def test_looking_into_the_cart_puts_the_steps_off_and_begins_no_other_occasion(self) -> None:
        seen = track("Cart Viewed", {"products": [KETTLE]})
        before = moments("abandoned_cart", whom(added(days_ago=2)))
        after = moments("abandoned_cart", whom(added(days_ago=2), seen))
        assert {one.occasion for one in before} == {one.occasion for one in after}
        assert windows(after, NOW)["reminder"][0] == HOUR

    @pytest.mark.parametrize(
        "between",
        [
            pytest.param([], id="nothing for ten days"),
            pytest.param([order("o1", KETTLE, days_ago=1)], id="an order"),
        ],
    )
    def test_another_cart_is_another_occasion(self, between: list[dict[str, Any]]) -> None:
        long_ago = 2 if between else 10
        before = moments("abandoned_cart", whom(added(days_ago=long_ago)))
        after = moments("abandoned_cart", whom(added(days_ago=long_ago), *between, added(TEA)))
        assert before[0].occasion != after[0].occasion
        assert len({one.occasion for one in after}) == 1


class TestBrowsing:
    def test_two_looks_within_a_day_are_followed_up(self) -> None:
        found = moments("browse_abandonment", whom(viewed(days_ago=0.5), viewed(TEA)))
        assert windows(found, NOW) == {"introduction": (4 * HOUR, 3 * DAY), "around_it": (3 * DAY, 7 * DAY)}
        assert found[0].product_id == "p2"

    @pytest.mark.parametrize(
        "then",
        [
            pytest.param([viewed(days_ago=3), viewed()], id="looks days apart"),
            pytest.param([viewed(), viewed(), added()], id="something in the cart"),
            pytest.param([viewed(days_ago=0.2), viewed(days_ago=0.1), order("o1", APRON)], id="an order"),
        ],
    )
    def test_it_is_none_with(self, then: list[dict[str, Any]]) -> None:
        assert not moments("browse_abandonment", whom(*then))

    def test_what_is_nobodys_business_is_not_followed_up(self) -> None:
        private = {"product_id": "p9", "name": "Pregnancy test", "category": "Health"}
        assert not moments("browse_abandonment", whom(viewed(private, days_ago=0.1), viewed(private)))

    def test_there_is_one_occasion_a_week(self) -> None:
        days = (0, 0.1, 0.5, 8, 8.1)
        known = {
            day: moments("browse_abandonment", whom(viewed(days_ago=day), viewed(TEA, days_ago=day)))[0].occasion
            for day in days
        }
        assert len(set(known.values())) == 2


class TestAfterAnOrder:
    def test_thanks_come_first_and_what_goes_with_it_later(self) -> None:
        found = moments("post_purchase", whom(order("o1", KETTLE)))
        assert windows(found, NOW) == {"thanks": (3 * DAY, 10 * DAY), "goes_with_it": (10 * DAY, 21 * DAY)}
        assert {one.occasion for one in found} == {"o1"}

    def test_cross_selling_waits_one_week_and_stops_after_two(self) -> None:
        assert windows(moments("cross_sell", whom(order("o1", KETTLE))), NOW) == {"pairing": (7 * DAY, 14 * DAY)}

    @pytest.mark.parametrize("undone", ["Order Cancelled", "Order Refunded"])
    def test_an_order_that_was_undone_is_followed_by_nothing(self, undone: str) -> None:
        who = whom(order("o1", KETTLE, total=64.5, days_ago=1), track(undone, {"order_id": "o1"}))
        assert not moments("post_purchase", who) + moments("cross_sell", who)

    def test_the_newest_order_takes_the_place_of_the_one_before(self) -> None:
        found = moments("post_purchase", whom(order("o1", KETTLE, days_ago=2), order("o2", TEA)))
        assert {one.occasion for one in found} == {"o2"}


class TestReplenishment:
    def three_times(self, product: dict[str, Any] = TEA) -> Whom:
        return whom(*(order(f"o{days}", product, days_ago=days) for days in (60, 40, 20, 0)))

    def test_it_is_due_some_days_before_it_runs_out(self) -> None:
        found = moments("replenishment", self.three_times())
        assert [one.step for one in found] == ["running_low", "still_time"]
        runs_out = NOW + 20 * DAY
        assert found[0].from_at == runs_out - 5 * DAY
        assert found[0].product_id == "p2"
        assert found[-1].until_at <= runs_out + 20 * DAY

    def test_what_was_bought_once_does_not_run_out(self) -> None:
        assert not moments("replenishment", whom(order("o1", TEA)))

    def test_what_only_its_category_says_to_run_out_is_no_occasion(self) -> None:
        bought = order("o1", TEA | {"category": "Tea"})
        guessed = whom(bought, shop=Shop(cycles=ShopCycles(categories={"Tea": 30.0})))
        seen = whom(bought, shop=Shop(cycles=ShopCycles(products={"p2": 30.0})))
        assert not moments("replenishment", guessed)
        assert [one.product_id for one in moments("replenishment", seen)] == ["p2", "p2"]

    def test_what_runs_out_together_is_one_occasion(self) -> None:
        both = whom(*(order(f"o{days}", TEA, APRON, days_ago=days) for days in (60, 40, 20, 0)))
        assert len({one.occasion for one in moments("replenishment", both)}) == 1


class TestDriftingAway:
    def test_win_back_lies_between_at_risk_and_lapsed_by_their_own_gap(self) -> None:
        found = moments("win_back", whom(*(order(f"o{days}", TEA, days_ago=days) for days in (60, 40, 20, 0))))
        assert windows(found, NOW) == {"hello_again": (40 * DAY, 80 * DAY), "something_small": (54 * DAY, 80 * DAY)}

    def test_the_usual_gap_is_taken_where_they_have_none_of_their_own(self) -> None:
        found = moments("win_back", whom(order("o1", TEA)))
        assert windows(found, NOW)["hello_again"] == (180 * DAY, 360 * DAY)

    def test_an_order_begins_it_anew(self) -> None:
        found = moments("win_back", whom(order("o1", TEA, days_ago=200), order("o2", TEA)))
        assert {one.occasion for one in found} == {"o2"}


class TestPeople:
    def test_who_agreed_to_email_is_welcomed(self) -> None:
        found = moments("welcome", whom(viewed(days_ago=90), consented_at=NOW))
        assert windows(found, NOW) == {
            "hello": (timedelta(minutes=5), 3 * DAY),
            "what_we_do": (3 * DAY, 7 * DAY),
            "first_order": (7 * DAY, 14 * DAY),
        }

    def test_an_order_ends_the_welcome(self) -> None:
        found = moments("welcome", whom(order("o1", TEA, days_ago=0), consented_at=NOW - 4 * DAY))
        assert windows(found, NOW - 4 * DAY) == {
            "hello": (timedelta(minutes=5), 3 * DAY),
            "what_we_do": (3 * DAY, 4 * DAY),
        }

    def test_who_had_ordered_before_is_no_newcomer(self) -> None:
        assert not moments("welcome", whom(order("o1", TEA, days_ago=1), consented_at=NOW))

    def test_a_birthday_is_a_day_where_they_live(self) -> None:
        [found] = moments("birthday", Whom(whom().state, date(1985, 12, 10), "Pacific/Auckland"), as_of=NOW)
        assert found.from_at == datetime(2026, 12, 9, 11, tzinfo=UTC)
        assert found.until_at - found.from_at == DAY
        assert found.occasion == "2026"

    def test_the_next_birthday_follows_the_one_that_is_over(self) -> None:
        born = Whom(whom().state, date(1984, 2, 29))
        [first] = moments("birthday", born, as_of=NOW)
        [second] = moments("birthday", born, as_of=first.until_at)
        assert (first.from_at, second.from_at) == (
            datetime(2027, 2, 28, tzinfo=UTC),
            datetime(2028, 2, 29, tzinfo=UTC),
        )

    @pytest.mark.parametrize(
        ("thresholds", "since"),
        [
            pytest.param(Thresholds(vip_orders=3), 10, id="by orders"),
            pytest.param(Thresholds(vip_spent=100), 20, id="by money, which came first"),
            pytest.param(Thresholds(vip_orders=5), None, id="not yet"),
        ],
    )
    def test_a_vip_is_one_from_the_order_that_made_them_one(self, thresholds: Thresholds, since: int | None) -> None:
        who = whom(*(order(f"o{days}", TEA, days_ago=days, total=60) for days in (30, 20, 10, 0)))
        found = moments("vip", who, rules=due_rules(STEPS, thresholds))
        assert [one.from_at for one in found] == ([] if since is None else [NOW - since * DAY])


class TestWants:
    def told(self, kind: NewsKind, *messages: dict[str, Any], days_ago: float = 0, lasts: float = 7) -> list[Moment]:
        at = NOW - timedelta(days=days_ago)
        news = {"p1": [News("p1", kind, at, at + timedelta(days=lasts))]}
        return moments(kind, whom(*messages, news=news))

    @pytest.mark.parametrize(
        "wanting",
        [
            pytest.param([track("Product Added to Wishlist", KETTLE, days_ago=100)], id="wished for"),
            pytest.param([added(days_ago=50)], id="in the cart"),
            pytest.param([viewed(days_ago=9), viewed(days_ago=5)], id="looked at twice"),
        ],
    )
    def test_who_wants_a_product_hears_of_it(self, wanting: list[dict[str, Any]]) -> None:
        [cheaper] = self.told("price_drop", *wanting)
        assert (cheaper.from_at, cheaper.product_id) == (NOW + 2 * HOUR, "p1")
        [back] = self.told("back_in_stock", *wanting)
        assert back.from_at == NOW

    @pytest.mark.parametrize(
        "not_wanting",
        [
            pytest.param([viewed(days_ago=5)], id="looked at once"),
            pytest.param([added(days_ago=5), order("o1", KETTLE, days_ago=1)], id="bought it since"),
            pytest.param([viewed(days_ago=90), viewed(days_ago=80)], id="looked long ago"),
            pytest.param(
                [
                    track("Product Added to Wishlist", KETTLE, days_ago=9),
                    track("Product Removed from Wishlist", KETTLE, days_ago=5),
                ],
                id="wishes no more",
            ),
            pytest.param([track("Product Added to Wishlist", TEA, days_ago=5)], id="wants something else"),
        ],
    )
    def test_who_does_not_want_it_hears_nothing(self, not_wanting: list[dict[str, Any]]) -> None:
        assert not self.told("price_drop", *not_wanting)

    def test_who_has_seen_the_new_price_needs_not_be_told(self) -> None:
        assert not self.told("price_drop", viewed(days_ago=9), viewed(days_ago=1), days_ago=2)

    def test_news_that_is_over_ends_it(self) -> None:
        [found] = self.told("price_drop", added(days_ago=5), lasts=1)
        assert found.until_at == NOW + DAY


def test_what_is_over_is_left_out() -> None:
    who = whom(added(), order("o1", TEA, days_ago=300))
    for as_of in (NOW, NOW + 2 * DAY, NOW + 30 * DAY):
        assert all(one.until_at > as_of for one in agenda(who, RULES_OF_SHOP, as_of))


def test_every_flow_that_somebody_enters_has_a_rule_and_a_pace() -> None:
    entered = {flow.name for flow in LIBRARY.flows if flow.name != "newsletter"}
    assert set(RULES) == set(PACES) == set(RULES_OF_SHOP.flows) == entered


def test_another_flow_or_step_is_an_error_that_lists_those_there_are() -> None:
    with pytest.raises(UnknownFlow, match="abandoned_cart, back_in_stock"):
        RULES_OF_SHOP.flow("newsletter")
    with pytest.raises(UnknownStep, match="reminder, closer_look, last_note"):
        RULES_OF_SHOP.flow("abandoned_cart").place("reminded")


@pytest.mark.parametrize(
    "steps",
    [
        pytest.param([("one", "P1D"), ("two", "PT1H")], id="out of order"),
        pytest.param([("one", "P1D"), ("two", "P5D")], id="after the flow is over"),
    ],
)
def test_steps_that_cannot_be_are_refused(steps: list[tuple[str, str]]) -> None:
    with pytest.raises(BadFlowTimes) as caught:
        due_rules({"abandoned_cart": steps})
    assert caught.value.pointer == "/abandoned_cart/steps"


def test_other_rules_have_another_version() -> None:
    assert RULES_OF_SHOP.version == due_rules(STEPS).version
    assert RULES_OF_SHOP.version != due_rules(STEPS, Thresholds(vip_orders=7)).version
