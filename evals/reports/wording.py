"""A failing case and a missed threshold in words, for reports that are plain text."""

from __future__ import annotations

import re

from evals.harness.result import CaseResult, Mark, Metric
from evals.reports import figures

BAD_CHARACTER = re.compile(r"[^\t\n\x20-\x7E\xA0-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")
"""What a terminal would obey or XML 1.0 (section 2.2) cannot carry even escaped: controls of C0 and C1, non-characters.
The carriage return is one of them: XML readers turn it into a line feed."""


def visible(text: str) -> str:
    """Hostile characters made visible: an escape becomes the four letters `\\x1b`."""
    return BAD_CHARACTER.sub(lambda found: ascii(found[0])[1:-1], text)


def details(case: CaseResult) -> str:
    """What failed, in lines: the sentence, each rule with what it found and the fact, the text, the facts."""
    lines = [case.message, *(verdict(mark, case.text) for mark in case.marks)]
    lines += ["", "Text:", case.text] if case.text else []
    lines += ["", "Facts:", *(f"- {fact}" for fact in case.facts)] if case.facts else []
    return visible("\n".join(lines))


def verdict(mark: Mark, text: str) -> str:
    """One rule: `price.wrong: '£49' at 12–15: The amount is no pick's price. [fact: Moka pot: 39.00 GBP]`."""
    start, end = mark.span
    found = f"{text[start:end]!r} at {start}–{end}: " if text[start:end] else ""
    fact = f" [fact: {mark.source}]" if mark.source else ""
    return f"{mark.rule}: {found}{mark.reason}{fact}"


def missed(metric: Metric) -> str:
    """A threshold that is not kept: `recall is 93.1 % (392 of 421), wanted ≥ 95 %`."""
    counted = figures.counts(metric)
    found = figures.amount(metric.value, metric) + (f" ({counted})" if counted else "")
    return f"{metric.name} is {found}, wanted {figures.goal(metric)}"
