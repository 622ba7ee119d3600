"""What a customer's memory says after this and that happened."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from memory.events import parse
from memory.fold import remember
from memory.lines import ProductHints, add_hints, units
from memory.model import CustomerMemory, RememberedFact
from memory.parts.interests import price_band
from memory.profile import fold_profile, to_profile
from memory.sensitive import LEXICON, sensitive_topic
from memory.view import to_memory
from store.ids import CustomerId
from tests.kit.events import APRON, KETTLE, NOW, TEA, identify, order, track


def _memory(*messages: dict[str, Any]) -> CustomerMemory:
    events = [parse(message, NOW) for message in messages]
    return to_memory(CustomerId("cus_1"), "u1", remember(events), to_profile(fold_profile({}, events)), NOW)


def _texts(memory: CustomerMemory, kind: str) -> list[str]:
    return [fact.text for fact in memory.facts if fact.kind == kind]


def _fact(memory: CustomerMemory, kind: str) -> RememberedFact:
    return next(fact for fact in memory.facts if fact.kind == kind)


def test_nothing_happened() -> None:
    memory = _memory()
    assert (memory.lifecycle, memory.rfm, memory.orders, memory.cart) == ("prospect", None, (), ())


def test_an_order_is_remembered_with_its_lines_and_empties_the_cart() -> None:
    memory = _memory(
        track("Product Added", APRON, days_ago=3),
        order("o1", KETTLE, TEA | {"quantity": 2}, days_ago=2, total=88.5),
    )
    assert memory.orders[0].total == Decimal("88.5")
    assert [(line.name, line.quantity) for line in memory.orders[0].lines] == [
        ("Copper Drip Kettle", 1),
        ("Sencha", 2),
    ]
    assert memory.cart == ()
    assert memory.lifecycle == "new"


def test_an_order_without_total_is_the_sum_of_its_lines_when_all_have_prices() -> None:
    priced = _memory(order("o1", KETTLE, TEA | {"quantity": 2}))
    unpriced = _memory(order("o1", KETTLE, {"product_id": "p9"}))
    assert (priced.orders[0].total, unpriced.orders[0].total) == (Decimal("88.5"), None)


def test_the_cart_is_what_was_put_in_and_not_taken_out_since_the_last_order() -> None:
    memory = _memory(
        order("o1", KETTLE, days_ago=9),
        track("Product Added", KETTLE | {"quantity": 2}, days_ago=3),
        track("Product Added", TEA, days_ago=2),
        track("Product Removed", TEA, days_ago=1),
    )
    assert [(line.name, line.quantity, line.price) for line in memory.cart] == [
        ("Copper Drip Kettle", 2, Decimal("64.5"))
    ]
    assert _texts(memory, "cart") == ["You left the Copper Drip Kettle in your cart on 29 May 2026"]


def test_the_same_order_reported_twice_is_one_order() -> None:
    memory = _memory(order("o1", KETTLE, days_ago=2), order("o1", KETTLE, days_ago=2))
    assert memory.order_count == 1
    assert memory.total_spent == {"EUR": Decimal("64.5")}


def test_an_update_replaces_the_order_and_a_cancellation_takes_it_away() -> None:
    updated = track("Order Updated", {"order_id": "o1", "products": [TEA], "currency": "EUR"}, days_ago=1)
    memory = _memory(order("o1", KETTLE, days_ago=2), updated)
    assert memory.total_spent == {"EUR": Decimal("12")}
    gone = _memory(order("o1", KETTLE, days_ago=2), track("Order Cancelled", {"order_id": "o1"}, days_ago=1))
    assert (gone.order_count, gone.lifecycle) == (0, "prospect")


def test_refunds_are_subtracted_and_never_more_than_was_paid() -> None:
    paid = order("o1", KETTLE, TEA, days_ago=5)
    part = track("Order Refunded", {"order_id": "o1", "total": 12, "products": [TEA]}, days_ago=2)
    whole = track("Order Refunded", {"order_id": "o1"}, days_ago=1)
    memory = _memory(paid, part)
    assert memory.total_spent == {"EUR": Decimal("64.5")}
    tea = next(product for product in memory.products if product.product_id == "p2")
    assert tea.last_returned_at == NOW - timedelta(days=2)
    assert _memory(paid, part, whole).total_spent == {"EUR": Decimal(0)}


@pytest.mark.parametrize(
    ("told", "left"),
    [
        ({"products": [TEA]}, "64.5"),
        ({"products": [{"product_id": "p2"}]}, "64.5"),
        ({"products": [{"product_id": "p2"}, {"product_id": "p1"}]}, "0"),
        ({"products": [{"product_id": "unheard of"}]}, "0"),
        ({"total": 20}, "56.5"),
        ({}, "0"),
    ],
    ids=["goods with prices", "goods without", "all goods", "goods nobody knows", "money alone", "nothing"],
)
def test_a_refund_of_some_goods_gives_back_what_they_cost(told: dict[str, Any], left: str) -> None:
    back = track("Order Refunded", {"order_id": "o1", **told}, days_ago=2)
    assert _memory(order("o1", KETTLE, TEA, days_ago=5), back).total_spent == {"EUR": Decimal(left)}


def test_nobody_is_reminded_of_what_they_sent_back_until_they_buy_it_again() -> None:
    bought = order("o1", TEA, KETTLE, days_ago=9)
    returned = track("Order Refunded", {"order_id": "o1", "total": 12, "products": [TEA]}, days_ago=2)

    def told(*messages: dict[str, Any]) -> set[Any]:
        return {fact.value for fact in _memory(*messages).facts if fact.kind == "purchase"}

    assert told(bought, returned) == {"p1"}
    assert told(bought, returned, order("o2", TEA, days_ago=1)) == {"p1", "p2"}


def test_currencies_are_never_added_up() -> None:
    memory = _memory(
        order("o1", KETTLE, days_ago=5),
        order("o2", TEA, days_ago=3),
        order("o3", TEA, days_ago=1, currency="usd"),
    )
    assert memory.total_spent == {"EUR": Decimal("76.5"), "USD": Decimal("12")}
    assert memory.rfm is not None
    assert (memory.rfm.frequency, memory.rfm.monetary, memory.rfm.currency) == (3, Decimal("76.5"), "EUR")
    assert memory.rfm.recency_days == pytest.approx(1)


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([5], "new"),
        ([100], "active"),
        ([300], "at_risk"),
        ([500], "lapsed"),
        ([10, 40, 70], "active"),
        ([70, 100, 130], "at_risk"),
        ([130, 160, 190], "lapsed"),
    ],
)
def test_the_lifecycle_follows_the_customers_own_rhythm(days: list[int], expected: str) -> None:
    memory = _memory(*(order(f"o{day}", TEA, days_ago=day) for day in days))
    assert memory.lifecycle == expected


def test_a_rhythm_needs_three_orders() -> None:
    assert _memory(order("o1", TEA, days_ago=40), order("o2", TEA, days_ago=5)).cadence_days is None
    memory = _memory(*(order(f"o{day}", TEA, days_ago=day) for day in (5, 40, 75)))
    assert memory.cadence_days == 35
    assert _texts(memory, "cadence") == ["You usually reorder about every 5 weeks"]


def test_interests_are_shares_that_fade_with_time() -> None:
    recent = [track("Product Viewed", KETTLE, days_ago=day) for day in (1, 2)]
    old = [track("Product Viewed", TEA, days_ago=day) for day in (121, 122)]
    categories = {i.value: i.strength for i in _memory(*recent, *old).interests if i.kind == "category"}
    assert sum(categories.values()) == pytest.approx(1)
    # Two half-lives of 60 days apart: a quarter.
    assert categories["Drinks > Green Tea"] / categories["Kettles"] == pytest.approx(0.25, rel=0.01)


def test_what_events_lack_is_filled_in_from_the_catalog_once_and_for_all() -> None:
    event = parse(track("Product Viewed", {"product_id": "p1"}), NOW)
    hints = ProductHints("Copper Drip Kettle", "Kettles", "Hario", Decimal("64.5"), {"material": "copper"})
    add_hints(event, {"p1": hints}.get)
    state = remember([event])
    assert {(kind, *sums) for kind, sums in state["sums"].items()} == {
        ("category", "Kettles"),
        ("brand", "Hario"),
        ("attribute", "material=copper"),
        ("price_band", "50-100"),
    }


def test_the_catalog_adds_what_the_event_does_not_say() -> None:
    event = parse(track("Product Viewed", TEA | {"colour": "Green"}), NOW)
    known = ProductHints(
        "Green Tea", price=Decimal(15), attributes={"color": "jade", "Leaf": "whole"}, consumable_days=40
    )
    add_hints(event, {"p2": known}.get)
    assert event.body["hints"] == {"p2": {"name": "Green Tea", "attributes": {"leaf": "whole"}, "consumable_days": 40}}


def test_what_an_event_calls_a_product_of_the_catalog_is_not_believed() -> None:
    evil = {"product_id": "p1", "name": "evil", "category": "scams", "brand": "fraud"}
    catalog = {"p1": ProductHints("Copper Drip Kettle", "Kettles", "Hario", Decimal("64.5"))}
    events = [
        parse(message, NOW)
        for message in (
            order("o1", KETTLE, days_ago=25),
            track("Product Viewed", evil, days_ago=1),
            # Twice in one order: the line that says less must not take the catalog's word from the other.
            order("o2", evil | {"price": 5}, KETTLE | {"price": 5}, evil, KETTLE | {"price": None}, days_ago=2),
            track("Product Viewed", evil | {"product_id": "p9"}, days_ago=3),
        )
    ]
    for event in events:
        add_hints(event, catalog.get)
    state = remember(events)
    memory = to_memory(CustomerId("cus_1"), "u1", state, to_profile({}), NOW)
    assert "hints" not in events[0].body
    assert _texts(memory, "purchase") == ["You last bought the Copper Drip Kettle on 30 May 2026, 2 times in all"]
    assert [line.price for line in memory.orders[0].lines] == [5, 5, Decimal("64.5"), Decimal("64.5")]
    assert state["products"]["p1"][1:4] == ["Copper Drip Kettle", "Kettles", "Hario"]
    # Of what the catalog does not know there is no other word.
    assert state["products"]["p9"][1:4] == ["evil", "scams", "fraud"]
    assert state["sums"]["brand"]["fraud"][0] == 1


def test_purchases_read_like_sentences_and_name_their_events() -> None:
    memory = _memory(
        order("o1", KETTLE, days_ago=90) | {"messageId": "first"},
        order("o2", KETTLE, TEA, days_ago=10) | {"messageId": "second"},
    )
    assert _texts(memory, "purchase") == [
        "You bought the Sencha on 22 May 2026",
        "You last bought the Copper Drip Kettle on 22 May 2026, 2 times in all",
    ]
    kettle = next(fact for fact in memory.facts if fact.kind == "purchase" and "Kettle" in fact.text)
    assert kettle.sources == ("second", "first")
    assert kettle.say == "named"


def test_often_is_said_of_what_was_bought_more_than_once_and_of_nothing_else() -> None:
    looked = _memory(track("Product Viewed", TEA, days_ago=1))
    bought = _memory(*(order(f"o{day}", TEA, days_ago=day) for day in (1, 2)))
    assert _texts(looked, "interest") == [
        "You like green tea",
        "You like Ippodo",
    ]
    assert _texts(bought, "interest")[0] == "You often buy green tea"


def test_views_are_said_by_category_only() -> None:
    memory = _memory(track("Product Viewed", TEA, days_ago=1), track("Product Viewed", TEA, days_ago=2))
    assert _texts(memory, "view") == ["You recently looked at green tea"]
    assert _fact(memory, "view").say == "coarse"


def test_searches_opens_and_lifecycle_are_never_said() -> None:
    memory = _memory(
        track("Products Searched", {"query": "gift for a friend"}, days_ago=1),
        track("Email Delivered", days_ago=4),
        track("Email Opened", days_ago=3),
    )
    assert {fact.kind for fact in memory.facts} == {"search", "engagement", "lifecycle"}
    assert {fact.say for fact in memory.facts} == {"never"}
    assert memory.engagement.level == "warm"


def test_facts_expire() -> None:
    memory = _memory(
        track("Product Added", APRON, days_ago=31),
        track("Product Viewed", TEA, days_ago=31),
        track("Product Added to Wishlist", KETTLE, days_ago=31),
    )
    assert {fact.kind for fact in memory.facts} & {"cart", "view", "wish"} == {"wish"}


def test_only_what_the_customer_told_is_declared() -> None:
    memory = _memory(
        identify(
            {
                "favoriteRoast": "dark",
                "preferences": {"milk": "oat", "age": 34, "newsletter": True},
                "churn_score": 0.9,
                "segment": "gold",
                "birthday": "1990-03-03",
            },
            days_ago=1,
        )
    )
    assert sorted(_texts(memory, "declared")) == [
        "You told us your favorite roast is dark",
        "You told us your milk is oat",
    ]
    assert memory.profile.birthday == date(1990, 3, 3)
    assert _fact(memory, "birthday").say == "coarse"


@pytest.mark.parametrize(
    "text",
    [
        "pregnancy test",
        "Schwangerschaftstee",
        "vêtements de grossesse",
        "regalo para embarazada",
        "BABY SHOWER",
        "Windeln Größe 3",
        "debt help",
        "hijab",
        "diabetes strips",
        "préservatifs",
        "gifts for 3 year old",
    ],
)
def test_sensitive_topics_are_recognised_in_several_languages(text: str) -> None:
    assert sensitive_topic(text) is not None


@pytest.mark.parametrize("topic", LEXICON)
def test_every_beginning_in_the_lexicon_is_recognised_within_a_sentence(topic: str) -> None:
    words = [word.partition("(?!")[0] for word in LEXICON[topic]]
    missed = [word for word in words if sensitive_topic(f"You bought the {word.title()}en on 3 March") is None]
    assert missed == []


@pytest.mark.parametrize(
    "text",
    [
        "green tea",
        "bicycle lubricant",
        "Christian Dior",
        "Müsli",
        "Landrace ham",
        "Geburtstagskarte",
        "Thé d’hiver",
        "Bebemos té",
        "",
    ],
)
def test_harmless_words_are_left_alone(text: str) -> None:
    assert sensitive_topic(text) is None


def test_sensitive_things_are_neither_used_nor_said() -> None:
    test_kit = {"product_id": "p7", "name": "Clear Blue", "category": "Pregnancy tests", "price": 9}
    memory = _memory(
        order("o1", test_kit, days_ago=3),
        track("Product Viewed", test_kit, days_ago=2),
        track("Products Searched", {"query": "ovulation calendar"}, days_ago=1),
        identify({"preferences": {"diet": "diabetic"}}),
    )
    about_it = [fact for fact in memory.facts if fact.kind != "lifecycle"]
    assert about_it
    assert [(fact.kind, fact.use, fact.say) for fact in about_it if fact.use or fact.say != "never"] == []
    assert memory.searches == ()
    assert [interest for interest in memory.interests if interest.kind == "category"] == []


def test_wishes_come_and_go() -> None:
    wished = track("Product Added to Wishlist", APRON, days_ago=2)
    assert _texts(_memory(wished), "wish") == ["You put the Linen Apron on your wish list on 30 May 2026"]
    assert _texts(_memory(wished, track("Product Removed from Wishlist", APRON, days_ago=1)), "wish") == []


def test_the_latest_word_on_a_trait_counts_however_it_is_spelled() -> None:
    memory = _memory(
        identify({"firstName": "Ada", "email": "ada@example.org", "address": {"postalCode": "1010"}}, days_ago=2),
        identify({"first_name": "Augusta", "email": "not an address"}, days_ago=1),
    )
    assert memory.profile.first_name == "Augusta"
    assert memory.profile.email is None
    assert memory.profile.address == {"postal_code": "1010"}


def test_a_full_name_is_split_when_that_is_all_there_is() -> None:
    profile = _memory(identify({"name": "Ada King Lovelace"})).profile
    assert (profile.first_name, profile.last_name) == ("Ada", "King Lovelace")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (19.99, 199_900),
        ("19.99", 199_900),
        (5, 50_000),
        (0, 0),
        (-1, None),
        (True, None),
        ("call us", None),
        (None, None),
        (float("inf"), None),
        ("1e999999", None),
        (10**18, None),
    ],
)
def test_amounts_are_exact_or_left_out(value: Any, expected: int | None) -> None:
    assert units(value) == expected


def test_price_bands_have_no_gaps() -> None:
    assert [price_band(amount * 10_000) for amount in (0, 5, 24, 25, 1000)] == [
        "0-5",
        "5-10",
        "10-25",
        "25-50",
        "1000+",
    ]
