"""What happened with one customer, page by page."""

from __future__ import annotations

import pytest

from memory.account.timeline import happened
from memory.ingest import ingest
from memory.recall import customer_id_of
from store.database import Database
from tests.kit.events import KETTLE, TEA, identify, order, track

pytestmark = pytest.mark.anyio


async def _told(database: Database, *messages: dict[str, object]) -> str:
    async with database.session() as session:
        assert not (await ingest(session, [identify({"firstName": "Ada"}, days_ago=90), *messages])).rejected
    async with database.session(readonly=True) as session:
        customer = await customer_id_of(session, "u1")
    assert customer is not None
    return customer


async def test_it_is_told_in_words_the_newest_first(database: Database) -> None:
    customer = await _told(
        database,
        order("o-1", TEA, KETTLE, days_ago=5),
        track("Products Searched", {"query": "whisk"}, days_ago=4),
        track("Spun the Wheel", {"prize": 3}, days_ago=3),
    )
    async with database.session(readonly=True) as session:
        told = await happened(session, customer)
    assert [(one.what, one.about, one.words) for one in told] == [
        ("Spun the Wheel", (), ""),
        ("Searched the shop", (), "whisk"),
        ("Ordered", ("Sencha", "Copper Drip Kettle"), ""),
        ("Details told", ("firstName",), ""),
    ]


async def test_what_happened_at_one_moment_is_neither_lost_nor_shown_twice_between_pages(database: Database) -> None:
    customer = await _told(database, *(track("Product Viewed", TEA, days_ago=1) for _ in range(9)))
    async with database.session(readonly=True) as session:
        whole = [one.id for one in await happened(session, customer)]
        paged: list[str] = []
        page = await happened(session, customer, limit=4)
        while page:
            paged += [one.id for one in page]
            page = await happened(session, customer, before=(page[-1].at, page[-1].id), limit=4)
    assert paged == whole
    assert len(whole) == 10
