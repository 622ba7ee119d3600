"""A view advanced by any sequence of changes answers as one built anew, and the views before it stay what they were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from catalog import advance
from catalog.advance import advanced, taught
from catalog.changes import Changed, Embedded
from catalog.columns import Mask
from catalog.embedding import product_text, text_hash
from catalog.limits import allowed, within
from catalog.model import Limits, Product, Taste
from catalog.picks import pick
from catalog.raw import raw_of
from catalog.search import search
from catalog.signals import Popular
from catalog.view import CatalogView
from tests.kit.catalog import ENCODER, NOW, learned, product, signal, view

WORDS = ["green", "iron", "leaf", "pot", "cup"]
IDS = [f"p{n}" for n in range(10)]
LIMITS = (
    Limits(),
    Limits(categories=("tea",)),
    Limits(brands=("Aoki",), max_price=Decimal(20)),
    Limits(only_on_sale=True),
    Limits(new_within_days=30),
    Limits(attributes=("color=blue",)),
)
TASTES = (
    Taste(),
    Taste(signals=(signal("p1", "viewed"), signal("p4", "bought", times=3, days_ago=60)), searches=("green pot",)),
    Taste(interests=(("category", "Tea", 0.8), ("brand", "Aoki", 0.5)), signals=(signal("p2", "carted"),)),
)
ASKED = ((TASTES[0], LIMITS[0]), (TASTES[1], LIMITS[0]), (TASTES[2], LIMITS[1]), (TASTES[1], LIMITS[3]))
TAUGHT: dict[str, Popular] = {
    "p1": learned(0.9, [("p3", 0.4, 5), ("p7", 0.2, 3)]),
    "p4": learned(0.5, [("p5", 0.3, 4)]),
    "p8": learned(0.2),
}

prices = st.integers(100, 4_000).map(lambda cents: Decimal(cents) / 100)


def fields() -> st.SearchStrategy[dict[str, Any]]:
    moments = st.sampled_from([NOW - timedelta(days=2), NOW + timedelta(days=2)])
    return st.fixed_dictionaries({
        "title": st.lists(st.sampled_from(WORDS), min_size=2, max_size=3).map(" ".join),
        "price": prices,
        "sale_price": st.none() | prices,
        "sale_price_ends": st.none() | moments,
        "stock": st.sampled_from([None, 0, 3]),
        "brand": st.sampled_from([None, "Aoki", "Lin"]),
        "product_type": st.sampled_from([None, "Tea > Green", "Pots"]),
        "color": st.sampled_from([None, "Blue"]),
        "item_group_id": st.sampled_from([None, "g1"]),
        "added_at": st.sampled_from([NOW - timedelta(days=days) for days in (3, 40, 400)]),
    })  # fmt: skip


@dataclass
class Shop:
    """What the database would hold, and the view that follows it."""

    view: CatalogView
    products: dict[str, Product] = field(default_factory=dict)
    stamp: int = 0

    def change(self, changed: Sequence[Product], gone: Sequence[str] = (), *, encoded: bool = True) -> None:
        """One transaction, and the refresh after it."""
        self.stamp += 1
        self.products.update((one.id, one) for one in changed)
        for product_id in gone:
            self.products.pop(product_id, None)
        news = [Changed(one.id, self.stamp, raw_of(one)) for one in changed]
        news += [Changed(product_id, self.stamp, None) for product_id in gone]
        self.view = advanced(self.view, news, embedded(changed) if encoded else {})

    def rebuilt(self) -> CatalogView:
        """A view of the same products, made from nothing."""
        return view([self.products[name] for name in sorted(self.products)], TAUGHT)


def embedded(products: Sequence[Product]) -> dict[str, Embedded]:
    texts = [product_text(one) for one in products]
    vectors = ENCODER.encode(texts)
    return {
        one.id: Embedded(one.id, text_hash(text), vector)
        for one, text, vector in zip(products, texts, vectors, strict=True)
    }


def opened() -> Shop:
    return Shop(taught(view([]), TAUGHT))


def named(of: CatalogView, mask: Mask) -> list[str]:
    return sorted(of.ids[row] for row in np.flatnonzero(mask).tolist())


def answers(of: CatalogView) -> list[Any]:
    """Everything a user can see: who may be picked, who is picked and why, and what a search finds."""
    masks = [named(of, allowed(of, limits, NOW)) for limits in LIMITS]
    listed = [named(of, within(of, limits, NOW)) for limits in LIMITS]
    picks = [
        [(one.product, one.kind, one.reason, round(one.score, 3)) for one in pick(of, taste, limits, now=NOW, seed=3)]
        for taste, limits in ASKED
    ]
    return [masks, listed, picks]


def orders(of: CatalogView) -> list[Any]:
    """Every list, best first, by the ids in it: which of equals is first must not depend on who came first."""
    columns = of.columns
    lists = (columns.categories, columns.brands, columns.attributes)
    return [
        [of.ids[row] for row in columns.newest.tolist()],
        [of.ids[row] for row in columns.popular.tolist()],
        {
            name: sorted(of.ids[one] for one in columns.variants(row).tolist() if columns.alive[one])
            for name, row in of.row_of.items()
        },
        [{key: [of.ids[row] for row in rows.tolist()] for key, rows in postings.items()} for postings in lists],
    ]


def found(of: CatalogView, query: str) -> set[str]:
    return {one.product.id for one in search(of, query, ENCODER.encode([query]), Limits(), 20, now=NOW).hits}


class Following(RuleBasedStateMachine):
    """Products come, change and go in any order, several at once or one by one."""

    @initialize()
    def open(self) -> None:
        self.shop = opened()

    @rule(ids=st.lists(st.sampled_from(IDS), min_size=1, max_size=4, unique=True), data=st.data())
    def upsert(self, ids: list[str], data: st.DataObject) -> None:
        self.shop.change([product(name, **data.draw(fields())) for name in ids])

    @rule(name=st.sampled_from(IDS), price=prices, stock=st.sampled_from([None, 0, 5]))
    def change_price_and_stock(self, name: str, price: Decimal, stock: int | None) -> None:
        if name in self.shop.products:
            before = self.shop.view
            self.shop.change(
                [self.shop.products[name].model_copy(update={"price": price, "stock": stock})], encoded=False
            )
            assert self.shop.view.room is before.room
            assert len(self.shop.view) == len(before)

    @rule(gone=st.lists(st.sampled_from(IDS), min_size=1, max_size=3, unique=True))
    def delete(self, gone: list[str]) -> None:
        self.shop.change([], gone)

    @invariant()
    def every_answer_is_that_of_a_view_made_anew(self) -> None:
        anew = self.shop.rebuilt()
        assert answers(self.shop.view) == answers(anew)
        assert orders(self.shop.view) == orders(anew)
        assert self.shop.view.live == len(anew) == self.shop.view.alive.sum()
        assert not self.shop.view.columns.sellable[~self.shop.view.alive].any()
        assert dict(self.shop.view.row_of).keys() == self.shop.products.keys()
        for query in ("green leaf", "pot"):
            assert found(self.shop.view, query) == found(anew, query)


TestFollowing = Following.TestCase
TestFollowing.settings = settings(max_examples=20, stateful_step_count=8, deadline=None)


@given(st.lists(st.tuples(st.sampled_from(IDS), fields()), min_size=1, max_size=12), st.integers(1, 6))
@settings(max_examples=25, deadline=None)
def test_who_holds_a_view_keeps_it_as_it_was(changes: list[tuple[str, dict[str, Any]]], size: int) -> None:
    shop, held = opened(), []
    for start in range(0, len(changes), size):
        latest = {name: product(name, **values) for name, values in changes[start : start + size]}
        held.append((shop.view, answers(shop.view), shop.view.vectors.copy()))
        shop.change(list(latest.values()), [name for name in IDS[:2] if name not in latest])
    for view_, before, vectors in held:
        view_.masks.__init__()  # type: ignore[misc]
        assert answers(view_) == before
        assert np.array_equal(view_.vectors, vectors)


@given(st.lists(st.tuples(st.sampled_from(IDS), fields()), max_size=8))
@settings(max_examples=20, deadline=None)
def test_what_waits_for_a_vector_is_what_has_another_text_than_was_encoded(
    changes: list[tuple[str, dict[str, Any]]],
) -> None:
    shop = opened()
    encoded: dict[str, str] = {}
    for at, (name, values) in enumerate(changes):
        shop.change([product(name, **values)], encoded=at % 2 == 0)
        if at % 2 == 0:
            encoded[name] = product_text(shop.products[name])
    waiting = dict(map(shop.view.encodable, shop.view.waiting().tolist()))
    texts = {name: product_text(one) for name, one in shop.products.items()}
    assert waiting == {name: text for name, text in texts.items() if encoded.get(name) != text}


def test_a_full_room_is_exchanged_for_a_larger_one() -> None:
    shop = opened()
    shop = replace(shop, view=replace(shop.view, room=shop.view.room[:2]))
    shop.change([product(name) for name in IDS])
    assert answers(shop.view) == answers(shop.rebuilt())
    assert advance.is_worn(shop.view)


def test_a_text_that_was_encoded_again_to_the_same_vector_waits_no_more() -> None:
    shop = opened()
    shop.change([product("p1", "green pot")])
    shop.change([product("p1", "pot green")], encoded=False)
    # Until then it is found by what it was.
    (row,) = shop.view.waiting().tolist()
    assert np.array_equal(shop.view.vectors[row], shop.view.vectors[0])
    shop.view = advanced(shop.view, [], embedded([shop.products["p1"]]))
    assert len(shop.view.waiting()) == 0
