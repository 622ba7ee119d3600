"""Who is where, by hash: pure functions of a salt and the customer's id, equal in every process and for ever.

Each decision has a salt and a name of its own, so that no two of them have to do with one another: who is in one arm
here is in any arm there.
"""

from __future__ import annotations

from collections.abc import Sequence

from composer import chance
from composer.experiments.model import SLOTS, Arm, Group, Holdout, Member


def arm_of(salt: str, arms: Sequence[Arm], customer: str) -> Arm:
    """The arm of this customer. What rounding leaves over is the last one's."""
    drawn, end = chance.unit("experiment", salt, customer), 0.0
    for arm in arms:
        end += arm.share
        if drawn < end:
            return arm
    return arms[-1]


def held_out(holdout: Holdout, customer: str) -> bool:
    """Is this customer in the shop's holdout of that period?"""
    return chance.unit("global_holdout", holdout.salt, customer) < holdout.share


def slot_of(group: Group, customer: str) -> int:
    """In which of the group's slots this customer is."""
    return int(chance.unit("exclusion_group", group.salt, customer) * SLOTS)


def is_members(group: Group, member: Member, customer: str) -> bool:
    """Is this customer one of the member's?"""
    return member.holds(slot_of(group, customer))


def carve(taken: Sequence[Member], wanted: int) -> tuple[tuple[int, int], ...]:
    """The first `wanted` slots that nobody has, as ranges; fewer where there are not so many."""
    found: list[tuple[int, int]] = []
    for start, end in _gaps(taken):
        if wanted <= 0:
            break
        end = min(end, start + wanted)
        found.append((start, end))
        wanted -= end - start
    return tuple(found)


def _gaps(taken: Sequence[Member]) -> list[tuple[int, int]]:
    ranges = sorted(one for member in taken for one in member.slots)
    starts = [0, *(end for _, end in ranges)]
    ends = [*(start for start, _ in ranges), SLOTS]
    return [(start, end) for start, end in zip(starts, ends, strict=True) if start < end]
