"""Every labelled text of ours gets the answer its author gave it: one test a file, which tells every text that does
not."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from evals import corpora
from evals.cases import Case, load_cases
from evals.guard import check_block, why_held_back
from evals.report import Outcome, outcome, report
from evals.rules import RULES
from evals.verdict import Severity, Status

FILES = corpora.labelled_files()


class Judged(NamedTuple):
    """A case and the guard's answer to it."""

    outcome: Outcome
    wrong: str
    """What was not as the label says; empty where all was."""


@cache
def cases_of(path: Path) -> list[Case]:
    return list(load_cases(path.read_bytes().split(b"\n")))


@cache
def judged(path: Path) -> list[Judged]:
    """Each case of a file, judged once for all tests."""
    return [_judge(case) for case in cases_of(path)]


def _judge(case: Case) -> Judged:
    verdicts = check_block(case.snapshot, case.block)
    found = outcome(case, verdicts)
    explained = [f"{verdict.rule} on {verdict.found!r}: {verdict.reason}" for verdict in why_held_back(verdicts)]
    crashed = any(verdict.crashed for verdict in verdicts)
    agrees = not explained if case.label == "ok" else found.is_named
    wrong = "" if agrees and not crashed else f"{case.block.text!r} is {case.violated or case.label}: {explained}"
    return Judged(found, wrong)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_guard_agrees_with_every_label(path: Path) -> None:
    assert {one.outcome.case.id: one.wrong for one in judged(path) if one.wrong} == {}


@pytest.mark.parametrize("case", cases_of(corpora.WARNED), ids=lambda case: case.id)
def test_what_nothing_proves_wrong_is_pointed_out_and_sent(case: Case) -> None:
    verdicts = [verdict for verdict in check_block(case.snapshot, case.block) if verdict.status is Status.FAIL]
    assert {verdict.severity for verdict in verdicts} == {Severity.WARN}
    assert {verdict.rule for verdict in verdicts} & set(case.violated)


def test_no_two_cases_share_an_id() -> None:
    ids = [case.id for path in (*FILES, corpora.WARNED) for case in cases_of(path)]
    assert sorted(set(ids)) == sorted(ids)


@pytest.mark.parametrize("path", FILES[1:], ids=lambda path: path.stem)
def test_a_file_of_cases_for_one_rule_is_named_after_it_and_holds_breaches_of_it(path: Path) -> None:
    violated = {rule for case in cases_of(path) for rule in case.violated}
    assert path.stem in RULES
    assert path.stem in violated


def test_the_suite_has_sound_texts_and_bad_ones_in_five_locales() -> None:
    cases = [case for path in FILES for case in cases_of(path)]
    locales = {case.snapshot.locale for case in cases}
    sound = sum(case.label == "ok" for case in cases)
    assert locales >= {"en-GB", "en-US", "de-DE", "fr-FR", "es-ES"}
    assert len(cases) >= 400
    assert 0.3 < sound / len(cases) < 0.7


def test_the_figures_of_the_suite_meet_the_gate() -> None:
    found = report([one.outcome for path in FILES for one in judged(path)])
    assert found.recall.value is not None
    assert found.recall.value >= 0.98
    assert found.false_positive_rate.interval.high <= 0.03
