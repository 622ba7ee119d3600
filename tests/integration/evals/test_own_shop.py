"""Suites over somebody's own shop: on a copy, by its own campaigns and goods, and without a trace in it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlmodel import func, select

from api.databases import open_database
from api.demonstration import load_shop
from api.evaluation import open_bench
from api.house import open_house
from api.own_shop import NoShop, NotCopied, copy_shop
from api.settings import Settings
from api.setup import init_home
from catalog.embedding import HashingEncoder
from composer.campaigns import save_campaign
from composer.contract import ComposeRequest
from composer.model_client import ALLOW_VARIABLE
from composer.model_settings import ModelSettings
from demo import documents
from evals.harness import fairness, golden
from evals.harness.bench import Bench, Recipient
from evals.harness.composing import NobodyToWriteTo, recipients_of
from evals.harness.result import CaseStatus, SuiteResult
from evals.harness.suite import Suite
from memory.tables import Event
from tests.kit.sqlite_files import left_to_sqlite

pytestmark = pytest.mark.anyio
CUSTOMERS = 16
OWN = "spring-letter"
"""A campaign that is not named as its flow."""


@pytest.fixture(scope="module", autouse=True)
def _scripted_models_only() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(ALLOW_VARIABLE, "loopback")
        yield


@pytest.fixture(scope="module", autouse=True)
def _left_to_sqlite() -> Iterator[None]:
    """A shop is copied by SQLite, while it is open: whoever copies its file takes its locks away."""
    with left_to_sqlite():
        yield


@pytest.fixture(scope="module")
async def own(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A shop with customers and one newsletter of its own: some are held out, all others have its e-mail already."""
    home = tmp_path_factory.mktemp("own")
    # No port listens there: what is not written by the scripted model comes from templates.
    models = ModelSettings(model="hosted_vllm/none", api_base="http://127.0.0.1:9")
    settings = Settings(home=home, database_url=f"sqlite:///{home / 'penfriend.db'}", keyring=None, model=models)
    await init_home(settings)
    async with open_house(settings, encoder=HashingEncoder()) as house:
        await load_shop(house, CUSTOMERS, lambda what, done, total: None)
        newsletter = next(campaign for campaign in documents.campaigns() if campaign.flow == "newsletter")
        async with house.database.session() as session:
            brief = newsletter.brief.model_copy(update={"holdout": 0.3})
            await save_campaign(session, newsletter.model_copy(update={"id": OWN, "brief": brief}))
    with closing(sqlite3.connect(home / "penfriend.db")) as file, file:
        file.execute("DELETE FROM campaign_version WHERE campaign_id != ?", (OWN,))
        file.execute("DELETE FROM campaign WHERE id != ?", (OWN,))
    async with open_house(settings, encoder=HashingEncoder()) as house:
        for customer in customers(settings):
            await house.composer.compose(ComposeRequest(campaign=OWN, customer=customer))
    return settings


@pytest.fixture(scope="module")
async def bench(own: Settings) -> AsyncIterator[Bench]:
    """Over the shop, written for by the scripted model."""
    async with open_bench(own.model, own=own) as opened:
        yield opened


async def test_a_shop_that_is_open_is_copied_with_what_stands_in_its_log(own: Settings, tmp_path: Path) -> None:
    async with open_database(own) as database, database.session(readonly=True) as session:
        events = (await session.execute(select(func.count()).select_from(Event))).scalar_one()
        copy = await asyncio.to_thread(copy_shop, own, tmp_path / "copy")
    async with open_database(copy) as copied, copied.session(readonly=True) as session:
        assert (await session.execute(select(func.count()).select_from(Event))).scalar_one() == events > 0


def customers(settings: Settings) -> list[str]:
    """Everybody who has an id of the shop's."""
    with closing(sqlite3.connect(settings.home / "penfriend.db")) as file:
        return [id_ for (id_,) in file.execute("SELECT external_id FROM customer WHERE external_id IS NOT NULL")]


def counts(settings: Settings) -> dict[str, int]:
    """Rows of every table of the shop."""
    with closing(sqlite3.connect(settings.home / "penfriend.db")) as file:
        names = [str(name) for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: file.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}


def failed(result: SuiteResult) -> dict[str, str]:
    return {case.id: case.message for case in result.cases if case.status is not CaseStatus.PASS}


def silent(done: int, of: int) -> None:
    """Hears nothing."""


async def test_e_mails_come_from_the_shop_s_own_campaign_and_leave_no_trace_in_it(own: Settings, bench: Bench) -> None:
    before = counts(own)
    suite = Suite(name="golden", kind="golden", options={"per_flow": 3, "flows": ["newsletter", "vip"]})
    result = await golden.run(suite, bench, silent)
    assert failed(result) == {}
    assert [case.id.partition(":")[0] for case in result.cases] == [OWN] * 3
    assert counts(own) == before
    assert before["email"] > 0


async def test_who_has_the_campaign_s_e_mail_already_is_written_to_anew(own: Settings, bench: Bench) -> None:
    async with bench.shop("demo") as shop:
        chosen = await shop.recipients(["newsletter"], CUSTOMERS, 1)
        emails = [await shop.compose(recipient) for recipient in chosen]
    assert {email.path for email in emails} == {"model"}


async def test_only_who_has_agreed_and_is_not_held_out_is_chosen(own: Settings, bench: Bench) -> None:
    async with bench.shop("demo") as shop:
        chosen = await shop.recipients(["newsletter"], CUSTOMERS, 1)
        again = await shop.recipients(["newsletter"], CUSTOMERS, 1)
        chosen_ids = {one.customer for one in chosen}
        others = [customer for customer in customers(own) if customer not in chosen_ids]
        refused = [await shop.compose(Recipient(customer=customer, campaign=OWN)) for customer in others]
    assert chosen == again
    assert chosen != []
    assert {email.is_skipped for email in refused} == {True}


async def test_fairness_is_asked_of_the_flows_the_shop_has_with_its_own_goods(own: Settings, bench: Bench) -> None:
    suite = Suite(name="fairness", kind="fairness", only="*~gender-0")
    result = await fairness.run(suite, bench, silent)
    assert failed(result) == {}
    assert [case.id for case in result.cases] == ["newsletter~gender-0"]


async def test_a_shop_without_a_campaign_of_the_flow_is_told_so(bench: Bench) -> None:
    async with bench.shop("demo") as shop:
        with pytest.raises(NobodyToWriteTo, match="vip"):
            await recipients_of(shop, ["vip"], 3, 1)
    with pytest.raises(NobodyToWriteTo, match="campaign"):
        await fairness.run(Suite(name="f", kind="fairness", options={"flows": ["vip"]}), bench, silent)


def test_a_database_that_cannot_be_copied_is_refused_before_anything_is_opened(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, database_url="postgresql://somebody@nowhere/penfriend")
    with pytest.raises(NotCopied, match="PostgreSQL") as refused:
        copy_shop(settings, tmp_path / "copy")
    assert refused.value.pointer == "--home"


def test_a_folder_without_a_shop_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoShop, match="missing"):
        copy_shop(Settings(home=tmp_path, database_url=None), tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
    assert not (tmp_path / "penfriend.db").exists()
