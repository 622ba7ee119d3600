"""Versions of campaigns on both databases: who saved them, in what order, and who is shown a draft."""

from __future__ import annotations

import pytest

from composer.campaigns import save_brand, save_campaign
from composer.documents import Brief
from composer.preview_customers import kind_of, unlike
from composer.versions import history, overview, speaking_for
from memory.due.rules import due_rules
from memory.ingest import ingest
from store.database import Database
from tests.kit.events import NOW, TEA, identify, order
from tests.kit.factories import LIBRARY, make_brand, make_campaign

pytestmark = pytest.mark.anyio


async def test_each_version_tells_who_saved_it(database: Database) -> None:
    async with database.session() as session:
        await save_brand(session, make_brand())
        await save_campaign(session, make_campaign(), saved_by="account:acc_anna")
        await save_campaign(session, make_campaign(), saved_by="account:acc_other")
        await save_campaign(session, make_campaign(name="Later"), saved_by="key:key_shop")
    async with database.session(readonly=True) as session:
        lines = await history(session, make_campaign().id)
        [line] = await overview(session)
    assert [(one.version, one.saved_by) for one in lines] == [(2, "key:key_shop"), (1, "account:acc_anna")]
    assert (line.name, line.version, line.saved_by, line.runs) == ("Later", 2, "key:key_shop", 0)


async def test_writing_down_the_usual_count_is_a_change(database: Database) -> None:
    async with database.session() as session:
        await save_brand(session, make_brand())
        await save_campaign(session, make_campaign(brief=Brief()))
        written = Brief.model_validate({"limits": {"count": Brief().limits.count}})
        assert await save_campaign(session, make_campaign(brief=written)) == 2
        assert await save_campaign(session, make_campaign(brief=written)) == 2


async def test_a_brand_tells_which_campaigns_have_it_as_it_was(database: Database) -> None:
    brand = make_brand()
    changed = brand.model_copy(update={"facts": ("We are small.",)})
    async with database.session() as session:
        await save_brand(session, brand)
        await save_campaign(session, make_campaign(id="old", name="Old"))
        await save_brand(session, changed)
        await save_campaign(session, make_campaign(id="new", name="New"))
        used = await speaking_for(session, changed)
    assert [(line.id, now) for line, now in used] == [("new", True), ("old", False)]


async def test_a_draft_is_shown_for_customers_who_are_unlike(database: Database) -> None:
    rules = due_rules({flow.name: [(step.name, step.after) for step in flow.steps] for flow in LIBRARY.flows})
    messages = [identify({"email": f"c{number}@example.org"}, days_ago=9, user=f"c{number}") for number in range(8)]
    messages += [order("o1", TEA, days_ago=2, user="c3"), order("o2", TEA, days_ago=400, user="c5")]
    async with database.session() as session:
        await ingest(session, messages, received_at=NOW)
    async with database.session(readonly=True) as session:
        first = await unlike(session, LIBRARY.flow("newsletter"), rules, "one")
        again = await unlike(session, LIBRARY.flow("newsletter"), rules, "one")
        waiting = await unlike(session, LIBRARY.flow("win_back"), rules, "one")
    assert [one.external_id for one in first] == [one.external_id for one in again]
    assert len({kind_of(one) for one in first[:3]}) == 3
    assert {"c3", "c5"} <= {one.external_id for one in first[:3]}
    assert len(waiting) == len({one.external_id for one in waiting})


async def test_where_there_are_no_customers_nobody_is_shown(database: Database) -> None:
    async with database.session(readonly=True) as session:
        assert await unlike(session, LIBRARY.flow("newsletter"), due_rules({}), "one") == []
