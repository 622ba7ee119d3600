"""Picks are relevant, allowed, varied, and never what was just bought."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from catalog.model import Limits, Pick, Product, Signal, Taste, Theme
from catalog.picks import pick
from catalog.view import CatalogView
from tests.kit.catalog import NOW, learned, product, signal, tea_shop, view

SIGNALS = {
    "sencha": learned(1.0, [("kyusu", 0.3, 12), ("matcha", 0.2, 8)]),
    "assam": learned(0.5, [("earlgrey", 0.25, 9)]),
    "kyusu": learned(0.1, [("sencha", 0.3, 12)]),
}
SHOP = view(tea_shop(), SIGNALS)


def picks(
    *signals: Any, shop: CatalogView = SHOP, seed: int = 1, limits: Limits | None = None, **taste: Any
) -> list[Pick]:
    return pick(shop, Taste(signals=signals, **taste), limits or Limits(), now=NOW, seed=seed)


def ids(found: list[Pick]) -> list[str]:
    return [one.product.id for one in found]


def by_id(found: list[Pick]) -> dict[str, Pick]:
    return {one.product.id: one for one in found}


def test_what_lies_in_the_basket_comes_first() -> None:
    found = picks(signal("kyusu", "carted", 1), signal("assam", "viewed", 1))
    assert (found[0].product.id, found[0].kind) == ("kyusu", "cart")


@pytest.mark.parametrize(("kind", "days_ago"), [("viewed", 31), ("carted", 61), ("wished", 181)])
def test_what_was_looked_at_long_ago_starts_nothing(kind: str, days_ago: int) -> None:
    lately, long_ago = (ids(picks(signal("pot-red", kind, days))) for days in (days_ago - 2, days_ago))
    assert "pot-red" in lately
    assert "pot-red" not in long_ago


def test_what_goes_with_a_purchase_is_picked_with_its_evidence() -> None:
    found = by_id(picks(signal("sencha", "bought", 10)))
    assert found["kyusu"].kind == "goes_with"
    assert found["kyusu"].evidence[0].ref == "event-bought-sencha"
    assert "12 baskets" in found["kyusu"].evidence[0].text


def test_of_two_of_a_kind_it_is_said_that_they_are_bought_together_and_not_that_one_goes_with_the_other() -> None:
    found = by_id(picks(signal("sencha", "bought", 10)))
    assert found["kyusu"].reason == "Goes with the Sencha Uji green leaf you bought"
    assert found["matcha"].reason == "Often bought together with the Sencha Uji green leaf you bought"


def test_what_was_bought_and_lasts_is_not_offered_again() -> None:
    taste = (signal("kyusu", "bought", 200), signal("kyusu", "viewed", 1))
    assert "kyusu" not in ids(picks(*taste, interests=(("category", "Teapots", 1.0),)))


def test_variants_of_what_was_just_bought_are_not_offered() -> None:
    limits = Limits(categories=("Teapots",))
    interests = (("category", "Teapots", 1.0),)
    assert ids(picks(signal("pot-blue", "bought", 5), limits=limits, interests=interests)) == ["kyusu"]
    later = ids(picks(signal("pot-blue", "bought", 60), limits=limits, interests=interests))
    assert set(later) == {"kyusu", "pot-red"}


@pytest.mark.parametrize(("days_ago", "offered"), [(5, False), (22, False), (23, True), (40, True)])
def test_a_consumable_is_offered_again_when_it_runs_low(days_ago: int, offered: bool) -> None:
    found = by_id(picks(signal("sencha", "bought", days_ago)))
    assert ("sencha" in found and found["sencha"].kind == "running_low") is offered


def test_a_habit_makes_anything_buyable_again_but_not_at_once() -> None:
    assert by_id(picks(signal("assam", "bought", 60, times=3)))["assam"].kind == "buy_again"
    assert "assam" not in ids(picks(signal("assam", "bought", 10, times=3)))


def test_of_two_habits_the_fresher_comes_first() -> None:
    found = ids(picks(signal("assam", "bought", 300, times=3), signal("kyusu", "bought", 60, times=3)))
    assert found.index("kyusu") < found.index("assam")


def test_carting_it_again_says_that_it_is_wanted_again() -> None:
    assert ids(picks(signal("assam", "bought", 10), signal("assam", "carted", 1)))[0] == "assam"


def test_each_interest_gets_its_own_neighbours() -> None:
    found = ids(picks(signal("darjeeling", "viewed", 2), signal("gyokuro", "viewed", 3), limits=Limits(count=6)))
    assert {"darjeeling", "gyokuro"} < set(found)
    assert set(found) & {"sencha", "jasmine"}
    assert set(found) & {"assam", "earlgrey"}


def test_two_variants_of_one_item_are_never_shown_together() -> None:
    found = ids(picks(interests=(("category", "Teapots", 1.0),), limits=Limits(count=12)))
    assert len({"pot-blue", "pot-red"} & set(found)) == 1


def test_nearly_equal_titles_are_never_shown_together() -> None:
    shop = view([product("a", "Wool scarf, red check"), product("b", "Red check wool scarf"), product("c", "Hat")])
    found = ids(picks(shop=shop, limits=Limits(only_ids=("a", "b", "c"))))
    assert len(found) == 2
    assert "c" in found


def test_what_was_shown_before_steps_back_and_what_was_returned_further() -> None:
    interests = (("category", "Green tea", 1.0),)

    def score(*signals: Any) -> float:
        return by_id(picks(*signals, interests=interests, limits=Limits(count=12)))["gyokuro"].score

    shown, returned = signal("gyokuro", "picked_before", 2), signal("gyokuro", "returned", 2)
    assert score() > score(shown) > score(returned)
    assert score(shown, signal("gyokuro", "picked_before", 9)) < score(shown)


def test_the_basket_does_not_step_back_when_it_was_shown_before() -> None:
    carted, shown = signal("kyusu", "carted", 2), signal("kyusu", "picked_before", 1)
    assert picks(carted)[0].score == picks(carted, shown)[0].score


def test_the_usual_price_steers_but_does_not_exclude() -> None:
    interests = (("category", "Green tea", 1.0),)
    dear = by_id(picks(interests=interests, limits=Limits(count=12), price_low=Decimal(8), price_high=Decimal(12)))[
        "matcha"
    ]
    anyhow = by_id(picks(interests=interests, limits=Limits(count=12)))["matcha"]
    assert 0 < dear.score < anyhow.score


def test_a_flow_gets_the_kinds_it_wants_first_in_its_order() -> None:
    taste = (signal("sencha", "bought", 10), signal("assam", "viewed", 1), signal("matcha", "wished", 5))
    found = picks(*taste, limits=Limits(count=4, kinds=("wished", "goes_with")))
    assert [one.kind for one in found[:2]] == ["wished", "goes_with"]
    assert "assam" in ids(found[2:])


def test_searches_find_products_by_their_words() -> None:
    found = by_id(picks(searches=("bergamot tea",)))
    assert found["earlgrey"].kind == "searched"


def test_somebody_nobody_knows_gets_what_sells() -> None:
    found = picks(shop=view(tea_shop(), SIGNALS | {"matcha": learned(0.2)}), limits=Limits(count=12))
    assert set(ids(found)) == {"sencha", "assam", "kyusu", "matcha"}
    assert {one.kind for one in found} == {"popular"}


def test_in_a_shop_that_sold_nothing_yet_a_newcomer_sees_something_of_each_category() -> None:
    found = picks(shop=view(tea_shop()))
    assert len(found) == 4
    assert {one.product.product_type for one in found} >= {"Tea > Green tea", "Tea > Black tea", "Teaware > Teapots"}
    assert all(one.reason.startswith(("From the", "More from the")) for one in found)
    assert found[0].evidence[0].text == "spread: the shop has sold next to nothing yet"


def test_in_a_new_shop_what_somebody_did_and_what_sells_comes_before_the_rest() -> None:
    shop = view(tea_shop(), {"assam": learned(1.0)})
    found = picks(signal("kyusu", "carted", 1), shop=shop, limits=Limits(count=12))
    kinds = [one.kind for one in found]
    assert kinds[0] == "cart"
    assert kinds.index("popular") < kinds.index("theme")
    assert kinds[-1] == "theme"


def test_a_new_shops_spread_keeps_within_limits_and_shows_no_variants_twice() -> None:
    found = ids(picks(shop=view(tea_shop()), limits=Limits(count=12, categories=("Teapots",))))
    assert sorted(found) in (["kyusu", "pot-blue"], ["kyusu", "pot-red"])


def test_without_any_reason_there_is_no_pick_in_a_shop_that_sells() -> None:
    assert picks(shop=view(tea_shop(), SIGNALS | {"matcha": learned(0.2)}), limits=Limits(categories=("Oolong",))) == []


def test_news_is_news_only_while_little_is_new() -> None:
    old = [product(f"old{n}", f"Old thing {n}") for n in range(9)]
    fresh = product("fresh", "Fresh thing", added_at=NOW - timedelta(days=3))

    def news(*shop: Product) -> list[str]:
        return [one.product.id for one in picks(shop=view(shop)) if one.kind == "new"]

    assert news(*old, fresh) == ["fresh"]
    imported = [one.model_copy(update={"added_at": NOW}) for one in old]
    assert news(*imported, fresh) == []


def test_what_the_merchant_names_is_picked_for_anybody() -> None:
    found = picks(shop=view(tea_shop()), limits=Limits(only_ids=("jasmine", "gone")))
    assert ids(found) == ["jasmine"]
    assert found[0].evidence[0].text == "named in the brief"


def test_what_somebody_has_is_not_offered_under_another_id_unless_it_is_used_up_or_chosen() -> None:
    """A shop that lists its goods anew gives the same thing another id."""
    sold = [product("new", "Oak Tray"), product("tea", "Assam 100 g", consumable_days=30), product("jug")]
    shop = view(sold, {one.id: learned(0.5) for one in sold})
    had = (("OAK  tray", NOW - timedelta(days=200)), ("Assam 100 g", NOW - timedelta(days=5)))

    def offered(*signals: Any, owned: tuple[tuple[str, datetime], ...] = had) -> set[str]:
        return set(ids(picks(*signals, shop=shop, owned=owned)))

    assert offered(owned=()) == {"new", "tea", "jug"}
    assert offered() == {"jug"}
    assert offered(signal("new", "carted")) == {"new", "jug"}
    assert offered(owned=(had[0], ("Assam 100 g", NOW - timedelta(days=40)))) == {"tea", "jug"}
    assert offered(owned=(*had, ("Assam 100 g", NOW - timedelta(days=40)))) == {"jug"}


def test_an_empty_catalog_and_an_impossible_limit_give_no_picks() -> None:
    assert picks(signal("sencha", "carted"), shop=view([])) == []
    assert picks(signal("sencha", "carted"), limits=Limits(max_price=Decimal("0.01"))) == []


def test_one_product_is_one_pick() -> None:
    shop = view([product("only")])
    assert ids(picks(signal("only", "carted"), shop=shop, limits=Limits(count=4))) == ["only"]


def test_signals_of_unknown_products_do_no_harm() -> None:
    assert ids(picks(signal("nowhere", "bought"), signal("nowhere", "carted"))) == ids(picks())


def test_the_same_question_has_the_same_answer_and_the_seed_only_orders_equals() -> None:
    equals = view([product(f"p{n}", f"Thing {chr(97 + n) * 6}") for n in range(12)])
    limits = Limits(count=4, only_ids=equals.ids)
    answers = [ids(picks(shop=equals, limits=limits, seed=seed)) for seed in range(6)]
    assert answers == [ids(picks(shop=equals, limits=limits, seed=seed)) for seed in range(6)]
    assert len({tuple(answer) for answer in answers}) > 1


def test_what_a_campaign_is_about_comes_first_with_this_persons_own_reason() -> None:
    taste = Taste(
        signals=(signal("assam", "viewed", 1), signal("jasmine", "viewed", 2)), theme=Theme(query="green leaf")
    )
    found = pick(view(tea_shop()), taste, Limits(count=4), now=NOW, seed=1)
    green = [one.product.product_type == "Tea > Green tea" for one in found]
    assert green == sorted(green, reverse=True)
    assert any(green)
    assert found[0].kind == "viewed"
    assert found[0].evidence[0].ref == "event-viewed-jasmine"


def test_a_theme_shows_what_fits_it_to_somebody_nobody_knows_and_only_what_is_allowed() -> None:
    limits = Limits(count=4, exclude_ids=("sencha",))
    found = pick(view(tea_shop()), Taste(theme=Theme(query="green leaf")), limits, now=NOW, seed=1)
    assert {one.kind for one in found} == {"theme"}
    assert "sencha" not in ids(found)
    assert found[0].reason == "From the green tea shelf"


def test_a_themes_vector_of_another_length_is_not_used() -> None:
    theme = Theme(query="green leaf", vector="AAAAAAAAAAA=", model_id="other")
    found = pick(view(tea_shop()), Taste(theme=theme), Limits(count=2), now=NOW, seed=1)
    assert ids(found) == ids(
        pick(view(tea_shop()), Taste(theme=Theme(query="green leaf")), Limits(count=2), now=NOW, seed=1)
    )


def test_what_they_turned_away_is_not_offered_unless_they_put_it_into_the_basket_since() -> None:
    interests = (("category", "Teapots", 1.0),)
    away = signal("kyusu", "turned_away", 30)
    assert "kyusu" in ids(picks(interests=interests))
    assert "kyusu" not in ids(picks(away, interests=interests))
    assert "kyusu" in ids(picks(away, signal("kyusu", "carted", 2), interests=interests))


def test_what_they_passed_over_or_is_of_a_category_they_turned_away_counts_less() -> None:
    interests = (("category", "Teapots", 1.0),)
    plain = by_id(picks(interests=interests))["kyusu"].score
    passed = by_id(picks(signal("kyusu", "passed_over", 3), interests=interests))["kyusu"].score
    disliked = by_id(picks(interests=interests, dislikes=(("category", "Teapots"),)))["kyusu"].score
    assert max(passed, disliked) < plain / 2


def test_what_is_used_up_at_their_own_pace_runs_low_without_a_word_of_the_feed() -> None:
    def kettle(days_ago: float) -> list[str]:
        pace = {"lasts_days": 40.0, "lasts_by": "own"}
        bought = signal("kyusu", "bought", days_ago, times=3).model_copy(update=pace)
        return [one.kind for one in picks(bought, shop=shop) if one.product.id == "kyusu"]

    shop = view([one.model_copy(update={"consumable_days": None}) for one in tea_shop()])
    assert kettle(20) == []
    assert kettle(38) == ["running_low"]
    assert kettle(200) == ["buy_again"]
    shop = SHOP
    assert kettle(38) == ["buy_again"], "the feed says which of its things are used up, and says nothing of pots"


def test_of_variants_the_one_in_their_size_is_shown() -> None:
    sizes = [
        product(f"shirt-{size}", f"Linen Shirt {size}", size=size, item_group_id="shirt", product_type="Shirts")
        for size in ("S", "M", "L")
    ]
    interests = (("category", "Shirts", 1.0),)
    for theirs in ("s", "m", "l"):
        for seed in range(5):
            found = picks(shop=view(sizes), interests=interests, sizes=(("Shirts", theirs),), seed=seed)
            assert ids(found) == [f"shirt-{theirs.upper()}"]


def habit(product_id: str, *days_ago: float) -> Signal:
    """Bought on each of these days, the newest first."""
    moments = tuple(NOW - timedelta(days=days) for days in days_ago)
    return Signal(product_id=product_id, kind="bought", at=moments[0], times=len(moments), moments=moments)


@pytest.mark.parametrize(("days_ago", "offered"), [(2, False), (3.4, False), (4, True), (12, True)])
def test_what_one_buys_every_week_is_offered_from_half_a_week(days_ago: float, offered: bool) -> None:
    weekly = habit("assam", days_ago, days_ago + 7, days_ago + 14)
    assert ("assam" in ids(picks(weekly))) is offered


@pytest.mark.parametrize(("days_ago", "offered"), [(20, False), (40, True)])
def test_who_buys_things_again_is_offered_after_a_month_what_they_bought_once(days_ago: float, offered: bool) -> None:
    habits = (habit("sencha", 3, 33, 63), habit("matcha", 3, 33, 63))
    once = signal("kyusu", "bought", days_ago)
    assert ("kyusu" in ids(picks(*habits, once, limits=Limits(count=12)))) is offered
    assert "kyusu" not in ids(picks(once, limits=Limits(count=12)))


def test_of_two_habits_the_firmer_comes_first() -> None:
    often, seldom = habit("assam", 10, 17, 24, 31, 38), habit("kyusu", 12, 24)
    found = ids(picks(seldom, often))
    assert found.index("assam") < found.index("kyusu")


@pytest.mark.parametrize("bestseller", ["kyusu", "hario", "gaiwan"])
def test_of_one_basket_what_sells_comes_first_whatever_its_place_in_the_feed(bestseller: str) -> None:
    shelf = [product(name, name.title(), product_type="Pots") for name in ("gaiwan", "hario", "kyusu", "a", "b")]
    shop = view(shelf, {bestseller: learned(1.0)})
    rebuys = (habit("a", 31, 61, 91), habit("b", 31, 61, 91))
    basket = [signal(name, "bought", 40) for name in ("hario", "kyusu", "gaiwan")]
    for seed in range(5):
        found = pick(shop, Taste(signals=(*rebuys, *basket)), Limits(count=5), now=NOW, seed=seed)
        assert next(one for one in ids(found) if one not in ("a", "b")) == bestseller
