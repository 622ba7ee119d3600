"""What tests of whole rooms share: they do not wait as long as a shop does."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who looks for work, or tries again what may pass, waits a tenth of the time."""
    monkeypatch.setattr("composer.runs.runner.POLL_S", 0.05)
    monkeypatch.setattr("composer.runs.composing.FIRST_WAIT_S", 0.05)
    monkeypatch.setattr("composer.model_client.FIRST_WAIT", 0.025)
