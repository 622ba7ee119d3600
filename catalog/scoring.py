"""How much each candidate is worth to this person: its reason, the person's price band, what was shown of late."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from catalog.candidates import WEIGHT, Candidate, Scene
from catalog.columns import Postings, key
from catalog.model import Limits, PickKind, Taste
from store.types import AMOUNT_UNITS

Scores = NDArray[np.float64]

JITTER = 0.05
"""By how much the seed may move a score: enough to order equals differently for different people."""
LEARNED_JITTER = 0.005
"""The same for learned probabilities: they are seldom equal, and what is nearly so differs by more than this."""
OWN: frozenset[PickKind] = frozenset({"cart", "wished", "viewed", "running_low", "buy_again"})
"""Kinds where the person chose this very product: neither its price nor others' taste speaks against it."""
LEADING: frozenset[PickKind] = frozenset({"cart", "wished", "running_low"})
POPULARITY_PULL = 0.2
"""Also on what somebody bought once: a whole basket of such things is equally due, and what sells comes back sooner.
Each further purchase takes as much less of it. Online Retail's default lists were .350 without it and .388 with it,
where buying again has .380 (NDCG@10); those of an invented tea shop .625 and .638."""
PRICE_WIDTH = 0.8
"""In natural-log units: at 2.2 times the top of the usual band the factor has fallen to 0.8."""
PRICE_FLOOR = 0.5
SIZE_LIFT = 1.25
"""Of what is in the size this person takes: more than what tells the variants of one product apart otherwise."""
DISLIKED_FACTOR = 0.25
"""Of a category or brand they turned away, unless they chose the very product."""
LEAST_LIKELY = 1e-9
UNTAUGHT: dict[PickKind, float] = {"cart": 0.3, "wished": 0.15, "searched": 0.1, "viewed": 0.06}
"""How likely a reason at full strength makes a purchase in the weeks to come, where the shop's own history does not
say: it never recorded such events, or, for searches, cannot. Of our own estimate, and kept modest."""


class Ranked(NamedTuple):
    """A candidate with its place: the kind it is shown as, that kind's tier, and its final score."""

    candidate: Candidate
    kind: PickKind
    tier: int
    score: float


def figures(score: float) -> float:
    """As it is told, in four figures: a probability of one in a million is not none."""
    return float(f"{score:.4g}")


def _jitter(numbers: NDArray[np.uint64], seed: int) -> Scores:
    """[k] in 0..1, the same for the same seed and product everywhere: SplitMix64 (Steele et al. 2014)."""
    mixed = numbers + np.uint64(seed * 0x9E3779B97F4A7C15 % 2**64)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (mixed >> np.uint64(11)) / 2.0**53


def _price_fit(price: Scores, taste: Taste) -> Scores:
    """[k]: 1 within the band this person usually pays, falling outside, never below a half: it steers."""
    outside = np.zeros_like(price)
    if taste.price_high:
        outside += np.log(np.maximum(price / float(taste.price_high), 1.0))
    if taste.price_low:
        outside += np.log(np.maximum(float(taste.price_low) / price, 1.0))
    return PRICE_FLOOR + (1 - PRICE_FLOOR) * np.exp(-0.5 * (outside / PRICE_WIDTH) ** 2)


def _shown_as(candidate: Candidate, tiers: Mapping[PickKind, int]) -> tuple[PickKind, int]:
    """The first kind the flow wants among the candidate's reasons, else its strongest; and the tier.

    `tiers` are those of the kinds it wants, 0 the first.
    """
    reasons = candidate.reasons
    if len(reasons) == 1:
        [kind] = reasons
        return kind, tiers.get(kind, len(tiers)) if tiers else 0
    wanted = [(tiers[kind], kind) for kind in reasons if kind in tiers] if tiers else []
    if wanted:
        tier, kind = min(wanted)
        return kind, tier
    # That it is the campaign's theme says nothing of this person.
    _, best = max([(strength, kind) for kind, (strength, _) in reasons.items() if kind != "theme"])
    return best, len(tiers)


def _tier_by_theme(candidate: Candidate, shown: tuple[PickKind, int], wanted: Sequence[PickKind]) -> int:
    """What the flow itself is about keeps its tier; then all that fits the campaign's theme, then the rest."""
    kind, tier = shown
    if kind in LEADING and kind in wanted:
        return tier
    return len(wanted) if "theme" in candidate.reasons else len(wanted) + 1 + tier


def _theme_fit(candidate: Candidate) -> float:
    """0.5..1 for what fits the campaign's theme, so that of this person's the fitting ones lead; 1 without one."""
    return 0.5 + 0.5 * candidate.reasons["theme"][0] / WEIGHT["theme"] if "theme" in candidate.reasons else 1.0


