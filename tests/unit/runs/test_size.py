"""When a process has outgrown its limit."""

from __future__ import annotations

import sys

import pytest

from composer.runs.size import Size, held_mb


def test_it_is_outgrown_above_the_limit_and_not_before_it_has_done_its_least() -> None:
    size = Size(100, least=500, held=lambda: 101)
    assert not size.worked_off(499)
    assert size.worked_off(1)
    assert size.outgrown


def test_at_the_limit_it_is_not_outgrown_and_once_outgrown_it_stays_so() -> None:
    mb = 100
    size = Size(100, least=1, held=lambda: mb)
    assert not size.worked_off(1)
    mb = 101
    assert size.worked_off(1)
    mb = 1
    assert size.worked_off(1)


def test_without_a_limit_any_size_will_do() -> None:
    assert not Size(0, least=1, held=lambda: 10**9).worked_off(10**9)


@pytest.mark.parametrize("mb", [64])
def test_what_a_process_holds_is_counted_by_the_system(mb: int) -> None:
    before = held_mb()
    block = bytearray(b"x") * (mb * 2**20)
    grown = held_mb() - before
    assert len(block) == mb * 2**20
    # Where the system does not tell, there is no limit.
    assert grown >= mb / 2 if sys.platform == "linux" else grown == 0
