"""The text that stands for a product, and the small encoder for tests."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from catalog.embedding import MAX_TEXT, HashingEncoder, product_text, text_hash, vertical_of
from catalog.verticals import ALIASES, SILENT, VERTICALS
from tests.kit.catalog import product


def test_the_text_says_what_it_is_before_what_it_is_like() -> None:
    qualities = {"cups": 3, "induction": True, "finish": "brushed", "dishwasher": False}
    pot = product("1", "Moka Pot", brand="Bialetti", product_type="Coffee makers > Pots", color="Silver")
    text = product_text(pot.model_copy(update={"attributes": qualities, "description": "Strong coffee."}))
    said = ["Moka Pot", "Bialetti", "Coffee makers, Pots", "color Silver", "cups 3", "induction", "finish brushed"]
    assert text.split(". ") == [*said, "Strong coffee"]


@pytest.mark.parametrize(
    ("fields", "vertical"),
    [
        ({"google_product_category": "Food, Beverages & Tobacco > Beverages > Tea & Infusions"}, "food and drink"),
        ({"google_product_category": "166"}, "fashion"),
        ({"google_product_category": "Health & Beauty", "product_type": "Gifts > Tea"}, "beauty and health"),
        ({"product_type": "Women > Dresses"}, "fashion"),
        ({"product_type": "Kitchen > Tea"}, "food and drink"),
        ({"product_type": "Damen > Schuhe > Kleid"}, "fashion"),
        ({"product_type": "Notebooks"}, "other"),
        ({}, "other"),
    ],
)
def test_the_kind_of_goods_follows_from_the_products_own_category(fields: dict[str, Any], vertical: str) -> None:
    assert vertical_of(product("1", "Thing", **fields)).name == vertical


@pytest.mark.parametrize(
    ("category", "attributes", "said"),
    [
        ("Tea", {"net weight": "100 g", "Origin": "Uji", "Flavor": "grassy"}, "flavour grassy. origin Uji"),
        ("Dresses", {"care": "30 °C", "occasion": "wedding", "fit": "slim"}, "fit slim. occasion wedding"),
        ("Skincare", {"volume": "50 ml", "SPF": 30, "Skin type": ["dry", "oily"]}, "skin type dry, oily. spf 30"),
        ("Cameras", {"shipweight": "2", "screen-size": {"value": 3, "unit": "in"}}, "screen size 3, in"),
        ("Books", {"pages": 320, "author": "Mary Shelley", "genre": "gothic"}, "author Mary Shelley. genre gothic"),
        ("Bikes", {"sku": "17", "gears": 21, "terrain": "gravel"}, "terrain gravel. gears 21"),
    ],
)  # fmt: skip
def test_each_kind_of_goods_says_what_tells_most_and_leaves_out_what_tells_nothing(
    category: str, attributes: dict[str, Any], said: str
) -> None:
    found = product_text(product("1", "Thing", product_type=category, attributes=attributes))
    assert found == f"Thing. {category}. {said}"


def test_a_model_number_is_said_of_a_camera_and_not_of_a_teapot() -> None:
    camera = product("1", "Camera", product_type="Cameras", attributes={"mpn": "PSLX350H"})
    teapot = product("1", "Teapot", product_type="Tableware", attributes={"mpn": "PSLX350H"})
    assert "PSLX350H" in product_text(camera)
    assert "PSLX350H" not in product_text(teapot)


def test_markup_and_repetition_are_left_out() -> None:
    shown = {"feature": "<b>Quick</b> &amp; quiet"}
    kettle = product("1", "Kettle", brand="Kettle", description="<p>Boils\n fast</p>", attributes=shown)
    assert product_text(kettle) == "Kettle. feature Quick & quiet. Boils fast"


def test_a_category_that_is_a_number_says_nothing() -> None:
    assert product_text(product("1", "Kettle", google_product_category="751")) == "Kettle"


def test_prices_and_stock_do_not_change_the_text() -> None:
    cheap, dear = product("1", "Pot", price="1", stock=3), product("1", "Pot", price="9", stock=0)
    assert text_hash(product_text(cheap)) == text_hash(product_text(dear))
    assert text_hash(product_text(cheap)) != text_hash(product_text(product("1", "Pots and pans")))


def test_long_texts_are_capped() -> None:
    many = {f"thing {n}": "word " * 20 for n in range(50)}
    assert len(product_text(product("1", "Pot", description="word " * 500))) <= MAX_TEXT
    assert len(product_text(product("1", "Pot", attributes=many))) <= MAX_TEXT


def test_a_list_of_ingredients_does_not_push_the_rest_out() -> None:
    inci = {"ingredients": "aqua, glycerin, " * 40, "skin type": "dry"}
    cream = product("1", "Cream", product_type="Skincare", description="For the night.", attributes=inci)
    text = product_text(cream)
    assert text.endswith("For the night")
    assert "skin type dry" in text


def test_the_table_of_verticals_is_sound() -> None:
    told = [name for vertical in VERTICALS for name in vertical.tells]
    assert all(name not in ALIASES for name in told), "a vertical names what is known by another name"
    assert all(target not in ALIASES for target in ALIASES.values()), "an alias of an alias"
    assert all("-" not in name and " " not in name for name in [*told, *SILENT, *ALIASES])
    google = [top for vertical in VERTICALS for top in vertical.google]
    assert len(google) == len(set(google))
    assert all(top.partition(" ")[0].isdigit() for top in google)


def test_the_hashing_encoder_gives_unit_vectors_and_likes_shared_words() -> None:
    encoder = HashingEncoder(128)
    tea, teas, mug, empty = encoder.encode(["green tea leaf", "Green tea leaves", "ceramic mug", ""])
    assert np.allclose([np.linalg.norm(each) for each in (tea, teas, mug, empty)], 1.0)
    assert tea @ teas > 0.5 > tea @ mug
    assert np.array_equal(tea, HashingEncoder(128).encode(["green tea leaf"])[0])
    assert np.array_equal(tea, HashingEncoder(128).encode_query(["green tea leaf"])[0])
    assert encoder.encode([]).shape == (0, 128)
