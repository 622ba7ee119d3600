"""Every reason of every pick is true by its evidence, says no more than may be said, and passes the guard."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.candidates import Candidate, Cause
from catalog.model import Limits, Pick, PickKind, Product, Signal, Taste, Theme
from catalog.picks import pick
from catalog.reasons import Teller, spoken
from catalog.text import short_title
from composer.untrusted import fit_to_show
from evals.draft import Block
from evals.guard import check_block, why_held_back
from evals.snapshot import BrandFacts, OrderFact, PersonFacts, ProductFacts, Snapshot
from tests.kit.catalog import NOW, learned, product, signal, view
from tests.kit.gifts import gift_shop

NOUNS = ("Teapot", "Mug", "Kettle", "Lamp", "Scarf", "Candle", "Notebook", "Basket")
LOOKS = ("Round", "Tall", "Striped", "Plain", "Woven", "Old Mill", "No. 7", "Nordic")
PATHS = ("Teaware > Teapots", "Home > Mugs", "Tea > Green tea", "Gifts", "Nintendo Games", "Home > Soap", "")
KINDS = ("bought", "viewed", "carted", "wished", "returned", "picked_before")
BRAND = BrandFacts(name="Harbour & Leaf", domain="shop.example", currency="EUR")


@st.composite
def shops(draw: st.DrawFn) -> list[Product]:
    """Some products of a made-up shop beside the ones of the kit."""
    titles = draw(
        st.lists(st.tuples(st.sampled_from(LOOKS), st.sampled_from(NOUNS)), min_size=3, max_size=8, unique=True)
    )
    made = [
        product(
            f"p{number}",
            f"{look} {noun}",
            product_type=draw(st.sampled_from(PATHS)) or None,
            brand=draw(st.sampled_from(("", "Orca", "Carrow Pottery"))) or None,
            consumable_days=draw(st.sampled_from((None, 30))),
            color=draw(st.sampled_from((None, "Blue", "XL 7"))),
        )
        for number, (look, noun) in enumerate(titles)
    ]
    return [*made, *gift_shop()]


@st.composite
def tastes(draw: st.DrawFn, listed: list[Product]) -> Taste:
    """Somebody who did this and that in the shop."""
    ids = [one.id for one in listed]
    did = draw(st.lists(st.tuples(st.sampled_from(ids), st.sampled_from(KINDS), st.integers(0, 200)), max_size=8))
    interests = (("category", "Teaware", 0.9), ("brand", "orca", 0.7), ("attribute", "color=blue", 0.6))
    return Taste(
        signals=tuple(signal(name, kind, days, 1 + days % 4) for name, kind, days in did),
        searches=tuple(draw(st.lists(st.sampled_from(("green leaf", "my sick aunt", "teapot")), max_size=2))),
        interests=tuple(draw(st.lists(st.sampled_from(interests), max_size=3, unique=True))),
        theme=draw(st.none() | st.just(Theme(query="presents for the garden"))),
    )


def held_back(found: Pick, taste: Taste, titles: dict[str, str]) -> list[str]:
    """The rules that would hold the reason back if it stood in the pitch of its product."""
    did = {kind: [titles[one.product_id] for one in taste.signals if one.kind == kind] for kind in ("bought", "carted")}
    world = Snapshot(
        flow="newsletter",
        locale="en-GB",
        send_date=NOW.date(),
        brand=BRAND,
        person=PersonFacts(
            orders=tuple(OrderFact(product=title, date=date(2026, 5, 1)) for title in did["bought"]),
            cart=tuple(did["carted"]),
        ),
        products=(
            ProductFacts(
                id=found.product.id,
                name=found.product.title,
                price=found.product.price or Decimal(0),
                currency="EUR",
                url=found.product.link,
                brand=found.product.brand,
                category=found.product.category(),
                reason=found.reason,
            ),
        ),
        other_titles=tuple(titles.values()),
    )
    block = Block(name="pitch", text=f"{found.reason}.", product_id=found.product.id)
    return [verdict.rule for verdict in why_held_back(check_block(world, block))]


def dealt_with(taste: Taste, kind: str, titles: dict[str, str]) -> list[str]:
    """Names of what they did `kind` with, as a reason may name them."""
    return [short_title(titles[one.product_id]) for one in taste.signals if one.kind == kind]


@given(st.data())
@settings(max_examples=60)
def test_reasons_are_sayable_true_and_checked(data: st.DataObject) -> None:
    listed = data.draw(shops())
    titles = {one.id: one.title for one in listed}
    taste = data.draw(tastes(listed))
    together = {one.id: learned(0.1 * (number % 9), [("kyusu", 0.3, 4)]) for number, one in enumerate(listed)}
    found = pick(view(listed, together), taste, Limits(count=6), now=NOW, seed=data.draw(st.integers(0, 5)))
    for one in found:
        assert fit_to_show(one) == one
        assert held_back(one, taste, titles) == []
        assert_true(one, taste, titles)


def assert_true(one: Pick, taste: Taste, titles: dict[str, str]) -> None:
    assert one.evidence
    if one.reason.endswith("you bought"):
        assert any(one.reason.endswith(f"{name} you bought") for name in dealt_with(taste, "bought", titles))
    if one.reason.endswith("in your cart") and "the " in one.reason:
        assert any(f"the {name} in" in one.reason for name in dealt_with(taste, "carted", titles))
    for kind in ("viewed", "wished", "returned"):
        only = set(dealt_with(taste, kind, titles)) - {
            name for other in ("bought", "carted") for name in dealt_with(taste, other, titles)
        }
        assert not any(f"the {name} " in one.reason for name in only)
    assert "aunt" not in one.reason
    if one.reason.startswith("Because you like "):
        assert_liking(one.reason.removeprefix("Because you like "), one, taste)


def assert_liking(liked: str, one: Pick, taste: Taste) -> None:
    """What is liked is a name of this very product's, and something that was done, leaned to or searched says so."""
    product_ = one.product
    parts = [spoken(part.strip()) for part in (product_.product_type or "").split(">") if part.strip()]
    assert liked in {*parts, product_.brand, (product_.color or "").lower()}
    assert taste.signals or taste.interests or taste.searches


