"""Files that share what takes seconds to load go to one process, before the others, and each of the others alone."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.kit import together
from tests.kit.together import SharingOut, pytest_xdist_make_scheduler, scope_of

pytest_plugins = ["pytester"]

TOGETHER = {"test_b.py": "both", "test_d.py": "both"}
HOOKS = "from tests.kit.together import pytest_those_together_first, pytest_xdist_make_scheduler"
TWO = """
def test_one():
    pass
def test_other():
    pass
"""
BY_FILE = ("--tx", "2*popen", "--dist", "loadfile")


class Process:
    """Takes what it is given, and does none of it."""

    shutting_down = False
    gateway = SimpleNamespace(id="gw")

    def __init__(self) -> None:
        self.given: list[int] = []

    def send_runtest_some(self, indices: list[int]) -> None:
        self.given += indices


@pytest.mark.parametrize("file", together.TOGETHER)
def test_what_goes_together_is_there(file: str) -> None:
    assert (Path(__file__).parents[3] / file).is_file()


def test_a_file_that_goes_with_no_other_is_alone() -> None:
    assert scope_of("tests/unit/test_x.py::TestY::test_z[a::b]") == "tests/unit/test_x.py"


def test_those_together_come_first_and_in_order(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "TOGETHER", TOGETHER)
    pytester.makeconftest(HOOKS)
    pytester.makepyfile(**{f"test_{name}": TWO for name in "abcd"})
    result = pytester.runpytest_inprocess("--collect-only", "-q")
    collected = [line for line in result.outlines if "::" in line]
    assert collected == [f"test_{name}.py::{test}" for name in "bdac" for test in ("test_one", "test_other")]


def test_one_process_gets_all_of_them(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "TOGETHER", TOGETHER)
    tests = [f"test_{name}.py::test_{number}" for name in "bdac" for number in range(3)]
    sharing, processes = SharingOut(pytester.parseconfig(*BY_FILE)), [Process(), Process()]
    for process in processes:
        sharing.add_node(process)
        sharing.add_node_collection(process, tests)
    sharing.schedule()
    assert [process.given for process in processes] == [[0, 1, 2, 3, 4, 5], [6, 7, 8]]


def test_who_wants_tests_shared_out_otherwise_gets_that(pytester: pytest.Pytester) -> None:
    assert pytest_xdist_make_scheduler(pytester.parseconfig(*BY_FILE), None) is not None
    assert pytest_xdist_make_scheduler(pytester.parseconfig("--tx", "2*popen", "--dist", "load"), None) is None
