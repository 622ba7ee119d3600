"""What happened on the way to the picks: who was left out where, by which rule, and what was left to chance.

`pick(..., trace=Trace())` fills one; without it nothing is gathered and nothing costs. Rows are those of the view
that was picked from, so a trace is read beside that view and not kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from catalog.columns import Mask
from catalog.index import Rows
from catalog.scoring import Ranked

GateCode = Literal["out_of_stock", "outside_limits", "excluded_by_rule", "shown_enough", "just_bought", "turned_away"]
"""Before ranking: not sellable, outside the brief's limits, excluded by a merchandiser's rule, shown to this person as
often as the cap allows, bought too lately to be offered again, something they returned, rated low or said no to."""
DropCode = Literal["same_as", "substitute", "over_cap", "below_line"]
"""After ranking: a variant or near-duplicate of a chosen one, a substitute for something in the cart, too many of its
category or brand, simply not among the best."""
ReasonCode = GateCode | DropCode | Literal["no_reason", "unknown_product"]
"""Also: nothing speaks for it to this person, and not a product of the catalog."""


@dataclass(frozen=True, slots=True)
class Gate:
    """One limit before ranking and the rows it took out, of those that were left."""

    code: GateCode
    rows: Rows
    rule: str = ""
    """Which rule of the merchandising document: `excludes[0]`, or the limit's name."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """A candidate that was ranked and is not shown."""

    row: int
    code: DropCode
    other: int | None = None
    """The row it is the same as, or a substitute for."""
    detail: str = ""
    """For `over_cap`, what there was enough of: `category=Green tea`."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """One rule of the merchant that changed one candidate's score."""

    row: int
    rule: str
    """`boosts[1]`, `buries[0]`, `margin`, `stock`."""
    factor: float


@dataclass(frozen=True, slots=True)
class Pinned:
    """One pin that was due, and what became of it."""

    product_id: str
    place: int
    """Counted from 1."""
    refused: ReasonCode | None = None
    """None: it is shown."""


@dataclass(frozen=True, slots=True)
class Draw:
    """One place that was left to chance."""

    place: int
    """Counted from 1."""
    explored: bool
    """True when the draw took the place from the greedy choice."""
    rows: tuple[int, ...]
    """Who could have been drawn."""
    probabilities: tuple[float, ...]
    """Of each to take the place, the greedy choice's own first."""


@dataclass(slots=True)
class Trace:
    """Everything but the picks themselves, in the order it happened."""

    version: int = 0
    """Of the merchandising document; 0 without one."""
    gates: list[Gate] = field(default_factory=list)
    ranked: list[Ranked] = field(default_factory=list)
    """Every candidate as it was scored, before the merchant's weights; its reasons are the scores by signal."""
    weighed: list[Weighed] = field(default_factory=list)
    pins: list[Pinned] = field(default_factory=list)
    dropped: list[Dropped] = field(default_factory=list)
    draws: list[Draw] = field(default_factory=list)

    def gate(self, code: GateCode, before: Mask, after: Mask, rule: str = "") -> None:
        """Note what a limit took out; nothing when it took nothing."""
        rows = np.flatnonzero(before & ~after).astype(np.int32)
        if len(rows):
            self.gates.append(Gate(code, rows, rule))

    def why_not(self, row: int) -> Gate | Dropped | None:
        """What kept this row out of the picks; None when it was chosen, or nothing spoke for it."""
        gates: Iterator[Gate | Dropped] = (gate for gate in self.gates if row in gate.rows)
        drops: Iterator[Gate | Dropped] = (drop for drop in self.dropped if drop.row == row)
        return next(gates, None) or next(drops, None)
