"""A variant's title reads well: nothing twice, nothing that says nothing, and never cut at what tells it apart."""

from __future__ import annotations

from decimal import Decimal

import pytest

from catalog.feeds.rows import MAX_TITLE
from catalog.feeds.variants import amount, option_values, options_of, orderable, variant_title, whole


@pytest.mark.parametrize(
    ("title", "options", "meant"),
    [
        ("T-Shirt", {"Color": "Red", "Size": "L"}, "T-Shirt - Red, L"),
        ("T-Shirt", {}, "T-Shirt"),
        ("Red T-Shirt", {"Color": "red", "Size": "L"}, "Red T-Shirt - L"),
        ("Rug", {"Color": "Sand", "Tone": "Sand"}, "Rug - Sand"),
        ("Boot", {"Size": "42"}, "Boot - Size 42"),
        ("Boot 42", {"Size": "42"}, "Boot 42"),
        ("Hoodie", {"Logo": "Yes"}, "Hoodie - Logo: Yes"),
        ("Bolt", {"Length": "30 mm", "Size": "M8"}, "Bolt - 30 mm, M8"),
        ("<b>Cap</b> &amp; Scarf", {"Color": "Blue"}, "Cap & Scarf - Blue"),
        ("WHITE HANGING HEART", {"Size": "L"}, "White Hanging Heart - L"),
        ("", {"Color": "Red"}, ""),
    ],
)
def test_the_title_of_a_variant(title: str, options: dict[str, str], meant: str) -> None:
    assert variant_title(title, options) == meant


def test_what_tells_a_variant_apart_is_never_cut_off() -> None:
    title = variant_title("A very long name " * 20, {"Color": "Petrol"})
    assert title.endswith(" - Petrol")
    assert len(title) <= MAX_TITLE


def test_options_that_say_nothing_and_names_that_come_twice_are_dropped() -> None:
    pairs = [("Title", "Default Title"), ("Color", " <b>Red</b>"), ("color", "Blue"), ("", "x"), ("Size", None)]
    assert options_of(pairs) == {"Color": "Red"}


def test_options_become_fields_where_there_is_one_and_facts_elsewhere() -> None:
    assert option_values({"Farbe": "Rot", "Größe": "M", "Schnitt": "eng", "Colour": "Red"}) == {
        "color": "Rot", "size": "M", "custom:Schnitt": "eng", "custom:Colour": "Red",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("quantity", "tracked", "oversell", "meant"),
    [
        (3, True, False, {"availability": "in_stock", "stock": 3}),
        (0, True, False, {"availability": "out_of_stock", "stock": 0}),
        (-4, True, True, {"availability": "backorder", "stock": 0}),
        (-4, False, False, {"availability": "in_stock"}),
        (None, True, False, {"availability": "in_stock"}),
    ],
)
def test_availability_of_what_is_counted(
    quantity: int | None, tracked: bool, oversell: bool, meant: dict[str, object]
) -> None:
    assert orderable(quantity, tracked, oversell) == meant


@pytest.mark.parametrize(
    ("text", "meant"), [("12", 12), ("-3", -3), (12.0, 12), ("+1", 1), ("1.5", None), ("many", None)]
)
def test_counts_are_whole(text: object, meant: int | None) -> None:
    assert whole(text) == meant


@pytest.mark.parametrize(
    ("text", "meant"), [("1.125", Decimal("1.125")), ("12", "12"), ("1,125", "1,125"), (None, None), (5, 5)]
)
def test_an_amount_with_a_point_is_taken_at_its_word(text: object, meant: object) -> None:
    assert amount(text) == meant
