"""Why these picks and not others: the same pipeline as `picks.pick`, with its trace told in words.

Nothing is decided here. The picks are those that `pick` returns, the scores those it ranked by.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from catalog import limits as gates
from catalog.columns import Mask
from catalog.index import Rows
from catalog.merchandising import NOWHERE, Placement
from catalog.merchandising_rules import Rules
from catalog.model import Evidence, Frozen, Limits, Pick, PickKind, Taste
from catalog.picks import pick
from catalog.reasons import Teller
from catalog.scoring import Ranked, figures
from catalog.shortage import shortage
from catalog.trace import Dropped, Gate, GateCode, ReasonCode, Trace
from catalog.view import CatalogView

SHOWN = 20
EXAMPLES = 3

WORDS: dict[ReasonCode, str] = {
    "out_of_stock": "cannot be sold: out of stock, or without a price",
    "outside_limits": "outside the brief's limits",
    "excluded_by_rule": "excluded by a merchandising rule",
    "shown_enough": "shown to this customer as often as the cap allows",
    "just_bought": "bought too lately to be offered again",
    "turned_away": "they returned it, rated it low or said that they do not want it",
    "same_as": "the same to a reader as another",
    "substitute": "does the job of something in the cart",
    "over_cap": "enough of its kind are shown",
    "below_line": "others are worth more",
    "no_reason": "nothing speaks for it to this customer",
    "unknown_product": "not a product of the catalog",
}


class Titled(Frozen):
    """A product, named."""

    product_id: str
    title: str


class SignalScore(Frozen):
    """One reason for a candidate: how strongly it speaks, 0..1, and what it rests on."""

    kind: PickKind
    strength: float
    evidence: Evidence


class Weight(Frozen):
    """A merchandising rule that changed a candidate's score."""

    rule: str
    factor: float


class CandidateScore(Frozen):
    """One candidate as it was ranked, and what became of it."""

    product: Titled
    place: int | None
    """Counted from 1; None when it is not shown."""
    kind: PickKind
    tier: int
    """0 for the kind the flow wants first; a lower tier comes before any score."""
    score: float
    likelihood: float | None
    """The learned probability of a purchase in the weeks to come, where the shop's history ranks."""
    signals: tuple[SignalScore, ...]
    """The strongest first."""
    weights: tuple[Weight, ...] = ()
    dropped: ReasonCode | None = None
    why_not: str = ""
    other: Titled | None = None
    """The chosen product it is the same as, or what in the cart it is a substitute for."""


class Excluded(Frozen):
    """What one limit or rule took out before anything was ranked."""

    code: GateCode
    rule: str
    """The limit's or rule's name, where there are several of one code."""
    words: str
    count: int
    examples: tuple[Titled, ...]
    """Those this customer has dealt with first, then the most popular."""


class Explanation(Frozen):
    """The way from a catalog to a customer's picks."""

    picks: tuple[Pick, ...]
    considered: int
    """Candidates: products that something speaks for."""
    candidates: tuple[CandidateScore, ...]
    """The best of them, chosen or not, and all that are chosen."""
    excluded: tuple[Excluded, ...]
    """In the order it happened; a product is counted once, where it was first taken out."""
    products: int
    """In the catalog."""
    merchandising_version: int = 0
    pins_refused: tuple[str, ...] = ()
    """`product id: why` of pins that were due and may not be shown."""
    short: tuple[str, ...] = ()
    """Where there are fewer picks than asked for, what kept the others back, in the order it happened."""


def explain(
    view: CatalogView,
    taste: Taste,
    limits: Limits,
    *,
    now: datetime,
    seed: int,
    placement: Placement = NOWHERE,
    rules: Rules | None = None,
    show: int = SHOWN,
) -> Explanation:
    """Pick as `picks.pick` does, and tell how; at most `show` candidates beside the chosen ones."""
    trace = Trace()
    picks = pick(view, taste, limits, now=now, seed=seed, placement=placement, rules=rules, trace=trace)
    chosen = {view.row_of[one.product.id] for one in picks}
    last_tier = max((one.tier for one in trace.ranked if one.candidate.row in chosen), default=0)
    told = _Told(view, taste, limits, now, trace, picks, last_tier)
    excluded, products = tuple(told.excluded()), int(np.count_nonzero(view.columns.alive))
    return Explanation(
        picks=tuple(picks),
        considered=len(trace.ranked),
        candidates=tuple(told.candidates(show)),
        excluded=excluded,
        products=products,
        merchandising_version=trace.version,
        pins_refused=tuple(f"{pin.product_id}: {WORDS[pin.refused]}" for pin in trace.pins if pin.refused),
        short=_short(trace, excluded, products, limits, placement) if len(picks) < limits.count else (),
    )


