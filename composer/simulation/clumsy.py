"""How much of what happened a shop hears, and when: late, twice, in no order, or never."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from composer import chance
from composer.simulation.happening import Happened
from composer.simulation.world import World


class Wire:
    """Between what happens and who is told. By hash of each event, so that the same ones get lost every time."""

    def __init__(self, world: World, seed: int) -> None:
        self._world, self._seed = world, seed
        self._held: list[Happened] = []

    def told(self, happened: Sequence[Happened], until: datetime) -> list[Mapping[str, Any]]:
        """What arrives at the end of a week, `until`, in the order of arrival: no order."""
        waiting, self._held = self._held, []
        arriving = [one for one in waiting if one.at < until]
        self._held = [one for one in waiting if one.at >= until]
        for one in happened:
            if self._loses(one, "missing", self._world.missing):
                continue
            held = one.at >= until or self._loses(one, "late", self._world.late)
            (self._held if held else arriving).append(one)
            if not held and self._unit(one, "duplicated") < self._world.duplicated:
                # At once, or with the next week's.
                (self._held if self._unit(one, "again") < 0.5 else arriving).append(one)
        return [one.message for one in sorted(arriving, key=lambda one: self._unit(one, "order"))]

    def _loses(self, one: Happened, what: str, share: float) -> bool:
        return not one.sure and self._unit(one, what) < share

    def _unit(self, one: Happened, what: str) -> float:
        return chance.unit("wire", self._seed, what, one.message["messageId"])
