"""Acceptance sampling: how many e-mails to read, and what having read them says of the others.

A single sampling plan (Dodge & Romig, "A method of sampling inspection", 1929), stated by its upper confidence limit:
that of Clopper & Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial" (1934),
where the sample is a small part of the run; else the exact one for draws without replacement, by inversion of the
hypergeometric distribution (Buonaccorsi, "A note on confidence intervals for proportions in finite populations",
1987), so that nobody is asked to read more e-mails than there are. An e-mail that was edited counts as bad: as it came,
it was.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy.special import bdtr, betaincinv, gammaln

from composer.reviews.model import ReviewTerms
from store.errors import InvalidInput

SMALL = 20
"""A run of fewer e-mails than so many samples is counted exactly: Cochran, "Sampling techniques" (1977), 2.6, neglects
the finite population correction below 5 %."""
MOST = 5_000
"""E-mails that somebody may be asked to read."""
_HAIR = 1e-9
"""Against 0.29 * 100 being below 29."""


class TooMuchToRead(InvalidInput):
    """Nobody reads so many e-mails."""

    reason = "too_much_to_read"


class Standing(StrEnum):
    """What the random part says so far."""

    READING = "reading"
    ENOUGH = "enough"
    """All of it is read, and no more of it bad than is accepted."""
    TOO_MANY = "too_many"
    """More of it is bad than is accepted, whatever the rest is like."""
    TOO_FEW = "too_few"
    """All that is left of it is read, and proves too little: the others were erased."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How many e-mails to read, and how many of them may be bad."""

    size: int
    allowed: int


@dataclass(frozen=True, slots=True)
class Found:
    """What was read of the random part."""

    read: int = 0
    rejected: int = 0
    edited: int = 0

    @property
    def bad(self) -> int:
        """E-mails that were not good as they came."""
        return self.rejected + self.edited


@dataclass(frozen=True, slots=True)
class Statement:
    """What may be said of all e-mails after reading some."""

    standing: Standing
    at_most: float
    """Upper confidence limit of the share that is bad, from 0 to 1."""
    words: str


def plan_for(terms: ReviewTerms, population: int) -> Plan:
    """The smallest sample with which at most `terms.allowed` bad ones prove at most `terms.defect_rate` bad.

    Never more than `population`; in a small one that may hold no more bad e-mails than `allowed`, fewer are allowed.
    """
    if not _is_small(population, terms):
        return Plan(_from_many(terms), terms.allowed)
    most_bad = math.floor(terms.defect_rate * population + _HAIR)
    allowed = min(terms.allowed, most_bad)
    return Plan(_from_few(population, most_bad + 1, allowed, 1 - terms.confidence), allowed)


def require_readable(terms: ReviewTerms, pointer: str = "/defect_rate") -> None:
    """Raises TooMuchToRead, at `pointer`, for terms that nobody can read enough for."""
    size = _from_many(terms)
    if size > MOST:
        raise TooMuchToRead(
            f"To be this sure, {size:,} e-mails would have to be read.",
            pointer=pointer,
            fix=f"Accept a larger share of bad ones, or a lower confidence: at most {MOST:,} e-mails are drawn.",
        )


def upper_limit(bad: int, read: int, population: int, terms: ReviewTerms) -> float:
    """The share of bad e-mails that, with `terms.confidence`, is not exceeded; 1 where none is read yet."""
    if read == 0:
        return 1.0
    if bad == read < population:
        return 1.0
    if not _is_small(population, terms):
        return float(betaincinv(bad + 1, read - bad, terms.confidence))
    low, high = bad, population - (read - bad)
    # The most bad ones there can be before it becomes too unlikely to have met so few.
    while low < high:
        middle = (low + high + 1) // 2
        if _at_most(bad, population, middle, read) > 1 - terms.confidence:
            low = middle
        else:
            high = middle - 1
    return low / population


def surer(terms: ReviewTerms, refused: int) -> ReviewTerms:
    """The terms of a sample before which `refused` of the same run were refused.

    Its chance to pass a run that is too bad is divided by how many were drawn, itself included: the correction of
    Bonferroni (Dunn, "Multiple comparisons among means", 1961), as far as it can be known while more may follow.
    """
    if not refused:
        return terms
    return terms.model_copy(update={"confidence": 1 - (1 - terms.confidence) / (refused + 1)})


