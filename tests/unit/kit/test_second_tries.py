"""A test from the outside has a second try, any other has none, and not many of them pass so."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]

HOOKS = """
from tests.kit.second_tries import pytest_collection_modifyitems, pytest_sessionfinish, pytest_terminal_summary
"""
PASSES_LATER = """
import pytest
tries = []
@pytest.mark.parametrize("number", range({}))
def test_later(number):
    tries.append(number)
    assert tries.count(number) == {}
"""


@pytest.mark.parametrize(
    ("folder", "tests", "passes_at_try", "ended"),
    [
        ("e2e", 2, 2, pytest.ExitCode.OK),
        ("e2e", 3, 2, pytest.ExitCode.TESTS_FAILED),
        ("e2e", 1, 3, pytest.ExitCode.TESTS_FAILED),
        ("unit", 1, 2, pytest.ExitCode.TESTS_FAILED),
    ],
    ids=["two may", "three may not", "no third try", "none inside"],
)
def test_who_may_pass_at_the_second_try(
    pytester: pytest.Pytester, folder: str, tests: int, passes_at_try: int, ended: pytest.ExitCode
) -> None:
    pytester.makeconftest(HOOKS)
    written = pytester.mkdir(folder) / "test_some.py"
    written.write_text(PASSES_LATER.format(tests, passes_at_try), encoding="utf-8")
    result = pytester.runpytest_inprocess()
    assert result.ret == ended
    result.stdout.fnmatch_lines(["*assert tries.count(number) == *"])
