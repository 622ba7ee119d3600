"""What is left to chance: the last place of some e-mails, drawn with a probability that is known and logged.

The place is never the first, never pinned and never of what the e-mail is about, like a cart.
Without chance nobody learns what a product that is never shown would have done. With it, and with the probability of
each pick on record, another policy can be judged on the e-mails this one sent (inverse propensity scoring, Horvitz &
Thompson 1952; Strehl et al. 2010).

The lottery of one e-mail, over the greedy choice g, the candidates below the line L and the new arrivals N among them:

    P(g) = 1 - e - b        P(c) = e · softmax_L(c) + b · softmax_N(c)

with e the exploration share and b the new arrivals' chance; a set without members gives its chance back to g. All
other places are settled by what is known, so their probability is 1, and IPS says nothing of a policy that would fill
*those* differently. The estimate `mean(outcome · [target shows the same] / probability)` is unbiased for any policy
that differs in the last place only, and only among what the lottery holds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.merchandising import Merchandising

Scores = NDArray[np.float64]

BELOW = 12
"""Candidates below the line that may be drawn: further down nearly nothing is worth a place."""
TEMPERATURE = 0.5
"""Of the softmax over shares of the best's worth: the best is drawn at most e² = 7.4 times as often as the worst, so
that the weights of IPS stay bounded."""


@dataclass(frozen=True, slots=True)
class Lottery:
    """Who may take the last place, by position among the candidates, the greedy choice first, and how likely."""

    entries: tuple[int, ...]
    probabilities: tuple[float, ...]
    """Sum to 1."""

    def draw(self, seed: int) -> int:
        """The index of the winner within `entries`: the same for the same seed."""
        ticket = _unit(seed)
        at = int(np.searchsorted(np.cumsum(self.probabilities), ticket, side="right"))
        return min(at, len(self.entries) - 1)


def _unit(seed: int) -> float:
    """[0, 1), independent of everything else that is made of the same seed."""
    digest = hashlib.blake2b(f"explore:{seed}".encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / 2.0**53


def _softmax(worth: Scores) -> Scores:
    weight = np.exp((worth / worth.max() - 1.0) / TEMPERATURE)
    return np.asarray(weight / weight.sum())


def arrivals_chance(document: Merchandising, places: int, exploration: float) -> float:
    """How likely an e-mail of so many places gives one to a new arrival: the budget's share of them, once at most.

    `exploration` is the e-mail's own chance, which goes first.
    """
    return min(document.new_arrivals.share * places, 1.0 - exploration) if document.new_arrivals else 0.0


def lottery(
    greedy: int, below: Sequence[int], fresh: Sequence[int], worth: Scores, exploration: float, arrivals: float
) -> Lottery:
    """`worth` [k] of all candidates, above 0; `below` and `fresh` are positions among them, without `greedy`.

    `exploration` and `arrivals` are the chances e and b.
    """
    chances: dict[int, float] = {greedy: 1.0}
    for entries, chance in ((below, exploration), (fresh, arrivals)):
        if not entries or not chance:
            continue
        chances[greedy] -= chance
        shares = _softmax(worth[list(entries)]).tolist()
        for entry, share in zip(entries, shares, strict=True):
            chances[entry] = chances.get(entry, 0.0) + chance * share
    return Lottery(tuple(chances), tuple(chances.values()))
