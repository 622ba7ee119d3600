"""How somebody shops, after this and that happened: cycles, reduced prices, gifts, seasons, dislikes, interests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from memory.cycles import ShopCycles
from memory.email_hints import EmailHints
from memory.events import parse
from memory.fold import remember
from memory.habit_learning import Habits
from memory.model import CustomerMemory
from memory.profile import to_profile
from memory.shop import NOTHING_LEARNED, Shop
from memory.shopping import ShopHabits
from memory.view import to_memory
from store.ids import CustomerId
from tests.kit.events import APRON, KETTLE, NOW, TEA, order, track

SHIRT = {"product_id": "s1", "name": "Linen Shirt", "category": "Shirts", "price": 60}


def memory(*messages: dict[str, Any], shop: Shop = NOTHING_LEARNED) -> CustomerMemory:
    events = [parse(message, NOW) for message in messages]
    for event in events:
        if "email_id" in event.properties:
            arms = ("welcome", "story", "warm", "short", "plain", "look")
            event.body["email_hints"] = EmailHints("u1", *arms, products=("p1", "p3")).to_plain()
    return to_memory(CustomerId("cus_1"), "u1", remember(events), to_profile({}), NOW, shop=shop)


def orders(*days: float, **line: Any) -> list[dict[str, Any]]:
    return [order(f"o{day}", TEA | line, days_ago=day) for day in days]


def texts(found: CustomerMemory, kind: str) -> list[tuple[str, str]]:
    return [(fact.text, fact.say) for fact in found.facts if fact.kind == kind]


ADA = {"name": "Ada King", "zip": "1010"}


class TestCycles:
    def test_what_was_bought_several_times_lasts_as_long_as_it_did(self) -> None:
        [cycle] = memory(*orders(10, 41, 69)).cycles
        assert (cycle.basis, cycle.every_days, cycle.times) == ("own", 29.5, 3)
        assert cycle.runs_out_at == NOW - timedelta(days=10) + timedelta(days=29.5)

    def test_two_units_last_twice_as_long(self) -> None:
        two = TEA | {"quantity": 2}
        [before] = memory(order("o0", two, days_ago=130), *orders(40, 70)).cycles
        assert (before.quantity_usual, before.every_days) == (1, 30)
        [since] = memory(order("o0", two, days_ago=130), *orders(40, 70), order("o1", two, days_ago=10)).cycles
        assert since.runs_out_at == NOW + timedelta(days=50)

    def test_once_or_twice_is_no_habit_of_their_own(self) -> None:
        assert memory(*orders(10)).cycles == memory(*orders(10, 40)).cycles == ()

    def test_until_then_the_shop_tells_and_then_the_catalog(self) -> None:
        shop = Shop(cycles=ShopCycles(products={"p2": 20.0}, categories={"Textiles": 90.0}))
        found = {one.product_id: one for one in memory(order("o1", TEA, APRON, KETTLE, days_ago=1), shop=shop).cycles}
        assert {name: (one.basis, one.every_days) for name, one in found.items()} == {
            "p2": ("shop", 20.0),
            "p3": ("category", 90.0),
        }
        [own_word] = memory(*orders(5, consumable_days=30)).cycles
        assert (own_word.basis, own_word.every_days) == ("product", 30)

    def test_the_catalogs_word_on_a_product_goes_before_what_its_category_lasts(self) -> None:
        guessing = Shop(cycles=ShopCycles(categories={"Tea": 90.0}))
        [known] = memory(*orders(5, category="Tea", consumable_days=30), shop=guessing).cycles
        assert (known.basis, known.every_days) == ("product", 30)

    def test_few_gaps_of_their_own_are_drawn_to_the_shops(self) -> None:
        shop = Shop(cycles=ShopCycles(products={"p2": 20.0}))
        one_gap, many = memory(*orders(10, 50), shop=shop), memory(*orders(*range(10, 500, 40)), shop=shop)
        assert 20 < one_gap.cycles[0].every_days < many.cycles[0].every_days < 40

    def test_what_was_sent_back_or_bought_in_two_orders_of_a_day_is_not_counted_twice(self) -> None:
        back = track("Order Refunded", {"order_id": "o69", "products": [TEA], "total": 12}, days_ago=60)
        assert memory(*orders(10, 41, 69), back).cycles == ()
        part = order("o69", TEA, KETTLE, days_ago=69)
        assert memory(*orders(10, 41), part, back).cycles == ()
        assert memory(*orders(10, 10.1, 10.2)).cycles == ()

    def test_a_habit_given_up_long_ago_is_none(self) -> None:
        assert memory(*orders(400, 430, 460)).cycles == ()

    def test_only_their_own_pace_is_a_fact_and_only_a_coarse_one(self) -> None:
        assert texts(memory(*orders(10, 41, 69)), "cycle") == [
            ("You usually buy the Sencha again after about 4 weeks", "coarse")
        ]
        assert texts(memory(*orders(5, consumable_days=30)), "cycle") == []


HOME = {"product_id": "candle", "name": "Thing", "category": "Home", "quantity": 1, "price": 5.0}


def buyers(habits: Habits, product_id: str, *, times: int, count: int) -> None:
    """So many customers who bought it so often, a month apart, the last time two months ago and longer."""
    for buyer in range(count):
        days = [70 + buyer + 30 * time for time in range(times)]
        bought = (order(f"{product_id}{day}", HOME | {"product_id": product_id}, days_ago=day) for day in days)
        habits.see(remember(parse(message, NOW) for message in bought))


class TestLearning:
    def test_a_products_cycle_is_that_of_those_who_buy_it_again_where_enough_do(self) -> None:
        habits = Habits(NOW)
        for buyer in range(6):
            habits.see(remember(parse(message, NOW) for message in orders(40 + buyer, 70 + buyer)))
        for buyer in range(6):
            habits.see(remember([parse(order("o", KETTLE, APRON, days_ago=buyer), NOW)]))
        learned = habits.cycles()
        assert learned["products"].keys() == {"p2"}
        assert learned["products"]["p2"] == pytest.approx(30, rel=0.06)
        assert learned["categories"] == {}, "one product speaks for itself alone"

    def test_a_few_who_come_back_say_nothing_of_all_the_others(self) -> None:
        habits = Habits(NOW)
        for buyer in range(6):
            habits.see(remember(parse(message, NOW) for message in orders(40 + buyer, 70 + buyer)))
        for buyer in range(40):
            habits.see(remember([parse(order("o", TEA, days_ago=buyer), NOW)]))
        assert habits.cycles()["products"].keys() == {"p2"}, "who bought it of late had no time to come back"
        for buyer in range(10):
            habits.see(remember([parse(order("o", TEA, days_ago=100 + buyer), NOW)]))
        assert habits.cycles() == {"products": {}, "categories": {}, "lasting": []}

    def test_a_category_runs_out_where_several_of_its_products_do(self) -> None:
        habits = Habits(NOW)
        for number in range(3):
            buyers(habits, f"candle{number}", times=2, count=3)
        learned = habits.cycles()
        assert learned["products"] == {}, "too few come back for each alone"
        assert learned["categories"]["Home"] == pytest.approx(30, rel=0.06)
        assert ShopCycles(**learned).guess("a candle nobody had yet", "Home") is not None

    def test_a_lamp_does_not_run_out_because_candles_do(self) -> None:
        habits = Habits(NOW)
        for number in range(3):
            buyers(habits, f"candle{number}", times=2, count=4)
        buyers(habits, "lamp", times=1, count=3)
        shop = ShopCycles(**habits.cycles())
        assert shop.guess("lamp", "Home") is None
        assert shop.guess("candle0", "Home") is not None
        twice = [order(f"l{day}", HOME | {"product_id": "lamp"}, days_ago=day) for day in (28, 60)]
        assert memory(*twice, shop=Shop(cycles=shop)).cycles == ()
        candle = [order(f"c{day}", HOME | {"product_id": "candle0"}, days_ago=day) for day in (28, 60)]
        assert [one.basis for one in memory(*candle, shop=Shop(cycles=shop)).cycles] == ["category"]

    def test_one_best_seller_makes_no_consumables_of_a_category(self) -> None:
        habits = Habits(NOW)
        for name in ("candle", "matches", "refill"):
            buyers(habits, name, times=2, count=10)
        for number in range(12):
            buyers(habits, f"lamp{number}", times=1, count=5)
        learned = habits.cycles()
        assert learned["products"].keys() == {"candle", "matches", "refill"}
        assert learned["categories"] == {}

    def test_shares_are_of_lines_orders_and_the_year(self) -> None:
        habits = Habits(NOW)
        for day in range(0, 400, 2):
            gift = {"gift": True} if day % 4 else {}
            habits.see(remember([parse(order("o", TEA | {"coupon": "X"}, KETTLE, days_ago=day, **gift), NOW)]))
        learned = ShopHabits(**habits.habits())
        assert (learned.reduced, learned.gifts) == (0.5, 0.5)
        assert sum(learned.times[month] for month in ("june", "december")) == pytest.approx(2 / 12, abs=0.04)


class TestDiscounts:
    def test_the_share_of_what_they_buy_reduced_is_drawn_to_the_shops(self) -> None:
        reduced = memory(*orders(10, 20, 30, compare_at_price=20), order("o9", KETTLE, days_ago=5)).discounts
        assert reduced is not None
        assert (reduced.reduced_orders, reduced.orders) == (3, 4)
        assert reduced.share == pytest.approx(3 / 8)

    @pytest.mark.parametrize("whole", [{"coupon": "SPRING"}, {"discount": 5}])
    def test_a_coupon_on_the_order_reduces_all_of_it(self, whole: dict[str, Any]) -> None:
        found = memory(order("o1", TEA, KETTLE, **whole)).discounts
        assert found is not None
        assert found.share == pytest.approx(2 / 6)

    def test_where_nobody_says_what_was_reduced_nothing_is_known(self) -> None:
        assert memory(*orders(10, 20)).discounts is None

    def test_it_steers_and_is_never_said(self) -> None:
        found = memory(*orders(*range(10, 90, 10), coupon="X"))
        assert texts(found, "discount") == [("You often buy at a reduced price", "never")]


class TestGifts:
    @pytest.mark.parametrize(
        "said",
        [
            {"gift": True},
            {"gift_message": "Happy birthday"},
            {"shipping_address": {"name": "Grace", "zip": "9020"}, "billing_address": ADA},
        ],
    )
    def test_a_gift_shows_and_is_no_taste_of_their_own(self, said: dict[str, Any]) -> None:
        found = memory(order("o1", KETTLE, days_ago=3, **said), track("Product Viewed", TEA, days_ago=2))
        assert found.gifts is not None
        assert (found.gifts.gift_orders, found.gifts.categories) == (1, ("Kettles",))
        assert [one.value for one in found.interests if one.kind == "category"] == ["Drinks > Green Tea"]
        assert texts(found, "gift") == [("You have bought gifts here, last on 29 May 2026", "never")]

    @pytest.mark.parametrize(
        "said",
        [
            {},
            {"gift": False, "gift_message": ""},
            {"shipping_address": {"name": "Ada King", "zip": "9020"}, "billing_address": ADA},
            {"shipping_address": {"zip": "9020"}, "billing_address": ADA},
        ],
    )
    def test_where_it_does_not_show_nothing_is_said(self, said: dict[str, Any]) -> None:
        found = memory(order("o1", KETTLE, **said))
        assert found.gifts is None
        assert [one.value for one in found.interests if one.kind == "category"] == ["Kettles"]


class TestSeasons:
    # Days before 1 June 2026 that fall into December of 2023, 2024 and 2025.
    decembers = (170, 175, 535, 540, 900)

    def test_who_buys_in_one_month_of_several_years_has_a_season(self) -> None:
        found = memory(*orders(*self.decembers))
        assert [one.name for one in found.seasons] == ["end_of_year", "december"]
        assert found.seasons[1].years == 3
        assert texts(found, "season")[1] == ("You usually order in December", "never")

    def test_nobody_has_the_season_of_the_whole_shop(self) -> None:
        shop = Shop(habits=ShopHabits(times={"december": 0.6, "end_of_year": 0.5}))
        assert memory(*orders(*self.decembers), shop=shop).seasons == ()

    def test_one_year_is_no_season(self) -> None:
        assert memory(*orders(165, 168, 170, 172, 175)).seasons == ()


class TestDislikes:
    def turned(self, *messages: dict[str, Any]) -> list[tuple[str, str, tuple[str, ...]]]:
        return [(one.kind, one.value, one.reasons) for one in memory(*messages).dislikes]

    def test_what_was_sent_back_rated_low_or_said_no_to(self) -> None:
        assert self.turned(
            track("Order Refunded", {"order_id": "o1", "products": [KETTLE]}, days_ago=3),
            track("Product Reviewed", TEA | {"rating": 2}, days_ago=2),
            track("Not Interested", {"brand": "Ippodo"}, days_ago=1),
        ) == [
            ("brand", "Ippodo", ("not_interested",)),
            ("product", "p2", ("rated_low",)),
            ("product", "p1", ("returned",)),
        ]

    @pytest.mark.parametrize("reason", ["arrived damaged", "Too small", "wrong item sent", "delivered late"])
    def test_a_return_for_another_reason_is_no_dislike(self, reason: str) -> None:
        refund = {"order_id": "o1", "products": [KETTLE], "reason": reason}
        assert self.turned(track("Order Refunded", refund)) == []

    def test_a_later_liking_or_purchase_takes_it_back(self) -> None:
        low = track("Product Reviewed", TEA | {"rating": 1}, days_ago=9)
        assert self.turned(low, track("Product Reviewed", TEA | {"rating": 5}, days_ago=2)) == []
        assert self.turned(low, order("o2", TEA, days_ago=2)) == []
        assert self.turned(low, order("o0", TEA, days_ago=20)) == [("product", "p2", ("rated_low",))]

    def test_it_fades(self) -> None:
        assert self.turned(track("Product Reviewed", TEA | {"rating": 1}, days_ago=400)) == []

    def test_several_of_a_category_and_none_kept_are_the_category(self) -> None:
        pots = [KETTLE | {"product_id": f"k{n}"} for n in range(4)]
        away = [track("Product Disliked", pot, days_ago=n + 1) for n, pot in enumerate(pots[:2])]
        seen = [track("Product Viewed", pot, days_ago=30) for pot in pots]
        assert ("category", "Kettles", ("not_interested",)) in self.turned(*seen, *away)
        kept = [order(f"o{n}", pot, days_ago=20) for n, pot in enumerate(pots)]
        assert all(kind == "product" for kind, _, _ in self.turned(*kept, *away))

    def test_shown_three_times_in_read_mails_and_never_looked_at(self) -> None:
        def mails(count: int) -> list[dict[str, Any]]:
            of = [{"email_id": f"msg_{n:026}"} for n in range(count)]
            arrived = [track("Email Delivered", one, days_ago=10 * n + 1.5) for n, one in enumerate(of)]
            return arrived + [track("Email Opened", one, days_ago=10 * n + 1) for n, one in enumerate(of)]

        assert self.turned(*mails(2)) == []
        assert self.turned(*mails(3)) == [("product", "p3", ("ignored",)), ("product", "p1", ("ignored",))]
        assert self.turned(*mails(3), track("Product Viewed", APRON, days_ago=5)) == [("product", "p1", ("ignored",))]
        clicked = track("Email Link Clicked", {"email_id": f"msg_{0:026}"}, days_ago=0.9)
        assert self.turned(*mails(3), clicked) == []
        unread = [one for one in mails(3) if one["event"] == "Email Delivered"]
        assert self.turned(*unread) == []

    def test_it_is_never_said(self) -> None:
        found = memory(track("Product Reviewed", TEA | {"rating": 1}, days_ago=2))
        assert texts(found, "dislike") == [("You rated the Sencha low", "never")]


class TestInterests:
    def leanings(self, found: CustomerMemory, kind: str) -> dict[str, int]:
        return {one.value: one.events for one in found.interests if one.kind == kind}

    def test_each_says_how_many_events_spoke_for_it_and_when(self) -> None:
        found = memory(
            track("Product Viewed", TEA, days_ago=9), order("o1", TEA, TEA | {"product_id": "p9"}, days_ago=2)
        )
        [category] = [one for one in found.interests if one.kind == "category"]
        assert (category.events, category.last_at) == (2, NOW - timedelta(days=2))
        assert category.weight == pytest.approx(2 * 6 * 0.5 ** (2 / 60) + 0.5 ** (9 / 60), rel=1e-3)

    def test_any_attribute_counts_and_what_names_a_product_does_not(self) -> None:
        bean = {"product_id": "c1", "name": "Huehue", "roast": "Dark", "colour": "Brown", "url": "https://x.example/1",
                "position": 3, "attributes": {"Skin Type": "dry", "vendor_id": "7"}}  # fmt: skip
        found = memory(track("Product Viewed", bean))
        assert self.leanings(found, "attribute") == {"roast=dark": 1, "color=brown": 1, "skin_type=dry": 1}

    def test_a_size_is_one_of_a_category(self) -> None:
        shoe = {"product_id": "b1", "category": "Shoes", "size": 42}
        found = memory(track("Product Viewed", SHIRT | {"size": "M"}), track("Product Viewed", shoe))
        sizes = {(one.category, one.value) for one in found.interests if one.kind == "size"}
        assert sizes == {("Shirts", "m"), ("Shoes", "42")}
