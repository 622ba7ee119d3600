"""Products for one person: limits first, then what speaks for each product, then a varied few.

Synchronous, in memory, deterministic in (view, taste, limits, placement, now, seed). A limit or a rule can make fewer
picks, never wrong ones, and nothing is picked without a reason: an empty list is an answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from catalog.arrange import Placed, Shape, arrange
from catalog.candidates import Scene, collect
from catalog.columns import micros
from catalog.complements import cart_rows, complementing, lifts
from catalog.exploring import arrivals_chance
from catalog.gates import Asked, open_to
from catalog.history import read_history
from catalog.limits import filter_of
from catalog.merchandising import NOWHERE, Placement
from catalog.merchandising_rules import Rules, look_up
from catalog.model import Evidence, Limits, Pick, Taste
from catalog.pins import Seats, due
from catalog.reasons import Teller
from catalog.scoring import Ranked, figures, rank
from catalog.standing import standing
from catalog.trace import Trace
from catalog.view import CatalogView

MAX_EVIDENCE = 3


def pick(
    catalog: CatalogView,
    taste: Taste,
    limits: Limits,
    *,
    now: datetime,
    seed: int,
    placement: Placement = NOWHERE,
    rules: Rules | None = None,
    trace: Trace | None = None,
) -> list[Pick]:
    """At most `limits.count` products for this person, best first, each with its reason and evidence.

    Fewer, down to none, when fewer satisfy the limits and have a reason. `now` is timezone-aware; `seed` orders
    near-equals and draws what is left to chance. `rules` are the placement's merchandising, looked up in this very
    view; without them they are looked up here, without costs. `trace` is filled with what was left out, and why.
    """
    asked = Asked(taste, limits, placement, now)
    rules = rules or look_up(catalog, placement.merchandising)
    if trace is not None:
        trace.version = placement.version
    history = read_history(catalog, taste.signals, now)
    mask = open_to(catalog, asked, rules, history, trace)
    if not mask.any():
        return []
    scene = Scene(catalog, taste, history, mask, now, filter_of(catalog, limits, now))
    seats = Seats(catalog, _ranked(scene, asked, seed, trace))
    seats.seat(due(asked), mask, asked, trace)
    if not seats.ranked:
        return []
    worth = _worth(catalog, seats.ranked, asked, rules, trace)
    shape = _shape(asked, seats, seed)
    fresh = _fresh(catalog, seats.ranked, asked, worth)
    placed = arrange(catalog, seats.ranked, worth, shape, fresh=fresh, trace=trace)
    return _told(Teller(catalog, now, placement.locale), placed, seats, placement.version)


def _ranked(scene: Scene, asked: Asked, seed: int, trace: Trace | None) -> list[Ranked]:
    candidates = collect(scene, asked.limits.only_ids)
    ranked = rank(scene, candidates, asked.limits, seed) if candidates else []
    if trace is not None:
        trace.ranked = list(ranked)
    if asked.placement.is_about_a_cart and ranked:
        ranked = complementing(scene.view, ranked, cart_rows(scene.view, asked.placement), trace)
    return standing(scene.view, ranked, lead=asked.placement.lead, kept=_named(scene.view, asked), trace=trace)


def _named(view: CatalogView, asked: Asked) -> set[int]:
    """Rows of what the merchant names: pins that are due, and all that the brief is limited to."""
    names = [pin.product for _, pin in due(asked)] + list(asked.limits.only_ids or ())
    return {view.row_of[name] for name in names if name in view.row_of}


def _worth(
    view: CatalogView, ranked: Sequence[Ranked], asked: Asked, rules: Rules, trace: Trace | None
) -> NDArray[np.float64]:
    """[k] what each counts: its score, times what the merchant's rules make of it."""
    rows = np.array([one.candidate.row for one in ranked], dtype=np.int32)
    worth = np.array([one.score for one in ranked])
    worth *= rules.factors(rows, asked.placement, asked.now, trace)
    if asked.placement.is_about_a_cart and asked.placement.merchandising.free_shipping:
        worth *= lifts(view, rows, asked.placement, asked.now)
    return worth


def _shape(asked: Asked, seats: Seats, seed: int) -> Shape:
    limits, document = asked.limits, asked.placement.merchandising
    return Shape(
        count=limits.count,
        diversity=limits.diversity,
        per_category=limits.max_per_category,
        per_brand=limits.max_per_brand,
        pins=seats.taken,
        exploration=asked.placement.exploration,
        arrivals=arrivals_chance(document, limits.count, asked.placement.exploration),
        lead=asked.placement.lead,
        seed=seed,
    )


def _fresh(view: CatalogView, ranked: Sequence[Ranked], asked: Asked, worth: NDArray[np.float64]) -> list[int]:
    """Positions of the new arrivals, the worthiest first; none where the shop has no budget for them."""
    budget = asked.placement.merchandising.new_arrivals
    if budget is None:
        return []
    since = micros(asked.now - timedelta(days=budget.days), 0)
    added = view.columns.added[[one.candidate.row for one in ranked]]
    order: list[int] = np.argsort(-worth, kind="stable").tolist()
    return [at for at in order if added[at] >= since]


def _told(teller: Teller, placed: Sequence[Placed], seats: Seats, version: int) -> list[Pick]:
    picks: list[Pick] = []
    used: set[str] = set()
    for place in placed:
        one = seats.ranked[place.position]
        reason = teller.reason(one.candidate, one.kind, used)
        used.add(reason)
        rule = seats.rules.get(one.candidate.row)
        evidence = teller.evidence(one.candidate, one.kind)
        picks.append(
            Pick(
                product=teller.view.product(one.candidate.row),
                kind=one.kind,
                score=figures(one.score),
                reason=reason,
                evidence=((_pinned(rule, version), *evidence)[:MAX_EVIDENCE]) if rule else evidence,
                probability=place.probability,
            )
        )
    return picks


def _pinned(rule: str, version: int) -> Evidence:
    return Evidence(kind="rule", ref=f"merchandising/{version}/{rule}", text="pinned by the merchandiser")