@given(st.sampled_from(KINDS[:4]), st.integers(0, 20))
@settings(max_examples=30)
def test_a_liking_is_said_of_no_category_that_was_not_dealt_with(kind: str, days: int) -> None:
    shop = [
        product("mug", "Round mug", product_type="Kitchen > Mugs"),
        product("pot", "Round mug pot", product_type="Kitchen > Teapots"),
        product("far", "Round mug lamp", product_type="Home > Lamps"),
    ]
    taste = Taste(signals=(Signal.model_validate(signal("mug", kind, days).model_dump()),))
    found = pick(view(shop), taste, Limits(count=3), now=NOW, seed=1)
    # Where a product stands in the catalog of a new shop is no liking.
    said = {one.product.id: one.reason for one in found if one.kind != "theme"}
    assert "teapots" not in said.get("pot", "")
    assert "lamps" not in said.get("far", "")


CAUSES: dict[str, Cause] = {
    "cart": Cause(signal=signal("sencha", "carted")),
    "wished": Cause(signal=signal("sencha", "wished")),
    "viewed": Cause(signal=signal("sencha", "viewed")),
    "searched": Cause(search="green leaf"),
    "running_low": Cause(signal=signal("sencha", "bought")),
    "buy_again": Cause(signal=signal("sencha", "bought")),
    "goes_with": Cause(signal=signal("sencha", "bought"), baskets=4),
    "like_bought": Cause(signal=signal("sencha", "bought")),
    "interest": Cause(interest=("brand", "Aoki")),
    "popular": Cause(),
    "new": Cause(),
    "theme": Cause(theme="presents"),
}


@pytest.mark.parametrize("kind", get_args(PickKind))
def test_every_wording_of_every_kind_passes_the_guard(kind: PickKind) -> None:
    listed = gift_shop()
    shop = view(listed, {one.id: learned(0.5) for one in listed})
    titles = {one.id: one.title for one in listed}
    cause = CAUSES[kind]
    taste = Taste(signals=(cause.signal,) if cause.signal else ())
    for row in range(len(shop)):
        candidate, used = Candidate(row, {kind: (0.5, cause)}), set[str]()
        while (reason := Teller(shop, NOW).reason(candidate, kind, used)) not in used:
            used.add(reason)
            told = Pick(product=shop.product(row), kind=kind, score=0.5, reason=reason)
            assert held_back(told, taste, titles) == [], reason
        assert len(used) > 1
