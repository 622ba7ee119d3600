"""Tests of real browsers and processes may fail for a moment's reason: once more, in the open, and not many of them.

These are pytest's hooks, for a conftest to import. Why, and where it ends, is in docs/decisions/0040.
"""

from __future__ import annotations

import pytest
from _pytest.terminal import TerminalReporter

FROM_OUTSIDE = "e2e"
MOST = 2
"""Tests of one whole run that may need their second try; with more of them something is wrong."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that may be tried twice."""
    for item in items:
        if FROM_OUTSIDE in item.path.parent.parts:
            item.add_marker(pytest.mark.flaky(reruns=1))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """More second tries than may be are a failure."""
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    if terminal and len(_failed_first(terminal)) > MOST and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """What failed at its first try is shown as what failed for good is."""
    failed = _failed_first(terminalreporter)
    for report in failed:
        terminalreporter.section(f"failed at the first try: {report.nodeid}", sep="_", red=True)
        terminalreporter.write_line(report.longreprtext)
    if len(failed) > MOST:
        terminalreporter.write_line(f"{len(failed)} tests failed at the first try, {MOST} may.", red=True)


def _failed_first(terminal: TerminalReporter) -> list[pytest.TestReport]:
    return terminal.stats.get("rerun", [])
