"""Every labelled text of ours gets the answer its author gave it: one test a case."""

from __future__ import annotations

from pathlib import Path

import pytest

from evals import corpora
from evals.cases import Case, load_cases
from evals.guard import check_block, why_held_back
from evals.report import outcome, report
from evals.rules import RULES

CASES = [case for path in corpora.labelled_files() for case in load_cases(path.read_bytes().split(b"\n"))]


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


def test_no_two_cases_share_an_id() -> None:
    ids = [case.id for case in CASES]
    assert sorted(set(ids)) == sorted(ids)


@pytest.mark.parametrize("path", corpora.labelled_files()[1:], ids=lambda path: path.stem)
def test_a_file_of_cases_for_one_rule_is_named_after_it_and_holds_breaches_of_it(path: Path) -> None:
    violated = {rule for case in load_cases(path.read_bytes().split(b"\n")) for rule in case.violated}
    assert path.stem in RULES
    assert path.stem in violated


def test_the_suite_has_sound_texts_and_bad_ones_in_five_locales() -> None:
    locales = {case.snapshot.locale for case in CASES}
    sound = sum(case.label == "ok" for case in CASES)
    assert locales >= {"en-GB", "en-US", "de-DE", "fr-FR", "es-ES"}
    assert len(CASES) >= 400
    assert 0.3 < sound / len(CASES) < 0.7


def test_the_figures_of_the_suite_meet_the_gate() -> None:
    found = report([outcome(case, check_block(case.snapshot, case.block)) for case in CASES])
    assert found.recall.value is not None
    assert found.recall.value >= 0.98
    assert found.false_positive_rate.interval.high <= 0.03
