"""Which way to rank a shop: trees, a simple rule or the default weights, by weeks that none of them was taught.

The figures are NDCG@10 (Järvelin & Kekäläinen 2002) over the customers who bought in those weeks, of what they bought
and could have been shown: of all of it, and of what they never bought before. Every way is asked through the very
code that ranks picks: what may not be offered again costs a rule what it costs trees.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray

from catalog.advance import taught
from catalog.candidates import Scene, collect
from catalog.history import never_bought, read_history, without_blocked
from catalog.learning.examples import Case, Window, cases, existing
from catalog.learning.features import features
from catalog.learning.interactions import KINDS, Interactions, Numbers
from catalog.learning.model import NOWHERE, Bound
from catalog.learning.ranker import Ranker
from catalog.learning.reading import propose, read
from catalog.learning.rules import Rule, calibrated, every_rule
from catalog.learning.shop import Shop
from catalog.model import Limits, Signal, Taste
from catalog.scoring import rank
from catalog.signals import MIN_TOGETHER, Popular

if TYPE_CHECKING:
    from catalog.view import CatalogView

Serves = Literal["hand", "rule", "trees"]

CUSTOMERS = 500
"""Judged on: the standard error of a difference in NDCG is some .005 there."""
DEPTH = 10
RESAMPLES = 400
SURE = 0.7
"""Share of the resamples of customers in which a way must be ahead of a simpler one to take its place: half a standard
error's margin. A tie goes to the simpler. Trees are taught once more with the newest weeks before they serve, so what
is asked of them here is, if anything, too much."""
NEW_SHARE = 0.25
"""What lists of new things alone count: most e-mails may show again what somebody bought."""
_DISCOUNTS = 1.0 / np.log2(np.arange(2, DEPTH + 2))


@dataclass(frozen=True, slots=True)
class Verdict:
    """Mean NDCG@10 of each way, all purchases counted, over `customers`; and which of them is to rank."""

    customers: int
    serves: Serves
    score: float
    """Of the trees; 0 where there are none."""
    by_hand: float
    rule: Rule
    """The best of the rules, with probabilities of this window."""
    by_rule: float


class _Asked(NamedTuple):
    """One customer of the window."""

    case: Case
    bought: Numbers
    """What they bought that could have been shown."""
    fresh: Numbers
    """What of it they had never bought."""


def ndcg(listed: Numbers, bought: Numbers) -> float:
    """Of a list, best first, against what was bought; 0 where nothing was bought."""
    if not len(bought):
        return 0.0
    gains = _DISCOUNTS[: len(listed)][np.isin(listed, bought)[:DEPTH]].sum()
    return float(gains / _DISCOUNTS[: len(bought)].sum())


def signals_of(happened: Interactions, rows: slice) -> tuple[Signal, ...]:
    """One customer's interactions, oldest first, as picks would be told of them."""
    moments: dict[tuple[int, int], list[datetime]] = {}
    columns = (happened.product[rows].tolist(), happened.kind[rows].tolist(), happened.at[rows].tolist())
    for product, kind, at in zip(*columns, strict=True):
        moments.setdefault((product, kind), []).insert(0, datetime.fromtimestamp(at, UTC))
    return tuple(
        Signal.model_validate({
            "product_id": happened.products[product], "kind": KINDS[kind], "at": at[0], "times": len(at),
            "moments": at,
        })
        for (product, kind), at in moments.items()
    )  # fmt: skip


def _popular(shop: Shop) -> dict[str, Popular]:
    """The shop's signals in the form of those that the default weights work with."""
    heat = shop.heat[1] / max(float(shop.heat[1].max(initial=0.0)), 1e-9)
    lists, found = shop.lists["together"], {}
    for number in np.flatnonzero(shop.orders[:-1]).tolist():
        entries = lists.entries(np.array([number], dtype=np.int32))
        near = zip(entries.other.tolist(), entries.score.tolist(), strict=True)
        # Ranking looks at the scores alone; in how many baskets is only ever told to people.
        listed = [(shop.products[other], score, MIN_TOGETHER) for other, score in near]
        found[shop.products[number]] = Popular(float(heat[number]), orjson.dumps(listed).decode())
    return found


