"""Where picks come from: one small generator a source, each naming why a product may be meant for somebody.

Every candidate is relevant for a stated reason: there is no filler. Two good reasons for a
product beat one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from itertools import chain, islice
from typing import NamedTuple

import numpy as np

from catalog.columns import Mask, Postings, key, micros
from catalog.crowding import LOOKED_AT, WIDER, first, of_many_items
from catalog.history import DUE_FROM, History, decay, is_running_low
from catalog.index import Rows
from catalog.learning.serving import Insight, Spoken, insight
from catalog.lexical import matches
from catalog.model import PickKind, Signal, Taste
from catalog.neighbours import Filter, nearest_to
from catalog.running_out import runs_out
from catalog.sameness import Families
from catalog.search import fitting, vector_of
from catalog.view import CatalogView

WEIGHT: dict[PickKind, float] = {
    "cart": 0.95, "running_low": 0.92, "buy_again": 0.9, "wished": 0.85, "goes_with": 0.75, "viewed": 0.7,
    "searched": 0.65, "like_bought": 0.55, "interest": 0.5, "theme": 0.4, "new": 0.35,
    "popular": 0.3,
}  # fmt: skip
"""How much a full-strength reason of each kind counts: what the person did with this very product first, what
others did last. Of single sources on the Online Retail set, buying again finds the next purchase twice as often as
text vectors do, and co-purchase a quarter more often."""

HALF_LIFE_DAYS = {"carted": 14.0, "wished": 60.0, "viewed": 10.0, "bought": 60.0}
SEED_DAYS = {"carted": 60, "wished": 180, "viewed": 30, "bought": 365}
"""Older signals start nothing: a view of last spring is no interest of today."""
OTHERS_WEIGHT = 0.5
SEEDS = 8
LEARNED_SEEDS = 6
"""How many products have what is near them looked up where a learned ranking knows of more: each takes .2 ms under wide
limits. On Online Retail that changed a learned NDCG@10 by -.0000 ± .0002, and by -.0001 ± .0004 among new products,
where the default weights lost .009."""
NEAR = 20
TIGHT = 0.3
"""Shrunk basket cosine of products that clearly belong together; few pairs of a real shop are above."""
MIN_COSINE = 0.4
"""MiniLM texts below this share little more than the shop."""
KINDRED_COSINE = 0.6
"""From here two texts speak of the same kind of thing even where the shop keeps them on different shelves; below it a
hand fork is "similar" to a loaf tin, as both are steel."""
MAX_LEARNED = 24
"""Products that only the learned lists know of; more than are compared for variety are never chosen."""
MANY_NEAR = 50
PER_INTEREST, MAX_INTERESTS, MAX_SEARCHES, MAX_POPULAR, MAX_NEW = 12, 12, 5, 30, 20
FEW_SELL = 4
"""Products that sell: with fewer, what sells fills no e-mail."""
MAX_SPREAD, SPREAD = 30, 0.25
"""How many show the catalog of a new shop, and how strongly: below whatever anything speaks for."""
MAX_THEMED = 40
THEMED_FROM = 0.65
"""Share of the best fit's score from which a product is still what the campaign is about."""
NEW_FOR = timedelta(days=45)
NEW_SHARE = 0.25
"""When more of the catalog than this is new, it was imported lately, and nothing of it is news."""


class Cause(NamedTuple):
    """What a candidate comes from: a signal, an interest (kind, value), a search, or the shop's figures."""

    signal: Signal | None = None
    interest: tuple[str, str] | None = None
    search: str | None = None
    baskets: int = 0
    named: bool = False
    """Named by the merchant in the brief."""
    theme: str | None = None
    """What the brief is about, as it is searched for."""
    spread: bool = False
    """Nothing: it shows the catalog of a shop that sold next to nothing yet."""
    learned: bool = False
    """Proposed by what was learned from others' histories: nothing closer than that may be said of it."""
    also: tuple[Signal, ...] = ()
    """Other signals that spoke for it, the strongest first."""


SHOP = Cause()
_OF_BOUGHT: frozenset[PickKind] = frozenset({"cart", "wished", "running_low", "buy_again"})
"""What somebody has is no discovery: never "similar to" or "goes with" what they bought beside it."""


