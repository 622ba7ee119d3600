"""Judges in the ladder: who is asked about text that a model wrote and every rule passed, and what was answered.

Judges can only add a block. What one said is kept in the record, so that a replay asks nobody and decides the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from composer.writing import Attempt, Value, WriteTask
from evals.draft import Block
from evals.judges import Judge, objections, unanswered
from evals.verdict import Verdict


class Judged(Value):
    """What all judges said of one text."""

    key: str
    text: str
    verdicts: tuple[Verdict, ...]
    attempts: tuple[Attempt, ...] = ()
    """Calls to models that judge."""


class Panel(Protocol):
    """Whoever is asked."""

    async def review(self, task: WriteTask, blocks: Sequence[Block], *, number: int, until: float) -> Sequence[Judged]:
        """An answer for each block by `until` (`loop.time()`); `number` counts the rounds of the climb from 0."""
        ...


class AsksModel(Protocol):
    """What the panel needs of `composer.model_judge.ModelJudge`."""

    async def review(self, task: WriteTask, block: Block, *, number: int, until: float) -> tuple[Verdict, Attempt]:
        """One verdict and how it came about. A failed call is a verdict that holds back."""
        ...


class Judges:
    """A panel of judges in this process, and of at most one model."""

    def __init__(self, judges: Sequence[Judge], model: AsksModel | None = None) -> None:
        self._judges = tuple(judges)
        self._model = model

    async def review(self, task: WriteTask, blocks: Sequence[Block], *, number: int, until: float) -> Sequence[Judged]:
        """See `Panel`. All blocks at once: a model's seconds are waited for only once."""
        return await asyncio.gather(*(self._one(task, block, number, until) for block in blocks))

    async def _one(self, task: WriteTask, block: Block, number: int, until: float) -> Judged:
        verdicts = tuple(objections(self._judges, task.snapshot, block))
        if self._model is None or any(verdict.holds_back for verdict in verdicts):
            return Judged(key=block.key, text=block.text, verdicts=verdicts)
        last, attempt = await self._model.review(task, block, number=number, until=until)
        return Judged(key=block.key, text=block.text, verdicts=(*verdicts, last), attempts=(attempt,))


class RecordedJudges:
    """Say again what was said in each round of a record. About a text that nobody judged they say nothing."""

    def __init__(self, rounds: Sequence[Sequence[Judged]]) -> None:
        self._rounds = rounds

    async def review(self, task: WriteTask, blocks: Sequence[Block], *, number: int, until: float) -> Sequence[Judged]:
        """See `Panel`."""
        said = self._rounds[number] if number < len(self._rounds) else ()
        wanted = {(block.key, block.text) for block in blocks}
        return [judged for judged in said if (judged.key, judged.text) in wanted]


def unjudged(blocks: Sequence[Block]) -> list[Judged]:
    """The deadline came before the judges' answers."""
    why = "The e-mail's deadline came before the judges' answers"
    return [Judged(key=block.key, text=block.text, verdicts=(unanswered("deadline", block, why),)) for block in blocks]
