"""Every rule of the guard is needed: without it, shipped cases that it alone catches go by."""

from __future__ import annotations

from functools import cache

import pytest

from evals import corpora
from evals.cases import Case, load_cases
from evals.draft import Block, Draft
from evals.guard import check_block, check_draft
from evals.report import Outcome, is_of, outcome, report
from evals.rules import BY_BLOCK, RULES, without
from tests.kit.messages import failures, in_text
from tests.kit.snapshots import snapshot


@cache
def _violations() -> tuple[Case, ...]:
    cases = (case for path in corpora.labelled_files() for case in load_cases(path.read_bytes().split(b"\n")))
    return tuple(case for case in cases if case.label == "violation")


def _judged(cases: list[Case]) -> list[Outcome]:
    return [outcome(case, check_block(case.snapshot, case.block)) for case in cases]


@pytest.mark.parametrize("rule", RULES)
def test_without_a_rule_the_shipped_suite_fails(rule: str) -> None:
    named = [case for case in _violations() if any(is_of([rule], frozenset([wanted])) for wanted in case.violated)]
    assert named, f"no labelled case breaks {rule}: add evals/corpora/rules/{rule}.jsonl"
    whole = report(_judged(named))
    with without(rule):
        mutant = report(_judged(named))
    assert whole.named_recall.value == 1
    assert mutant.named_recall.hits < whole.named_recall.hits, f"no case of {len(named)} needs {rule}"


def test_a_rule_left_out_is_back_afterwards_in_its_place() -> None:
    before, blocks = list(RULES), dict(BY_BLOCK)
    with without("price.wrong"):
        assert "price.wrong" not in RULES
        assert "price.wrong" not in {rule.id for rule in BY_BLOCK["pitch"]}
    with pytest.raises(ZeroDivisionError), without("price.wrong"):
        1 / 0  # noqa: B018
    assert list(RULES) == before
    assert dict(BY_BLOCK) == blocks


def test_a_rule_that_does_not_exist_cannot_be_left_out() -> None:
    with pytest.raises(KeyError), without("price.right"):
        pass


def test_a_rule_left_out_is_left_out_of_joined_subject_and_preheader_too() -> None:
    draft = Draft(blocks=(Block(name="subject", text="50%"), Block(name="preheader", text="off every tent")))
    assert "discount.invented" in {verdict.rule for verdict in check_draft(snapshot(), draft)}
    with without("discount.invented"):
        assert "discount.invented" not in {verdict.rule for verdict in check_draft(snapshot(), draft)}


def test_a_rule_left_out_is_left_out_of_the_finished_message_too() -> None:
    half_price = in_text("See the mug", "Now half price, see the mug")
    assert {verdict.rule for verdict in failures(half_price)} == {"discount.invented"}
    with without("discount.invented"):
        assert failures(half_price) == []
