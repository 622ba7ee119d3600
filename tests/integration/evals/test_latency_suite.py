"""`latency` suites: figures for blocks, e-mails and memory; what they are is the machine's business."""

from __future__ import annotations

from pathlib import Path

from evals.harness.detector_memory import STATUS
from evals.harness.latency import METRICS
from evals.harness.result import CaseStatus
from tests.kit.suites import figures, row, run_suite, write_suite

CASES = [row("price", "The Larch Tent is $240."), row("lie", "The Tin Mug is $99.", "violation", "price.wrong")]


def test_latency_yields_a_figure_for_blocks_emails_and_memory(tmp_path: Path) -> None:
    options = {"blocks": 5, "emails": 2, "warm_up": 1}
    result = run_suite(write_suite(tmp_path, CASES, kind="latency", options=options))
    found = figures(result)
    assert tuple(found) == METRICS
    assert [case.status for case in result.cases] == [CaseStatus.PASS] * 2
    assert all((value or 0) > 0 for name, value in found.items() if "_ms_" in name)
    assert (found["guard_mb"] or 0) > (found["detectors_mb"] or 0) > 0 or not STATUS.is_file()