def _ranking(view: CatalogView, taste: Taste, now: datetime, *, only_new: bool) -> NDArray[np.int32]:
    """View rows, best first."""
    history = read_history(view, taste.signals, now)
    allowed = never_bought(view.columns.sellable, history) if only_new else view.columns.sellable
    scene = Scene(view, taste, history, without_blocked(allowed, history), now)
    found = rank(scene, collect(scene, None), Limits(), 0)
    return np.array([one.candidate.row for one in found[:DEPTH]], dtype=np.int32)


def _asked(happened: Interactions, window: Window, there: NDArray[np.bool_]) -> list[_Asked]:
    """The known customers who bought something that could have been shown."""
    found = []
    for case in cases(happened, window, CUSTOMERS):
        bought = case.bought[there[case.bought]]
        if len(bought) and case.rows.start < case.rows.stop:
            found.append(_Asked(case, bought, bought[~np.isin(bought, case.profile.bought)]))
    return found


def _best_rule(view: CatalogView, bound: Bound, asked: list[_Asked], there: NDArray[np.bool_]) -> Rule:
    """Of all rules the one with the best lists, with and without what was bought before; calibrated."""
    rules, tables, answers = every_rule(), [], []
    scores = np.zeros((len(asked), len(rules)))
    for at, one in enumerate(asked):
        reading = read(bound.shop, one.case.profile)
        numbers = propose(bound.shop, reading, there.take).astype(np.int32)
        table = features(view, bound.shop, bound, reading, bound.rows[numbers], numbers)
        unknown = ~np.isin(numbers, one.case.profile.bought)
        for of, rule in enumerate(rules):
            order = np.argsort(-rule.score(table), kind="stable")
            scores[at, of] = _worth(numbers[order], numbers[order[unknown[order]]], one)
        tables.append(table)
        answers.append(np.isin(numbers, one.bought))
    best = rules[int(np.argmax(scores.mean(axis=0)))]
    return calibrated(best, np.concatenate(tables), np.concatenate(answers))


def _worth(listed: Numbers, fresh: Numbers, one: _Asked) -> float:
    """NDCG of a list of anything, and by its share of one of what is new to them."""
    return (1.0 - NEW_SHARE) * ndcg(listed, one.bought) + NEW_SHARE * ndcg(fresh, one.fresh)


def judge(view: CatalogView, bound: Bound, trees: Ranker | None, happened: Interactions, window: Window) -> Verdict:
    """`bound` holds a shop of the window's first moment; `trees` were taught before it."""
    shop = bound.shop
    there = existing(view, shop, bound) & (bound.rows != NOWHERE)
    there[there] = view.columns.sellable[bound.rows[there]]
    asked = _asked(happened, window, there)
    if not asked:
        return Verdict(0, "hand", 0.0, 0.0, Rule("buy again", "recent popularity"), 0.0)
    rule = _best_rule(view, bound, asked, there)
    now = datetime.fromtimestamp(window.cut, UTC)
    plain = taught(view, _popular(shop))
    rankers: dict[Serves, Ranker | Rule | None] = {"hand": None, "rule": rule, "trees": trees}
    ways: dict[Serves, NDArray[np.float64]] = {}
    for name, ranker in rankers.items():
        if name != "trees" or trees is not None:
            laid = replace(bound, learned=replace(bound.learned, ranker=ranker))
            ways[name] = _scores(replace(plain, learned=laid), laid, happened, asked, now)
    means = {name: float(scores[:, 0].mean()) for name, scores in ways.items()}
    return Verdict(len(asked), chosen(ways), means.get("trees", 0.0), means["hand"], rule, means["rule"])


def _scores(
    view: CatalogView, bound: Bound, happened: Interactions, asked: list[_Asked], now: datetime
) -> NDArray[np.float64]:
    """[customers, 2]: NDCG of all they bought, and `_worth`."""
    found = []
    for one in asked:
        taste = Taste(signals=signals_of(happened, one.case.rows))
        listed, fresh = (bound.numbers[_ranking(view, taste, now, only_new=new)] for new in (False, True))
        found.append((ndcg(listed, one.bought), _worth(listed, fresh, one)))
    return np.array(found)


def chosen(ways: Mapping[Serves, NDArray[np.float64]]) -> Serves:
    """Which way ranks, by [customers, 2] of each, the simplest first: another must surely be ahead of it."""
    best, *others = ways
    for name in others:
        ahead = ways[name][:, 1] - ways[best][:, 1]
        drawn = np.random.default_rng(0).integers(0, len(ahead), (RESAMPLES, len(ahead)))
        if np.mean(ahead[drawn].mean(axis=1) > 0) >= SURE:
            best = name
    return best