def _short(
    trace: Trace, excluded: Sequence[Excluded], products: int, limits: Limits, placement: Placement
) -> tuple[str, ...]:
    gates = [(one.code, one.rule, one.count) for one in excluded]
    dropped = [one.code for one in trace.dropped]
    return shortage(gates, dropped, len(trace.ranked), products, limits, placement.merchandising)


@dataclass(frozen=True, slots=True)
class _Told:
    """A trace beside the view it is about."""

    view: CatalogView
    taste: Taste
    limits: Limits
    now: datetime
    trace: Trace
    picks: Sequence[Pick]
    last_tier: int
    """Of the chosen."""

    def candidates(self, show: int) -> Iterator[CandidateScore]:
        """The best `show` by rank, and the chosen ones wherever they stand."""
        places = {self.view.row_of[one.product.id]: place for place, one in enumerate(self.picks, 1)}
        for rank, one in enumerate(self.trace.ranked):
            place = places.get(one.candidate.row)
            if rank < show or place is not None:
                yield self._candidate(one, place)

    def _candidate(self, one: Ranked, place: int | None) -> CandidateScore:
        row = one.candidate.row
        dropped = None if place else self.trace.why_not(row)
        rule = self._detail(one, dropped)
        other = dropped.other if isinstance(dropped, Dropped) else None
        return CandidateScore(
            product=self._titled(row),
            place=place,
            kind=one.kind,
            tier=one.tier,
            score=figures(one.score),
            likelihood=None if one.candidate.likely is None else figures(one.candidate.likely),
            signals=tuple(self._signals(one)),
            weights=tuple(Weight(rule=w.rule, factor=round(w.factor, 4)) for w in self.trace.weighed if w.row == row),
            dropped=dropped.code if dropped else None,
            why_not=_with_detail(dropped.code, rule) if dropped else "",
            other=None if other is None else self._titled(other),
        )

    def _detail(self, one: Ranked, dropped: Gate | Dropped | None) -> str:
        if isinstance(dropped, Gate):
            return dropped.rule
        if dropped is not None and dropped.code == "below_line" and one.tier > self.last_tier:
            return "kinds the flow wants come first"
        return dropped.detail if dropped else ""

    def _signals(self, one: Ranked) -> Iterator[SignalScore]:
        teller = Teller(self.view, self.now)
        for kind, strength, evidence in teller.signals(one.candidate):
            yield SignalScore(kind=kind, strength=round(strength, 4), evidence=evidence)

    def excluded(self) -> Iterator[Excluded]:
        """Gate by gate; the brief's limits one by one."""
        for gate in self.trace.gates:
            if gate.code == "outside_limits":
                yield from self._by_limit(gate.rows)
            else:
                yield self._excluded(gate.code, gate.rule, gate.rows)

    def _by_limit(self, rows: Rows) -> Iterator[Excluded]:
        left: Mask = np.zeros(len(self.view), dtype=np.bool_)
        left[rows] = True
        for name, passing in gates.steps(self.view, self.limits, self.now):
            out = left & ~passing
            if out.any():
                yield self._excluded("outside_limits", name, np.flatnonzero(out).astype(np.int32))
            left &= passing
        if left.any():
            yield self._excluded("outside_limits", "new_to_customer", np.flatnonzero(left).astype(np.int32))

    def _excluded(self, code: GateCode, rule: str, rows: Rows) -> Excluded:
        return Excluded(
            code=code,
            rule=rule,
            words=_with_detail(code, rule),
            count=len(rows),
            examples=tuple(self._titled(row) for row in self._telling(rows)),
        )

    def _telling(self, rows: Rows) -> list[int]:
        """A few rows worth naming."""
        own = (self.view.row_of.get(signal.product_id) for signal in self.taste.signals)
        taken = set(rows.tolist())
        known = [row for row in dict.fromkeys(own) if row is not None and row in taken]
        popular = rows[np.argsort(self.view.columns.ranks[rows], kind="stable")[:EXAMPLES]].tolist()
        return list(dict.fromkeys([*known, *popular]))[:EXAMPLES]

    def _titled(self, row: int) -> Titled:
        return Titled(product_id=self.view.ids[row], title=self.view.title(row))


def _with_detail(code: ReasonCode, detail: str) -> str:
    return f"{WORDS[code]} ({detail})" if detail else WORDS[code]
