"""Where pinned products stand, as far as they may be shown at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from catalog.candidates import Candidate, Cause
from catalog.columns import Mask, key
from catalog.gates import Asked
from catalog.merchandising import Pin
from catalog.scoring import Ranked
from catalog.trace import Pinned, ReasonCode, Trace
from catalog.view import CatalogView

PINNED_SCORE = 0.15
"""Of a pin that nothing else speaks for: as what is named in a brief."""


def due(asked: Asked) -> Iterator[tuple[int, Pin]]:
    """The pins that hold for this e-mail and this person, with their numbers in the document."""
    placement = asked.placement
    for number, pin in enumerate(placement.merchandising.pins):
        if pin.holds(placement.flow, placement.campaign, asked.now.date()) and _concerns(pin, asked):
            yield number, pin


def _concerns(pin: Pin, asked: Asked) -> bool:
    """Whether they lean to the pin's category, or the brief is about it."""
    if pin.category is None:
        return True
    liked = (value for kind, value, strength in asked.taste.interests if kind == "category" and strength > 0)
    return key(pin.category) in {key(name) for name in (*liked, *asked.limits.categories)}


class Seats:
    """Which places are taken by pins, and by which position among the ranked."""

    def __init__(self, view: CatalogView, ranked: Sequence[Ranked]) -> None:
        self._view = view
        self.ranked = list(ranked)
        """As given, and behind it the pinned that were not among them."""
        self.taken: dict[int, int] = {}
        """Place, counted from 0, to position."""
        self.rules: dict[int, str] = {}
        """Row to the name of its pin: `pins[0]`."""

    def seat(self, pins: Iterable[tuple[int, Pin]], mask: Mask, asked: Asked, trace: Trace | None) -> None:
        """Give each its place. `mask` [n]: what may be shown."""
        for number, pin in pins:
            refused = self._refusal(pin, mask, trace) or self._sit(number, pin, asked)
            if trace is not None:
                trace.pins.append(Pinned(pin.product, pin.place, refused))

    @cached_property
    def _position_of(self) -> dict[int, int]:
        """Row to position. Of what was ranked: put together where anything is pinned at all."""
        return {one.candidate.row: at for at, one in enumerate(self.ranked)}

    def _refusal(self, pin: Pin, mask: Mask, trace: Trace | None) -> ReasonCode | None:
        row = self._view.row_of.get(pin.product)
        if row is None:
            return "unknown_product"
        if mask[row]:
            return None
        found = trace.why_not(row) if trace is not None else None
        return found.code if found is not None else "outside_limits"

    def _sit(self, number: int, pin: Pin, asked: Asked) -> ReasonCode | None:
        row = self._view.row_of[pin.product]
        if row in self.rules:
            return "same_as"
        position = self._position_of.get(row, len(self.ranked))
        place = pin.place - 1
        if place == 0 and asked.placement.lead and not self._leads(position, asked):
            place = 1
        while place in self.taken:
            place += 1
        if place >= asked.limits.count:
            return "below_line"
        if position == len(self.ranked):
            self.ranked.append(_named(row, self.ranked))
        elif self.ranked[position].candidate.is_spread:
            self.ranked[position] = _named(row, self.ranked)
        self.taken[place], self.rules[row] = position, f"pins[{number}]"
        return None

    def _leads(self, position: int, asked: Asked) -> bool:
        return position < len(self.ranked) and self.ranked[position].kind in asked.placement.lead


def _named(row: int, ranked: Sequence[Ranked]) -> Ranked:
    """Relevant because the merchant says so, as what is named in a brief."""
    behind = max((one.tier for one in ranked), default=-1) + 1
    candidate = Candidate(row, {"popular": (PINNED_SCORE, Cause(named=True))})
    return Ranked(candidate, "popular", behind, PINNED_SCORE)
