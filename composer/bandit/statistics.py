"""What is kept of all decisions: sums that add up to the byte, whoever adds them in whichever order.

Of each arm, in each flow and lifecycle stage: how many e-mails of it came to each kind (`composer.bandit.reward`), each
weighted by the inverse of the probability it was drawn with (Horvitz & Thompson 1952), so that an arm that was drawn
mostly for people who buy anyway looks no better for it. And what an even draw among the arms would have come to for the
same people: all e-mails that the arm was allowed in, weighted by what an even draw would have chosen of them.

With each kind goes what orders brought (`Brought`): what is left of it for offers, the money for all else.

Weights fall by half with every `HALF_LIFE`, as tastes drift (forward decay: Cormode et al. 2009). They are whole
numbers, of a fixed unit at a fixed day, so that sums are exact: they do not depend on the order, two workers come to
the same bytes, and what is learned day by day equals what is learned anew. Memory grows with flows, stages and arms.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple, Self

from composer.bandit.model import STATE_ONLY
from composer.bandit.reward import KINDS, ONE_ORDER, Brought, Kind

HALF_LIFE = timedelta(days=90)
LANDMARK = datetime(2020, 1, 1, tzinfo=UTC)
"""The day whose e-mails weigh 1 each: later ones weigh more, and all that counts is how they compare."""
UNIT = 2.0**16
_ORDERED = frozenset({Kind.ORDERED, Kind.ORDERED_AND_LEFT})
WEIGHT_CAP = 20.0
"""No e-mail counts for more than so many: one that was drawn against all odds would drown the others (Ionides 2008)."""
_HALF_LIFE_S = HALF_LIFE.total_seconds()


class Segment(NamedTuple):
    """Those who are alike as far as can be told of all: why they are written to, and where they stand."""

    flow: str
    lifecycle: str


class Told(NamedTuple):
    """One e-mail that came to something."""

    segment: Segment
    at: datetime
    kind: Kind
    choices: Mapping[str, Any]
    """Dimension -> (arm, probability, allowed arms)."""
    brought: Brought = ONE_ORDER
    """Where it came to an order."""


@dataclass(slots=True)
class Cell:
    """One arm of one dimension in one segment. Weights in units, growing with the day (`weight_at`)."""

    chosen: list[int] = field(default_factory=lambda: [0] * KINDS)
    """By kind: e-mails of the arm, by the inverse of their probability."""
    squares: int = 0
    """Of these weights, the decay counted once: `(Σ w d)² / Σ w² d` e-mails that were drawn for sure tell as much."""
    even: list[int] = field(default_factory=lambda: [0] * KINDS)
    """By kind: e-mails it was allowed in, as an even draw would have had them."""
    emails: int = 0
    """Of the arm, unweighted."""
    brought: int = 0
    """By its orders, by the inverse of their probability, in units times `QUANTUM`."""
    brought_even: int = 0
    """As an even draw would have had it."""

    def merge(self, other: Cell) -> None:
        """Add the other's sums."""
        self.brought += other.brought
        self.brought_even += other.brought_even
        self.chosen = [mine + theirs for mine, theirs in zip(self.chosen, other.chosen, strict=True)]
        self.even = [mine + theirs for mine, theirs in zip(self.even, other.even, strict=True)]
        self.squares += other.squares
        self.emails += other.emails


@dataclass(slots=True)
class Total:
    """All e-mails of a segment, weighted by their age alone."""

    kinds: list[int] = field(default_factory=lambda: [0] * KINDS)
    revenue: int = 0
    """In units times `QUANTUM`."""
    revenue_squares: int = 0
    """Of each e-mail's: in units times `QUANTUM` squared."""
    left: int = 0
    left_squares: int = 0

    def add(self, kind: Kind, brought: Brought, weight: int) -> None:
        """One e-mail."""
        self.kinds[kind] += weight
        if kind in _ORDERED:
            self.revenue += weight * brought.revenue
            self.revenue_squares += weight * brought.revenue**2
            self.left += weight * brought.left
            self.left_squares += weight * brought.left**2

    def merge(self, other: Total) -> None:
        """Add the other's sums."""
        merged = [mine + theirs for mine, theirs in zip(self.numbers, other.numbers, strict=True)]
        self.kinds = merged[:KINDS]
        self.revenue, self.revenue_squares, self.left, self.left_squares = merged[KINDS:]

    @property
    def numbers(self) -> list[int]:
        """All of it: kinds first."""
        return [*self.kinds, self.revenue, self.revenue_squares, self.left, self.left_squares]


