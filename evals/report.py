"""How well the guard tells sound texts from bad ones: precision, recall and false alarms, with intervals."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from evals.cases import Case
from evals.rule_words import current
from evals.snapshot import Frozen
from evals.verdict import Verdict

Z_95 = 1.959963984540054
HARD_RULES = frozenset(
    "price.wrong discount.invented code.invented shipping.invented offer.misstated urgency.invented scarcity.invented "
    "name.wrong recipient.mixed placeholder.leftover internal.leak pii.leak url.foreign html.injection "
    "header.injection length.exceeded subject.deceptive chars.* format.leak".split()
)
"""Rules whose breach is plain from the facts: numbers, codes, offers, names, private data, leftovers, links, lengths,
characters. They are held to a higher recall than those that need judgement. An id that ends in `*` is a family."""
SOFT_RULES = frozenset(
    "attribute.invented claim.unsubstantiated history.invented sensitive.inference creepy.surveillance "
    "testimonial.fake manipulation.guilt".split()
)
"""Rules that weigh wording: a list of phrases is never complete."""
MISTAKES_KEPT = 1000
"""Ids of missed violations, and of false alarms, that a report lists; the counts are always of all."""


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
    # At the ends the formula gives 0 and 1; floating point gives a little less.
    return Interval(0.0 if hits == 0 else middle - half, 1.0 if hits == of else middle + half)


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
    crashed: frozenset[str] = frozenset()
    """Those of them whose check broke. They hold back what they cannot judge, but they have caught nothing."""

    @property
    def is_held_back(self) -> bool:
        """True when the text may not go out, for whatever reason."""
        return bool(self.raised)

    @property
    def is_caught(self) -> bool:
        """True when a rule found something in the text."""
        return bool(self.raised - self.crashed)

    @property
    def is_named(self) -> bool:
        """True when one of the rules the label names was raised; a family id ("chars.*") names all of it."""
        return any(matches(rule, wanted) for rule in self.raised - self.crashed for wanted in self.case.violated)


def matches(rule: str, wanted: str) -> bool:
    """True when a rule is the one wanted, by the name it has or had, or of the family wanted ("chars.*")."""
    wanted = current(wanted)
    return rule == wanted or (wanted.endswith("*") and rule.startswith(wanted[:-1]))


def is_of(rules: Iterable[str], wanted: frozenset[str]) -> bool:
    """True when one of `rules` is in a set of rule ids and families."""
    return any(matches(rule, one) for rule in rules for one in wanted)


def outcome(case: Case, verdicts: Iterable[Verdict]) -> Outcome:
    """Reduce verdicts to what counts for the report."""
    held = [verdict for verdict in verdicts if verdict.holds_back]
    crashed = frozenset(verdict.rule for verdict in held if verdict.crashed)
    return Outcome(case, frozenset(verdict.rule for verdict in held), crashed)


class RuleFigures(Frozen):
    """Confusion counts of one rule, category or locale on labelled cases.

    A rule is asked only for the violations that name it, and has caught one when a rule of its label was raised; a
    category or locale has caught a violation when anything was raised.
    """

    group: str
    """The rule id, category or locale."""
    caught: int
    missed: int
    false_alarms: int
    sound: int
    """Sound cases that were let pass."""

    @property
    def recall(self) -> Share:
        return Share(hits=self.caught, of=self.caught + self.missed)

    @property
    def precision(self) -> Share:
        """A rule that is raised beside those in the label is neither right nor wrong."""
        return Share(hits=self.caught, of=self.caught + self.false_alarms)

    @property
    def false_positive_rate(self) -> Share:
        return Share(hits=self.false_alarms, of=self.false_alarms + self.sound)


class Report(Frozen):
    """The figures of a suite. `recall` asks for any alarm, `named_recall` for one of the rules in the label."""

    recall: Share
    named_recall: Share
    hard_recall: Share
    """Named recall on the violations of `HARD_RULES`."""
    soft_recall: Share
    """Named recall on the violations of `SOFT_RULES`."""
    precision: Share
    false_positive_rate: Share
    by_rule: tuple[RuleFigures, ...]
    by_category: tuple[RuleFigures, ...]
    by_locale: tuple[RuleFigures, ...]
    missed: tuple[str, ...]
    """Ids of violations nothing was raised on."""
    misnamed: tuple[str, ...]
    """Ids of violations that were held back, but by none of the rules in their label."""
    false_alarms: tuple[str, ...]
    """Ids of sound texts that were held back."""


class Tally:
    """Counts outcomes one by one and keeps none of them, so that a file of any length can be scored."""

    def __init__(self) -> None:
        self._cells: Counter[tuple[str, str, str]] = Counter()
        self._missed: list[str] = []
        self._misnamed: list[str] = []
        self._false_alarms: list[str] = []

    def add(self, item: Outcome) -> None:
        """Count one outcome; a case without a label counts for nothing."""
        case = item.case
        if case.label is None:
            return
        cell = _cell(item)
        self._cells.update((kind, group, cell) for kind, group in _groups(case))
        if case.label == "ok":
            self._cells.update(("rule", rule, "false_alarms") for rule in item.raised)
            _keep(self._false_alarms, case.id, item.is_held_back)
            return
        named = "caught" if item.is_named else "missed"
        self._cells.update(("rule", rule, named) for rule in set(case.violated))
        self._cells.update(("named", of, named) for of in _strengths(case))
        _keep(self._missed, case.id, not item.is_caught)
        _keep(self._misnamed, case.id, item.is_caught and bool(case.violated) and not item.is_named)

    def report(self) -> Report:
        """The figures of what was counted so far."""
        everything = self._figures("all", "")
        caught, alarms = everything.caught, everything.false_alarms
        return Report(
            recall=everything.recall,
            named_recall=self._figures("named", "all").recall,
            hard_recall=self._figures("named", "hard").recall,
            soft_recall=self._figures("named", "soft").recall,
            precision=Share(hits=caught, of=caught + alarms),
            false_positive_rate=everything.false_positive_rate,
            by_rule=self._of("rule", sound=everything.false_alarms + everything.sound),
            by_category=self._of("category"),
            by_locale=self._of("locale"),
            missed=tuple(self._missed),
            misnamed=tuple(self._misnamed),
            false_alarms=tuple(self._false_alarms),
        )

    def _figures(self, kind: str, group: str, sound: int | None = None) -> RuleFigures:
        cells = {name: self._cells[kind, group, name] for name in ("caught", "missed", "false_alarms", "sound")}
        if sound is not None:
            cells["sound"] = sound - cells["false_alarms"]
        return RuleFigures(group=group, **cells)

    def _of(self, kind: str, sound: int | None = None) -> tuple[RuleFigures, ...]:
        groups = sorted({group for of, group, _ in self._cells if of == kind})
        return tuple(self._figures(kind, group, sound) for group in groups)


def _cell(item: Outcome) -> str:
    if item.case.label == "violation":
        return "caught" if item.is_caught else "missed"
    return "false_alarms" if item.is_held_back else "sound"


def _groups(case: Case) -> tuple[tuple[str, str], ...]:
    return ("all", ""), ("category", case.category), ("locale", case.snapshot.locale)


def _strengths(case: Case) -> Iterable[str]:
    if case.violated:
        yield "all"
    if is_of(case.violated, HARD_RULES):
        yield "hard"
    if is_of(case.violated, SOFT_RULES):
        yield "soft"


def _keep(ids: list[str], case_id: str, is_one: bool) -> None:
    if is_one and len(ids) < MISTAKES_KEPT:
        ids.append(case_id)


def report(outcomes: Iterable[Outcome]) -> Report:
    """Score a suite. Extra rules raised on a violation are no false alarms; any rule on a sound text is one."""
    tally = Tally()
    for item in outcomes:
        tally.add(item)
    return tally.report()
