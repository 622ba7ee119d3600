"""A made-up shop in which arms differ, for `benchmarks.bandit`: by shop, segment and person, and more so every week.

Each e-mail draws a tone and an angle. What it comes to follows log-linear effects: of the arm in the shop, which
drift, of the arm in a segment about that, of the arm for a person about that, on a rate of clicks of the flow and the
person. Learners hear of an e-mail `DELAY` weeks after it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any, NamedTuple, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from composer.bandit.model import Dimension, Situation, Tried
from composer.bandit.policy import EXPLORE, Even, Thompson
from composer.bandit.posterior import learn_posterior
from composer.bandit.reward import USUAL, Kind
from composer.bandit.statistics import Segment, Statistics, Told
from memory.model import Lifecycle
from memory.responses.trials import HALF_LIFE

Array = NDArray[np.float64]
DELAY = 2
START = datetime(2026, 1, 5, tzinfo=UTC)
FLOWS = {"newsletter": 0.04, "abandoned_cart": 0.12}
"""Rates of clicks."""
LIFECYCLES: tuple[Lifecycle, ...] = get_args(Lifecycle)
ARMS: dict[Dimension, tuple[str, ...]] = {
    "tone": ("plain", "warm", "playful", "curious"),
    "angle": ("picks", "interest", "shelf", "reduced"),
}
ORDERS_OF_CLICKS, OPENED, LEAVING = 0.15, 0.3, 0.002


@dataclass(frozen=True)
class Differ:
    """Standard deviations of effects, on the log scale."""

    shop: float = 0.3
    segment: float = 0.15
    person: float = 0.5
    drift: float = 0.05
    """A week, of the shop's effects."""


class Shop:
    """Customers with tastes, and what e-mails come to. The same seed, the same shop and the same luck."""

    def __init__(self, seed: int, customers: int, differ: Differ) -> None:
        draw = np.random.default_rng(seed)
        self._differ, self._draw = differ, draw
        self.lifecycles = [LIFECYCLES[int(place)] for place in draw.integers(0, len(LIFECYCLES), customers)]
        self._clicky = np.exp(draw.normal(-0.32, 0.8, customers))
        self._shop = {name: draw.normal(0, differ.shop, (len(FLOWS), len(arms))) for name, arms in ARMS.items()}
        # Tones are the shop's, in whichever flow: angles are a flow's own.
        self._shop["tone"][1] = self._shop["tone"][0]
        self._segment = {
            name: draw.normal(0, differ.segment, (len(FLOWS), len(LIFECYCLES), len(arms)))
            for name, arms in ARMS.items()
        }
        self._person = {name: draw.normal(0, differ.person, (customers, len(arms))) for name, arms in ARMS.items()}

    def week(self) -> tuple[NDArray[np.int64], Array]:
        """Tastes drift; the flow of each customer's e-mail this week, and the luck it will have."""
        for name, effects in self._shop.items():
            effects += self._draw.normal(0, self._differ.drift, (1 if name == "tone" else len(FLOWS), effects.shape[1]))
        customers = len(self.lifecycles)
        return (self._draw.random(customers) < 0.25).astype(np.int64), self._draw.random((customers, 3))

    def rates(self, customer: int, flow: int) -> dict[Dimension, Array]:
        """Factors on the rate of clicks, by dimension and arm."""
        stage = LIFECYCLES.index(self.lifecycles[customer])
        return {
            name: np.exp(self._shop[name][flow] + self._segment[name][flow, stage] + self._person[name][customer])
            for name in ARMS
        }

    def segment(self, customer: int, flow: int) -> Segment:
        """Theirs, in an e-mail of this flow."""
        return Segment(list(FLOWS)[flow], self.lifecycles[customer])

    def clicks(self, customer: int, flow: int, factor: float) -> float:
        """The chance that this e-mail is clicked."""
        usual = list(FLOWS.values())[flow] * self._clicky[customer]
        return float(min(usual * factor, 0.9))


