"""The budget of a run as one process keeps it: nobody is begun who would go beyond it, were they the dearest so far."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from composer.contract import Usage

SCOUTS = 4
"""Recipients begun under a budget before it is known what one takes."""
CLOSE = 4.0
"""A budget is close when what is under way, so many times over, would use it up."""


@dataclass
class Spent:
    """Dollars, tokens, recipients they were spent on, and the most that one of them took."""

    usd: float = 0.0
    tokens: int = 0
    recipients: int = 0
    most_usd: float = 0.0
    most_tokens: int = 0

    def add(self, usage: Usage) -> None:
        """One more recipient."""
        tokens = usage.input_tokens + usage.output_tokens
        self.usd += usage.cost_usd
        self.tokens += tokens
        self.recipients += usage.calls > 0
        self.most_usd = max(self.most_usd, usage.cost_usd)
        self.most_tokens = max(self.most_tokens, tokens)


class Budget:
    """What the database holds as of the last `read`, and what this process has under way since.

    Within a process it is overshot only by those in flight who take more than anybody before them. Of several, each
    keeps within its part of what is left, and looks again with each group it stores when the end is close; together
    they may go over by what the others have in flight.
    """

    def __init__(self, usd: Decimal | None, tokens: int | None) -> None:
        """None: no limit."""
        self.usd = usd
        self.tokens = tokens
        self.workers = 1
        """Processes that share it."""
        self._total = Spent()
        self._own = Spent()
        self._stored = Spent()
        self._in_total = Spent()
        """What this process stored before `_total` was read, so that it is part of it."""
        self._in_flight = 0
        self._unstored = 0

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
        """What this process ever stored: a copy, to be handed to `read` later."""
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
        self._total, self._in_total = total, stored_before

    def admits(self) -> bool:
        """May one more recipient be begun, if it and those in flight take as much as the dearest so far?"""
        known = self._total.recipients + self._own.recipients - self._in_total.recipients
        if self.limited and not known and self._in_flight >= SCOUTS:
            return False
        return self._within(1.0)

    @property
    def close(self) -> bool:
        """Is there so little left that it should be looked at often?"""
        return self.limited and not self._within(CLOSE)

    def _within(self, times: float) -> bool:
        """Does what is under way here, so many times over, keep within this process's part of what is left?"""
        known = self._total.recipients + self._own.recipients - self._in_total.recipients
        reserved = self._in_flight + 1
        usd, tokens = self._own.usd - self._in_total.usd, self._own.tokens - self._in_total.tokens
        # The dearest of this process, as averages miss who is asked twice; what others took is known by its mean alone.
        # Before anything is known, a recipient takes one token at least: a budget of none admits nobody.
        usd_each = max((self._total.usd + usd) / known if known else 0.0, self._own.most_usd)
        tokens_each = max((self._total.tokens + tokens) / known if known else 1.0, self._own.most_tokens)
        usd_left = None if self.usd is None else float(self.usd) - self._total.usd
        tokens_left = None if self.tokens is None else self.tokens - self._total.tokens
        return (usd_left is None or (usd + reserved * usd_each) * times <= usd_left / self.workers) and (
            tokens_left is None or (tokens + reserved * tokens_each) * times <= tokens_left / self.workers
        )
