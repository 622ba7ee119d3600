"""Pictures of the demo shop's products."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from PIL import ImageStat

from catalog.model import Product
from demo.pictures import NoDrawing, draw
from demo.pictures.book import DRAWINGS
from demo.pictures.canvas import SIDE, scatter, smooth
from demo.pictures.palette import NAMED, backdrop_color, hex_color, label_color
from demo.products import products

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def shop() -> dict[str, Product]:
    return {product.id: product for product in products(NOW)}


def test_every_product_has_a_drawing_and_every_drawing_a_product(shop: dict[str, Product]) -> None:
    used = set()
    for product in shop.values():
        drawings = [one for word, one in DRAWINGS[product.category() or ""] if word in product.id]
        assert drawings, product.id
        used.add(drawings[0])
    assert used == {drawing for family in DRAWINGS.values() for _, drawing in family}


def test_every_colour_of_the_feed_can_be_mixed(shop: dict[str, Product]) -> None:
    assert {product.color for product in shop.values() if product.color} <= NAMED.keys()


@pytest.mark.parametrize("product_id", ["moka-pot-3-cup", "sencha-shizuoka", "fig-leaf-candle"])
def test_a_picture_is_the_same_every_time(product_id: str, shop: dict[str, Product]) -> None:
    assert draw(shop[product_id]).tobytes() == draw(shop[product_id]).tobytes()


def test_every_kind_of_drawing_gives_a_full_picture(shop: dict[str, Product]) -> None:
    seen = set()
    for product in shop.values():
        drawing = next(one for word, one in DRAWINGS[product.category() or ""] if word in product.id)
        if drawing in seen:
            continue
        seen.add(drawing)
        picture = draw(product)
        assert picture.size == (SIDE, SIDE)
        middle = picture.crop((150, 200, 450, 560))
        assert max(ImageStat.Stat(middle).stddev) > 12, f"{product.id} is nearly empty"


def test_variants_differ_in_colour(shop: dict[str, Product]) -> None:
    body = (250, 380, 280, 410)
    moss, ink = (ImageStat.Stat(draw(shop[f"harbour-mug-{color}"]).crop(body)).mean for color in ("moss", "ink"))
    assert sum(abs(a - b) for a, b in zip(moss, ink, strict=True)) > 60


def test_a_product_nobody_drew_is_named(shop: dict[str, Product]) -> None:
    stranger = shop["moka-blend"].model_copy(update={"product_type": "Pets > Leads"})
    with pytest.raises(NoDrawing, match="moka-blend"):
        draw(stranger)


def test_curves_pass_through_their_points() -> None:
    points = [(0.0, 0.0), (10.0, 5.0), (20.0, -5.0)]
    curve = smooth(points)
    assert all(any(abs(x - a) + abs(y - b) < 1e-9 for x, y in curve) for a, b in points)


def test_scattered_points_stay_in_their_box_and_apart() -> None:
    points = scatter(50, (10, 20, 110, 220))
    assert all(10 <= x < 110 and 20 <= y < 220 for x, y in points)
    assert len(set(points)) == 50


def test_a_label_keeps_its_colour_from_one_start_to_the_next_and_a_subject_stands_out() -> None:
    assert label_color("moka-blend") == hex_color("#a34f52")
    white = NAMED["sea-salt white"]
    assert backdrop_color(white, "any") != white