def _untaught(scene: Scene) -> dict[PickKind, float]:
    """What reasons are worth that the shop's own history says nothing of."""
    if scene.insight is None:
        return {}
    return {kind: worth for kind, worth in UNTAUGHT.items() if not scene.insight.knows(kind)}


def _relevance(scene: Scene, candidates: Sequence[Candidate], kinds: Sequence[PickKind]) -> Scores:
    """[k] of each candidate, shown as of its kind."""
    pairs = zip(candidates, kinds, strict=True)
    if scene.insight is None:
        found = np.array([candidate.score(kind) * _selling(scene, candidate, kind) for candidate, kind in pairs])
    else:
        found = _likely(candidates, _untaught(scene))
    if scene.history.demoted:
        # What lies in the basket was shown before on purpose: reminding of it is not repeating oneself.
        demoted, pairs = scene.history.demoted, zip(candidates, kinds, strict=True)
        found *= [1.0 if kind == "cart" else demoted.get(candidate.row, 1.0) for candidate, kind in pairs]
    return found


def _likely(candidates: Sequence[Candidate], untaught: Mapping[PickKind, float]) -> Scores:
    """[k] learned probabilities, with what the reasons in `untaught` add: each is one more way to a purchase."""
    known = [LEAST_LIKELY if candidate.likely is None else candidate.likely for candidate in candidates]
    missed = 1.0 - np.maximum(known, LEAST_LIKELY)
    for kind, worth in untaught.items():
        for at, candidate in enumerate(candidates):
            if kind in candidate.reasons:
                missed[at] *= 1.0 - worth * candidate.reasons[kind][0]
    return np.asarray(1.0 - missed)


def _selling(scene: Scene, candidate: Candidate, kind: PickKind) -> float:
    """What popularity makes of a thing they bought, the less the oftener they did; 1 for what is shown for another
    reason."""
    signal = candidate.reasons[kind][1].signal
    if kind not in ("buy_again", "running_low") or signal is None:
        return 1.0
    pull = POPULARITY_PULL / signal.times
    return float((1.0 + pull * scene.view.columns.popularity[candidate.row]) / (1.0 + pull))


def _steered(scene: Scene, rows: NDArray[np.int32]) -> Scores:
    """[k] what price and popularity make of others' choices; a learned ranking knows of both already."""
    if scene.insight is not None:
        return np.ones(len(rows))
    columns = scene.view.columns
    steered = _price_fit(columns.prices(rows, scene.now) / float(AMOUNT_UNITS), scene.taste)
    return steered * (1.0 + POPULARITY_PULL * columns.popularity[rows]) / (1.0 + POPULARITY_PULL)


def _spoken_for(scene: Scene, rows: NDArray[np.int32]) -> Scores:
    """[k]: less for a category or brand they turned away, more for the size they take."""
    columns, factor = scene.view.columns, np.ones(len(rows))
    disliked = {"category": columns.categories, "brand": columns.brands}
    for kind, value in scene.taste.dislikes:
        factor[_among(rows, disliked[kind], value)] = DISLIKED_FACTOR
    for category, size in scene.taste.sizes:
        theirs = _among(rows, columns.categories, category) & _among(rows, columns.attributes, f"size={size}")
        factor[theirs] *= SIZE_LIFT
    return factor


def _among(rows: NDArray[np.int32], lists: Postings, name: str) -> NDArray[np.bool_]:
    """[k]: is it in the list of that name?"""
    found = lists.get(key(name))
    return np.zeros(len(rows), dtype=np.bool_) if found is None else np.isin(rows, found)


def rank(scene: Scene, candidates: list[Candidate], limits: Limits, seed: int) -> list[Ranked]:
    """Best first within each tier, wanted kinds before all others."""
    columns = scene.view.columns
    rows = np.array([candidate.row for candidate in candidates], dtype=np.int32)
    tiers = {kind: tier for tier, kind in enumerate(dict.fromkeys(limits.kinds))}
    shown = [_shown_as(candidate, tiers) for candidate in candidates]
    score = _relevance(scene, candidates, [kind for kind, _ in shown])
    steered = _steered(scene, rows)
    steered = steered * _spoken_for(scene, rows)
    score *= np.where([kind in OWN for kind, _ in shown], 1.0, steered)
    jitter = JITTER if scene.insight is None else LEARNED_JITTER
    score *= (1.0 + jitter * _jitter(columns.number[rows], seed)) / (1.0 + jitter)
    if scene.taste.theme is not None:
        score *= [_theme_fit(candidate) for candidate in candidates]
        shown = [
            (kind, _tier_by_theme(candidate, (kind, tier), limits.kinds))
            for candidate, (kind, tier) in zip(candidates, shown, strict=True)
        ]
    order: list[int] = np.lexsort((rows, -score, np.array([tier for _, tier in shown]))).tolist()
    values = score.tolist()
    return [Ranked(candidates[at], *shown[at], values[at]) for at in order]