class Sent(NamedTuple):
    """One e-mail, and what it came to."""

    customer: int
    segment: Segment
    week: int
    drawn: dict[Dimension, tuple[str, float]]
    kind: Kind


class Learner(Protocol):
    """Draws, and hears later what came of it."""

    def shares(self, customer: int, segment: Segment, dimension: Dimension, week: int) -> Sequence[float]:
        """Of each of `ARMS`."""
        ...

    def hear(self, emails: Sequence[Sent], week: int) -> None:
        """Of one week's."""
        ...


@dataclass
class Uniform:
    """Draws evenly, and learns nothing."""

    def shares(self, customer: int, segment: Segment, dimension: Dimension, week: int) -> Sequence[float]:
        return Even().shares(_situation(segment, {}), dimension, ARMS[dimension])

    def hear(self, emails: Sequence[Sent], week: int) -> None:
        """Nothing."""


@dataclass
class Ours:
    """`Thompson`, with sums and with each person's own evidence."""

    pooled: bool = True
    """Whether a person's own evidence counts."""
    statistics: Statistics = field(default_factory=Statistics)
    policy: Thompson = field(default_factory=Thompson)
    own: dict[int, dict[Dimension, dict[str, Tried]]] = field(default_factory=dict)

    def shares(self, customer: int, segment: Segment, dimension: Dimension, week: int) -> Sequence[float]:
        own = self.own.get(customer, {}) if self.pooled else {}
        return self.policy.shares(_situation(segment, own), dimension, ARMS[dimension])

    def hear(self, emails: Sequence[Sent], week: int) -> None:
        fade = 2.0 ** -(timedelta(weeks=1) / HALF_LIFE)
        for told in self.own.values():
            for arms in told.values():
                for arm, tried in arms.items():
                    arms[arm] = Tried(tried.weight * fade, tried.reward * fade)
        for one in emails:
            at = START + timedelta(weeks=one.week)
            choices: dict[str, Any] = {name: [arm, share, ARMS[name]] for name, (arm, share) in one.drawn.items()}
            self.statistics.add(Told(one.segment, at, one.kind, choices))
            for name, (arm, _) in one.drawn.items():
                arms = self.own.setdefault(one.customer, {}).setdefault(name, {})
                weight, reward = arms.get(arm, (0.0, 0.0))
                arms[arm] = Tried(weight + 1, reward + USUAL.of(one.kind))
        self.policy = Thompson(learn_posterior(self.statistics, START + timedelta(weeks=week), {}))


class VowpalWabbit:
    """`cb_explore_adf`, one a dimension: arms by flow and stage, and by person."""

    def __init__(self, options: str, *, persons: bool = True) -> None:
        # Not everybody has it: whoever asks for it finds out.
        vowpalwabbit = import_module("vowpalwabbit")
        crossed = "-q SA -q PA" if persons else "-q SA"
        arguments = f"--cb_explore_adf {options} {crossed} -b 20 --quiet --random_seed 1"
        self._spaces = {name: vowpalwabbit.Workspace(arguments) for name in ARMS}
        self._persons = persons

    def shares(self, customer: int, segment: Segment, dimension: Dimension, week: int) -> Sequence[float]:
        shares = self._spaces[dimension].predict(self._lines(customer, segment, dimension))
        # What VW may leave out altogether keeps the floor that ours keeps.
        even = 1 / len(ARMS[dimension])
        return [EXPLORE * even + (1 - EXPLORE) * share for share in _normal(shares)]

    def hear(self, emails: Sequence[Sent], week: int) -> None:
        for one in emails:
            for name, (arm, share) in one.drawn.items():
                label = f"0:{-USUAL.of(one.kind):.6f}:{share:.6f}"
                self._spaces[name].learn(self._lines(one.customer, one.segment, name, arm, label))

    def _lines(
        self, customer: int, segment: Segment, dimension: Dimension, arm: str = "", label: str = ""
    ) -> list[str]:
        stage, flow = segment.lifecycle, segment.flow
        person = f" |P p{customer}" if self._persons else ""
        shared = f"shared |S f={flow} l={stage} fl={flow}{stage}{person}"
        return [shared, *(f"{label if one == arm else ''} |A a={one}" for one in ARMS[dimension])]


