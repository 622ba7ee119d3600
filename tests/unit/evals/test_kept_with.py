"""What a function finds out of an e-mail or a block is kept with it."""

from __future__ import annotations

import weakref

from evals.text.keeping import kept_with


class Counted:
    def __init__(self, start: int) -> None:
        self.start = start


def test_what_a_function_finds_out_of_an_object_goes_with_it() -> None:
    asked: list[Counted] = []

    @kept_with
    def tripled(counted: Counted) -> int:
        """Three times as much."""
        asked.append(counted)
        return counted.start * 3

    @kept_with
    def nothing(counted: Counted) -> None:
        asked.append(counted)

    one, other = Counted(1), Counted(2)
    assert (tripled(one), tripled(other), tripled(one)) == (3, 6, 3)
    assert (nothing(one), nothing(one)) == (None, None)
    assert asked == [one, other, one]
    assert tripled.__doc__ == "Three times as much."
    gone = weakref.ref(one)
    asked.clear()
    del one
    assert gone() is None
