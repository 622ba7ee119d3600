"""Property tests try the same examples whatever else is loaded, unless they are to look for others."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.internal.conjecture import providers


def test_no_example_comes_from_a_module() -> None:
    assert len(providers._get_local_constants()) == 0


def test_a_search_takes_what_modules_say() -> None:
    before = settings.get_current_profile_name()
    settings.load_profile("search")
    try:
        assert providers._get_local_constants().strings
    finally:
        settings.load_profile(before)


def test_examples_are_drawn() -> None:
    drawn: list[str] = []

    @given(st.text())
    def draw(text: str) -> None:
        drawn.append(text)

    draw()
    assert len(set(drawn)) > 1
