"""Writers that say what a test wants, instead of a model."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

from composer.writing import Attempt, Candidate, WriteOutcome, WriteTask
from evals.verdict import Verdict

Say = Callable[[str, int], str | None]
"""(key, round) to a text, or None for no candidate."""


class ScriptedWriter:
    """Answers each block with `say(key, round)`, after `delay` seconds, and remembers what it was asked."""

    def __init__(self, say: Say, *, name: str = "scripted", rounds: int = 1, delay: float = 0.0) -> None:
        self._say = say
        self._name = name
        self._rounds = rounds
        self._delay = delay
        self.asked: list[tuple[int, tuple[str, ...]]] = []
        self.notes: list[dict[str, list[str]]] = []
        self.tasks: list[WriteTask] = []

    @property
    def name(self) -> str:
        """As given."""
        return self._name

    @property
    def rounds(self) -> int:
        """As given."""
        return self._rounds

    async def write(
        self,
        task: WriteTask,
        keys: Sequence[str],
        *,
        round_: int,
        notes: Mapping[str, Sequence[Verdict]],
        until: float,
    ) -> WriteOutcome:
        """One attempt a key; a key without text is left out."""
        self.asked.append((round_, tuple(keys)))
        self.notes.append({key: [verdict.rule for verdict in found] for key, found in notes.items()})
        self.tasks.append(task)
        await asyncio.sleep(self._delay)
        said = [(key, text) for key in keys if (text := self._say(key, round_)) is not None]
        attempts = tuple(
            Attempt(writer=self._name, model="scripted", prompt="", keys=(key,), round=round_, raw=text)
            for key, text in said
        )
        candidates = tuple(Candidate(key=key, text=text, attempt=index) for index, (key, text) in enumerate(said))
        return WriteOutcome(candidates=candidates, attempts=attempts)


class BrokenWriter(ScriptedWriter):
    """A model that is down: every call is an attempt with this error."""

    def __init__(self, error: str, *, rounds: int = 3) -> None:
        super().__init__(lambda key, round_: None, name="broken", rounds=rounds)
        self._error = error

    async def write(
        self,
        task: WriteTask,
        keys: Sequence[str],
        *,
        round_: int,
        notes: Mapping[str, Sequence[Verdict]],
        until: float,
    ) -> WriteOutcome:
        """Only errors."""
        self.asked.append((round_, tuple(keys)))
        attempt = Attempt(
            writer=self.name, model="broken", prompt="", keys=tuple(keys), round=round_, error=self._error
        )
        return WriteOutcome(attempts=(attempt,))
