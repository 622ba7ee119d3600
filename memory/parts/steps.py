"""What an event does to a part of the state."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping

from memory.events import Event
from memory.state import State

Step = Callable[[State, Event, int], None]
"""Folds one event, which happened at a time in microseconds since 1970."""
Steps = Mapping[str, Step]
"""By the event's name."""


def together(*parts: Steps) -> dict[str, tuple[Step, ...]]:
    """Each event's steps in all parts."""
    found: dict[str, list[Step]] = defaultdict(list)
    for part in parts:
        for name, step in part.items():
            found[name].append(step)
    return {name: tuple(steps) for name, steps in found.items()}
