"""Whether one customer is meant by a rule: read off the folded state, without building their whole memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from math import inf
from typing import Any

from composer.runs.audiences.rules import (
    AllOf,
    AnyOf,
    Condition,
    ConsentIs,
    EngagementIs,
    HasCart,
    Leaning,
    LifecycleIs,
    Measure,
    Not,
    Number,
    PlaceIs,
    Rule,
    conditions_of,
)
from memory import measures
from memory.consent import NOTHING_SAID, Standing
from memory.measures import DAY, Placed
from memory.model import Lifecycle, Rfm
from memory.profile import ProfileState, to_profile
from memory.state import State, empty, moment_of
from memory.traits import SCORED, Fifths, Score

NO_FIFTHS = Fifths(bounds={})
_SCORES: Mapping[str, Score] = {score: score for score in SCORED}


@dataclass
class Person:
    """One customer as a rule sees them. Parts that no condition asks for need not be filled in."""

    external_id: str
    moment: datetime
    state: State = field(default_factory=empty)
    traits: ProfileState = field(default_factory=dict)
    locale: str | None = None
    standing: Standing = NOTHING_SAID
    contacted: datetime | None = None
    predicted: Any = None
    """Their row of predictions, or one of a select that has its columns; what is later than `moment` is not seen."""

    @cached_property
    def placed(self) -> list[Placed]:
        """Orders that stand, newest first."""
        return measures.placed_orders(self.state)

    @cached_property
    def cadence(self) -> float | None:
        """Typical days between orders."""
        return measures.cadence_days(self.placed)

    @cached_property
    def lifecycle(self) -> Lifecycle:
        """See `memory.measures.lifecycle`."""
        return measures.lifecycle(self.placed, self.cadence, self.moment)

    @cached_property
    def rfm(self) -> Rfm | None:
        """See `memory.measures.rfm`; None without orders."""
        return measures.rfm(self.placed, self.moment)

    def has_cart(self) -> bool:
        """Something was put in since the last order and not taken out."""
        last = self.placed[0].entry[0] if self.placed else -1
        return any(entry[2] and entry[0] > last for entry in self.state["cart"].values())

    def is_predicted(self) -> bool:
        """Something was predicted of them, and not after the moment."""
        row = self.predicted
        return row is not None and row.predicted_at is not None and row.predicted_at <= self.moment

    def days_since(self, then: datetime | None) -> float:
        """Infinitely many since what never happened."""
        return inf if then is None else max((self.moment - then) / DAY, 0.0)


@dataclass(frozen=True)
class Needs:
    """What of a customer a rule looks at: the less, the less is read and decrypted."""

    state: bool
    profile: bool
    contact: bool
    predictions: bool
    scores: frozenset[Score]

    @classmethod
    def of(cls, rule: Rule) -> Needs:
        """Found by walking through its conditions."""
        fields: set[str] = {condition.field for condition in conditions_of(rule)}
        return cls(
            state=bool(fields - {"consent", "locale", "country", "days_since_contact", *PREDICTIONS}),
            profile="country" in fields,
            contact="days_since_contact" in fields,
            predictions=bool(fields & PREDICTIONS.keys()),
            scores=frozenset(score for score in SCORED if score in fields),
        )


def meant(rule: Rule, person: Person, fifths: Fifths) -> bool:
    """Whether the rule is true of them. `fifths` must hold the scores that the rule asks for."""
    match rule:
        case AllOf(all_=parts):
            return all(meant(part, person, fifths) for part in parts)
        case AnyOf(any_=parts):
            return any(meant(part, person, fifths) for part in parts)
        case Not(not_=part):
            return not meant(part, person, fifths)
        case _:
            return _holds(rule, person, fifths)


def _holds(condition: Condition, person: Person, fifths: Fifths) -> bool:
    match condition:
        case Number():
            return _within(condition, _measured(condition.field, person, fifths))
        case LifecycleIs():
            return person.lifecycle in condition.in_
        case EngagementIs():
            return measures.engagement(person.state, person.moment).level in condition.in_
        case ConsentIs():
            return person.standing.reason in condition.in_
        case PlaceIs(field="locale"):
            return any(_speaks(person.locale, wanted) for wanted in condition.in_)
        case PlaceIs():
            country = to_profile(person.traits).address.get("country", "").casefold()
            return country in {wanted.casefold() for wanted in condition.in_}
        case Leaning():
            return _leans(person.state, condition)
        case HasCart():
            return person.has_cart() == condition.is_


def _within(condition: Number, measured: float | None) -> bool:
    if measured is None:
        return False
    low, high = condition.at_least, condition.at_most
    return (low is None or measured >= low) and (high is None or measured <= high)


def _measured(measure: Measure, person: Person, fifths: Fifths) -> float | None:
    if (score := _SCORES.get(measure)) is not None:
        return None if person.rfm is None else fifths.score(score, person.rfm)
    if measure in PREDICTIONS:
        return PREDICTIONS[measure](person.predicted, person.moment) if person.is_predicted() else None
    return MEASURES[measure](person)


def _known_days(person: Person) -> float | None:
    first = person.state["first"]
    return None if first is None else person.days_since(moment_of(first))


def _mailed(name: str) -> Callable[[Person], float]:
    def days(person: Person) -> float:
        newest = person.state["email"].get(name)
        return person.days_since(None if newest is None else moment_of(newest))

    return days


def _stays_away(days: int) -> Callable[[Any, datetime], float | None]:
    def risk(row: Any, moment: datetime) -> float | None:
        buys: float | None = getattr(row, f"buy_{days}d")
        return None if buys is None else 1.0 - buys

    return risk


PREDICTIONS: dict[Measure, Callable[[Any, datetime], float | None]] = {
    "buy_probability_30d": lambda row, moment: row.buy_30d,
    "churn_risk_30d": _stays_away(30),
    "churn_risk_60d": _stays_away(60),
    "churn_risk_90d": _stays_away(90),
    "expected_value_12m": lambda row, moment: row.value_12m,
    "next_order_at": lambda row, moment: (row.next_order_at - moment) / DAY if row.next_order_at else None,
}
MEASURES: dict[Measure, Callable[[Person], float | None]] = {
    "orders": lambda person: len(person.placed),
    "recency_days": lambda person: person.rfm.recency_days if person.rfm else None,
    "monetary": lambda person: float(person.rfm.monetary) if person.rfm else None,
    "cadence_days": lambda person: person.cadence,
    "days_known": _known_days,
    "days_since_order": lambda person: person.days_since(person.placed[0].at if person.placed else None),
    "days_since_contact": lambda person: person.days_since(person.contacted),
    "days_since_open": _mailed("opened_at"),
    "days_since_click": _mailed("clicked_at"),
}


def _speaks(locale: str | None, wanted: str) -> bool:
    if locale is None:
        return False
    theirs, ours = _plain(locale), _plain(wanted)
    return theirs == ours or theirs.startswith(f"{ours}-")


def _plain(locale: str) -> str:
    return locale.replace("_", "-").casefold()


def _leans(state: State, condition: Leaning) -> bool:
    wanted: Collection[str] = {value.casefold() for value in condition.in_}
    shares = measures.strengths(state, condition.field)
    return any(value.casefold() in wanted and share >= condition.strength for value, share in shares.items())
