"""Eval suites as tests: `pytest --penfriend-suite guard`, or any `*.suite.yaml` among the tests.

pytest loads this module in every run of an environment Penfriend is installed in, so it holds options and hooks only;
what reads and runs suites (`evals.pytest_suites`) is loaded by the first suite that is asked for.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest

SUITES_MODULE = "evals.pytest_suites"
SUFFIX = ".suite.yaml"
PAID_MARK = "penfriend_paid"
SHARED_FOLDER = "penfriend_folder"
"""Key of pytest-xdist's worker input: the folder in which its workers leave results for each other."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options and ini settings."""
    group = parser.getgroup("penfriend", "Penfriend eval suites")
    group.addoption(
        "--penfriend-suite",
        action="append",
        default=[],
        metavar="SUITE",
        help="Run this suite too: the name of one that is shipped with Penfriend, or the path of a suite file.",
    )
    group.addoption(
        "--penfriend-model",
        default="scripted",
        metavar="MODEL",
        help="Who writes where a suite composes e-mails: 'scripted' (default, no network), or as LiteLLM names it.",
    )
    group.addoption("--penfriend-paid", action="store_true", help="Also run the suites that cost money.")
    parser.addini("penfriend_suites", type="linelist", default=[], help="Suites every run includes, a line each.")
    parser.addini(
        "penfriend_bench",
        default="api.pytest_bench:bench",
        help="MODULE:FUNCTION that takes a model's name and opens what composes the e-mails of suites that need some.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker, for runs with --strict-markers."""
    config.addinivalue_line("markers", f"{PAID_MARK}: eval cases of a suite that costs money.")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A suite file among the tests is a file of tests."""
    if not file_path.name.endswith(SUFFIX):
        return None
    file: pytest.Collector = _suites(parent.config).SuiteFile.from_parent(parent, path=file_path)
    return file


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add the suites asked for by name, before `-k` and `-m` choose among all tests."""
    named = [*config.getini("penfriend_suites"), *config.getoption("--penfriend-suite")]
    for suite in dict.fromkeys(named):
        items.extend(_suites(config).collect_named(session, suite))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """With pytest-xdist: every worker collects every case, so one runs a suite and the others read what it found."""
    config = node.config
    folder = getattr(config, SHARED_FOLDER, None)
    if folder is None:
        folder = tempfile.mkdtemp(prefix="penfriend-suites-")
        setattr(config, SHARED_FOLDER, folder)
        config.add_cleanup(lambda: shutil.rmtree(folder))
    node.workerinput[SHARED_FOLDER] = folder


def _suites(config: pytest.Config) -> Any:
    config.pluginmanager.import_plugin(SUITES_MODULE)
    return config.pluginmanager.get_plugin(SUITES_MODULE)
