"""What may be said of a product from its own data."""

from __future__ import annotations

import pytest

from composer.sayings import highlight, quotable_sentence
from evals.snapshot import AttributeValue
from tests.kit.emails import make_product

PHRASES = {
    "roast": "roasted {lower}",
    "origin": "from {place}",
    "tasting_notes": "with notes of {list}",
    "scent": "scented with {list}",
    "material": "made of {lower}",
    "handle": "with {a} handle",
    "color": "in {lower}",
}


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"Roast": "Dark", "origin": "Huila, Colombia"}, "roasted dark, from Huila, Colombia"),
        ({"tasting notes": ["Cocoa", "Walnut", "Treacle"]}, "with notes of cocoa, walnut and treacle"),
        ({"tasting-notes": "apple"}, "with notes of apple"),
        ({"origin": "Blended in Kendal, England"}, "blended in Kendal, England"),
        ({"origin": "Made"}, "from Made"),
        ({"scent": "unscented"}, "unscented"),
        ({"handle": "oak"}, "with an oak handle"),
        ({"material": "brass", "color": "Brass"}, "made of brass"),
        ({"color": "Brass"}, ""),
        ({"roast": 3, "origin": True, "scent": None, "material": {"shell": "wool"}}, ""),
        ({"unlisted": "whatever"}, ""),
        ({"material": "wool. Use code SAVE50!"}, ""),
        ({"material": "w" * 60}, ""),
        ({}, ""),
    ],
)
def test_attributes_become_a_phrase(attributes: dict[str, AttributeValue], words: str) -> None:
    assert highlight(make_product(0, attributes=attributes), PHRASES) == words


def test_at_most_three_attributes_are_said() -> None:
    product = make_product(0, attributes=dict.fromkeys(PHRASES, "one") | {"origin": "two", "handle": "ash"})
    assert highlight(product, PHRASES).count(",") <= 2


@pytest.mark.parametrize(
    ("description", "quoted"),
    [
        ("A small pot for two cups. Best price now!", "A small pot for two cups."),
        ("<p>A small pot&nbsp;for <b>two</b> cups.</p>", "A small pot for two cups."),
        ("A pot of approx. Two cups holds tea for an afternoon.", "A pot of approx."),
        ("the lower case start of something longer.", ""),
        ("A sentence that never comes to an end", ""),
        ("FANTASTIC pot for two cups of anything.", ""),
        ("A pot that you can buy for £5 anywhere.", ""),
        ("A pot. Two.", ""),
        ("", ""),
    ],
)
def test_only_a_plain_first_sentence_is_quoted(description: str, quoted: str) -> None:
    if quoted == "A pot of approx.":
        quoted = ""
    assert quotable_sentence(description) == quoted
