"""A run that is not worth going on with stands still, with the reason; a run that is, goes on."""

from __future__ import annotations

import pytest

from composer.runs.model import PauseReason, Tolerance
from composer.runs.outcomes import Health
from composer.runs.tolerance import LEAST_WINDOW, Window

FINE, FAILED = Health(), Health(failed=1.0)


def judged(healths: list[Health], workers: int = 1, /, **tolerance: float) -> PauseReason | None:
    """What is said after the last of them."""
    window = Window()
    for health in healths:
        window.add(health)
    found = window.judge(Tolerance.model_validate({"window": 20, **tolerance}), workers=workers)
    return None if found is None else found.reason


@pytest.mark.parametrize(
    ("health", "limit", "reason"),
    [
        pytest.param({"failed": 1.0}, "failed", PauseReason.FAILED_RECIPIENTS, id="failed"),
        pytest.param({"model_failures": 1.0}, "model_failures", PauseReason.MODEL_FAILURES, id="no answer"),
        pytest.param({"check_failures": 1.0}, "check_failures", PauseReason.CHECK_FAILURES, id="held back"),
        pytest.param({"fallback": 1.0}, "fallback", PauseReason.FALLBACK_SHARE, id="templates"),
    ],
)
def test_a_share_above_its_limit_pauses_and_one_at_it_does_not(
    health: dict[str, float], limit: str, reason: PauseReason
) -> None:
    bad = Health(**health)
    assert judged([bad] * 5 + [FINE] * 15, **{limit: 0.25}) is None
    assert judged([bad] * 6 + [FINE] * 14, **{limit: 0.25}) is reason
    assert judged([bad] * 20, **{limit: 1}) is None


def test_nothing_is_said_before_the_window_is_full() -> None:
    assert judged([FAILED] * 19) is None
    assert judged([FAILED] * 20) is PauseReason.FAILED_RECIPIENTS


def test_only_the_newest_count() -> None:
    assert judged([FAILED] * 50 + [FINE] * 20) is None
    assert judged([FINE] * 500 + [FAILED] * 3) is PauseReason.FAILED_RECIPIENTS


def test_of_many_workers_each_judges_its_part_but_never_a_handful() -> None:
    assert judged([FAILED] * 50, window=200) is None
    assert judged([FAILED] * 50, 4, window=200) is PauseReason.FAILED_RECIPIENTS
    assert judged([FAILED] * (LEAST_WINDOW - 1), 1_000, window=200) is None


def test_it_is_said_in_a_sentence_with_the_numbers() -> None:
    window = Window()
    for number in range(40):
        window.add(FAILED if number % 4 == 0 else FINE)
    found = window.judge(Tolerance(window=40, failed=0.1), workers=1)
    assert found is not None
    assert found.detail.startswith("25% of the last 40 recipients could not be written to (10% is tolerated).")
