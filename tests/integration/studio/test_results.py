"""Pages of results: what is said of a campaign, and what is not said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from api.house import House
from api.keys import create_key
from composer.campaigns import save_brand, save_campaign
from composer.results.tables import ResultDayRow
from memory.ingest import ingest
from memory.privacy.requests import Kind, ask
from memory.recall import customer_id_of
from store import clock
from tests.integration.studio.conftest import SignedIn
from tests.kit.factories import make_brand, make_campaign
from tests.kit.runs import open_shop, start_run

pytestmark = pytest.mark.anyio
HOSTILE = "<script>alert(1)</script>"


async def counted(house: House, *, holdout: bool = True, name: str = "Autumn letter") -> None:
    """A campaign that plainly sells, with or without somebody held out."""
    day = clock.now().date() - timedelta(days=30)
    mailed: dict[str, Any] = {
        "customers": 5_000,
        "emails": 4_800,
        "delivered": 4_700,
        "opened": 1_900,
        "machine_opened": 300,
    }
    bought: dict[str, Any] = {
        "clicked": 400,
        "buyers": 500,
        "orders": 520,
        "revenue": 200_000_000,
        "revenue_squared": 900_000.0,
    }
    held: dict[str, Any] = {
        "customers": 5_000,
        "buyers": 300,
        "orders": 300,
        "revenue": 120_000_000,
        "revenue_squared": 500_000.0,
    }
    async with house.database.session() as session:
        await save_brand(session, make_brand())
        await save_campaign(session, make_campaign(name=name))
        session.add(ResultDayRow(campaign_id="autumn", side="mailed", day=day, **mailed, **bought))
        if holdout:
            session.add(ResultDayRow(campaign_id="autumn", side="holdout", day=day, **held))


async def test_a_difference_is_told_with_what_it_may_as_well_be(signed_in: SignedIn, house: House) -> None:
    await counted(house)
    viewer = await signed_in("viewer")
    page = (await viewer.get("/results/autumn")).text
    assert "Sells more" in page
    assert "spent 1.15 to 2.05 GBP more than those held out, within 7 days (95 % sure)" in page
    assert "300 more were opened by machines alone" in page
    for path in ("/results", "/results/panel"):
        assert "Autumn letter" in (await viewer.get(path)).text


async def test_without_a_holdout_no_difference_is_named(signed_in: SignedIn, house: House) -> None:
    await counted(house, holdout=False)
    page = (await (await signed_in("viewer")).get("/results/autumn")).text
    assert "Nobody was held out" in page
    assert "Sells more" not in page


async def test_before_anything_was_counted_the_pages_say_so(signed_in: SignedIn, house: House) -> None:
    await open_shop(house.database)
    viewer = await signed_in("viewer")
    assert "Nothing to count yet" in (await viewer.get("/results")).text
    assert "Nobody has been written to yet" in (await viewer.get("/results/autumn")).text
    assert (await viewer.get("/results/nowhere")).status_code == 404


async def test_a_hostile_name_is_text(signed_in: SignedIn, house: House) -> None:
    await counted(house, name=HOSTILE)
    viewer = await signed_in("viewer")
    for path in ("/results", "/results/panel", "/results/autumn"):
        page = (await viewer.get(path)).text
        assert HOSTILE not in page
        assert "&lt;script&gt;" in page


async def test_programs_get_the_same_figures(signed_in: SignedIn, house: House) -> None:
    await counted(house)
    async with house.database.session() as session:
        _, token = await create_key(session, "reader", ["read"])
    client = (await signed_in("viewer")).client
    answer = await client.get("/v1/campaigns/autumn/results", headers={"Authorization": f"Bearer {token}"})
    assert answer.json()["comparison"]["verdict"] == "more"
    assert answer.json()["mailed"]["revenue"] == 200_000_000
    assert (await client.get("/v1/campaigns/autumn/results")).status_code == 401


async def test_who_asked_to_be_erased_needs_somebody(signed_in: SignedIn, house: House) -> None:
    await counted(house)
    async with house.database.session() as session:
        await ingest(session, [{"type": "identify", "userId": "c-1", "messageId": "i", "traits": {}}])
        customer_id = await customer_id_of(session, "c-1")
        assert customer_id is not None
        await ask(session, customer_id, Kind.ERASE)
    viewer = await signed_in("viewer")
    await start_run(house.database, 1)
    assert "1 customer asks for their data, or to be erased" in (await viewer.get("")).text
