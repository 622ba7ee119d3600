"""Experiments: written down, started, stopped. Takes a session, never commits.

While one runs nothing about it changes: shares that move half-way put other customers into an arm than those whose
outcomes were counted, and a hypothesis that is found afterwards proves nothing (Kohavi, Tang & Xu 2020, ch. 3 and 21).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from composer.campaigns import get_campaign
from composer.experiments.board import begin_change, experiment_of, read_board
from composer.experiments.fitting import misfit
from composer.experiments.model import Arm, Experiment, Group, Plan, Status
from composer.experiments.tables import ExperimentRow
from prompts.folders import digest
from prompts.library import Library
from store import clock
from store.errors import Conflict, InvalidInput, NotFound
from store.ids import new_experiment_id


class UnknownExperiment(NotFound):
    """No experiment has this id."""

    reason = "unknown_experiment"


class WrongExperiment(InvalidInput):
    """An experiment that cannot be started as it is written down."""

    reason = "wrong_experiment"


class AlreadyStarted(Conflict):
    """It has begun, and what it is cannot change any more."""

    reason = "already_started"


class NotRunning(Conflict):
    """It is not running."""

    reason = "not_running"


class Overlapping(Conflict):
    """Another experiment is running on the same campaign, for the same customers."""

    reason = "overlapping_experiment"


class Stock(Protocol):
    """What arms may be written with; `Benches` is the real one."""

    @property
    def models(self) -> Collection[str]:
        """Names that an arm may ask for."""
        ...

    def library(self, name: str) -> Library:
        """With a folder of changed prompts. Raises UnknownFolder, InvalidLibraryFile, InvalidPrompt."""
        ...


async def create(session: AsyncSession, plan: Plan, *, by: str) -> Experiment:
    """Write an experiment down; it begins when it is started.

    Raises UnknownCampaign, WrongExperiment (campaigns of different currencies).
    """
    await _require_campaigns(session, plan)
    now, identity = clock.now(), new_experiment_id()
    row = ExperimentRow(
        id=identity,
        document=plan.model_dump(mode="json"),
        status=Status.DRAFT.value,
        salt=identity,
        created_at=now,
        created_by=by,
        changed_at=now,
    )
    session.add(row)
    await session.flush()
    return experiment_of(row)


async def change(session: AsyncSession, experiment_id: str, plan: Plan) -> Experiment:
    """Write it down anew, before it begins.

    Raises UnknownExperiment, AlreadyStarted, UnknownCampaign, WrongExperiment.
    """
    row = await _draft(session, experiment_id, "changed")
    await _require_campaigns(session, plan)
    row.document, row.changed_at = plan.model_dump(mode="json"), clock.now()
    await session.flush()
    return experiment_of(row)


async def discard(session: AsyncSession, experiment_id: str) -> None:
    """Throw away one that never began. Raises UnknownExperiment, AlreadyStarted, Conflict (`still_grouped`)."""
    await begin_change(session)
    row = await _draft(session, experiment_id, "thrown away")
    for group in (await read_board(session)).groups:
        if group.member("experiment", experiment_id):
            raise Conflict(f"It is in the group {group.name}.", reason="still_grouped", fix="Take it out first.")
    await session.delete(row)
    await session.flush()


async def get_experiment(session: AsyncSession, experiment_id: str) -> Experiment:
    """Raises UnknownExperiment."""
    return experiment_of(await _row(session, experiment_id))


async def list_experiments(session: AsyncSession, *, limit: int = 50, before: str = "") -> list[Experiment]:
    """The newest first, at most `limit`, beginning behind `before`."""
    query = select(ExperimentRow).order_by(col(ExperimentRow.id).desc()).limit(limit)
    if before:
        query = query.where(col(ExperimentRow.id) < before)
    return [experiment_of(row) for row in (await session.execute(query)).scalars()]


async def start(session: AsyncSession, experiment_id: str, stock: Stock, library: Library) -> Experiment:
    """From now on its customers are in its arms.

    Raises UnknownExperiment, AlreadyStarted, WrongExperiment (a model that there is not, a version or prompts whose
    flow does not fit the campaign, nothing for who needs a transactional e-mail), Overlapping, UnknownCampaign, and for
    prompts UnknownFolder, InvalidLibraryFile, InvalidPrompt.
    """
    await begin_change(session)
    row = await _draft(session, experiment_id, "started")
    experiment = experiment_of(row)
    plan = experiment.plan
    libraries = [stock.library(arm.prompts) if arm.prompts else library for arm in plan.arms]
    await _require_fits(session, plan, library, libraries)
    await _require_alone(session, experiment)
    settled = [_settled(index, arm, stock, libraries[index]) for index, arm in enumerate(plan.arms)]
    row.document = plan.model_copy(update={"arms": tuple(settled)}).model_dump(mode="json")
    row.status, row.started_at, row.changed_at = Status.RUNNING.value, clock.now(), clock.now()
    await session.flush()
    return experiment_of(row)


async def stop(session: AsyncSession, experiment_id: str) -> Experiment:
    """From now on everybody gets the campaign as it is. Raises UnknownExperiment, NotRunning."""
    await begin_change(session)
    row = await _row(session, experiment_id, lock=True)
    if row.status != Status.RUNNING.value:
        raise NotRunning("This experiment is not running.", fix="Load the page again to see where it stands.")
    row.status, row.stopped_at, row.changed_at = Status.STOPPED.value, clock.now(), clock.now()
    await session.flush()
    return experiment_of(row)


def _settled(index: int, arm: Arm, stock: Stock, library: Library) -> Arm:
    """With what it is written with as it is now."""
    if arm.model and arm.model not in stock.models:
        raise WrongExperiment(
            f"The arm {arm.name} asks for a model that the settings do not name.",
            pointer=f"/arms/{index}/model",
            fix=f"Known: {', '.join(sorted(stock.models)) or 'none'}. Name others under [compare] models.",
        )
    return arm.model_copy(update={"digest": digest(library)}) if arm.prompts else arm


async def _require_campaigns(session: AsyncSession, plan: Plan) -> None:
    currencies = {campaign: (await get_campaign(session, campaign)).brand.currency for campaign in plan.campaigns}
    if len(set(currencies.values())) > 1:
        raise WrongExperiment(
            f"Its campaigns sell in different currencies: {', '.join(sorted(set(currencies.values())))}.",
            pointer="/campaigns",
            fix="Write down one experiment for each currency: money of different ones cannot be added up.",
        )
    for arm in plan.arms:
        for campaign, version in arm.versions.items():
            await get_campaign(session, campaign, version)


async def _require_fits(session: AsyncSession, plan: Plan, usual: Library, libraries: Sequence[Library]) -> None:
    """`libraries`: what each arm is written with, in their order."""
    for campaign in plan.campaigns:
        own = await get_campaign(session, campaign)
        flow = usual.flow(own.campaign.flow)
        for index, (arm, library) in enumerate(zip(plan.arms, libraries, strict=True)):
            if arm.nothing and flow.kind == "transactional":
                raise WrongExperiment(
                    f"The campaign {campaign} is of e-mails that customers cannot do without.",
                    pointer=f"/arms/{index}/nothing",
                    fix="Take the arm without e-mails out, or leave this campaign out.",
                )
            theirs = await get_campaign(session, campaign, arm.versions.get(campaign))
            why = misfit(own, flow, theirs, library.flow(theirs.campaign.flow))
            if why and (arm.prompts or campaign in arm.versions):
                raise WrongExperiment(
                    f"The arm {arm.name} cannot be written for {campaign}: {why}.",
                    pointer=f"/arms/{index}/{'versions' if campaign in arm.versions else 'prompts'}",
                    fix="Choose a version of the same flow and topic, or change only texts, angles and tones in the "
                    "folder of prompts: not the flow's kind, topic or steps.",
                )


async def _require_alone(session: AsyncSession, experiment: Experiment) -> None:
    board = await read_board(session)
    for other in board.running:
        shared = set(other.plan.campaigns) & set(experiment.plan.campaigns)
        if shared and not any(_keeps_apart(group, experiment.id, other.id) for group in board.groups):
            raise Overlapping(
                f"“{other.plan.name}” is running on {min(shared)} already, for the same customers.",
                pointer="/campaigns",
                fix="Stop it first, or put both into one group, in which they share no customer.",
            )


def _keeps_apart(group: Group, one: str, other: str) -> bool:
    return all(group.member("experiment", id_) for id_ in (one, other))


async def _draft(session: AsyncSession, experiment_id: str, what: str) -> ExperimentRow:
    row = await _row(session, experiment_id, lock=True)
    if row.status != Status.DRAFT.value:
        raise AlreadyStarted(
            f"This experiment has begun, and cannot be {what}: what came of it so far would be of something else.",
            fix="Stop it, and write another one down.",
        )
    return row


async def _row(session: AsyncSession, experiment_id: str, *, lock: bool = False) -> ExperimentRow:
    row = await session.get(ExperimentRow, experiment_id, with_for_update=lock)
    if row is None:
        raise UnknownExperiment("There is no such experiment.", fix="See the list of experiments for their ids.")
    return row
