"""Where rules have edges."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter

from composer.runs.audiences.judging import NO_FIFTHS, Person, meant
from composer.runs.audiences.rules import Rule
from memory.events import parse
from memory.fold import remember
from tests.kit.events import KETTLE, NOW, TEA, order, track

RULE: TypeAdapter[Rule] = TypeAdapter(Rule)


def holds(rule: dict[str, Any], *messages: dict[str, Any], locale: str | None = None) -> bool:
    state = remember(parse(message, NOW) for message in messages)
    return meant(RULE.validate_python(rule), Person("u1", NOW, state, locale=locale), NO_FIFTHS)


def test_what_was_put_into_the_cart_with_the_order_was_bought() -> None:
    added = track("Product Added", KETTLE, days_ago=3)
    assert holds({"field": "cart"}, added, order("o1", TEA, days_ago=3.001))
    assert not holds({"field": "cart"}, added, order("o1", TEA, days_ago=3))


@pytest.mark.parametrize(("strength", "expected"), [(0.5, True), (0.51, False)])
def test_a_leaning_is_as_strong_as_asked_or_stronger(strength: float, expected: bool) -> None:
    viewed = [track("Product Viewed", product, days_ago=3) for product in (KETTLE, TEA)]
    assert holds({"field": "brand", "in": ["hario"], "strength": strength}, *viewed) == expected


@pytest.mark.parametrize(
    ("locale", "wanted", "expected"),
    [
        ("de-AT", "de", True),
        ("de_AT", "de-at", True),
        ("de", "de-AT", False),
        ("den", "de", False),
        (None, "de", False),
    ],
)
def test_a_language_means_its_countries_and_not_words_that_begin_like_it(
    locale: str | None, wanted: str, expected: bool
) -> None:
    assert holds({"field": "locale", "in": [wanted]}, locale=locale) == expected
