"""A model that needs no network: it writes the opening and the closing, the same for everybody; templates the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from composer.writing import Attempt, Candidate, WriteOutcome, WriteTask
from evals.verdict import Verdict

LINES: Mapping[str, str] = {
    "opening": "A few things from the shop that may be worth a look.",
    "closing": "Until next time.",
}
MODEL = "scripted"


class ScriptedWriter:
    """`composer.writing.Writer`."""

    @property
    def name(self) -> str:
        """See `Writer`."""
        return MODEL

    @property
    def rounds(self) -> int:
        """It says it once."""
        return 1

    async def write(
        self,
        task: WriteTask,
        keys: Sequence[str],
        *,
        round_: int,
        notes: Mapping[str, Sequence[Verdict]],
        until: float,
    ) -> WriteOutcome:
        """Its line for each block that it has one for."""
        said = [(key, LINES[key]) for key in keys if key in LINES]
        attempts = tuple(
            Attempt(writer=MODEL, model=MODEL, prompt="", keys=(key,), round=round_, raw=text) for key, text in said
        )
        candidates = tuple(Candidate(key=key, text=text, attempt=index) for index, (key, text) in enumerate(said))
        return WriteOutcome(candidates=candidates, attempts=attempts)
