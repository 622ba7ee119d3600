"""Failures in words."""

from __future__ import annotations

from evals.reports.wording import details, missed, verdict
from tests.unit.evals.reports.runs import MARK, TEXT, a_failure, a_share


def test_a_failure_reads_from_the_sentence_to_the_facts() -> None:
    assert details(a_failure()).splitlines() == [
        "The wrong price was let pass.",
        "price.wrong: '£49' at 18–21: No pick costs that. [fact: Moka Pot, 39.00 GBP]",
        "",
        "Text:",
        TEXT,
        "",
        "Facts:",
        "- name: Ana",
        "- Moka Pot, 39.00 GBP",
    ]


def test_a_rule_that_points_at_nothing_names_no_place() -> None:
    assert verdict(MARK.model_copy(update={"span": (0, 0), "source": None}), TEXT) == "price.wrong: No pick costs that."


def test_a_failure_cannot_steer_the_terminal_it_is_read_on() -> None:
    shown = details(a_failure(text="\x1b[2J\x9b1m", message="a\rb", facts=("\x00",), marks=()))
    assert shown.splitlines() == ["a\\rb", "", "Text:", "\\x1b[2J\\x9b1m", "", "Facts:", "- \\x00"]


def test_a_missed_threshold_says_what_was_found_and_what_was_wanted() -> None:
    assert missed(a_share(hits=90)) == "recall is 90 % (90 of 100), wanted ≥ 95 %"
