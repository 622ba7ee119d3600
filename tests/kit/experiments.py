"""Experiments for tests: an A/B test on the newsletter, unless something else is wanted."""

from __future__ import annotations

from typing import Any

from composer.experiments.benches import Bench, Benches, WritersFor
from composer.experiments.board import Board
from composer.experiments.model import Experiment, Place, Plan, Status
from composer.experiments.service import create, start
from composer.experiments.tables import ExperimentRow
from composer.finish import Finisher
from composer.links import Links
from store.database import Database
from tests.kit.factories import LIBRARY, NOW, make_version

CAMPAIGN = make_version().campaign.id
HALVES: list[dict[str, Any]] = [
    {"name": "control", "share": 0.5},
    {"name": "b", "share": 0.5, "policy": "even"},
]


def make_plan(**changes: Any) -> Plan:
    """Half of the newsletter's customers each."""
    said = {"name": "Even draws", "campaigns": [CAMPAIGN], "arms": HALVES}
    return Plan.model_validate({**said, **changes})


def make_experiment(salt: str = "salt", **changes: Any) -> Experiment:
    """One that is running."""
    return Experiment(
        id=changes.pop("id", "exp_1"),
        plan=make_plan(**changes),
        status=Status.RUNNING,
        salt=salt,
        created_at=NOW,
        created_by="user:maeve",
        started_at=NOW,
    )


def place(board: Board, customer: str, **brief: Any) -> Place:
    """Where the newsletter finds this customer."""
    version = make_version(brief=brief) if brief else make_version()
    return board.place(version, "campaign", customer, NOW)


def benches_of(database: Database, **models: WritersFor) -> Benches:
    """Templates for everybody, and these models for whose arm asks for them."""
    usual = Bench(LIBRARY, (), Finisher(LIBRARY, Links(database.keyring)))
    return Benches(database.keyring, usual, models={"usual": lambda library: (), **models})


SALT = "c"
"""By which of the customers c-1 to c-4 two are in each half, and two are held out where half of all are."""


async def started(database: Database, benches: Benches, **changes: Any) -> Experiment:
    """Written down and begun."""
    async with database.session() as session:
        made = await create(session, make_plan(**changes), by="user:maeve")
        (await session.get_one(ExperimentRow, made.id)).salt = SALT
        return await start(session, made.id, benches, LIBRARY)
