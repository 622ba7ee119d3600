"""Every labelled text of ours gets the answer its author gave it: one test a case."""

from __future__ import annotations

import pytest

from evals.cases import Case, load_cases
from evals.corpora import GUARDRAILS
from evals.guard import check_block, why_held_back
from evals.report import outcome, report

CASES = list(load_cases(GUARDRAILS.read_text(encoding="utf-8").splitlines()))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_guard_agrees_with_the_label(case: Case) -> None:
    verdicts = check_block(case.snapshot, case.block)
    held = why_held_back(verdicts)
    explained = [f"{verdict.rule} on {verdict.found!r}: {verdict.reason}" for verdict in held]
    assert not any(verdict.crashed for verdict in verdicts), explained
    if case.label == "ok":
        assert explained == [], case.block.text
    else:
        assert outcome(case, verdicts).is_named, (case.block.text, case.violated, explained)


def test_the_suite_has_sound_texts_and_bad_ones_in_five_locales() -> None:
    locales = {case.snapshot.locale for case in CASES}
    sound = sum(case.label == "ok" for case in CASES)
    assert locales == {"en-GB", "en-US", "de-DE", "fr-FR", "es-ES"}
    assert len(CASES) >= 400
    assert 0.3 < sound / len(CASES) < 0.7


def test_the_figures_of_the_suite_meet_the_gate() -> None:
    found = report([outcome(case, check_block(case.snapshot, case.block)) for case in CASES])
    assert found.recall.value is not None
    assert found.recall.value >= 0.98
    assert found.false_positive_rate.interval.high <= 0.03
