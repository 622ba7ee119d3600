"""Groups whose members share no customer. Takes a session, never commits.

A member's slots stay its own while it is there: whoever joins gets what nobody has, so that nobody moves.
"""

from __future__ import annotations

import re

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from composer.campaigns import get_campaign
from composer.experiments.assigning import carve
from composer.experiments.board import begin_change, group_of
from composer.experiments.model import SLOTS, Group, Member, Status
from composer.experiments.tables import ExperimentRow, GroupRow
from store import clock
from store.errors import Conflict, InvalidInput, NotFound

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


class UnknownGroup(NotFound):
    """There is no such group, or not this member in it."""

    reason = "unknown_group"


class WrongMember(InvalidInput):
    """A member that cannot be taken in as it is asked."""

    reason = "wrong_member"


class StillRunning(Conflict):
    """A member whose experiment is running."""

    reason = "still_running"


async def groups(session: AsyncSession) -> list[Group]:
    """All, by name."""
    return [group_of(row) for row in (await session.execute(select(GroupRow).order_by(col(GroupRow.name)))).scalars()]


async def join(session: AsyncSession, name: str, kind: str, id_: str, share: float) -> Group:
    """Give a campaign or an experiment `share` of the customers, who are nobody else's in this group.

    The group is made with its first member. Raises WrongMember, StillRunning, and UnknownCampaign or WrongMember for
    what there is not.
    """
    await begin_change(session)
    await _require(session, name, kind, id_, share)
    row = await session.get(GroupRow, name)
    if row is None:
        row = GroupRow(name=name, salt=f"{name}@{clock.now().isoformat()}", members=[], changed_at=clock.now())
        session.add(row)
    group = group_of(row)
    if group.member(kind, id_):
        raise WrongMember(
            "It is in this group already.", pointer="/id", fix="Take it out first: with another share it gets others."
        )
    wanted = round(share * SLOTS)
    slots = carve(group.members, wanted)
    if sum(end - start for start, end in slots) < wanted:
        raise WrongMember(
            f"Only {group.free:.2%} of the customers are nobody's in this group.",
            pointer="/share",
            fix="Ask for less, or take another member out.",
        )
    member = Member.model_validate({"kind": kind, "id": id_, "slots": slots})
    row.members, row.changed_at = [*row.members, member.model_dump(mode="json")], clock.now()
    await session.flush()
    return group_of(row)


async def leave(session: AsyncSession, name: str, kind: str, id_: str) -> Group | None:
    """Take a member out; None where it was the last, and the group is gone with it.

    Raises UnknownGroup, StillRunning.
    """
    await begin_change(session)
    row = await session.get(GroupRow, name)
    if row is None or group_of(row).member(kind, id_) is None:
        raise UnknownGroup("There is no such member.", fix="See the list of groups for their names and members.")
    if kind == "experiment":
        await _require_not_running(session, id_)
    row.members = [one for one in row.members if (one["kind"], one["id"]) != (kind, id_)]
    row.changed_at = clock.now()
    if row.members:
        await session.flush()
        return group_of(row)
    await session.delete(row)
    await session.flush()
    return None


async def _require(session: AsyncSession, name: str, kind: str, id_: str, share: float) -> None:
    if not _NAME.fullmatch(name):
        raise WrongMember(
            "A group's name has small letters, digits, - and _ only.", pointer="/name", fix="For example: autumn."
        )
    if not 1 / SLOTS <= share <= 1:
        raise WrongMember(
            "A share is more than nothing and at most all.", pointer="/share", fix="Give it between 0.0001 and 1."
        )
    if kind == "campaign":
        await get_campaign(session, id_)
    elif kind == "experiment":
        await _require_not_running(session, id_)
    else:
        raise WrongMember("Members are campaigns and experiments.", pointer="/kind", fix="Say one of the two.")


async def _require_not_running(session: AsyncSession, experiment: str) -> None:
    row = await session.get(ExperimentRow, experiment)
    if row is None:
        raise WrongMember("There is no such experiment.", pointer="/id", fix="See the list of experiments.")
    if row.status == Status.RUNNING.value:
        raise StillRunning(
            "This experiment is running: who is in it may not change half-way.", fix="Stop it, and start another one."
        )
