"""Shouted words are said calmly, but a word nobody knows is not made harder to see."""

from __future__ import annotations

import pytest

from evals.draft import Block
from evals.guard import check_block, why_held_back
from evals.verdict import Severity
from tests.kit.emails import make_snapshot


def repaired(text: str) -> set[tuple[Severity, str | None]]:
    held = why_held_back(check_block(make_snapshot(), Block(name="opening", text=text)))
    return {(verdict.severity, verdict.repaired) for verdict in held if verdict.rule == "style.spam"}


def test_words_of_the_facts_and_common_words_are_said_calmly() -> None:
    calm = "The linen lies by the water on a quiet summer evening."
    assert repaired("The LINEN lies by the WATER on a quiet summer evening.") == {(Severity.REPAIR, calm)}


def test_a_single_word_is_stressed_and_not_shouted() -> None:
    assert repaired("It holds WATER well enough.") == set()


@pytest.mark.parametrize("planted", ["MOSSCOIN", "DANGER-CUT", "ZEBRAFISH"])
def test_a_word_nobody_knows_holds_the_text_back(planted: str) -> None:
    assert repaired(f"The linen towel goes well with {planted} in the morning.") == {(Severity.BLOCK, None)}
