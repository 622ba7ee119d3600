"""Who did what is written down, and the log shows whether it was touched."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx2
import pytest
from sqlalchemy import text

from api import audit
from store.database import Database
from tests.kit.factories import make_brand, make_campaign

pytestmark = pytest.mark.anyio

Authorized = Callable[..., Awaitable[dict[str, str]]]


async def verify(database: Database, expected: str = "") -> audit.Chain:
    async with database.session(readonly=True) as session:
        return await audit.verify(session, expected=expected, progress=lambda _: None)


async def write(database: Database, count: int = 4) -> str:
    """So many entries; the head."""
    for number in range(count):
        async with database.session() as session:
            await audit.append(session, "campaign.save", f"c{number}", after={"subject": f"number {number}"})
    return (await verify(database)).head


async def tamper(database: Database, statement: str) -> None:
    async with database.session() as session:
        await session.execute(text(statement))


async def test_an_untouched_log_is_whole_and_knows_its_earlier_heads(database: Database) -> None:
    noted = await write(database)
    await write(database, 2)
    chain = await verify(database, noted)
    assert (chain.entries, chain.intact, chain.has_expected) == (6, True, True)
    async with database.session(readonly=True) as session:
        kept = " ".join(map(str, (await session.execute(text("SELECT * FROM audit"))).all()))
    assert "number 3" not in kept


@pytest.mark.parametrize(
    ("statement", "broken_at"),
    [
        ("UPDATE audit SET actor = 'key:somebody_else' WHERE id = 2", 2),
        ("UPDATE audit SET at = '2020-01-01 00:00:00' WHERE id = 3", 3),
        ("UPDATE audit SET after = NULL WHERE id = 4", 4),
        ("DELETE FROM audit WHERE id = 2", 3),
        ("DELETE FROM audit WHERE id = 1", 2),
    ],
)
async def test_a_change_or_a_gap_shows_where_it_is(sqlite_database: Database, statement: str, broken_at: int) -> None:
    await write(sqlite_database)
    await tamper(sqlite_database, statement)
    chain = await verify(sqlite_database)
    assert (chain.intact, chain.broken_at) == (False, broken_at)


async def test_that_the_newest_were_cut_off_shows_against_a_head_noted_before(sqlite_database: Database) -> None:
    noted = await write(sqlite_database)
    await tamper(sqlite_database, "DELETE FROM audit WHERE id = 4")
    assert (await verify(sqlite_database)).intact
    assert (await verify(sqlite_database, noted)).has_expected is False


async def test_what_callers_do_is_written_under_their_key(
    client: httpx2.AsyncClient, authorized: Authorized, headers: dict[str, str]
) -> None:
    writer = await authorized("write")
    await client.put("/v1/brands/harbour", json=make_brand().model_dump(mode="json"), headers=writer)
    await client.post("/v1/campaigns", json=make_campaign().model_dump(mode="json"), headers=writer)
    page = (await client.get("/v1/audit?limit=3", headers=headers)).json()
    done = [(entry["action"], entry["about"]) for entry in page["data"]]
    assert done[:2] == [("campaign.save", "autumn"), ("brand.save", "harbour")]
    assert page["data"][0]["actor"].startswith("key:key_")
    rest = (await client.get(f"/v1/audit?cursor={page['next_cursor']}", headers=headers)).json()
    assert [entry["action"] for entry in rest["data"]] == ["key.create"]
    assert (await client.get("/v1/audit", headers=writer)).status_code == 403
    assert (await client.get("/v1/audit?cursor=YWJj", headers=headers)).status_code == 422


async def test_an_erasure_over_http_is_taken_and_can_be_looked_up(
    client: httpx2.AsyncClient, authorized: Authorized, headers: dict[str, str]
) -> None:
    body = {"traits": {"email": "ada@post.example", "firstName": "Ada"}}
    await client.put("/v1/customers/ada-1815", json=body, headers=headers)
    assert (await client.delete("/v1/customers/ada-1815", headers=await authorized("write"))).status_code == 403
    taken = await client.delete("/v1/customers/ada-1815?why=ticket%207", headers=headers)
    assert (taken.status_code, taken.json()["status"]) == (202, "wiping")
    found = await client.get(taken.headers["Location"], headers=headers)
    assert found.json()["id"] == taken.json()["id"]
    assert "ada" not in found.text
    assert (await client.get("/v1/customers/ada-1815", headers=headers)).status_code == 404
    assert (await client.delete("/v1/customers/nobody", headers=headers)).status_code == 404
    assert (await client.delete("/v1/customers/ada-1815?why=ada%40post.example", headers=headers)).status_code == 202