@dataclass(slots=True)
class Candidate:
    """A product and every reason for it: kind → (strength 0..1, cause), the strongest of each kind."""

    row: int
    reasons: dict[PickKind, tuple[float, Cause]] = field(default_factory=dict)
    likely: float | None = None
    """The learned probability that it is bought in the weeks to come; None where nothing learned ranks."""

    @property
    def is_spread(self) -> bool:
        """Nothing speaks for it, but that a new shop has to show something."""
        return all(cause.spread for _, cause in self.reasons.values())

    def score(self, kind: PickKind) -> float:
        """0..1: the reason it is shown for, and the others as independent hints (noisy-or) at half weight.

        At full weight popularity would outrank the very reason the text gives.
        """
        missed = 1.0
        for of, (strength, _) in self.reasons.items():
            missed *= 1.0 - (strength if of == kind else OTHERS_WEIGHT * strength)
        return 1.0 - missed


Hint = tuple[int, PickKind, float, Cause]
"""One reason for one row, before it is merged with others: row, kind, strength, cause. Plain, as an e-mail has some
three hundred."""


@dataclass(frozen=True)
class Scene:
    """All that generators look at. `allowed` [n] already leaves out what limits and history forbid."""

    view: CatalogView
    taste: Taste
    history: History
    allowed: Mask
    now: datetime
    shared: Filter | None = None
    """Of the limits alone, which everybody has in common; see `neighbours.nearest`."""

    @cached_property
    def insight(self) -> Insight | None:
        """This person as what was learned sees them; None where no ranker is in use."""
        return insight(self.view, self.history.signals, self.history.rows, self.now)

    @cached_property
    def signal_of(self) -> dict[str, Signal]:
        """The signal that says most of each product: a purchase before a look."""
        kinds = self.history.by_kind
        weakest_first = (reversed(kinds.get(kind, ())) for kind in ("viewed", "wished", "carted", "bought"))
        return {one.product_id: one for of_kind in weakest_first for one in of_kind}

    @cached_property
    def recent(self) -> dict[str, list[Signal]]:
        """By kind, the signals that are not too old, newest first."""
        return {kind: self.history.of(kind, self.now - timedelta(days=days)) for kind, days in SEED_DAYS.items()}

    @cached_property
    def owned(self) -> dict[str, datetime]:
        """When they bought something of a title last."""
        found: dict[str, datetime] = {}
        for title, at in self.taste.owned:
            name = key(title)
            found[name] = max(at, found.get(name, at))
        return found

    def is_owned(self, candidate: Candidate) -> bool:
        """Whether it is what they have, under another id: to a reader one title is one thing. What is used up may be
        bought again when it is time."""
        if not _OF_BOUGHT.isdisjoint(candidate.reasons):
            return False
        title = key(self.view.title(candidate.row))
        at = self.owned.get(title)
        if at is None or self._is_another_of(title, candidate.row):
            return False
        lasts = self.view.consumable_days(candidate.row)
        return lasts is None or (self.now - at) / timedelta(days=1) < DUE_FROM * lasts

    def _is_another_of(self, title: str, row: int) -> bool:
        """Whether what they bought of this title is there, and is another thing: a book of the same name."""
        namesakes = [other for other in self.history.bought if key(self.view.title(other)) == title]
        return bool(namesakes) and all(self.families.are_two(row, other) for other in namesakes)

    @cached_property
    def families(self) -> Families:
        """Which products are one thing to a reader."""
        return Families(self.view)

    def recency(self, signal: Signal) -> float:
        """0..1 by the half-life of its kind."""
        return decay(self.now, signal.at, HALF_LIFE_DAYS[signal.kind])


def _own(scene: Scene) -> Iterator[Hint]:
    """What the person put into the basket, wished for or looked at."""
    kinds: tuple[tuple[str, PickKind], ...] = (("carted", "cart"), ("wished", "wished"), ("viewed", "viewed"))
    for of, kind in kinds:
        for signal in scene.recent[of]:
            row = scene.history.rows.get(signal.product_id)
            if row is not None:
                again = 1.0 if kind != "viewed" else min(1.0, 0.6 + 0.2 * signal.times)
                strength = again * (0.6 + 0.4 * scene.recency(signal))
                yield row, kind, strength, Cause(signal=signal)


def _buy_again(scene: Scene) -> Iterator[Hint]:
    feed_tells = scene.view.columns.tells_what_lasts
    for row, strength, signal, lasts in scene.history.due:
        low = is_running_low(signal, lasts, scene.now) and runs_out(scene.view, row, signal, feed_tells=feed_tells)
        yield row, "running_low" if low else "buy_again", strength, Cause(signal=signal)


def _goes_with(scene: Scene) -> Iterator[Hint]:
    """Bought together with what is in the basket or was bought."""
    for signal in (scene.recent["carted"] + scene.recent["bought"])[:SEEDS]:
        together = scene.view.bought_with(signal.product_id, NEAR)
        best = together[0].score if together else 1.0
        fresh = 0.5 + 0.5 * scene.recency(signal)
        for other in together:
            tied = 0.5 * other.score / best + 0.5 * min(1.0, other.score / TIGHT)
            cause = Cause(signal=signal, baskets=other.baskets)
            yield other.row, "goes_with", tied * fresh, cause


