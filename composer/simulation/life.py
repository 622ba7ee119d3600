"""What became of the customers of one marketer: who is tired, who left, who has what; and what they do next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from composer.simulation import response
from composer.simulation.dice import Dice, Die
from composer.simulation.happening import APPLE, Happened, Journal, Letter
from composer.simulation.people import People
from composer.simulation.response import Relevance
from composer.simulation.shelf import Shelf
from composer.simulation.world import START, WEEK, World

Array = NDArray[np.float64]
DISPLACED_WEEKS = 2
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_READING, _SHOPPING = timedelta(minutes=2), timedelta(minutes=20)


@dataclass(frozen=True, slots=True)
class Truth:
    """What really came of one e-mail, whoever heard of it."""

    number: int
    """It is their n-th, from 1."""
    relevance: Relevance
    opened: bool = False
    clicked: bool = False
    revenue: float = 0.0
    """Of the order that followed; 0 for none, or for one that came back."""
    ordered: bool = False
    left: bool = False
    complained: bool = False


@dataclass(frozen=True, slots=True)
class Bought:
    """An order that somebody placed by themselves."""

    revenue: float
    """0 where it came back."""


@dataclass(slots=True)
class Week:
    """All that happened in one week."""

    letters: list[Truth] = field(default_factory=list)
    bought: list[Bought] = field(default_factory=list)
    happened: list[Happened] = field(default_factory=list)


class Lives:
    """The customers of one shop in the hands of one marketer."""

    def __init__(self, world: World, shelf: Shelf, people: People, dice: Dice) -> None:
        self._world, self._shelf, self._people, self._dice = world, shelf, people, dice
        count = world.customers
        self._tired = [0.0] * count
        self._mails = [0] * count
        self._left = [False] * count
        self._seen: list[dict[int, int]] = [{} for _ in range(count)]
        self._has: list[set[int]] = [set() for _ in range(count)]
        self._ordered_from_mail = [-1_000] * count

    def reachable(self) -> list[int]:
        """Who has not left."""
        return [customer for customer, left in enumerate(self._left) if not left]

    def liked(self, customer: int, week: int) -> Array:
        """[product] affinity now, after what they were shown and bought."""
        liked = self._people.affinity(customer, week).copy()
        seen = [product for product, at in self._seen[customer].items() if week - at <= response.SEEN_WEEKS]
        liked[seen] *= response.SEEN_BEFORE
        liked[list(self._has[customer])] *= response.BOUGHT_BEFORE
        return liked

    def live(self, week: int, letters: Sequence[Letter]) -> Week:
        """One week: what comes of the mailing, and what they do anyway."""
        lived = Week()
        got = {letter.customer: letter for letter in letters}
        for customer in range(len(self._people)):
            journal = Journal(self._shelf, customer, week)
            if week == -self._world.history_weeks:
                journal.joined(START + week * WEEK)
            letter = got.get(customer)
            if letter is not None:
                lived.letters.append(self._read(letter, journal))
            lived.bought += self._by_themselves(customer, week, journal)
            self._tired[customer] = response.rested(self._world, self._tired[customer], WEEK / _DAY)
            lived.happened += journal.happened
        return lived

    def _read(self, letter: Letter, journal: Journal) -> Truth:
        customer, week = letter.customer, letter.week
        self._mails[customer] += 1
        liked = self.liked(customer, week)[list(letter.products)]
        relevant = response.relevance(liked, self._people.style(customer, week, letter.arms))
        truth = Truth(self._mails[customer], relevant)
        if self._roll(letter, Die.BOUNCE) < self._world.bounces:
            journal.mailed(letter.sent_at, "Email Bounced", letter, bounce_type="soft")
            return truth
        tired = self._tired[customer]
        journal.mailed(letter.sent_at, "Email Delivered", letter)
        self._open_by_machine(letter, journal)
        truth = self._clicks(letter, liked, truth, tired, journal)
        self._tired[customer] += response.tiring(relevant)
        self._seen[customer] |= dict.fromkeys(letter.products, week)
        return self._leaves(letter, truth, tired, journal)

    def _open_by_machine(self, letter: Letter, journal: Journal) -> None:
        if self._people.machine[letter.customer]:
            # Half of these programs say so of themselves; the others are only as quick as no person is.
            agent = APPLE if letter.customer % 2 else ""
            journal.mailed(letter.sent_at + timedelta(seconds=1), "Email Opened", letter, user_agent=agent)

    def _clicks(self, letter: Letter, liked: Array, truth: Truth, tired: float, journal: Journal) -> Truth:
        if self._roll(letter, Die.OPEN) >= response.open_chance(self._world, tired):
            return truth
        opened_at = letter.sent_at + 36 * self._roll(letter, Die.HOUR) ** 2 * _HOUR + _READING
        journal.mailed(opened_at, "Email Opened", letter)
        relevant, number = truth.relevance, truth.number
        if self._roll(letter, Die.CLICK) >= response.click_chance(self._world, relevant):
            return Truth(number, relevant, opened=True)
        place = response.which(liked, self._roll(letter, Die.WHICH))
        product = letter.products[place]
        journal.mailed(opened_at + _READING, "Email Link Clicked", letter, url=self._shelf.products[product].link)
        journal.viewed(opened_at + 2 * _READING, product)
        if self._roll(letter, Die.ORDER) >= response.order_chance(self._world, float(liked[place])):
            return Truth(number, relevant, opened=True, clicked=True)
        self._ordered_from_mail[letter.customer] = letter.week
        dice = self._roll(letter, Die.GUEST), self._roll(letter, Die.RETURN)
        revenue = self._order(letter.customer, product, opened_at + _SHOPPING, dice, journal)
        return Truth(number, relevant, opened=True, clicked=True, ordered=True, revenue=revenue)

    def _leaves(self, letter: Letter, truth: Truth, tired: float, journal: Journal) -> Truth:
        if self._roll(letter, Die.LEAVE) >= response.leave_chance(self._world, truth.relevance, tired):
            return truth
        self._left[letter.customer] = True
        complained = self._roll(letter, Die.COMPLAIN) < self._world.complaints
        event = "Email Marked as Spam" if complained else "Unsubscribed"
        journal.mailed(letter.sent_at + 2 * _DAY, event, letter, sure=True)
        return Truth(
            truth.number,
            truth.relevance,
            truth.opened,
            truth.clicked,
            truth.revenue,
            truth.ordered,
            left=True,
            complained=complained,
        )

    def _by_themselves(self, customer: int, week: int, journal: Journal) -> list[Bought]:
        """The same for every marketer, but for orders that an e-mail has brought forward."""
        liked, begins = self._people.affinity(customer, week), START + week * WEEK
        roll, last = self._dice.roll, None
        for visit in range(self._dice.visits):
            if roll(customer, week, Die.VISITED, visit) >= self._world.visits / self._dice.visits:
                continue
            last = response.draw(liked, roll(customer, week, Die.VIEWED, visit))
            journal.viewed(begins + 7 * roll(customer, week, Die.VISIT_TIME, visit) * _DAY, last)
        if last is not None and roll(customer, week, Die.CART) < 0.15:
            journal.carted(begins + 6.5 * _DAY, last)
        if roll(customer, week, Die.OWN_ORDER) >= self._world.own_orders or self._displaced(customer, week):
            return []
        product = response.draw(liked, roll(customer, week, Die.OWN_WHICH))
        at = begins + 7 * roll(customer, week, Die.OWN_DAY) * _DAY
        dice = roll(customer, week, Die.OWN_GUEST), roll(customer, week, Die.OWN_RETURN)
        return [Bought(self._order(customer, product, at, dice, journal))]

    def _displaced(self, customer: int, week: int) -> bool:
        recent = week - self._ordered_from_mail[customer] <= DISPLACED_WEEKS
        return recent and self._dice.roll(customer, week, Die.FORWARD) < self._world.brought_forward

    def _order(self, customer: int, product: int, at: datetime, dice: tuple[float, float], journal: Journal) -> float:
        """An order; what the shop keeps of it. `dice`: whether as a guest, whether it comes back."""
        self._has[customer].add(product)
        guest, back = dice[0] < self._world.guests, dice[1] < self._world.returns
        order = journal.ordered(at, product, guest=guest)
        if back:
            journal.returned(at + 5 * _DAY, order, product, guest=guest)
        return 0.0 if back else float(self._shelf.price[product])

    def _roll(self, letter: Letter, die: Die) -> float:
        return self._dice.roll(letter.customer, letter.week, die)
