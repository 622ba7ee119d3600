"""An arm's folder of prompts may change texts, and nothing of who is written to: not even once it has begun."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path as Folder

import pytest

from composer.campaigns import save_campaign
from composer.experiments.benches import Bench, Benches
from composer.experiments.board import begin_change
from composer.experiments.fallbacks import fallbacks
from composer.experiments.model import Experiment
from composer.experiments.service import WrongExperiment, create
from composer.experiments.tables import ExperimentRow
from composer.finish import Finisher
from composer.links import Links
from store.database import Database
from tests.kit.experiments import SALT, make_plan, started
from tests.kit.factories import LIBRARY, make_campaign
from tests.kit.prepared import PreparedShop
from tests.kit.shelf import TestShelf

pytestmark = pytest.mark.anyio

FLOW = LIBRARY.flow(make_campaign().flow)
PATH = f"flows/{FLOW.name}.yaml"
TEXT = LIBRARY.artifacts([PATH])[LIBRARY.manifest([PATH])[PATH]]
ARMS = [{"name": "control", "share": 0.5}, {"name": "bold", "share": 0.5, "prompts": "bold"}]
CUSTOMERS = [f"c-{number}" for number in range(1, 5)]
Change = Callable[[str], str]


def transactional(text: str) -> str:
    text = re.sub(r"(?m)^kind: .*$", "kind: transactional", text)
    return re.sub(r"(?m)^offers:.*$(\n[ -]+.*)*", "offers: []", text)


def other_topic(text: str) -> str:
    return re.sub(r"(?m)^topic: .*$", "topic: reminders", text)


def other_step(text: str) -> str:
    return text.replace(f"name: {FLOW.steps[0].name}", "name: renamed", 1)


def other_angle(text: str) -> str:
    return text.replace(f"name: {FLOW.angles[0].name}", "name: renamed", 1)


CHANGES = [
    pytest.param(transactional, id="needs no consent"),
    pytest.param(other_topic, id="another topic"),
    pytest.param(other_step, id="a step less"),
    pytest.param(other_angle, id="an angle of the brief less"),
]


def with_folder(database: Database, root: Folder, change: Change) -> Benches:
    file = root / "bold" / PATH
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(change(TEXT), encoding="utf-8")
    usual = Bench(LIBRARY, (), Finisher(LIBRARY, Links(database.keyring)))
    return Benches(database.keyring, usual, prompts=root)


async def open_shop(database: Database) -> None:
    await PreparedShop.open(database, customers=len(CUSTOMERS))
    async with database.session() as session:
        await save_campaign(session, make_campaign(brief={"angles": [FLOW.angles[0].name]}))


@pytest.mark.parametrize("change", CHANGES)
async def test_a_folder_that_changes_who_is_written_to_does_not_begin(
    sqlite_database: Database, tmp_path: Folder, change: Change
) -> None:
    assert change(TEXT) != TEXT
    await open_shop(sqlite_database)
    with pytest.raises(WrongExperiment) as refused:
        await started(sqlite_database, with_folder(sqlite_database, tmp_path, change), arms=ARMS)
    assert refused.value.pointer == "/arms/1/prompts"


async def begun_before(database: Database) -> Experiment:
    """As those are that began before folders were looked at: nothing is known of the prompts it began with."""
    async with database.session() as session:
        await begin_change(session)
        made = await create(session, make_plan(arms=ARMS), by="user:maeve")
        row = await session.get_one(ExperimentRow, made.id)
        row.status, row.started_at, row.salt = "running", row.created_at, SALT
    return made


@pytest.mark.parametrize("change", [CHANGES[0], CHANGES[2]])
async def test_a_folder_that_changes_in_mid_run_writes_to_nobody_else_and_fails_for_nobody(
    sqlite_database: Database, tmp_path: Folder, change: Change
) -> None:
    await open_shop(sqlite_database)
    experiment = await begun_before(sqlite_database)
    shop = PreparedShop(sqlite_database, TestShelf(), benches=with_folder(sqlite_database, tmp_path, change))
    gone = CUSTOMERS[::2]
    for customer in gone:
        await shop.unsubscribe(customer)
    found = {one: await shop.compose(customer=one, step=FLOW.steps[0].name) for one in CUSTOMERS}
    assert {one.variant for one in found.values()} == {"control", "bold"}
    assert {name for name, one in found.items() if not one.html} == set(gone)
    assert {one.reason for name, one in found.items() if name in gone} == {"unsubscribed"}
    assert {one.fell_back for one in found.values() if one.variant == "bold"} == {"flow_changed"}
    for one in found.values():
        if one.html:
            pulled = await shop.now(one)
            assert pulled.id == one.id
    async with sqlite_database.session(readonly=True) as session:
        assert {one.reason for one in await fallbacks(session, experiment.id)} == {"flow_changed"}
