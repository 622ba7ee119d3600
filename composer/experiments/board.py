"""What is in force now: the shop's holdout, groups, running experiments; read once until something changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from composer import chance
from composer.campaigns import CampaignVersion
from composer.experiments.assigning import arm_of, held_out, is_members
from composer.experiments.model import (
    GLOBAL_HOLDOUT,
    HELD_OUT,
    NOWHERE,
    OTHER_EXPERIMENT,
    Experiment,
    Group,
    Holdout,
    Member,
    Place,
    Plan,
    Status,
)
from composer.experiments.tables import ExperimentRow, GroupRow, HoldoutRow, RevisionRow
from memory.contacting.rules import Kind
from store.upsert import insert_into, table_of

REVISION = select(col(RevisionRow.revision))


@dataclass(frozen=True)
class Board:
    """All that decides where somebody is."""

    holdouts: tuple[Holdout, ...] = ()
    groups: tuple[Group, ...] = ()
    running: tuple[Experiment, ...] = ()

    def place(self, version: CampaignVersion, kind: Kind, customer: str, at: datetime) -> Place:
        """Where the customer is for this campaign: held out, somebody else's, or in an arm; or just a customer.

        `version` is the campaign's own: an arm that is written by another one changes nothing about who is in it.
        """
        campaign = version.campaign.id
        if kind != "transactional":
            refusal = self.refusal(campaign, kind, customer, at)
            if refusal or in_holdout(version, customer):
                return Place(refusal=refusal or HELD_OUT)
        for experiment in self._on.get(campaign, ()):
            if self._has("experiment", experiment.id, customer):
                return placed(experiment, customer)
        return NOWHERE

    def refusal(self, campaign: str, kind: Kind, customer: str, at: datetime) -> str:
        """Why this campaign may not write to them now, whatever was written before; empty where it may."""
        if kind == "transactional":
            return ""
        if any(one.covers(at) and held_out(one, customer) for one in self.holdouts):
            return GLOBAL_HOLDOUT
        return "" if self._has("campaign", campaign, customer) else OTHER_EXPERIMENT

    @property
    def tested(self) -> Collection[str]:
        """Campaigns that an experiment is running on."""
        return self._on.keys()

    @cached_property
    def _on(self) -> Mapping[str, list[Experiment]]:
        found: defaultdict[str, list[Experiment]] = defaultdict(list)
        for one in self.running:
            for campaign in one.plan.campaigns:
                found[campaign].append(one)
        return found

    @cached_property
    def _members(self) -> Mapping[tuple[str, str], list[tuple[Group, Member]]]:
        found: defaultdict[tuple[str, str], list[tuple[Group, Member]]] = defaultdict(list)
        for group in self.groups:
            for member in group.members:
                found[member.kind, member.id].append((group, member))
        return found

    def _has(self, kind: str, id_: str, customer: str) -> bool:
        """Whether the customer is in all slices that this has; who is in no group has everybody."""
        return all(is_members(group, member, customer) for group, member in self._members.get((kind, id_), ()))


EMPTY = Board()


def placed(experiment: Experiment, customer: str) -> Place:
    """Their arm."""
    arm = arm_of(experiment.salt, experiment.plan.arms, customer)
    return Place(
        refusal=HELD_OUT if arm.nothing else "",
        experiment=experiment.id,
        variant=arm.name,
        arm=arm,
    )


def in_holdout(version: CampaignVersion, customer: str) -> bool:
    """By hash of campaign and customer: the same for every version of the campaign, so that lift can be measured."""
    return chance.unit("holdout", version.campaign.id, customer) < version.campaign.brief.holdout


class Boards:
    """What is in force in one database, kept until it changes."""

    def __init__(self) -> None:
        self._revision: int | None = None
        self._board = EMPTY

    @property
    def kept(self) -> tuple[int | None, Board]:
        """What was in force at the last look, and its revision; None before the first one."""
        return self._revision, self._board

    async def board(self, session: AsyncSession, revision: int | None = None) -> Board:
        """One small read where nothing has changed, none where the `revision` is known; three more where something
        has."""
        if revision is None:
            revision = (await session.execute(REVISION)).scalar_one_or_none() or 0
        if revision != self._revision:
            self._board = await read_board(session) if revision else EMPTY
            self._revision = revision
        return self._board


async def begin_change(session: AsyncSession) -> None:
    """To be called before anything of who is where is read or written to change it: nobody else does meanwhile.

    Revisions come in the order of the commits, so that nobody keeps a board from before one (times would not: who began
    earlier may commit later).
    """
    first = insert_into(session, RevisionRow).values(id=1, revision=1)
    higher = {"revision": table_of(RevisionRow).c.revision + 1}
    await session.execute(first.on_conflict_do_update(index_elements=["id"], set_=higher))


async def read_board(session: AsyncSession) -> Board:
    """All that is in force, or will be."""
    running = select(ExperimentRow).where(col(ExperimentRow.status) == Status.RUNNING.value)
    experiments = (await session.execute(running.order_by(col(ExperimentRow.started_at)))).scalars()
    holdouts = (await session.execute(select(HoldoutRow))).scalars()
    groups = (await session.execute(select(GroupRow))).scalars()
    return Board(
        holdouts=tuple(map(holdout_of, holdouts)),
        groups=tuple(map(group_of, groups)),
        running=tuple(map(experiment_of, experiments)),
    )


def experiment_of(row: ExperimentRow) -> Experiment:
    """The row as it is read."""
    return Experiment(
        id=row.id,
        plan=Plan.model_validate(row.document),
        status=Status(row.status),
        salt=row.salt,
        created_at=row.created_at,
        created_by=row.created_by,
        started_at=row.started_at,
        stopped_at=row.stopped_at,
    )


def holdout_of(row: HoldoutRow) -> Holdout:
    """The row as it is read."""
    return Holdout(
        id=row.id, share=row.share, salt=row.salt, starts_at=row.starts_at, ends_at=row.ends_at, set_by=row.set_by
    )


def group_of(row: GroupRow) -> Group:
    """The row as it is read."""
    return Group(name=row.name, salt=row.salt, members=tuple(Member.model_validate(one) for one in row.members))
