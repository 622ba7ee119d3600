"""The text that stands for a product, and the small encoder for tests."""

from __future__ import annotations

import numpy as np

from catalog.embedding import MAX_TEXT, HashingEncoder, product_text, text_hash
from tests.kit.catalog import product


def test_the_text_says_what_it_is_before_what_it_is_like() -> None:
    qualities = {"cups": 3, "induction": True, "finish": "brushed"}
    pot = product("1", "Moka Pot", brand="Bialetti", product_type="Coffee > Pots", color="Silver")
    text = product_text(pot.model_copy(update={"attributes": qualities, "description": "Strong coffee."}))
    assert text == "Moka Pot. Bialetti. Coffee , Pots. Silver. induction. finish brushed. Strong coffee."


def test_prices_and_stock_do_not_change_the_text() -> None:
    cheap, dear = product("1", "Pot", price="1", stock=3), product("1", "Pot", price="9", stock=0)
    assert text_hash(product_text(cheap)) == text_hash(product_text(dear))
    assert text_hash(product_text(cheap)) != text_hash(product_text(product("1", "Pots and pans")))


def test_long_texts_are_capped() -> None:
    assert len(product_text(product("1", "Pot", description="word " * 500))) <= MAX_TEXT


def test_the_hashing_encoder_gives_unit_vectors_and_likes_shared_words() -> None:
    encoder = HashingEncoder(128)
    tea, teas, mug, empty = encoder.encode(["green tea leaf", "Green tea leaves", "ceramic mug", ""])
    assert np.allclose([np.linalg.norm(each) for each in (tea, teas, mug, empty)], 1.0)
    assert tea @ teas > 0.5 > tea @ mug
    assert np.array_equal(tea, HashingEncoder(128).encode(["green tea leaf"])[0])
    assert encoder.encode([]).shape == (0, 128)
