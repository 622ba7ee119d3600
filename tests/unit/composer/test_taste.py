"""What picks are told of a customer: each purchase with its moments, bounded whatever the past."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from catalog.model import Signal
from composer.taste import MOMENTS, PURCHASED, SAID_STRENGTH, taste_of
from memory.behaviour import Cycle, Dislike
from memory.model import CustomerMemory, Interest, Order, OrderLine, ProductHistory, Profile
from memory.words.model import Statement, StatementKind
from store.ids import CustomerId

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def order(days_ago: int, *product_ids: str) -> Order:
    lines = tuple(OrderLine(product_id=one, price=Decimal(5)) for one in product_ids)
    return Order(order_id=f"o{days_ago}", at=NOW - timedelta(days=days_ago), lines=lines, event_id=f"e{days_ago}")


def history(product_id: str, days_ago: int, times: int) -> ProductHistory:
    at = NOW - timedelta(days=days_ago)
    return ProductHistory(
        product_id=product_id, bought_times=times, first_bought_at=at, last_bought_at=at, sources=("e-history",)
    )


def remembering(**parts: Any) -> CustomerMemory:
    return CustomerMemory(
        customer_id=CustomerId("cus_1"), external_id="c1", as_of=NOW, profile=Profile(), lifecycle="active", **parts
    )


def bought(orders: list[Order], *histories: ProductHistory) -> dict[str, Signal]:
    memory = remembering(
        orders=tuple(orders),
        products=histories,
    )
    return {one.product_id: one for one in taste_of(memory).signals if one.kind == "bought"}


def test_each_purchase_comes_with_its_moment_newest_first() -> None:
    found = bought([order(3, "tea"), order(40, "tea", "pot")], history("tea", 3, 2))
    assert [(NOW - at).days for at in found["tea"].moments] == [3, 40]
    assert (found["tea"].times, found["tea"].sources) == (2, ("e3", "e40"))


def test_what_was_bought_too_long_ago_to_have_a_history_shown_is_told_all_the_same() -> None:
    found = bought([order(3, "tea"), order(40, "pot"), order(90, "pot")], history("tea", 3, 1))
    assert (found["pot"].at, found["pot"].times, found["pot"].sources) == (NOW - timedelta(days=40), 2, ("e40", "e90"))


def test_what_happened_last_rests_on_the_newest_event_and_what_was_before_on_none() -> None:
    """A history keeps its newest events, whatever they were of."""
    seen = NOW - timedelta(days=1)
    looked = history("tea", 3, 1).model_copy(
        update={"views": 2, "last_viewed_at": seen, "sources": ("e-view", "e-order")}
    )
    carted = looked.model_copy(update={"last_carted_at": NOW, "sources": ("e-cart", "e-view")})

    def sources(one: ProductHistory) -> dict[str, tuple[str, ...]]:
        memory = remembering(products=(one,))
        return {signal.kind: signal.sources for signal in taste_of(memory).signals}

    assert sources(looked) == {"viewed": ("e-view", "e-order"), "bought": ()}
    assert sources(carted) == {"viewed": (), "bought": ()}


def test_the_shops_own_brand_says_nothing_of_a_liking() -> None:
    liked = tuple(Interest(kind="brand", value=value, strength=0.5, last_at=NOW) for value in ("Hollin Row", "Fellow"))
    told = taste_of(remembering(interests=liked), own_labels=["hollin row"]).interests
    assert [value for _, value, _ in told] == ["Fellow"]


def test_a_purchase_without_its_order_keeps_the_last_time_alone() -> None:
    assert bought([], history("tea", 3, 2))["tea"].moments == ()


def test_picks_are_told_what_bought_things_were_called_the_latest_first() -> None:
    lines = (OrderLine(product_id="old", name="Oak Tray"), OrderLine(product_id="x"))
    orders = (Order(order_id="o", at=NOW - timedelta(days=90), lines=lines, event_id="e"),)
    named = history("tea", 3, 1).model_copy(update={"name": "Assam"})
    taste = taste_of(remembering(orders=orders, products=(named,),
    ))  # fmt: skip
    assert taste.owned == (("Assam", NOW - timedelta(days=3)), ("Oak Tray", NOW - timedelta(days=90)))


def test_one_order_with_a_product_twice_is_one_moment() -> None:
    assert bought([order(3, "tea", "tea")])["tea"].times == 1


def test_however_much_was_bought_picks_are_told_a_bounded_part() -> None:
    orders = [order(day, "daily", *(f"p{day}-{n}" for n in range(20))) for day in range(1, 40)]
    found = bought(orders)
    assert len(found) == PURCHASED
    assert len(found["daily"].moments) == MOMENTS
    assert max((NOW - one.at).days for one in found.values()) < 39


def test_what_they_said_they_like_leads_and_what_they_said_they_do_not_is_not_followed() -> None:
    def said(kind: StatementKind, value: str) -> Statement:
        return Statement(
            id=value, kind=kind, value=value, source="review", reader="rules", event_id="e1", field="/review_body",
            start=0, end=5, text="words", learned_at=NOW, expires_at=NOW + timedelta(days=9),
        )  # fmt: skip

    memory = remembering(
        interests=(Interest(kind="attribute", value="material=velvet", strength=0.9, last_at=NOW),),
        said=(said("likes", "linen"), said("dislikes", "velvet"), said("fit", "small")),
    )
    assert taste_of(memory).interests == (("attribute", "material=linen", SAID_STRENGTH),)


def test_what_they_turned_away_steers_and_a_disliked_category_is_no_interest() -> None:
    memory = remembering(
        interests=(
            Interest(kind="category", value="Tea", strength=0.5, last_at=NOW),
            Interest(kind="category", value="Kettles", strength=0.5, last_at=NOW),
            Interest(kind="size", value="m", category="Shirts", strength=1, last_at=NOW),
            Interest(kind="price_band", value="5-10", strength=1, last_at=NOW),
        ),
        dislikes=(
            Dislike(kind="product", value="pot", reasons=("returned", "ignored"), at=NOW, sources=("e1",)),
            Dislike(kind="product", value="cup", reasons=("ignored",), at=NOW),
            Dislike(kind="category", value="Kettles", reasons=("rated_low",), at=NOW),
        ),
    )
    taste = taste_of(memory)
    assert {one.product_id: one.kind for one in taste.signals} == {"pot": "turned_away", "cup": "passed_over"}
    assert taste.interests == (("category", "Tea", 0.5),)
    assert taste.dislikes == (("category", "Kettles"),)


def test_a_purchase_of_what_is_used_up_says_how_long_it_lasts() -> None:
    cycle = Cycle(
        product_id="tea",
        every_days=30,
        quantity_usual=1,
        last_at=NOW - timedelta(days=3),
        times=3,
        runs_out_at=NOW + timedelta(days=57),
        basis="own",
    )
    memory = remembering(
        orders=(order(3, "tea", "pot"),),
        cycles=(cycle,),
    )
    told = {one.product_id: (one.lasts_days, one.lasts_by) for one in taste_of(memory).signals}
    assert told == {"tea": (60, "own"), "pot": (None, None)}


def test_a_size_is_theirs_where_it_is_clearly_one() -> None:
    def sizes(*seen: tuple[str, float, int]) -> tuple[tuple[str, str], ...]:
        interests = tuple(
            Interest(
                kind="size", value=value, category="Shirts", strength=0.5, weight=weight, events=events, last_at=NOW
            )
            for value, weight, events in seen
        )
        memory = remembering(
            interests=interests,
        )
        return taste_of(memory).sizes

    assert sizes(("m", 7, 2), ("l", 3, 3)) == (("Shirts", "m"),)
    assert sizes(("m", 6, 1)) == ()
    assert sizes(("m", 5, 2), ("l", 5, 2)) == ()


def test_what_was_sent_back_is_no_purchase_that_picks_go_by() -> None:
    def kinds(returned_days_ago: int) -> set[str]:
        kept = remembering(
            products=(
                ProductHistory(
                    product_id="candle",
                    bought_times=1,
                    last_bought_at=NOW - timedelta(days=20),
                    last_returned_at=NOW - timedelta(days=returned_days_ago),
                ),
            ),
        )
        return {signal.kind for signal in taste_of(kept).signals}

    assert kinds(returned_days_ago=3) == {"returned"}
    assert kinds(returned_days_ago=30) == {"bought", "returned"}
