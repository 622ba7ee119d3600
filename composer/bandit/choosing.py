"""Which policy a campaign is decided by: the one place where that is settled."""

from __future__ import annotations

from dataclasses import replace

from composer.bandit.model import Policy
from composer.bandit.policy import Prior, Thompson
from composer.documents import Brief


def policy_for(brief: Brief, learned: Thompson, *, may_learn: bool = True) -> Policy:
    """What was learned, exploring as much as the brief says; the safe start where brief or shop want no learning.

    `may_learn`: False forces the safe start whatever the brief says.
    """
    if may_learn and brief.learn:
        return replace(learned, explore=brief.explore)
    return Prior(learned.preferences)