class Key(NamedTuple):
    """Where a cell stands."""

    segment: Segment
    dimension: str
    arm: str


@dataclass(slots=True)
class Statistics:
    """All sums of a shop. Names no person."""

    cells: dict[Key, Cell] = field(default_factory=dict)
    totals: dict[Segment, Total] = field(default_factory=dict)
    emails: int = 0

    def add(self, told: Told) -> None:
        """One e-mail."""
        unit, shift = weight_at(told.at)
        self.emails += 1
        total = self.totals.get(told.segment)
        if total is None:
            total = self.totals[told.segment] = Total()
        total.add(told.kind, told.brought, round(unit) << shift)
        for dimension, (arm, probability, arms) in told.choices.items():
            if len(arms) > 1:
                self._count(told, dimension, arm, probability, arms, unit, shift)

    def _count(
        self, told: Told, dimension: str, arm: str, probability: float, arms: Iterable[str], unit: float, shift: int
    ) -> None:
        allowed = tuple(arms)
        weight = min(1 / probability, WEIGHT_CAP)
        kind = told.kind
        brought = 0
        if kind in _ORDERED:
            brought = told.brought.left if dimension in STATE_ONLY else told.brought.revenue
        mine, weighed = self._cell(told.segment, dimension, arm), round(unit * weight) << shift
        mine.chosen[kind] += weighed
        mine.brought += weighed * brought
        mine.squares += round(unit * weight * weight) << shift
        mine.emails += 1
        evenly = round(unit * weight / len(allowed)) << shift
        for one in allowed:
            cell = self._cell(told.segment, dimension, one)
            cell.even[kind] += evenly
            cell.brought_even += evenly * brought

    def _cell(self, segment: Segment, dimension: str, arm: str) -> Cell:
        key = Key(segment, dimension, arm)
        found = self.cells.get(key)
        if found is None:
            found = self.cells[key] = Cell()
        return found

    def merge(self, other: Statistics) -> None:
        """Add the other's sums: those of all e-mails of both."""
        self.emails += other.emails
        for key, cell in other.cells.items():
            self._cell(*key).merge(cell)
        for segment, total in other.totals.items():
            self.totals.setdefault(segment, Total()).merge(total)

    def to_plain(self) -> dict[str, Any]:
        """JSON, in one order whatever came first. Sums are text: they outgrow a JSON number."""
        return {
            "emails": self.emails,
            "cells": [
                [*key.segment, key.dimension, key.arm, cell.emails, _text(_sums(cell))]
                for key, cell in sorted(self.cells.items())
            ],
            "totals": [[*segment, _text(total.numbers)] for segment, total in sorted(self.totals.items())],
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """What `to_plain` wrote."""
        made = cls(emails=plain["emails"])
        for flow, lifecycle, dimension, arm, emails, text in plain["cells"]:
            *kinds, squares, brought, brought_even = _numbers(text)
            cell = Cell(kinds[:KINDS], squares, kinds[KINDS:], emails, brought, brought_even)
            made.cells[Key(Segment(flow, lifecycle), dimension, arm)] = cell
        for flow, lifecycle, text in plain["totals"]:
            *kinds, revenue, revenue_squares, left, left_squares = _numbers(text)
            made.totals[Segment(flow, lifecycle)] = Total(kinds, revenue, revenue_squares, left, left_squares)
        return made


def weight_at(at: datetime) -> tuple[float, int]:
    """What an e-mail of that moment weighs: so many units, shifted by so many bits. Before `LANDMARK`: as if then."""
    halves = max(0.0, (at - LANDMARK).total_seconds() / _HALF_LIFE_S)
    whole = int(halves)
    return UNIT * 2.0 ** (halves - whole), whole


def scale_at(at: datetime) -> float:
    """What a weight of 1 at that moment is in units: sums divided by it are in e-mails of then."""
    unit, shift = weight_at(at)
    return unit * 2.0**shift


def _sums(cell: Cell) -> list[int]:
    return [*cell.chosen, *cell.even, cell.squares, cell.brought, cell.brought_even]


def _text(numbers: Iterable[int]) -> str:
    return " ".join(format(number, "x") for number in numbers)


def _numbers(text: str) -> list[int]:
    return [int(number, 16) for number in text.split()]