@dataclass
class Oracle:
    """Knows every rate, and draws the best arm always: no learner can do better."""

    shop: Shop

    def shares(self, customer: int, segment: Segment, dimension: Dimension, week: int) -> Sequence[float]:
        factors = self.shop.rates(customer, list(FLOWS).index(segment.flow))[dimension]
        return [float(place == int(np.argmax(factors))) for place in range(len(factors))]

    def hear(self, emails: Sequence[Sent], week: int) -> None:
        """Nothing."""


def run(shop: Shop, make: Callable[[Shop], Learner], weeks: int, seed: int) -> Array:
    """Expected worth of an e-mail, in orders, week by week: of shape (weeks,)."""
    draw, learner = np.random.default_rng(seed + 1_000), make(shop)
    waiting: list[list[Sent]] = []
    worth = np.zeros(weeks)
    for week in range(weeks):
        flows, luck = shop.week()
        if week >= DELAY:
            learner.hear(waiting[week - DELAY], week)
        sent = []
        for customer in range(len(shop.lifecycles)):
            drawn, clicks = _draw(shop, learner, customer, int(flows[customer]), week, draw)
            worth[week] += clicks * (ORDERS_OF_CLICKS + (1 - ORDERS_OF_CLICKS) * USUAL.click)
            segment = shop.segment(customer, int(flows[customer]))
            sent.append(Sent(customer, segment, week, drawn, _kind(luck[customer], clicks)))
        waiting.append(sent)
    return worth / len(shop.lifecycles)


def _draw(
    shop: Shop, learner: Learner, customer: int, flow: int, week: int, draw: np.random.Generator
) -> tuple[dict[Dimension, tuple[str, float]], float]:
    """The arms of one e-mail with their probabilities, and the chance that it is clicked."""
    factors, factor = shop.rates(customer, flow), 1.0
    drawn: dict[Dimension, tuple[str, float]] = {}
    for name, arms in ARMS.items():
        shares = learner.shares(customer, shop.segment(customer, flow), name, week)
        place = min(int(np.searchsorted(np.cumsum(shares), draw.random())), len(arms) - 1)
        drawn[name] = arms[place], shares[place]
        factor *= float(factors[name][place])
    return drawn, shop.clicks(customer, flow, factor)


def learners() -> dict[str, Callable[[Shop], Learner]]:
    """By name, each made anew for a shop."""
    return {
        "even": lambda shop: Uniform(),
        "ours": lambda shop: Ours(),
        "ours, no person": lambda shop: Ours(pooled=False),
        "VW greedy": lambda shop: VowpalWabbit("--epsilon 0 --cb_type mtr -l 0.05"),
        "VW greedy, no person": lambda shop: VowpalWabbit("--epsilon 0 --cb_type mtr -l 0.05", persons=False),
        "VW squarecb": lambda shop: VowpalWabbit("--squarecb --cb_type mtr"),
        "VW cover": lambda shop: VowpalWabbit("--cover 8 --cb_type mtr", persons=False),
        "oracle": Oracle,
    }


def _kind(luck: Any, clicks: float) -> Kind:
    if luck[0] < clicks:
        return Kind.ORDERED if luck[1] < ORDERS_OF_CLICKS else Kind.CLICKED
    if luck[2] < LEAVING:
        return Kind.UNSUBSCRIBED
    return Kind.OPENED if luck[2] < OPENED else Kind.NOTHING


def _normal(shares: Sequence[float]) -> list[float]:
    return [share / sum(shares) for share in shares]


def _situation(segment: Segment, own: dict[Dimension, dict[str, Tried]]) -> Situation:
    # Built by name, unchecked, for every e-mail: what pydantic checks is ours already.
    return Situation.model_construct(flow=segment.flow, lifecycle=segment.lifecycle, own=own)  # type: ignore[arg-type]
