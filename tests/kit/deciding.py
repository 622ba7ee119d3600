"""Decisions in tests: a draw about a customer, with nothing else around it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from composer.bandit.arms import AtHand
from composer.bandit.deciding import Decision, Drawn, decide
from composer.bandit.drawing import Dice
from composer.bandit.model import Policy, Situation
from composer.bandit.policy import Even
from composer.documents import Brief
from memory.model import Lifecycle
from prompts.model import Flow
from tests.kit.factories import NOW

EVERYTHING = AtHand(
    topics=frozenset(),
    named=True,
    lead="Copper Kettle",
    priced=True,
    slots=("usual", "morning", "evening"),
)


def make_decision(
    flow: Flow,
    customer: str = "c-1",
    *,
    brief: Brief | None = None,
    topics: Iterable[str] = (),
    at_hand: AtHand = EVERYTHING,
    lifecycle: Lifecycle = "active",
    policy: Policy | None = None,
    before: Drawn | None = None,
) -> Decision:
    """How an e-mail of `flow` to `customer` is decided."""
    dice = Dice(policy or Even(), Situation(flow=flow.name, lifecycle=lifecycle), ("autumn", "1", customer))
    have = replace(at_hand, topics=frozenset(topics))
    return decide(flow, brief or Brief(), dice, at_hand=have, today=NOW.date(), before=before or {})
