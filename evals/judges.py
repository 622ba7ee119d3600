"""Judges: plug-ins that may object to a text the rules let pass. They can add a block, never lift one.

A judge is asked only about text that a model wrote and every rule passed. Its objection sends the block down the
ladder like any rule's. A judge that raises, or has no answer, objects too, and is counted apart (`Verdict.crashed`):
what could not be judged is not sent as the model wrote it. Templates are not put to judges, so that a judge that is
down costs model text and not the e-mail.

A package brings a judge under the entry-point group `penfriend.judges`; the entry point is called without arguments
and gives the judge:

    [project.entry-points."penfriend.judges"]
    support = "my_package:SupportJudge"
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol

from evals.draft import Block
from evals.judging import GUARD_VERSION
from evals.snapshot import Frozen, Snapshot
from evals.verdict import Severity, Status, Verdict

GROUP = "penfriend.judges"
PREFIX = "judge."


class Objection(Frozen):
    """What a judge holds against a text."""

    reason: str
    """A sentence a marketer understands."""
    span: tuple[int, int] | None = None
    """Half-open character range in the block's text."""
    source: str | None = None
    """The fact that contradicts or is missing."""


class Judge(Protocol):
    """Synchronous: it runs in the guard, within its time. Whatever answers more slowly belongs into an eval suite."""

    @property
    def name(self) -> str:
        """Short and stable: the verdict's rule is `judge.<name>`."""
        ...

    def judge(self, snapshot: Snapshot, block: Block) -> Sequence[Objection] | None:
        """Objections, empty when there are none; None when it cannot tell, which counts as one."""
        ...


_chosen: ContextVar[tuple[Judge, ...] | None] = ContextVar("judges", default=None)


@contextmanager
def judged_by(*judges: Judge) -> Iterator[None]:
    """Put exactly these judges in force, for this context and the tasks it starts."""
    token = _chosen.set(judges)
    try:
        yield
    finally:
        _chosen.reset(token)


def in_force() -> tuple[Judge, ...]:
    """The judges of `judged_by`, else those installed."""
    chosen = _chosen.get()
    return _installed() if chosen is None else chosen


@lru_cache(maxsize=1)
def _installed() -> tuple[Judge, ...]:
    return tuple(map(_loaded, entry_points(group=GROUP)))


def _loaded(point: EntryPoint) -> Judge:
    try:
        judge: Judge = point.load()()
    except Exception as error:  # noqa: BLE001 - a plug-in may fail in any way; text must not pass for lack of it
        return _Missing(point.name, f"It could not be loaded ({type(error).__name__}: {error}).")
    return judge


class _Missing:
    """Stands for a judge that could not be loaded: no answer to anything."""

    def __init__(self, name: str, why: str) -> None:
        self.name = name
        self._why = why

    def judge(self, snapshot: Snapshot, block: Block) -> Sequence[Objection] | None:
        """Raises RuntimeError that says why."""
        raise RuntimeError(self._why)


def objections(snapshot: Snapshot, block: Block) -> list[Verdict]:
    """The verdicts of all judges in force: one a judge, several when it objects several times."""
    return [verdict for judge in in_force() for verdict in _asked(judge, snapshot, block)]


def _asked(judge: Judge, snapshot: Snapshot, block: Block) -> list[Verdict]:
    try:
        answer = judge.judge(snapshot, block)
    except Exception as error:  # noqa: BLE001 - whatever breaks in a judge, the text has not been judged
        return [_unanswered(judge, block, f"The judge failed ({type(error).__name__}: {error})")]
    if answer is None:
        return [_unanswered(judge, block, "The judge has no answer")]
    if not answer:
        return [_verdict(judge, block, Status.PASS)]
    return [
        _verdict(judge, block, Status.FAIL).model_copy(
            update={
                "span": objection.span,
                "found": block.text[slice(*objection.span)] if objection.span else "",
                "reason": objection.reason,
                "source": objection.source,
            }
        )
        for objection in answer
    ]


def _verdict(judge: Judge, block: Block, status: Status) -> Verdict:
    rule = f"{PREFIX}{judge.name}"
    return Verdict(rule=rule, status=status, severity=Severity.BLOCK, block=block.key, version=GUARD_VERSION)


def _unanswered(judge: Judge, block: Block, why: str) -> Verdict:
    reason = f"{why}; unjudged text is not sent."
    return _verdict(judge, block, Status.FAIL).model_copy(update={"reason": reason, "crashed": True})