def statement(
    terms: ReviewTerms, population: int, size: int, found: Found, *, erased: int = 0, refused: int = 0
) -> Statement:
    """What `found` says of a run of `population`, of which `size + erased` were drawn at random.

    `erased` of them nobody can read any more; `refused` samples of the run were refused before (`surer`).
    """
    at_most = upper_limit(found.bad, found.read, population, terms)
    if found.bad > plan_for(terms, population).allowed:
        closed = "; the run stays closed" if terms.gate else ""
        return Statement(Standing.TOO_MANY, at_most, f"{_bad_of(found, size)}: more than you accept{closed}")
    sure = _sure(terms, refused)
    if found.read < size:
        return Statement(Standing.READING, at_most, _so_far(terms, population, size, found, sure))
    if size + erased == population:
        return Statement(Standing.ENOUGH, found.bad / max(size, 1), _all_read(size, found))
    said = f"at most {percent(at_most)} bad, {sure}"
    if at_most > terms.defect_rate + _HAIR:
        read = f"{size:,} of {size + erased:,} could be read, {_bad(found)}"
        return Statement(Standing.TOO_FEW, at_most, f"{read}: {said}; too few, for the others were erased")
    return Statement(Standing.ENOUGH, at_most, f"{_bad_of(found, size)}: {said}")


def percent(share: float, *, up: bool = True) -> str:
    """`5 %`, `0.4 %`; rounded up, so that what is promised holds, or (how sure one is) down to `98.33 %`."""
    if not up:
        return f"{math.floor(share * 10_000 + _HAIR) / 100:g} %"
    scale = 1 if share >= 0.01 else 10
    return f"{math.ceil(share * 100 * scale - _HAIR) / scale:g} %"


def _sure(terms: ReviewTerms, refused: int) -> str:
    """`95 % sure`, and why it has to be more."""
    more = f", more than usual because {refused} of its samples {'was' if refused == 1 else 'were'} refused"
    return f"{percent(terms.confidence, up=False)} sure{more if refused else ''}"


def _all_read(size: int, found: Found) -> str:
    if not size:
        return "Everybody it was drawn from was erased: there is nothing left to read"
    return f"All {size:,} read, {_bad(found)}: there are no others"


def _so_far(terms: ReviewTerms, population: int, size: int, found: Found, sure: str) -> str:
    if found.read:
        share = percent(upper_limit(found.bad, found.read, population, terms))
        return f"{found.read:,} of {size:,} read, {_bad(found)}: so far at most {share} bad, {sure}"
    if size == population:
        return f"All {size:,} are to be read: too few for a sample to speak for the others"
    allowed = plan_for(terms, population).allowed
    good = {0: "none is", 1: "no more than one is"}.get(allowed, f"no more than {allowed} are")
    share = percent(upper_limit(allowed, size, population, terms))
    return f"Read {size:,}: if {good} rejected, at most {share} of {population:,} are bad, {sure}"


def _bad_of(found: Found, size: int) -> str:
    """`2 of 59 rejected`, `1 of 59 edited`, `1 of 59 rejected and 1 edited`."""
    if not found.edited:
        return f"{found.rejected:,} of {size:,} rejected"
    if not found.rejected:
        return f"{found.edited:,} of {size:,} edited"
    return f"{found.rejected:,} of {size:,} rejected and {found.edited:,} edited"


def _bad(found: Found) -> str:
    counts = ((found.rejected, "rejected"), (found.edited, "edited"))
    return " and ".join(f"{count:,} {name}" for count, name in counts if count) or "none rejected"


def _is_small(population: int, terms: ReviewTerms) -> bool:
    """Is it too small for what is drawn not to change what is left?"""
    return population < SMALL * _from_many(terms)


def _from_many(terms: ReviewTerms) -> int:
    """The smallest n with P(X <= allowed) <= 1 - confidence for X ~ B(n, defect_rate)."""
    low, high = terms.allowed + 1, 2 * (terms.allowed + 1)
    while bdtr(terms.allowed, high, terms.defect_rate) > 1 - terms.confidence:
        low, high = high, 2 * high
    while low < high:
        middle = (low + high) // 2
        if bdtr(terms.allowed, middle, terms.defect_rate) <= 1 - terms.confidence:
            high = middle
        else:
            low = middle + 1
    return low


def _from_few(population: int, bad: int, allowed: int, alpha: float) -> int:
    """The smallest sample in which, were `bad` of `population` bad, no more than `allowed` would be met by chance."""
    low, high = min(allowed + 1, population), population
    while low < high:
        middle = (low + high) // 2
        if _at_most(allowed, population, bad, middle) <= alpha:
            high = middle
        else:
            low = middle + 1
    return low


def _at_most(met: int, population: int, bad: int, drawn: int) -> float:
    """P(X <= met) for X bad ones among `drawn` without replacement, of `population` of which `bad` are."""
    least, most = max(0, drawn - (population - bad)), min(met, bad, drawn)
    if most < least:
        return 0.0
    counts = np.arange(least, most + 1)
    logs = _choices(bad, counts) + _choices(population - bad, drawn - counts) - _choices(population, np.array([drawn]))
    return float(min(1.0, np.exp(logs).sum()))


def _choices(of: int, some: np.ndarray[tuple[int], np.dtype[np.int64]]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Logarithm of the binomial coefficients. `some`: (k,) integers; returns (k,)."""
    logs: np.ndarray[tuple[int], np.dtype[np.float64]] = gammaln(of + 1) - gammaln(some + 1) - gammaln(of - some + 1)
    return logs
