"""How an arm draws what varies for a person."""

from __future__ import annotations

from dataclasses import replace

from composer.bandit.choosing import policy_for
from composer.bandit.model import Policy
from composer.bandit.policy import Even, Prior, Thompson
from composer.documents import Brief
from composer.experiments.model import Arm


def policy_in(arm: Arm | None, brief: Brief, learned: Thompson, *, may_learn: bool = True) -> Policy:
    """As the arm says; as the brief does where it says nothing. `learned` is what is in force.

    `may_learn`: False while an alarm stands: then no arm is decided by what was learned.
    """
    match arm.policy if arm else "":
        case "learned" if may_learn:
            return replace(learned, explore=brief.explore)
        case "learned" | "prior":
            return Prior(learned.preferences)
        case "even":
            return Even()
        case _:
            return policy_for(brief, learned, may_learn=may_learn)
