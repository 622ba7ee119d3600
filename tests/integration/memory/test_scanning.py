"""Who is seen by jobs that do not need everybody."""

from __future__ import annotations

from memory.ingest import ingest
from memory.scanning import BATCH, remembered, remembered_among
from store.database import Database
from tests.kit.events import track

PEOPLE = 1_600


async def _open(database: Database, people: int = PEOPLE) -> None:
    async with database.session() as session:
        await ingest(session, [track("Product Viewed", {"product_id": "p"}, user=f"u{n}") for n in range(people)])
        await ingest(session, [track("Product Viewed", {"product_id": "p"}, user=None, anonymous="nobody")])


async def _seen(database: Database, most: int | None = None) -> list[str]:
    return [one.external_id async for batch in remembered(database, most=most) for one in batch]


async def test_an_even_share_is_drawn_the_same_each_time_and_more_of_it_when_more_are_wanted(
    database: Database,
) -> None:
    await _open(database)
    everybody = await _seen(database)
    assert len(everybody) == len(set(everybody)) == PEOPLE
    assert set(await _seen(database, most=PEOPLE + 1)) == set(everybody)
    half, tenth = await _seen(database, most=PEOPLE // 2), await _seen(database, most=PEOPLE // 10)
    # Six standard deviations of a fair draw.
    assert abs(len(half) - PEOPLE / 2) < 6 * (PEOPLE / 4) ** 0.5
    assert abs(len(tenth) - PEOPLE / 10) < 6 * (PEOPLE * 0.09) ** 0.5
    assert set(tenth) < set(half) < set(everybody)
    assert await _seen(database, most=PEOPLE // 10) == tenth


async def test_those_who_are_named_are_seen_and_no_others(database: Database) -> None:
    await _open(database, BATCH + 200)
    ids = [one.customer_id async for batch in remembered(database) for one in batch]
    assert len(ids) == BATCH + 200
    wanted = ids[1:]
    found = [
        one.customer_id async for batch in remembered_among(database, [*reversed(wanted), "cus_none"]) for one in batch
    ]
    assert found == wanted
    assert [batch async for batch in remembered_among(database, [])] == []
