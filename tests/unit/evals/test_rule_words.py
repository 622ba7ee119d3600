"""Every rule is told in words."""

from __future__ import annotations

from evals import checks, sameness
from evals.preflight.register import MESSAGE_RULES
from evals.report import matches
from evals.rule_words import current, known_rules, words_for
from evals.rules import RULES


def test_every_rule_has_words_and_no_words_are_left_of_a_rule_that_went() -> None:
    assert checks.BY_BLOCK
    assert not RULES.keys() - known_rules(), "say in evals/rule_words.py what these find"
    assert known_rules() == {*RULES, *MESSAGE_RULES, sameness.RULE}


def test_a_rule_of_the_shop_s_own_is_told_by_its_id() -> None:
    assert words_for("judge.kind_words") == "judge: kind words"
    assert words_for("price.wrong") == "a price that is not the product's"


def test_rules_of_earlier_guards_are_told_and_scored_as_those_that_answer_for_them() -> None:
    assert words_for("subject.fake_reply") == words_for("subject.deceptive")
    assert current("restock.invented") in RULES
    assert matches("chars.garbled", "chars.bidi")
    assert not matches("chars.garbled", "event.*")
    assert matches("history.invented", "event.*")
