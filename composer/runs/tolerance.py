"""Whether a run is worth going on with: shares over its newest recipients, against what its owner tolerates."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from composer.runs.model import PauseReason, Tolerance
from composer.runs.outcomes import Health

LEAST_WINDOW = 20


@dataclass(frozen=True)
class Intolerable:
    """Which share is too high, and a sentence about it."""

    reason: PauseReason
    detail: str


_SENTENCES = {
    PauseReason.FAILED_RECIPIENTS: "{share} of the last {count} recipients could not be written to ({limit} is "
    "tolerated). See who failed and why, mend it, resume, and retry them.",
    PauseReason.MODEL_FAILURES: "The model gave no answer for {share} of the texts in the last {count} e-mails "
    "({limit} is tolerated). Check that it runs and what its provider allows, then resume.",
    PauseReason.CHECK_FAILURES: "Checks held back {share} of the model's texts in the last {count} e-mails ({limit} is "
    "tolerated). Look at a few e-mails to see which rules failed; another brief or model may help. Then resume.",
    PauseReason.FALLBACK_SHARE: "{share} of the last {count} e-mails were written from templates alone ({limit} is "
    "tolerated). Look at a few e-mails to see why the model's texts were not used, then resume.",
}


class Window:
    """The newest recipients of one run in this process. Skipped ones say nothing and are not in it."""

    def __init__(self) -> None:
        self._newest: deque[Health] = deque()

    def add(self, health: Health) -> None:
        """One more recipient is final."""
        self._newest.append(health)

    def judge(self, tolerance: Tolerance, *, workers: int) -> Intolerable | None:
        """The first share that is too high. Of several workers each judges its own part of the newest recipients."""
        size = max(LEAST_WINDOW, tolerance.window // max(workers, 1))
        while len(self._newest) > size:
            self._newest.popleft()
        if len(self._newest) < size:
            return None
        shares = (
            (PauseReason.FAILED_RECIPIENTS, sum(one.failed for one in self._newest), tolerance.failed),
            (PauseReason.MODEL_FAILURES, sum(one.model_failures for one in self._newest), tolerance.model_failures),
            (PauseReason.CHECK_FAILURES, sum(one.check_failures for one in self._newest), tolerance.check_failures),
            (PauseReason.FALLBACK_SHARE, sum(one.fallback for one in self._newest), tolerance.fallback),
        )
        for reason, total, limit in shares:
            if total / size > limit:
                sentence = _SENTENCES[reason].format(share=f"{total / size:.0%}", count=size, limit=f"{limit:.0%}")
                return Intolerable(reason, sentence)
        return None
