"""Which files of tests one process takes, one after the other, where several processes share the tests.

What these files need takes seconds to load, once in each process that has such a file: a server that processes are
forked from, or torch. They come first: they are the longest that one process has to do in turn.

These are pytest's hooks, for a conftest to import.
"""

from __future__ import annotations

import pytest
from xdist.remote import Producer  # type: ignore[import-untyped]
from xdist.scheduler import LoadFileScheduling  # type: ignore[import-untyped]

FORKED = "files whose processes are forked from one that has loaded everything"
EMBEDDING = "files that load the embedding model"
TOGETHER = {
    "tests/e2e/runs/test_chaos.py": FORKED,
    "tests/e2e/runs/test_two_apis.py": FORKED,
    "tests/e2e/api/test_import_command.py": FORKED,
    "tests/e2e/api/test_killed_ingest.py": FORKED,
    "tests/e2e/api/test_log_kept.py": FORKED,
    "tests/e2e/catalog/test_killed_import.py": FORKED,
    "tests/e2e/handoff/test_killed_dispatcher.py": FORKED,
    "tests/e2e/api/test_cli.py": EMBEDDING,
    "tests/e2e/api/test_search_and_picks.py": EMBEDDING,
    "tests/integration/catalog/test_encoders.py": EMBEDDING,
}


def scope_of(node_id: str) -> str:
    """What goes to one process: a file, or all files of its kind."""
    file = node_id.partition("::")[0]
    return TOGETHER.get(file, file)


class SharingOut(LoadFileScheduling):  # type: ignore[misc]  # the library has no types
    """A file after the other to whichever process is free."""

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer | None) -> SharingOut | None:
    """Only where files are shared out at all."""
    return SharingOut(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.hookimpl(specname="pytest_collection_modifyitems")
def pytest_those_together_first(items: list[pytest.Item]) -> None:
    """Before the others; within both the order stays."""
    items.sort(key=lambda item: item.nodeid.partition("::")[0] not in TOGETHER)
