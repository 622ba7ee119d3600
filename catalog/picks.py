"""Products for one person: limits first, then what speaks for each product, then a varied few.

Synchronous, in memory, deterministic in (view, taste, limits, now, seed). A limit can make fewer picks, never
wrong ones, and nothing is picked without a reason: an empty list is an answer.
"""

from __future__ import annotations

from datetime import datetime

from catalog.arrange import arrange
from catalog.candidates import Scene, collect
from catalog.history import History, read_history, without_blocked
from catalog.limits import allowed
from catalog.model import Limits, Pick, Taste
from catalog.reasons import Teller
from catalog.scoring import Ranked, rank
from catalog.view import CatalogView


def pick(catalog: CatalogView, taste: Taste, limits: Limits, *, now: datetime, seed: int) -> list[Pick]:
    """At most `limits.count` products for this person, best first, each with its reason and evidence.

    Fewer, down to none, when fewer satisfy the limits and have a reason. `now` is timezone-aware; `seed`
    orders near-equals.
    """
    mask = allowed(catalog, limits, now)
    if not mask.any():
        return []
    history: History = read_history(catalog, taste.signals, now)
    scene = Scene(catalog, taste, history, without_blocked(mask, history), now)
    candidates = collect(scene, limits.only_ids)
    if not candidates:
        return []
    chosen = arrange(catalog, rank(scene, candidates, limits, seed), limits.count)
    return _told(Teller(catalog, now), chosen)


def _told(teller: Teller, chosen: list[Ranked]) -> list[Pick]:
    picks: list[Pick] = []
    used: set[str] = set()
    for one in chosen:
        reason = teller.reason(one.candidate, one.kind, used)
        used.add(reason)
        picks.append(
            Pick(
                product=teller.view.product(one.candidate.row),
                kind=one.kind,
                score=round(one.score, 4),
                reason=reason,
                evidence=teller.evidence(one.candidate),
            )
        )
    return picks
