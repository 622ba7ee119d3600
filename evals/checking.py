"""Lines of the labelled format through the guard: an answer a line, and figures where there are labels.

Lines are judged one by one and forgotten, so a file may have any length. A line that cannot be read is answered too,
and those after it are judged all the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import BinaryIO, Literal

from evals.case_facts import BadCase
from evals.cases import Case, Label, read_case
from evals.guard import check_block
from evals.report import MISTAKES_KEPT, Outcome, Tally, outcome
from evals.snapshot import Frozen
from evals.verdict import Severity, Status, Verdict


class Answer(StrEnum):
    """How a verdict compares with the label."""

    CAUGHT = "caught"
    """A violation, held back by a rule of its label."""
    MISNAMED = "misnamed"
    """A violation, held back by other rules only."""
    MISSED = "missed"
    FALSE_ALARM = "false_alarm"
    SOUND = "sound"
    """A sound text that was let pass."""


MISTAKES = frozenset((Answer.MISNAMED, Answer.MISSED, Answer.FALSE_ALARM))


class Found(Frozen):
    """One breach of one rule."""

    rule: str
    severity: Severity
    span: tuple[int, int] | None
    """Half-open character range in the text."""
    found: str
    reason: str
    source: str | None
    """The fact that contradicts or is missing."""
    repaired: str | None
    """The whole text after a deterministic edit; it is judged anew before it may go out."""


class Checked(Frozen):
    """The guard's answer to one line."""

    line: int
    id: str
    verdict: Label
    """`violation` when the text may not go out as it is."""
    rules: tuple[str, ...]
    """Ids of the rules that hold it back, each once."""
    findings: tuple[Found, ...]
    warnings: tuple[Found, ...]
    crashed: tuple[str, ...]
    """Rules whose check broke. The text is held back, because nobody can say that it is sound."""
    label: Label | None
    answer: Answer | None
    """None without a label."""


class Problem(Frozen):
    """Why a line cannot be judged."""

    pointer: str | None
    """JSON pointer (RFC 6901) to the field."""
    message: str
    fix: str | None


class Unread(Frozen):
    """The answer to a line that is no case."""

    line: int
    verdict: Literal["error"] = "error"
    error: Problem


MAX_LINE_BYTES = 1_000_000
"""A block of an e-mail with all its facts has some thousands."""


def lines_of(file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file. Of one that is too long only the beginning, a byte more than allowed: it may never end."""
    while line := file.readline(MAX_LINE_BYTES + 1):
        yield line
        while len(line) > MAX_LINE_BYTES and not line.endswith(b"\n"):
            line = file.readline(MAX_LINE_BYTES + 1)
            if not line:
                return


class Mistake(Frozen):
    """A text on which guard and label disagree, with what a person needs to see who is wrong."""

    line: int
    id: str
    answer: Answer
    category: str
    locale: str
    block: str
    text: str
    violated: tuple[str, ...]
    rules: tuple[str, ...]
    reasons: tuple[str, ...]


class Checker:
    """Judges lines and counts as it goes."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.judged = 0
        self.held_back = 0
        self.labelled = 0
        self.unread = 0
        self.crashed: Counter[str] = Counter()
        """Crashes by rule."""
        self.mistakes: list[Mistake] = []
        """The first `MISTAKES_KEPT`; the tally counts all."""

    def check(self, lines: Iterable[bytes]) -> Iterator[Checked | Unread]:
        """An answer for each line that is not blank, in order, as the lines come."""
        for number, line in enumerate(lines, 1):
            if line.strip():
                yield self._check_line(line, number)

    def _check_line(self, line: bytes, number: int) -> Checked | Unread:
        try:
            if len(line) > MAX_LINE_BYTES:
                raise BadCase(
                    f"The line is longer than {MAX_LINE_BYTES:,} bytes.", fix="End each JSON object with a line feed."
                )
            # Some editors begin a file with a byte order mark.
            case = read_case(line.removeprefix(b"\xef\xbb\xbf"), default_id=f"line-{number}")
        except BadCase as error:
            self.unread += 1
            return Unread(line=number, error=Problem(pointer=error.pointer, message=error.message, fix=error.fix))
        verdicts = [verdict for verdict in check_block(case.snapshot, case.block) if verdict.status is Status.FAIL]
        result = outcome(case, verdicts)
        checked = _checked(number, result, verdicts)
        self._count(result, checked)
        return checked

    def _count(self, result: Outcome, checked: Checked) -> None:
        self.judged += 1
        self.held_back += checked.verdict == "violation"
        self.labelled += checked.label is not None
        self.crashed.update(checked.crashed)
        self.tally.add(result)
        if checked.answer in MISTAKES and len(self.mistakes) < MISTAKES_KEPT:
            self.mistakes.append(_mistake(result.case, checked))


def _checked(number: int, result: Outcome, verdicts: list[Verdict]) -> Checked:
    broken = [verdict for verdict in verdicts if verdict.crashed]
    found = [verdict for verdict in verdicts if verdict.holds_back and not verdict.crashed]
    warned = [verdict for verdict in verdicts if not verdict.holds_back]
    return Checked(
        line=number,
        id=result.case.id,
        verdict="violation" if result.is_held_back else "ok",
        rules=tuple(dict.fromkeys(verdict.rule for verdict in found)),
        findings=tuple(map(_found, found)),
        warnings=tuple(map(_found, warned)),
        crashed=tuple(verdict.rule for verdict in broken),
        label=result.case.label,
        answer=_answer(result),
    )


def _found(verdict: Verdict) -> Found:
    return Found(**{field: getattr(verdict, field) for field in Found.model_fields})


def _answer(result: Outcome) -> Answer | None:
    if result.case.label is None:
        return None
    if result.case.label == "ok":
        return Answer.FALSE_ALARM if result.is_held_back else Answer.SOUND
    if not result.is_caught:
        return Answer.MISSED
    return Answer.CAUGHT if result.is_named or not result.case.violated else Answer.MISNAMED


def _mistake(case: Case, checked: Checked) -> Mistake:
    assert checked.answer is not None
    return Mistake(
        line=checked.line,
        id=case.id,
        answer=checked.answer,
        category=case.category,
        locale=case.snapshot.locale,
        block=case.block.name,
        text=case.block.text,
        violated=case.violated,
        rules=checked.rules,
        reasons=tuple(dict.fromkeys(finding.reason for finding in checked.findings)),
    )
