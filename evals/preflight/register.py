"""The register of message rules: what a rule on the finished message is, and how a function becomes one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from evals.preflight.message import Message
from evals.verdict import Severity


@dataclass(frozen=True, slots=True)
class Problem:
    """One breach of a message rule."""

    reason: str
    """A sentence a marketer understands."""
    severity: Severity | None = None
    """Set where one rule has breaches of unequal weight."""


Look = Callable[[Message], Iterable[Problem]]
Needs = Callable[[Message], bool]


@dataclass(frozen=True, slots=True)
class MessageRule:
    """A look at the message with its id and weight."""

    id: str
    look: Look
    severity: Severity
    needs: Needs | None
    """False means there is nothing to judge by: the verdict is NOT_JUDGED."""


MESSAGE_RULES: dict[str, MessageRule] = {}


def message_rule(
    id_: str, *, severity: Severity = Severity.BLOCK, needs: Needs | None = None
) -> Callable[[Look], Look]:
    """Register a function of the message under a rule id; its docstring names the source of the rule.

    Raises ValueError when the id is taken: two files must not answer for one rule.
    """

    def register(look: Look) -> Look:
        if id_ in MESSAGE_RULES:
            raise ValueError(f"message rule {id_!r} is registered twice")
        MESSAGE_RULES[id_] = MessageRule(id_, look, severity, needs)
        return look

    return register
