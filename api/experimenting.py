"""Experiments, holdout and groups from the edge: one function for each thing that is done, noted in the audit log."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from api import audit
from composer.experiments import groups, holdouts, service
from composer.experiments.benches import Benches
from composer.experiments.model import Experiment, Group, Holdout, Plan


async def create(session: AsyncSession, plan: Plan) -> Experiment:
    """Raises UnknownCampaign."""
    made = await service.create(session, plan, by=audit.actor())
    await audit.append(session, "experiment.create", made.id, after=plan.model_dump(mode="json"))
    return made


async def change(session: AsyncSession, experiment_id: str, plan: Plan) -> Experiment:
    """Raises UnknownExperiment, AlreadyStarted, UnknownCampaign."""
    before = (await service.get_experiment(session, experiment_id)).plan.model_dump(mode="json")
    made = await service.change(session, experiment_id, plan)
    await audit.append(session, "experiment.change", experiment_id, before=before, after=plan.model_dump(mode="json"))
    return made


async def discard(session: AsyncSession, experiment_id: str) -> None:
    """Raises UnknownExperiment, AlreadyStarted, Conflict (`still_grouped`)."""
    await service.discard(session, experiment_id)
    await audit.append(session, "experiment.discard", experiment_id)


async def start(session: AsyncSession, experiment_id: str, benches: Benches) -> Experiment:
    """Raises as `service.start`."""
    begun = await service.start(session, experiment_id, benches, benches.usual.library)
    await audit.append(session, "experiment.start", experiment_id, after=begun.plan.model_dump(mode="json"))
    return begun


async def stop(session: AsyncSession, experiment_id: str) -> Experiment:
    """Raises UnknownExperiment, NotRunning."""
    stopped = await service.stop(session, experiment_id)
    await audit.append(session, "experiment.stop", experiment_id)
    return stopped


async def set_holdout(
    session: AsyncSession, share: float, *, until: datetime, starts: datetime | None = None
) -> Holdout:
    """Raises WrongHoldout."""
    before = await holdouts.current(session)
    made = await holdouts.set_holdout(session, share, until=until, starts=starts, by=audit.actor())
    was = before.model_dump(mode="json") if before else None
    await audit.append(session, "holdout.set", made.id, before=was, after=made.model_dump(mode="json"))
    return made


async def end_holdout(session: AsyncSession) -> Holdout | None:
    """The one that was in force or set; None where there was none."""
    ended = await holdouts.end_holdout(session)
    if ended is not None:
        await audit.append(session, "holdout.end", ended.id, before=ended.model_dump(mode="json"))
    return ended


async def join(session: AsyncSession, name: str, kind: str, id_: str, share: float) -> Group:
    """Raises WrongMember, StillRunning, UnknownCampaign."""
    group = await groups.join(session, name, kind, id_, share)
    await audit.append(session, "group.join", id_, why=f"group {name}", after=group.model_dump(mode="json"))
    return group


async def leave(session: AsyncSession, name: str, kind: str, id_: str) -> Group | None:
    """Raises UnknownGroup, StillRunning."""
    group = await groups.leave(session, name, kind, id_)
    after = group.model_dump(mode="json") if group else None
    await audit.append(session, "group.leave", id_, why=f"group {name}", after=after)
    return group
