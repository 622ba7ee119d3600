"""Many who ask for an e-mail at the same time share reads and writes, and each gets what they would get alone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from sqlmodel import select

from composer.campaigns import save_campaign
from composer.contract import ComposeResult
from composer.runs import service
from composer.runs.model import RunRequest
from composer.strangers import UnknownCustomer
from composer.writing import WriteOutcome
from memory.tables import Contact, Customer
from store.database import Database
from store.errors import InvalidInput
from tests.kit.database import PostgresFactory
from tests.kit.factories import make_brand, make_campaign
from tests.kit.prepared import PreparedShop
from tests.kit.statements import counted
from tests.kit.writers import ScriptedWriter

pytestmark = pytest.mark.anyio

MANY = tuple(f"c-{number}" for number in range(1, 13))


async def composed(shop: PreparedShop, asked: Sequence[dict[str, Any]]) -> list[ComposeResult | BaseException]:
    return await asyncio.gather(*(shop.compose(**one) for one in asked), return_exceptions=True)


def results(found: Sequence[ComposeResult | BaseException]) -> list[ComposeResult]:
    assert all(isinstance(one, ComposeResult) for one in found), found
    return [one for one in found if isinstance(one, ComposeResult)]


async def test_many_at_once_take_a_fraction_of_the_statements_that_they_take_one_by_one(
    sqlite_database: Database,
) -> None:
    shop = await PreparedShop.open(sqlite_database, customers=len(MANY))
    with counted() as alone:
        for customer in MANY:
            assert (await shop.compose(customer=customer)).html
    with counted() as together:
        found = results(await composed(shop, [{"customer": one, "occasion": "again"} for one in MANY]))
    assert all(one.html for one in found)
    assert len(together) < len(alone) / 2


async def test_each_gets_their_own_e_mail_and_every_one_is_stored(database: Database) -> None:
    shop = await PreparedShop.open(database, customers=len(MANY))
    found = results(await composed(shop, [{"customer": one} for one in MANY]))
    assert [one.customer for one in found] == list(MANY)
    stored = [await shop.composer.get(one.id) for one in found]
    assert [one.model_dump_json() for one in stored] == [one.model_dump_json() for one in found]
    replayed = [await shop.composer.replay(one.id) for one in found]
    assert all(one.identical for one in replayed)


class Together(ScriptedWriter):
    """Says nothing, and not before as many have come as shall be written to at once."""

    def __init__(self, many: int) -> None:
        super().__init__(lambda key, round_: None)
        self.missing, self.all_there = many, asyncio.Event()

    async def write(self, *arguments: Any, **named: Any) -> WriteOutcome:
        """See `ScriptedWriter.write`."""
        self.missing -= 1
        if self.missing <= 0:
            self.all_there.set()
        await self.all_there.wait()
        return await super().write(*arguments, **named)


async def test_of_two_campaigns_at_once_one_gets_the_last_place_of_each_customer(database: Database) -> None:
    brand = make_brand(caps={"total": {"week": 1}})
    shop = await PreparedShop.open(database, customers=4, brand=brand, writers=[Together(8)])
    async with database.session() as session:
        await save_campaign(session, make_campaign(id="other"))
    asked = [{"customer": one, "campaign": campaign} for one in MANY[:4] for campaign in ("autumn", "other")]
    found = results(await composed(shop, asked))
    for customer in MANY[:4]:
        assert sorted(one.reason for one in found if one.customer == customer) == ["capped", "ok"]
    async with database.session(readonly=True) as session:
        sent = (await session.execute(select(Contact.customer_id).where(Contact.decision == "sent"))).all()
    assert len(sent) == len(set(sent)) == 4


async def test_what_is_wrong_with_one_request_is_no_matter_of_those_beside_it(database: Database) -> None:
    shop = await PreparedShop.open(database, customers=4)
    asked = [{"customer": one} for one in MANY[:4]]
    found = await composed(shop, [*asked, {"customer": "c-1", "step": "no-such-step"}, {"customer": "nobody"}, *asked])
    assert isinstance(found[4], InvalidInput)
    assert isinstance(found[5], UnknownCustomer)
    assert all(one.html for one in results([*found[:4], *found[6:]]))


async def test_requests_for_a_step_that_is_not_there_cost_those_beside_them_nothing(sqlite_database: Database) -> None:
    shop = await PreparedShop.open(sqlite_database, customers=len(MANY))
    with counted() as sound:
        results(await composed(shop, [{"customer": one} for one in MANY]))
    again = [{"customer": one, "occasion": "again"} for one in MANY]
    with counted() as mixed:
        found = await composed(shop, [*again, {"customer": "c-1", "step": "no-such-step"}])
    assert isinstance(found.pop(), InvalidInput)
    assert all(one.html for one in results(found))
    assert len(mixed) < len(sound) * 2


async def test_who_is_locked_by_somebody_else_waits_alone(postgres_factory: PostgresFactory) -> None:
    async with postgres_factory.opened() as database:
        brand = make_brand(caps={"total": {"week": 9}})
        shop = await PreparedShop.open(database, customers=len(MANY), brand=brand, writers=[Together(len(MANY))])
        locked = "c-8"
        async with database.session() as session:
            await session.execute(select(Customer).where(Customer.external_id == locked).with_for_update())
            tasks = {one: asyncio.create_task(shop.compose(customer=one)) for one in MANY}
            waiting = tasks.pop(locked)
            assert all(one.html for one in await asyncio.gather(*tasks.values()))
            assert not waiting.done()
        assert (await waiting).html


async def test_previews_and_e_mails_that_are_asked_for_together_stay_apart(database: Database) -> None:
    shop = await PreparedShop.open(database, customers=3)
    asked = [{"customer": one, "preview": preview} for one in MANY[:3] for preview in (True, False)]
    found = results(await composed(shop, asked))
    assert all(one.html for one in found)
    async with database.session(readonly=True) as session:
        kept = (await session.execute(select(Contact.email_id))).scalars().all()
    assert sorted(str(one) for one in kept) == sorted(one.id for one in found[1::2])


async def test_of_those_who_ask_together_only_whom_a_run_behind_a_gate_writes_to_waits(database: Database) -> None:
    shop = await PreparedShop.open(database, customers=6)
    names = {"audience": {"kind": "list", "customers": ["c-2", "c-5"]}, "review": {"gate": True}}
    async with database.session() as session:
        await service.start(session, "autumn", RunRequest.model_validate(names))
    found = results(await composed(shop, [{"customer": one} for one in MANY[:6]]))
    assert [one.reason for one in found] == ["ok", "not_released", "ok", "ok", "not_released", "ok"]
