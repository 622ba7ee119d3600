"""1:1 by Penfriend: its memory, picks and decisions, with or without learning from what came of earlier e-mails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from composer.contract import ComposeResult
from composer.documents import Brief
from composer.simulation.happening import Letter, user
from composer.simulation.house import House
from composer.simulation.marketers import mailed_at
from composer.simulation.people import STYLES
from composer.simulation.shelf import Shelf

BRIEFS: Mapping[str, Brief] = {"even": Brief(learn=False), "learning": Brief()}
"""The two differ in nothing else: without learning, and without reviews, every way to write is drawn evenly."""


class Personal:
    """A `Marketer`. What is learned from outcomes counts if the brief lets it."""

    def __init__(self, house: House, shelf: Shelf, customers: int) -> None:
        self._house, self._shelf = house, shelf
        self._numbers = {user(customer): customer for customer in range(customers)}

    async def mail(self, week: int, reachable: Sequence[int]) -> list[Letter]:
        """See `Marketer.mail`. Whether somebody may be written to, it finds out by itself."""
        at = mailed_at(week)
        await self._house.learn(at, week)
        sent = await self._house.mail(list(self._numbers), f"week {week}", at)
        return [self._letter(self._numbers[email.customer], week, email) for email in sent]

    async def hear(self, messages: Sequence[Mapping[str, Any]], at: datetime) -> None:
        """See `Marketer.hear`."""
        await self._house.hear(messages, at)

    def _letter(self, customer: int, week: int, email: ComposeResult) -> Letter:
        products = tuple(self._shelf.number[pick.product_id] for pick in email.picks)
        arms = {name: str(email.decision[name]) for name in STYLES if name in email.decision}
        return Letter(customer, email.id, week, products, arms, mailed_at(week))