def _similar(scene: Scene) -> Iterator[Hint]:
    """Near one of the products the person dealt with: each is an interest of its own, never their mean."""
    signals = {
        scene.history.rows[signal.product_id]: signal
        for kind in ("viewed", "wished", "bought", "carted")
        for signal in scene.recent[kind][:SEEDS]
        if signal.product_id in scene.history.rows
    }
    wanted = SEEDS if scene.insight is None else LEARNED_SEEDS
    chosen = sorted(signals.items(), key=lambda item: -scene.recency(item[1]))[:wanted]
    if not chosen:
        return
    rows = [row for row, _ in chosen]
    found = nearest_to(scene.view, scene.allowed, rows, NEAR, shared=scene.shared)
    for (seed, signal), near in zip(chosen, found, strict=True):
        yield from _near_one(scene, seed, signal, near.rows, near.cosine.tolist())


def _near_one(scene: Scene, seed: int, signal: Signal, rows: Rows, cosines: list[float]) -> Iterator[Hint]:
    kind: PickKind = "like_bought" if signal.kind in ("bought", "carted") else "interest"
    group, cause = scene.view.columns.group, Cause(signal=signal)
    fresh = 0.5 + 0.5 * scene.recency(signal)
    own = group[seed]
    variants = (group[rows] == own).tolist() if own >= 0 else [False] * len(rows)
    for row, cosine, variant in zip(rows.tolist(), cosines, variants, strict=True):
        if variant or cosine < MIN_COSINE:
            continue
        if cosine >= KINDRED_COSINE or scene.view.same_shelf(row, seed):
            yield row, kind, cosine * fresh, cause


def _interests(scene: Scene) -> Iterator[Hint]:
    columns = scene.view.columns
    postings: dict[str, Postings] = {
        "category": columns.categories, "brand": columns.brands, "attribute": columns.attributes
    }  # fmt: skip
    for kind, value, strength in scene.taste.interests[:MAX_INTERESTS]:
        rows = postings[kind].get(key(value)) if kind in postings else None
        if rows is None or strength <= 0:
            continue
        cause, fit = Cause(interest=(kind, value)), 0.5 + 0.5 * min(1.0, strength)
        for rank, row in enumerate(first(columns, rows, scene.allowed, PER_INTEREST)):
            yield row, "interest", fit * (1.0 - 0.5 * rank / PER_INTEREST), cause


def _searches(scene: Scene) -> Iterator[Hint]:
    """By words only: the vector of a new text needs the model, and composing must not wait for one."""
    for age, search in enumerate(scene.taste.searches[:MAX_SEARCHES]):
        cause = Cause(search=search)
        found = matches(scene.view.columns.words, search, scene.allowed, WIDER * NEAR)
        groups = scene.view.columns.group[[row for row, _ in found]]
        for at in of_many_items(groups, NEAR):
            row, share = found[at]
            yield row, "searched", share * 0.85**age, cause


def _themed(scene: Scene) -> Iterator[Hint]:
    """What the campaign is about."""
    theme = scene.taste.theme
    if theme is None:
        return
    words = scene.view.columns.words.read(theme.query)
    vector = vector_of(theme, scene.view.vectors.shape[1])
    best = fitting(scene.view, words, vector, scene.allowed, WIDER * MAX_THEMED, shared=scene.shared)
    highest = float(best.score[0]) if len(best.score) else 1.0
    scored = list(zip(best.rows.tolist(), best.score.tolist(), strict=True))
    for at in of_many_items(scene.view.columns.group[best.rows], MAX_THEMED):
        row, score = scored[at]
        if score >= THEMED_FROM * highest:
            yield row, "theme", score / highest, Cause(theme=theme.query)


def _popular(scene: Scene) -> Iterator[Hint]:
    columns = scene.view.columns
    for rank, row in enumerate(first(columns, columns.popular, scene.allowed, MAX_POPULAR)):
        yield row, "popular", 1.0 - 0.5 * rank / MAX_POPULAR, SHOP


def _new(scene: Scene) -> Iterator[Hint]:
    columns = scene.view.columns
    since = micros(scene.now - NEW_FOR, 0)
    # By halves: among a million products it is looked at twenty dates.
    added, newest = columns.added, columns.newest
    fresh = newest[: bisect_right(newest, -since, key=lambda row: -int(added[row]))]
    if len(fresh) > NEW_SHARE * scene.view.live:
        return
    for rank, row in enumerate(first(columns, fresh, scene.allowed, MAX_NEW)):
        yield row, "new", 1.0 - 0.5 * rank / MAX_NEW, SHOP


