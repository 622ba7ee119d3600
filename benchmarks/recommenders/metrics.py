"""The figures, one value a customer so that they can be paired and resampled.

`lists` is int [m, k]: the items recommended to each of the m customers of a task, best first, no item twice,
-1 where there are fewer. Relevance is binary.
"""

from __future__ import annotations

import numpy as np

from benchmarks.recommenders.log import Floats, Ints, Log, Mask
from benchmarks.recommenders.splits import Task

HIT_AT, AT = 3, 10


def hits(lists: Ints, task: Task, items: int) -> Mask:
    """[m, k]: is this item relevant to this customer?"""
    owner = np.repeat(np.arange(len(task)), task.sizes)
    relevant = np.sort(owner * items + task.relevant)
    asked = np.arange(len(task))[:, None] * items + lists
    at = np.searchsorted(relevant, asked).clip(max=len(relevant) - 1)
    return np.asarray((relevant[at] == asked) & (lists >= 0))


def hit_rate(hit: Mask, k: int = HIT_AT) -> Floats:
    """[m]: 1 where at least one of the first `k` is relevant (Deshpande & Karypis 2004)."""
    return np.asarray(hit[:, :k].any(axis=1), dtype=np.float64)


def recall(hit: Mask, sizes: Ints, k: int = AT) -> Floats:
    """[m]: share of all relevant items found among the first `k` (Herlocker et al. 2004).

    Divided by all there are, also where they are more than `k`: a customer who buys forty items can be served at
    most a quarter of them.
    """
    return np.asarray(hit[:, :k].sum(axis=1) / sizes)


def ndcg(hit: Mask, sizes: Ints, k: int = AT) -> Floats:
    """[m]: discounted cumulative gain over the best possible (Järvelin & Kekäläinen 2002), gains 0 and 1, log2."""
    discount = 1.0 / np.log2(np.arange(2, k + 2))
    ideal = np.concatenate([[0.0], np.cumsum(discount)])[np.minimum(sizes, k)]
    return np.asarray((hit[:, :k] * discount[: hit.shape[1]]).sum(axis=1) / ideal)


def diversity(lists: Ints, vectors: np.ndarray, k: int = AT) -> Floats:
    """[m]: mean pairwise distance, 1 - cosine, of the items in a list (Ziegler et al. 2005); NaN below two items.

    `vectors` [items, d] are of unit length, or zeros for an item without text, which is at distance 1 from all.
    """
    shown = lists[:, :k]
    there = shown >= 0
    total = np.einsum("mkd->md", vectors[shown] * there[:, :, None])
    count = there.sum(axis=1)
    own = ((vectors[shown] ** 2).sum(axis=2) * there).sum(axis=1)
    pairs = np.where(count > 1, count * (count - 1), np.nan)
    return np.asarray(1.0 - ((total**2).sum(axis=1) - own) / pairs)


def self_information(train: Log) -> Floats:
    """[items]: -log2 of the share of customers who bought each (Zhou et al. 2010), add-one smoothed, in bits."""
    buyers = np.asarray(train.bought.sum(axis=0)).ravel()
    return np.asarray(-np.log2((buyers + 1.0) / (train.customers + 1.0)))


def novelty(lists: Ints, information: Floats, k: int = AT) -> Floats:
    """[m]: mean self-information of the items in a list, bits; NaN for an empty list."""
    shown = lists[:, :k]
    there = shown >= 0
    return np.asarray((information[shown] * there).sum(axis=1) / np.where(there.any(axis=1), there.sum(axis=1), np.nan))


def coverage(lists: Ints, items: int, k: int = AT) -> float:
    """Share of the catalog that is recommended to anybody (Ge, Delgado-Battenfeld & Jannach 2010)."""
    shown = lists[:, :k]
    return len(np.unique(shown[shown >= 0])) / items
