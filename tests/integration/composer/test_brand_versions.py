"""Versions of brands on both databases: what makes one, who saved it, and what is composed under which."""

from __future__ import annotations

import asyncio

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from composer.campaigns import (
    SavedMeanwhile,
    UnknownBrand,
    get_brand,
    get_brand_version,
    get_campaign,
    save_brand,
    save_campaign,
)
from composer.documents import Brand, Campaign
from composer.versions import brand_history, brand_version_under
from store import schema
from store.crypto import Keyring
from store.database import Database
from tests.kit.database import DatabaseFactory, until_somebody_waits
from tests.kit.factories import make_brand, make_campaign

pytestmark = pytest.mark.anyio

BRAND = make_brand()
CHANGED = BRAND.model_copy(update={"facts": ("We are small.",)})


async def _save(database: Database, document: Brand | Campaign) -> int | str:
    """The version, or why there is none."""
    try:
        async with database.session() as session:
            if isinstance(document, Brand):
                return await save_brand(session, document)
            return await save_campaign(session, document)
    except SavedMeanwhile as error:
        return error.reason


async def _meanwhile(database: Database, one: Brand | Campaign, other: Brand | Campaign) -> int | str:
    """What the second comes to, who begins before the first is through."""
    async with database.session() as session:
        save = save_brand(session, one) if isinstance(one, Brand) else save_campaign(session, one)
        assert await save == 1
        second = asyncio.create_task(_save(database, other))
        await until_somebody_waits(database)
    return await second


async def test_of_two_who_save_something_new_at_once_the_second_is_told_or_makes_the_next_version(
    database: Database,
) -> None:
    """SQLite lets one writer in at a time: the second finds what the first saved."""
    told = 2 if database.dialect == "sqlite" else "saved_meanwhile"
    assert await _meanwhile(database, BRAND, CHANGED) == told
    assert await _meanwhile(database, make_campaign(), make_campaign(name="Another")) == told
    assert await _save(database, CHANGED.model_copy(update={"facts": ("We are smaller.",)})) == (3 if told == 2 else 2)


async def test_each_change_makes_a_version_under_somebodys_name_and_none_is_lost(database: Database) -> None:
    async with database.session() as session:
        assert await save_brand(session, BRAND, saved_by="user:otto") == 1
        assert await save_brand(session, BRAND, saved_by="account:acc_other") == 1
        assert await save_brand(session, CHANGED, saved_by="account:acc_anna") == 2
        assert await save_brand(session, BRAND, saved_by="account:acc_anna") == 3
    async with database.session(readonly=True) as session:
        lines = await brand_history(session, BRAND.id)
        assert (await get_brand_version(session, BRAND.id, 2)).brand == CHANGED
        assert (await get_brand_version(session, BRAND.id)).version == 3
        assert await get_brand(session, BRAND.id) == BRAND
        with pytest.raises(UnknownBrand, match="no version 4") as raised:
            await get_brand_version(session, BRAND.id, 4)
    saved = [(one.version, one.saved_by) for one in lines]
    assert saved == [(3, "account:acc_anna"), (2, "account:acc_anna"), (1, "user:otto")]
    assert raised.value.fix == "Versions are 1 to 3."


async def test_a_campaign_keeps_the_version_it_was_saved_under_until_it_is_saved_again(database: Database) -> None:
    async with database.session() as session:
        await save_brand(session, BRAND)
        await save_campaign(session, make_campaign())
        await save_brand(session, CHANGED)
        assert (await get_campaign(session, "autumn")).brand_version == 1
        await save_campaign(session, make_campaign())
        assert (await get_campaign(session, "autumn")).brand_version == 2
        assert [await brand_version_under(session, "autumn", one) for one in (1, 2, 3)] == [1, 2, 0]


async def test_brands_of_before_begin_with_what_they_are_and_name_the_campaigns_that_froze_it(
    database_factory: DatabaseFactory, keyring: Keyring
) -> None:
    database = Database.open(await database_factory.url(migrated=False), keyring)

    def before(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(schema.MIGRATIONS))
        config.attributes["connection"] = connection
        command.upgrade(config, "0037_merged")
        told = {
            "now": CHANGED.model_dump_json(),
            "then": BRAND.model_dump_json(),
            "campaign": make_campaign().model_dump_json(),
            "at": "2026-03-01 09:00:00",
        }
        for statement in (
            "INSERT INTO brand (id, document, updated_at) VALUES ('harbour', :now, :at)",
            "INSERT INTO campaign (id, version, flow, name, updated_at) VALUES ('autumn', 2, 'newsletter', 'A', :at)",
            "INSERT INTO campaign_version (campaign_id, version, document, brand, created_at)"
            " VALUES ('autumn', 1, :campaign, :then, :at), ('autumn', 2, :campaign, :now, :at)",
        ):
            connection.execute(text(statement), {one: told[one] for one in told if f":{one}" in statement})

    async with database.session() as session:
        await (await session.connection()).run_sync(before)
    await database.migrate()
    async with database.session() as session:
        [line] = await brand_history(session, "harbour")
        assert (line.version, line.saved_by) == (1, "")
        assert (await get_brand_version(session, "harbour", 1)).brand == CHANGED
        assert [await brand_version_under(session, "autumn", one) for one in (1, 2)] == [0, 1]
        assert await save_brand(session, BRAND) == 2
    await database.close()
