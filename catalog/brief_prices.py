"""Prices in the words of a brief: "under 30", "zwischen 20 und 40 €", "moins de 30 euros"."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import NamedTuple

from catalog.brief_numbers import LOOKALIKES, number_in_words
from catalog.brief_tokens import Token, amount, words_of
from catalog.brief_words import (
    AND,
    BUT,
    CHILDREN,
    CURRENCIES,
    DENIED_BOUNDS,
    GOODS,
    NEED_A_CURRENCY,
    NO_PRICE,
    NOTHING,
    OR,
    PAYING,
    PRICE_AFTER,
    PRICE_BEFORE,
    PRICE_NOUNS,
    RANGE_JOINERS,
    RANGE_OPENERS,
    SLANG,
    UNITS,
    Bound,
    longest,
)

CENT = Decimal("0.01")
ABOUT = Decimal("0.2")
"""About 25 is 20 to 30."""
YEARS = (Decimal(1900), Decimal(2099))
GROWN_UP = 18
_AMONG = PAYING | NO_PRICE | PRICE_NOUNS | GOODS
BETWEEN = 3
"""Words at most between "nothing" and its bound."""
TELLING = 10
"""A smaller number in words, without a currency, is not taken for a price: "under one roof"."""


class Price(NamedTuple):
    """A price constraint and how many tokens say it."""

    size: int
    low: Decimal | None = None
    high: Decimal | None = None
    currency: str | None = None
    why_not: str = ""
    """Set where the words look like a price but may not be taken for one; then there are no bounds."""


class Amount(NamedTuple):
    """A number with its currency mark, if it has one."""

    size: int
    value: Decimal
    currency: str | None
    """A code; empty for a mark that no currency of this shop has."""
    marked: bool


@dataclass(frozen=True, slots=True)
class PriceReader:
    """Reads prices of a shop that sells in `currencies`; none given means that any is taken at its word."""

    currencies: Collection[str]

    def read(self, tokens: Sequence[Token], at: int) -> Price | None:
        """The price constraint that begins at `at`, if one does."""
        rest = tokens[at:]
        return self._range(rest) or self._bounded(tokens, at) or self._denied(rest) or self._bare(rest)

    def _range(self, rest: Sequence[Token]) -> Price | None:
        opener = longest(words_of(rest), RANGE_OPENERS)
        one = self._amount(rest[opener:])
        if one is None:
            return None
        joiner = longest(words_of(rest[opener + one.size :]), RANGE_JOINERS)
        other = self._amount(rest[opener + one.size + joiner :]) if joiner else None
        if other is None or not (opener or one.marked or other.marked):
            return None
        size = opener + one.size + joiner + other.size
        values = sorted((one.value, other.value))
        return self._checked(rest, size, _Bounds(values[0], values[1]), other if other.marked else one)

    def _bounded(self, tokens: Sequence[Token], at: int) -> Price | None:
        rest = tokens[at:]
        for bound, phrases in PRICE_BEFORE.items():
            cue = longest(words_of(rest), phrases)
            found = self._amount(rest[cue:]) if cue else None
            if found is None:
                continue
            age = at > 0 and tokens[at - 1].folded in CHILDREN and found.value <= GROWN_UP
            if not found.marked and (rest[0].folded in NEED_A_CURRENCY or age):
                return Price(cue + found.size, why_not="this may be a price or something else; name the currency")
            meant = DENIED_BOUNDS.get(bound, bound) if _is_denied(tokens[max(at - BETWEEN - 1, 0) : at]) else bound
            return self._checked(rest, cue + found.size, _bounds(meant, found.value), found)
        return None

    def _denied(self, rest: Sequence[Token]) -> Price | None:
        """The other bound than is written: "nothing over 20", "I don't want to spend more than 20"."""
        words = words_of(rest)
        no = 1 if words[:1] and words[0] in NO_PRICE else 2 if words[1:2] == ["t"] else 0
        start = next((n for n in range(no, len(words)) if words[n] not in _AMONG), len(words)) if no else 0
        # The last words before the amount may belong to the bound: "rien de plus de 20".
        for begin in range(start, no - 1, -1) if no else ():
            for bound, other in DENIED_BOUNDS.items():
                cue = longest(words[begin:], PRICE_BEFORE[bound])
                found = self._amount(rest[begin + cue :]) if cue else None
                if found is not None:
                    return self._checked(rest, begin + cue + found.size, _bounds(other, found.value), found)
        return None

    def _bare(self, rest: Sequence[Token]) -> Price | None:
        """An amount with its cue behind, or with none at all."""
        found = self._amount(rest)
        if found is None:
            return None
        for bound, phrases in PRICE_AFTER.items():
            cue = longest(words_of(rest[found.size :]), phrases)
            if cue:
                return self._checked(rest, found.size + cue, _bounds(bound, found.value), found)
        why_not = "is that the most, the least or about what it may cost? Write under, over or about"
        return Price(found.size, why_not=why_not) if found.marked else None

    def _checked(self, rest: Sequence[Token], size: int, bounds: _Bounds, amount: Amount) -> Price:
        joint = rest[size].folded if size < len(rest) else ""
        if (joint in OR | AND or joint in set("-–/")) and self._amount(rest[size + 1 :]):
            return Price(size, why_not="two amounts: which of them? Write between, under or over")
        if amount.currency == "":
            return Price(size, why_not="nothing is sold in this currency here")
        if not amount.marked and size < len(rest) and rest[size].folded in UNITS:
            return Price(size + 1, why_not="a number with a unit is no price")
        if not amount.marked and YEARS[0] <= amount.value <= YEARS[1]:
            return Price(size, why_not="this may be a year; name the currency if it is a price")
        return Price(size, bounds.low, bounds.high, amount.currency)

    def _amount(self, rest: Sequence[Token]) -> Amount | None:
        before = 1 if rest and rest[0].folded in CURRENCIES else 0
        number = _number(rest[before:])
        if number is None or (rest[before].glued and not before):
            return self._slang(rest)
        size, value = number
        behind = rest[before + size : before + size + 1]
        marked = before or (1 if behind and behind[0].folded in CURRENCIES else 0)
        if not marked and not _may_stand_alone(rest, value, behind):
            return None
        mark = rest[0] if before else behind[0] if marked else None
        size += before + (0 if before else marked)
        return Amount(size, value, self._currency(mark.folded if mark else None), bool(marked))

    def _slang(self, rest: Sequence[Token]) -> Amount | None:
        """ "A tenner"."""
        words = words_of(rest[:2])
        size = 2 if words[:1] == ["a"] else 1
        if len(words) < size or words[size - 1] not in SLANG:
            return None
        return Amount(size, Decimal(SLANG[words[size - 1]]), self._currency("quid"), marked=True)

    def _currency(self, mark: str | None) -> str | None:
        if mark is None:
            return None
        meant = CURRENCIES[mark]
        if not self.currencies:
            return meant[0]
        own = [code for code in meant if code in self.currencies]
        return own[0] if len(own) == 1 else ""


def _is_denied(before: Sequence[Token]) -> bool:
    """Whether the words before a bound say that nothing is to be so: "nothing blue over 20", but "nothing but tea"."""
    for at, token in enumerate(before):
        if token.folded in NOTHING:
            behind = before[at + 1 :]
            return bool(behind) and behind[0].folded not in BUT and all(one.kind == "word" for one in behind)
    return False


def _number(rest: Sequence[Token]) -> tuple[int, Decimal] | None:
    """A number in digits or in words, and of how many tokens."""
    if not rest or rest[0].kind != "number":
        return number_in_words(words_of(rest[:8]))
    value = amount(rest[0].folded)
    return None if value is None else (1, value)


def _may_stand_alone(rest: Sequence[Token], value: Decimal, behind: Sequence[Token]) -> bool:
    """Whether a number without a currency may be a price at all."""
    if rest[0].kind == "number":
        # The 35 of "35K" is a part of a name.
        return not (behind and behind[0].glued and behind[0].folded not in UNITS)
    return value >= TELLING and rest[0].folded not in LOOKALIKES


class _Bounds(NamedTuple):
    low: Decimal | None
    high: Decimal | None


def _bounds(bound: Bound, value: Decimal) -> _Bounds:
    """Below and above leave the number itself out, by a cent: limits include their ends."""
    if bound == "about":
        return _Bounds(
            (value * (1 - ABOUT)).quantize(CENT, ROUND_CEILING), (value * (1 + ABOUT)).quantize(CENT, ROUND_FLOOR)
        )
    low = {"above": value + CENT, "from": value}.get(bound)
    return _Bounds(low, {"below": value - CENT, "up_to": value}.get(bound))
