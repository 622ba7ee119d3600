"""A mask that is kept is the mask that would be worked out now, whatever sale begins or ends in between."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.limits import allowed, filter_of, within
from catalog.model import Limits, Product
from tests.kit.catalog import NOW, product, view

hours = st.integers(-30, 30).map(lambda hour: NOW + timedelta(hours=hour))
cents = st.integers(100, 2_000).map(lambda n: Decimal(n) / 100)
limits_ = st.builds(
    Limits,
    min_price=st.none() | cents,
    max_price=st.none() | cents,
    only_on_sale=st.booleans(),
    new_within_days=st.none() | st.integers(1, 3),
    categories=st.sampled_from([(), ("tea",)]),
)


@st.composite
def shops(draw: st.DrawFn) -> list[Product]:
    return [
        product(
            f"p{number}",
            price=draw(cents),
            sale_price=draw(st.none() | cents),
            sale_price_starts=draw(st.none() | hours),
            sale_price_ends=draw(st.none() | hours),
            product_type=draw(st.sampled_from(["Tea", "Pots"])),
            added_at=draw(hours),
        )
        for number in range(draw(st.integers(1, 6)))
    ]


@given(shops(), st.lists(limits_, min_size=1, max_size=3), st.lists(hours, min_size=2, max_size=8))
@settings(max_examples=60, deadline=None)
def test_a_kept_mask_is_the_one_of_the_moment(
    shop: list[Product], asked: list[Limits], moments: list[datetime]
) -> None:
    of = view(shop)
    for now in moments:
        for limits in asked:
            mask = allowed(of, limits, now)
            assert np.array_equal(mask, of.columns.sellable & within(of, limits, now))
            assert mask.tolist() == [
                limits.only_on_sale <= one.on_sale(now)
                and (limits.min_price is None or one.current_price(now) >= limits.min_price)  # type: ignore[operator]
                and (limits.max_price is None or one.current_price(now) <= limits.max_price)  # type: ignore[operator]
                and (not limits.categories or one.product_type == "Tea")
                and (
                    limits.new_within_days is None or one.added_at >= now - timedelta(days=limits.new_within_days)  # type: ignore[operator]
                )
                for one in shop
            ]


@given(shops(), limits_, hours)
@settings(max_examples=20, deadline=None)
def test_within_one_stretch_of_time_all_share_one_mask(shop: list[Product], limits: Limits, now: datetime) -> None:
    of = view(shop)
    first = filter_of(of, limits, now)
    assert filter_of(of, limits.model_copy(), now) is first
    assert not first.mask.flags.writeable
