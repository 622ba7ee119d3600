"""How fast a run moves: recipients that became final over the last half minute, counted in steps of five seconds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

from store import clock

STEP_S = 5
SPAN_S = 30


def noted(pace: Mapping[str, int], count: int) -> dict[str, int]:
    """A chunk's pace after `count` more recipients now; what is older than half a minute is dropped."""
    return together(pace, {str(int(clock.now().timestamp()) // STEP_S * STEP_S): count})


def together(*paces: Mapping[str, int]) -> dict[str, int]:
    """One pace out of several, without what is older than half a minute."""
    since, steps = clock.now().timestamp() - SPAN_S - STEP_S, Counter[str]()
    for pace in paces:
        steps.update({began: done for began, done in pace.items() if int(began) > since})
    return dict(steps)


def rate(paces: Iterable[Mapping[str, int]], now: datetime) -> float:
    """Recipients a second over the last half minute, or since the first of them when that is less."""
    seconds = now.timestamp()
    steps: Counter[int] = Counter()
    for pace in paces:
        steps.update({int(began): done for began, done in pace.items() if int(began) > seconds - SPAN_S - STEP_S})
    if not steps:
        return 0.0
    return sum(steps.values()) / max(seconds - min(steps), 1.0)
