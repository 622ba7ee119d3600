"""The budget of a run as one process keeps it: nobody is begun who would, on average, go beyond it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from composer.contract import Usage

SCOUTS = 4
"""Recipients begun under a budget before it is known what one takes."""


@dataclass
class Spent:
    """Dollars, tokens, and recipients they were spent on."""

    usd: float = 0.0
    tokens: int = 0
    recipients: int = 0

    def add(self, usage: Usage) -> None:
        """One more recipient."""
        self.usd += usage.cost_usd
        self.tokens += usage.input_tokens + usage.output_tokens
        self.recipients += usage.calls > 0


class Budget:
    """What was spent is `others` (as read from the database) and what this process spent itself.

    Exact within a process. Processes know of each other what was stored when they last looked, so together they may
    go over by what the others have in flight.
    """

    def __init__(self, usd: Decimal | None, tokens: int | None) -> None:
        """None: no limit."""
        self.usd = usd
        self.tokens = tokens
        self._in_flight = 0
        self._unstored = 0
        self._others = Spent()
        self._own = Spent()
        self._stored = Spent()

    @property
    def limited(self) -> bool:
        """Is there any limit?"""
        return self.usd is not None or self.tokens is not None

    @property
    def settled(self) -> bool:
        """Is all that this process began also stored, so that the database knows everything?"""
        return self._in_flight == 0 and self._unstored == 0

    @property
    def stored(self) -> Spent:
        """What this process spent and stored: a copy, to be handed to `read` later."""
        return replace(self._stored)

    def begin(self) -> None:
        """A recipient is begun."""
        self._in_flight += 1

    def end(self, usage: Usage | None) -> None:
        """What it took is known; None: it was dropped and never will be."""
        self._in_flight -= 1
        if usage is not None:
            self._unstored += 1
            self._own.add(usage)

    def store(self, usages: Iterable[Usage]) -> None:
        """These are in the database now."""
        for usage in usages:
            self._unstored -= 1
            self._stored.add(usage)

    def forget(self, usages: Iterable[Usage]) -> None:
        """These were never stored: they cost something all the same, and somebody writes them again."""
        self._unstored -= len(list(usages))

    def read(self, total: Spent, stored_before: Spent) -> None:
        """`total` is what the database holds; `stored_before` was `stored` before it was asked.

        What was stored in between counts twice until the next time: a budget errs on the safe side.
        """
        self._others = Spent(
            max(0.0, total.usd - stored_before.usd),
            max(0, total.tokens - stored_before.tokens),
            max(0, total.recipients - stored_before.recipients),
        )

    def admits(self) -> bool:
        """May one more recipient be begun, if it and those in flight take what others took on average?"""
        known = self._others.recipients + self._own.recipients
        if self.limited and not known and self._in_flight >= SCOUTS:
            return False
        usd, tokens = self._others.usd + self._own.usd, self._others.tokens + self._own.tokens
        # Before anything is known, a recipient takes one token at least: a budget of none admits nobody.
        usd_each, tokens_each = (usd / known, tokens / known) if known else (0.0, 1.0)
        reserved = self._in_flight + 1
        return (self.usd is None or usd + reserved * usd_each <= float(self.usd)) and (
            self.tokens is None or tokens + reserved * tokens_each <= self.tokens
        )
