"""How well the guard tells sound texts from bad ones: precision, recall and false alarms, with intervals."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from evals.cases import Case
from evals.snapshot import Frozen
from evals.verdict import Verdict

Z_95 = 1.959963984540054


class Interval(NamedTuple):
    """A 95 % confidence interval of a proportion."""

    low: float
    high: float


def wilson(hits: int, of: int) -> Interval:
    """Wilson's score interval (E. B. Wilson, 1927): honest for few cases and for shares near 0 and 1."""
    if of == 0:
        return Interval(0.0, 1.0)
    share, spread = hits / of, Z_95**2 / of
    middle = (share + spread / 2) / (1 + spread)
    half = Z_95 / (1 + spread) * math.sqrt(share * (1 - share) / of + spread / (4 * of))
    return Interval(max(0.0, middle - half), min(1.0, middle + half))


class Share(Frozen):
    """A proportion that never goes without its counts. `value` is None when there was nothing to count."""

    hits: int
    of: int

    @property
    def value(self) -> float | None:
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> Interval:
        return wilson(self.hits, self.of)

    def __str__(self) -> str:
        if self.value is None:
            return "– (0 of 0)"
        low, high = self.interval
        return f"{self.value:.3f} ({self.hits} of {self.of}; 95 % {low:.3f}–{high:.3f})"


class Outcome(NamedTuple):
    """A case and what the guard said of it."""

    case: Case
    raised: frozenset[str]
    """Rules whose verdict holds the block back."""

    @property
    def is_caught(self) -> bool:
        """True when any rule held the text back."""
        return bool(self.raised)

    @property
    def is_named(self) -> bool:
        """True when one of the rules the label names was raised; a family id ("chars.*") names all of it."""
        return any(_matches(rule, wanted) for rule in self.raised for wanted in self.case.violated)


def _matches(rule: str, wanted: str) -> bool:
    return rule == wanted or (wanted.endswith("*") and rule.startswith(wanted[:-1]))


def outcome(case: Case, verdicts: Iterable[Verdict]) -> Outcome:
    """Reduce verdicts to what counts for the report."""
    return Outcome(case, frozenset(verdict.rule for verdict in verdicts if verdict.holds_back))


class RuleScore(Frozen):
    """One rule: of the violations that name it, how many it caught; of its alarms, how many hit a violation."""

    rule: str
    recall: Share
    precision: Share
    false_alarms: int


class Report(Frozen):
    """The figures of a suite. `recall` asks for any alarm, `named_recall` for one of the rules in the label."""

    recall: Share
    named_recall: Share
    precision: Share
    false_positive_rate: Share
    rules: tuple[RuleScore, ...]
    missed: tuple[str, ...]
    """Ids of violations nothing was raised on."""
    false_alarms: tuple[str, ...]
    """Ids of sound texts that were held back."""


def report(outcomes: Sequence[Outcome]) -> Report:
    """Score a suite. Extra rules raised on a violation are no false alarms; any rule on a sound text is one."""
    bad = [item for item in outcomes if item.case.label == "violation"]
    good = [item for item in outcomes if item.case.label == "ok"]
    caught = [item for item in bad if item.is_caught]
    alarms = [item for item in good if item.is_caught]
    rules = sorted({rule for item in outcomes for rule in (*item.raised, *item.case.violated)})
    return Report(
        recall=Share(hits=len(caught), of=len(bad)),
        named_recall=Share(hits=sum(item.is_named for item in bad), of=len(bad)),
        precision=Share(hits=len(caught), of=len(caught) + len(alarms)),
        false_positive_rate=Share(hits=len(alarms), of=len(good)),
        rules=tuple(_score(rule, outcomes) for rule in rules),
        missed=tuple(item.case.id for item in bad if not item.is_caught),
        false_alarms=tuple(item.case.id for item in alarms),
    )


def _score(rule: str, outcomes: Sequence[Outcome]) -> RuleScore:
    labelled = [item for item in outcomes if rule in item.case.violated]
    raised = [item for item in outcomes if rule in item.raised]
    true = [item for item in raised if item.case.label == "violation"]
    return RuleScore(
        rule=rule,
        recall=Share(hits=sum(item.is_named for item in labelled), of=len(labelled)),
        precision=Share(hits=len(true), of=len(raised)),
        false_alarms=len(raised) - len(true),
    )
