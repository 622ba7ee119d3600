"""Where a comparison stands: the share of decided pairs that B won, how sure that is, and how honest the votes are.

How sure it is, is told by pairs, not by votes: what several people say of the same two e-mails hangs together, and
counted as if each had read others it would feign a certainty that is not there (Hurlbert 1984 on pseudoreplication).
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from statistics import NormalDist

from pydantic import BaseModel
from scipy.special import betaincinv

from composer.comparing.model import Choice, Vote
from composer.results.model import Interval

PREFERENCE = 0.6
"""The preference that a comparison should be able to see; a smaller one is no difference that matters."""
_Z = NormalDist().inv_cdf(0.975)
_POWER_Z = NormalDist().inv_cdf(0.8)


class Standing(BaseModel):
    """What the votes say."""

    votes: int
    """As are `a`, `b`, `ties` and `neither`: several people's votes on a pair are several."""
    a: int
    b: int
    ties: int
    neither: int
    a_pairs: int
    """Pairs decided for A (`decisions`)."""
    b_pairs: int
    win_rate: Interval | None
    """Of B over A among decided pairs, with an exact interval; None before the first."""
    p_value: float | None
    """Of the sign test (Dixon & Mood 1946), two-sided and exact: below 0.05 where a half is outside the interval."""
    verdict: str
    """`a`, `b`, `cannot_tell_yet`, `no_difference` or `nothing_yet`."""
    needed: int
    """More decided pairs until a preference of 60 % would be seen four times in five; 0 when there are enough."""
    left_share: Interval | None
    """Of decided votes for whichever stood on the left: without bias a half is in the interval."""
    agreement: float | None
    """Scott's pi (1955) over pairs that two people voted on; None where there are none."""

    @property
    def biased(self) -> bool:
        """Did the place sway the votes?"""
        return self.left_share is not None and not self.left_share.low <= 0.5 <= self.left_share.high


def standing(votes: Sequence[Vote]) -> Standing:
    """What these votes, one a person and pair, come to."""
    of = {choice: sum(vote.choice is choice for vote in votes) for choice in Choice}
    pairs = list(decisions(votes).values())
    a, b = pairs.count(Choice.A), pairs.count(Choice.B)
    win_rate = share(b, a + b)
    lefts = sum(vote.choice.value == vote.left for vote in votes)
    return Standing(
        votes=len(votes),
        a=of[Choice.A],
        b=of[Choice.B],
        ties=of[Choice.TIE],
        neither=of[Choice.NEITHER],
        a_pairs=a,
        b_pairs=b,
        win_rate=win_rate,
        p_value=sign_test(a, b) if a + b else None,
        verdict=_verdict(win_rate),
        needed=max(0, pairs_needed(PREFERENCE) - a - b),
        left_share=share(lefts, of[Choice.A] + of[Choice.B]),
        agreement=scotts_pi(votes),
    )


def decisions(votes: Iterable[Vote]) -> dict[int, Choice]:
    """One decision a pair, by position: the side that most of its decided votes are for, a tie where as many are for
    either. Pairs without a decided vote are left out."""
    counts: dict[int, Counter[Choice]] = defaultdict(Counter)
    for vote in votes:
        if vote.choice in (Choice.A, Choice.B):
            counts[vote.position][vote.choice] += 1
    return {position: _most(count) for position, count in counts.items()}


def _most(count: Mapping[Choice, int]) -> Choice:
    if count[Choice.A] == count[Choice.B]:
        return Choice.TIE
    return max((Choice.A, Choice.B), key=count.__getitem__)


def _verdict(win_rate: Interval | None) -> str:
    """That nothing was seen is no proof that nothing is there: the whole interval has to lie within what does not
    matter (equivalence by two one-sided tests; Schuirmann 1987)."""
    if win_rate is None:
        return "nothing_yet"
    if win_rate.low > 0.5:
        return "b"
    if win_rate.high < 0.5:
        return "a"
    return "no_difference" if win_rate.low > 1 - PREFERENCE and win_rate.high < PREFERENCE else "cannot_tell_yet"


def share(hits: int, of: int) -> Interval | None:
    """A share with the interval of Clopper & Pearson (1934), 95 %; None of nothing.

    Pairs are few: Wilson's interval already leaves a half out of four of four, which chance does once in eight.
    """
    if not of:
        return None
    low = float(betaincinv(hits, of - hits + 1, 0.025)) if hits else 0.0
    high = float(betaincinv(hits + 1, of - hits, 0.975)) if hits < of else 1.0
    return Interval(value=hits / of, low=low, high=high)


def sign_test(a: int, b: int) -> float:
    """How likely decisions at least as one-sided are if nobody prefers either: two-sided, exact."""
    total, fewer = a + b, min(a, b)
    tail = sum(math.comb(total, count) for count in range(fewer + 1)) / 2**total
    return min(1.0, 2.0 * float(tail))


def pairs_needed(preference: float) -> int:
    """Decided pairs with which a true preference is seen four times in five (normal approximation; Fleiss 1981)."""
    apart = abs(preference - 0.5)
    root = _Z * 0.5 + _POWER_Z * math.sqrt(preference * (1 - preference))
    return math.ceil((root / apart) ** 2)


def scotts_pi(votes: Iterable[Vote]) -> float | None:
    """Agreement beyond chance, over every two people who voted on the same pair; None where nobody did."""
    by_pair: Mapping[int, list[Vote]] = defaultdict(list)
    for vote in votes:
        by_pair[vote.position].append(vote)
    both = [(one.choice, other.choice) for on in by_pair.values() for one, other in combinations(on, 2)]
    if not both:
        return None
    agreed = sum(one is other for one, other in both) / len(both)
    # Either of the two may be called the first: chance agreement from what both of them choose together.
    said = [choice for pair in both for choice in pair]
    chance = sum((said.count(choice) / len(said)) ** 2 for choice in Choice)
    return 1.0 if chance == 1 else (agreed - chance) / (1 - chance)


def told(found: Standing, a: str, b: str) -> str:
    """In a sentence; `a` and `b` are the sides' names."""
    if found.win_rate is None:
        split = found.a + found.b
        return "People are split on every pair." if split else "Nobody has decided on a pair yet."
    decided = f"{found.b_pairs} of {found.a_pairs + found.b_pairs} decided pairs are for {b}"
    between = f"{found.win_rate.low * 100:.0f} to {found.win_rate.high * 100:.0f} % (95 % sure)"
    least = f"{PREFERENCE * 100:.0f} %"
    match found.verdict:
        case "a" | "b":
            return f"{b if found.verdict == 'b' else a} is preferred: {decided}, which is {between}."
        case "no_difference":
            return (
                f"No difference that matters: {decided}, which is {between}. A preference of {least} for either is "
                "ruled out."
            )
        case _:
            more = (
                f"{found.needed} more decided pairs are needed to see a preference of {least}."
                if found.needed
                else f"A preference of {least} is neither shown nor ruled out: compare on more customers."
            )
            return f"Cannot tell yet: {decided}, which is {between}. {more}"
