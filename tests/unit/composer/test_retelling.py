"""Which frame a small model is asked to put around the sentence that describes a product."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.retelling import frames_for, says_name


@pytest.mark.parametrize(
    ("name", "about", "told"),
    [
        ("Salad Bowl", "A wide cream bowl that doubles as a fruit bowl.", {"pitch.plain", "pitch.meet"}),
        ("Sidama Natural", "Dried in the whole cherry at Sidama.", {"pitch.plain"}),
        ("Peppermint Leaf", "Big peppermint leaves from Hampshire, cool and clean.", set()),
        ("Jasmine Pearl", "Hand-rolled green tea scented with fresh jasmine.", set()),
        ("Linen Napkins", "Four washed linen napkins in moss green, which get softer.", set()),
        ("Rooibos with Orange", "A red tea from Cederberg with orange peel.", set()),
        ("60 Cake Cases Garden", "A box of paper cases with a printed rose.", set()),
        ("Skillet, Black", "A black skillet, seasoned at the foundry.", set()),
        ("Waist Apron", "A waist apron in heavy linen, for baristas and fast cooks.", set()),
    ],
)
def test_a_frame_is_offered_where_the_sentence_fits_it(name: str, about: str, told: set[str]) -> None:
    assert {frame.prompt for frame in frames_for(name, about)} == told
    assert all(frame.about == about for frame in frames_for(name, about))


@pytest.mark.parametrize(
    ("name", "about", "told"),
    [
        ("Brass Fountain Pen", "A plain brass fountain pen with a medium nib.", ["a medium nib."]),
        ("Fig Leaf Candle", "A fig leaf candle that smells of the bark.", ["smells of the bark."]),
        ("Bread Knife", "A long, scalloped bread knife that goes through a crust.", ["goes through a crust."]),
        # Not the pen slows the hand, and not the planter fits.
        (
            "Brass Pen",
            "A brass pen with a weight that slows the hand down.",
            ["a weight that slows the hand down."],
        ),
        ("Moka Pot", "A six-cup moka pot, for a table that likes a proper breakfast.", []),
        ("Moka Pot", "A moka pot that is made for three.", []),
        # Not the rim is flat in the middle.
        ("Dinner Plate", "A grey dinner plate with a raised rim, flat in the middle where the knife goes.", []),
        (
            "Bread Board",
            "A beech bread board with a groove all round, which keeps most of the crumbs honest.",
            ["a groove all round, which keeps most of the crumbs honest."],
        ),
    ],
)
def test_what_would_say_the_name_twice_is_told_without_it(name: str, about: str, told: list[str]) -> None:
    frames = frames_for(name, about)
    assert [frame.about for frame in frames] == told
    assert {frame.prompt for frame in frames} <= {"pitch.has", "pitch.does"}


def test_a_sentence_says_the_name_with_all_of_its_words_alone() -> None:
    assert says_name("Gooseneck Kettle", "A gooseneck kettle with a slow, narrow pour.")
    assert says_name("Round Teapot", "A small round-bellied teapot in ink blue.")
    assert not says_name("Table Runner", "A slate linen runner with mitred corners.")


@given(name=st.text(max_size=40), about=st.text(max_size=120))
def test_whatever_a_feed_says_a_frame_holds_words_of_it_alone(name: str, about: str) -> None:
    for frame in frames_for(name, about):
        assert frame.about in about
