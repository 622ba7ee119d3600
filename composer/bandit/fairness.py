"""Whether what was learned treats people otherwise for who they are: counterfactual twins (Kusner et al. 2017).

Each of a sample of the shop's own customers is decided anew as a twin who did all the same and is somebody else: of
another gender, with a name from elsewhere, older or younger, at another address. Chances in every dimension, the offer
and the picks must be the same. A twin keeps country, language and timezone: law, text and clock follow from them.

Beside it, from the log alone and without a word about anybody: whether everyone in the same state had the same chance
of the same offers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple, Protocol

from pydantic import BaseModel

from composer.bandit.model import STATE_ONLY, Dimension, Policy, Situation
from composer.documents import NO_OFFER
from composer.plan import NothingToSay, Plan
from memory.model import CustomerMemory, Profile

GENDERS = ("female", "male", "non-binary")
NAMES = (("Aaliyah", "Okonkwo"), ("Zbigniew", "Wójcik"), ("Mehmet", "Yılmaz"), ("Moshe", "Rosenbaum"))
PLACES = ({"city": "Toxteth", "postal_code": "L8 1TH"}, {"city": "Mayfair", "postal_code": "W1K 1QA"})
YEARS = (-28, 12)
"""Multiples of four: a birthday stays one."""
AGES = (23, 74)
SAME = 1e-9
"""Chances that differ by rounding alone."""
MOST_SHOWN = 20


class Treatment(NamedTuple):
    """What somebody would get."""

    shares: Mapping[Dimension, tuple[tuple[str, float], ...]]
    """Of every arm that was open to them."""
    offer: str
    picks: tuple[str, ...]
    skipped: str = ""
    """Why they would get nothing."""


Treated = Callable[[CustomerMemory], Treatment]


class Difference(BaseModel):
    """A twin who is treated otherwise. Names nobody."""

    attribute: str
    what: str


class Fairness(BaseModel):
    """What a check found."""

    customers: int
    twins: int
    differences: list[Difference]
    """The first of them."""
    differing: int
    """Twins who are treated otherwise."""

    @property
    def fair(self) -> bool:
        """Nobody is."""
        return not self.differing

    @property
    def sentence(self) -> str:
        """In words."""
        if not self.twins:
            return "Nobody could be compared: there is no customer whom a campaign has something to say to."
        about = f"{self.twins:,} twins of {self.customers:,} customers, of another gender, name, age or place"
        if self.fair:
            return f"All {about}, have the same chances, offers and picks."
        return f"{self.differing:,} of {about}, are treated otherwise: {self.differences[0].what}."


class OfferRow(Protocol):
    """The columns of `composer.bandit.tables.DecisionRow` that are read here."""

    @property
    def campaign_id(self) -> str: ...
    @property
    def campaign_version(self) -> int: ...
    @property
    def lifecycle(self) -> str: ...
    @property
    def policy(self) -> str: ...
    @property
    def learned(self) -> str: ...
    @property
    def variant(self) -> str: ...
    @property
    def choices(self) -> Mapping[str, Any]: ...


class Stage(BaseModel):
    """Customers of one stage of life, by the log."""

    lifecycle: str
    emails: int
    offers: int
    """With an offer."""


class Offers(BaseModel):
    """Chances of offers by the log."""

    states: int
    """Campaign, version, stage, day and policy that any e-mail was decided in."""
    unequal: int
    """In which not everyone had the same chances of the same offers."""
    stages: list[Stage]

    @property
    def sentence(self) -> str:
        """In words."""
        if not self.states:
            return "No draw of an offer was logged lately."
        if self.unequal:
            return f"In {self.unequal:,} of {self.states:,} states not everyone had the same chance of the same offers."
        return f"In all {self.states:,} states everyone had the same chance of the same offers."


def twins(profile: Profile) -> Iterator[tuple[str, Profile]]:
    """(attribute, somebody else) for all that is known of them; nothing is made up of what is not."""
    told = profile.traits
    yield from (("gender", _trait(profile, gender=one)) for one in GENDERS if one != told.get("gender"))
    if profile.first_name is not None:
        for first, last in NAMES:
            yield "name", profile.model_copy(update={"first_name": first, "last_name": last})
    if profile.birthday is not None:
        for years in YEARS:
            yield "age", profile.model_copy(update={"birthday": _moved(profile.birthday, years)})
    yield from (("age", _trait(profile, age=age)) for age in AGES if age != told.get("age"))
    for place in PLACES:
        there = _trait(profile, **place)
        yield "place", there.model_copy(update={"address": {**profile.address, **place}})


def check(people: Iterable[CustomerMemory], treated: Treated) -> Fairness:
    """Each against all their twins. Whoever would get nothing counts too: their twins must get nothing either."""
    customers = count = differing = 0
    found: list[Difference] = []
    for memory in people:
        customers += 1
        base = treated(memory)
        for attribute, profile in twins(memory.profile):
            count += 1
            unlike = list(_unlike(base, treated(memory.model_copy(update={"profile": profile}))))
            differing += bool(unlike)
            found += [Difference(attribute=attribute, what=f"another {attribute} {what}") for what in unlike]
    return Fairness(customers=customers, twins=count, differences=found[:MOST_SHOWN], differing=differing)


def treatment(plan: Callable[[], Plan], policy: Policy) -> Treatment:
    """What a plan comes to, with the chance of every arm that was open."""
    try:
        planned = plan()
    except NothingToSay as error:
        return Treatment({}, "", (), error.reason)
    decision = planned.decision
    situation = decision.situation
    shares: dict[Dimension, tuple[tuple[str, float], ...]] = {}
    for dimension, choice in decision.choices.items():
        if situation is not None:
            known = (
                Situation(flow=situation.flow, lifecycle=situation.lifecycle) if dimension in STATE_ONLY else situation
            )
            shares[dimension] = tuple(zip(choice.arms, policy.shares(known, dimension, choice.arms), strict=True))
    picks = tuple(pick.product.id for pick in planned.picks)
    return Treatment(shares, decision.offer.id if decision.offer else "", picks)


@dataclass
class OfferLog:
    """Reads the log of decisions: memory grows with states, not with e-mails."""

    _chances: dict[tuple[Any, ...], dict[str, float]] = field(default_factory=lambda: defaultdict(dict))
    _allowed: dict[tuple[Any, ...], tuple[str, ...]] = field(default_factory=dict)
    _unequal: set[tuple[Any, ...]] = field(default_factory=set)
    _stages: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))

    def add(self, day: date, row: OfferRow) -> None:
        """One e-mail."""
        if "offer" not in row.choices:
            return
        arm, probability, arms = row.choices["offer"]
        state = (day, row.campaign_id, row.campaign_version, row.lifecycle, row.policy, row.learned, row.variant)
        known = self._chances[state].setdefault(arm, probability)
        if self._allowed.setdefault(state, tuple(arms)) != tuple(arms) or abs(known - probability) > SAME:
            self._unequal.add(state)
        self._stages[row.lifecycle][0] += 1
        self._stages[row.lifecycle][1] += arm != NO_OFFER

    def read(self) -> Offers:
        """All of them."""
        stages = [Stage(lifecycle=name, emails=one[0], offers=one[1]) for name, one in sorted(self._stages.items())]
        return Offers(states=len(self._allowed), unequal=len(self._unequal), stages=stages)


def _unlike(base: Treatment, twin: Treatment) -> Iterator[str]:
    if base.skipped != twin.skipped:
        yield f"is written to in one case only ({base.skipped or twin.skipped})"
        return
    for dimension in base.shares.keys() | twin.shares.keys():
        one, other = dict(base.shares.get(dimension, ())), dict(twin.shares.get(dimension, ()))
        if one.keys() != other.keys() or any(abs(one[arm] - other[arm]) > SAME for arm in one):
            yield f"changes the chances of {dimension}"
    if base.offer != twin.offer:
        yield "changes the offer"
    if base.picks != twin.picks:
        yield "changes the picks"


def _trait(profile: Profile, **traits: Any) -> Profile:
    return profile.model_copy(update={"traits": {**profile.traits, **traits}})


def _moved(birthday: date, years: int) -> date:
    return birthday.replace(year=birthday.year + years)