def _spread(scene: Scene, found: dict[int, Candidate]) -> Iterator[Hint]:
    """In a shop that sold next to nothing yet, what was added last, one of each category before the second of any.

    Nothing is popular there, and where all of the catalog was imported at once nothing is news; without this a
    newcomer would be shown nothing. It comes last: what anything speaks for is none of it.
    """
    columns = scene.view.columns
    if len(columns.popular) >= FEW_SELL:
        return
    front = [row for row in first(columns, columns.newest, scene.allowed, LOOKED_AT) if row not in found]
    seen: Counter[str | None] = Counter()
    turns = []
    for row in front:
        category = scene.view.category(row)
        turns.append((seen[category], row))
        seen[category] += 1
    rows = [row for _, row in sorted(turns, key=lambda turn: turn[0])][:MAX_SPREAD]
    for rank, row in enumerate(rows):
        yield row, "theme", SPREAD * (1.0 - 0.5 * rank / MAX_SPREAD), Cause(spread=True)


def _named(scene: Scene, only_ids: tuple[str, ...] | None) -> Iterator[Hint]:
    """What the merchant named in the brief is relevant because the merchant says so."""
    rows = (scene.view.row_of.get(product_id) for product_id in only_ids or ())
    for row in islice((row for row in rows if row is not None), MAX_POPULAR):
        yield row, "popular", 0.5, Cause(named=True)


def _explained(scene: Scene, spoken: Spoken, bought_with: dict[str, dict[int, int]], row: int) -> Iterator[Hint]:
    """Why the learned lists proposed a product, as far as it may be said."""
    if scene.insight is None or not spoken.products:
        return
    signals = [scene.signal_of[product_id] for product_id in spoken.products if product_id in scene.signal_of]
    if not signals:
        return
    first, *others = signals
    yield row, "interest", spoken.strength, Cause(signal=first, learned=True, also=tuple(others))
    if first.kind not in ("bought", "carted"):
        return
    if first.product_id not in bought_with and len(bought_with) < SEEDS:
        bought_with[first.product_id] = {
            one.row: one.baskets for one in scene.view.bought_with(first.product_id, MANY_NEAR)
        }
    baskets = bought_with.get(first.product_id, {}).get(row, 0)
    if baskets:
        yield row, "goes_with", spoken.strength, Cause(signal=first, baskets=baskets, also=tuple(others))


def _learned(scene: Scene, found: dict[int, Candidate]) -> Iterator[Hint]:
    """The likeliest that no other source came upon; every candidate is told how likely it is."""
    if scene.insight is None:
        return
    rows = np.union1d(scene.insight.proposed(scene.allowed), np.array(list(found), dtype=np.int32)).astype(np.int32)
    likely = scene.insight.probability(rows)
    best = rows[np.argsort(-likely, kind="stable")].tolist()
    wanted = list(islice((row for row in best if row not in found), MAX_LEARNED))
    bought_with: dict[str, dict[int, int]] = {}
    for row, spoken in zip(wanted, scene.insight.spoken(wanted), strict=True):
        yield from _explained(scene, spoken, bought_with, row)
    for row, probability in zip(rows.tolist(), likely.tolist(), strict=True):
        if row in found:
            found[row].likely = probability


def collect(scene: Scene, only_ids: tuple[str, ...] | None) -> list[Candidate]:
    """Every allowed product some source speaks for, with all its reasons, in row order."""
    found: dict[int, Candidate] = {}
    # Element by element, a memory view is read three times as fast as an array.
    allowed, bought = scene.allowed.data, scene.history.bought
    sources: tuple[Iterable[Hint], ...] = (
        _own(scene), _buy_again(scene), _goes_with(scene), _similar(scene), _interests(scene),
        _searches(scene), _themed(scene), _popular(scene), _new(scene), _named(scene, only_ids), _spread(scene, found),
        _learned(scene, found),
    )  # fmt: skip
    for row, kind, strength, cause in chain.from_iterable(sources):
        if not allowed[row] or (row in bought and kind not in _OF_BOUGHT):
            continue
        weight = WEIGHT[kind] if strength >= 1.0 else strength * WEIGHT[kind]
        candidate = found.get(row)
        if candidate is None:
            found[row] = Candidate(row, {kind: (weight, cause)})
            continue
        known = candidate.reasons.get(kind)
        if known is None or known[0] < weight:
            candidate.reasons[kind] = (weight, cause)
    in_order = [found[row] for row in sorted(found)]
    return [candidate for candidate in in_order if not scene.is_owned(candidate)] if scene.owned else in_order
