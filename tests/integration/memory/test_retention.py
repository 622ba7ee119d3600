"""What is old goes; what was learned from it stays, and nothing counts twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import func
from sqlmodel import select

from memory.ingest import ingest
from memory.privacy.bases import BeforeHorizon
from memory.privacy.retention import count_events, fold_away, forget_contacts, forget_visitors
from memory.privacy.tables import BaseRow
from memory.rebuild import rebuild
from memory.recall import customer_id_of, recall
from memory.tables import Contact, Customer, Event, MemoryState
from store import clock
from store.database import Database
from tests.kit.events import KETTLE, NOW, TEA, identify, order, track

pytestmark = pytest.mark.anyio

CUT = NOW - timedelta(days=50)


async def send(database: Database, *messages: dict[str, Any]) -> list[str]:
    async with database.session() as session:
        return [one.reason for one in (await ingest(session, list(messages))).rejected]


async def drain(steps: AsyncIterator[int]) -> int:
    return sum([removed async for removed in steps])


def past(user: str = "u1") -> list[dict[str, Any]]:
    return [
        identify({"firstName": "Ada", "email": "ada@post.example"}, user=user, days_ago=90, message_id=f"{user}-i"),
        order(f"{user}-o1", KETTLE, user=user, days_ago=80),
        track("Products Searched", {"query": "blue kettle"}, user=user, days_ago=70, message_id=f"{user}-s"),
        track("Product Viewed", TEA, user=user, days_ago=60, message_id=f"{user}-v"),
        order(f"{user}-o2", TEA, user=user, days_ago=40),
        track("Products Searched", {"query": "green tea"}, user=user, days_ago=30, message_id=f"{user}-s2"),
    ]


async def state_of(database: Database, user: str = "u1") -> Any:
    """As folded, and as rebuilt: the two must be one."""
    async with database.session(readonly=True) as session:
        customer = await customer_id_of(session, user)
        assert customer is not None
        row = await session.get(MemoryState, customer)
        assert row is not None
        rebuilt, profile = await rebuild(session, customer)
        assert orjson.loads(orjson.dumps(rebuilt)) == orjson.loads(row.state)
        return rebuilt, profile


async def test_memory_is_what_it_was_after_its_old_events_are_gone(database: Database) -> None:
    await send(database, *past(), *past("u2"))
    before = await state_of(database)
    async with database.session(readonly=True) as session:
        assert await count_events(session, CUT, "events") == 8
    assert await drain(fold_away(database, CUT, "events")) == 8
    assert await state_of(database) == before

    await send(database, order("o3", KETTLE, days_ago=2))
    assert await drain(fold_away(database, NOW - timedelta(days=35), "events")) == 2
    await state_of(database)
    with clock.frozen_at(NOW):
        async with database.session(readonly=True) as session:
            memory = await recall(session, "u1")
    assert memory is not None
    assert (memory.order_count, memory.profile.first_name) == (3, "Ada")


async def test_an_event_that_was_folded_away_is_not_counted_again(database: Database) -> None:
    await send(database, *past())
    await drain(fold_away(database, CUT, "events"))
    before = await state_of(database)
    assert await send(database, *past()[:4]) == ["beyond_retention"] * 4
    assert await state_of(database) == before
    assert await send(database, track("Product Viewed", TEA, days_ago=45), *past("u3")) == []


async def test_memory_as_of_a_time_that_is_kept_no_more_says_so(sqlite_database: Database) -> None:
    await send(sqlite_database, *past())
    await drain(fold_away(sqlite_database, CUT, "events"))
    async with sqlite_database.session(readonly=True) as session:
        with pytest.raises(BeforeHorizon, match="kept no more"):
            await recall(session, "u1", as_of=NOW - timedelta(days=75))
        memory = await recall(session, "u1", as_of=NOW - timedelta(days=45))
    assert memory is not None
    assert memory.order_count == 1


async def test_searches_go_sooner_and_other_events_stay(sqlite_database: Database) -> None:
    await send(sqlite_database, *past())
    before = await state_of(sqlite_database)
    assert await drain(fold_away(sqlite_database, NOW - timedelta(days=20), "searches")) == 2
    assert await state_of(sqlite_database) == before
    async with sqlite_database.session(readonly=True) as session:
        left = (await session.execute(select(Event.name))).scalars().all()
    assert "Products Searched" not in left
    assert len(left) == 4
    late = track("Product Viewed", KETTLE, days_ago=65)
    assert await send(sqlite_database, past()[2], late) == ["beyond_retention"]


async def test_a_visitors_folded_past_goes_with_them_to_the_customer_they_turn_out_to_be(database: Database) -> None:
    seen = [track("Product Viewed", KETTLE, user=None, anonymous="a1", days_ago=days) for days in (90, 80, 10)]
    await send(database, *seen, *past())
    await drain(fold_away(database, CUT, "events"))
    await send(database, identify({"lastName": "Lovelace"}, anonymous="a1", days_ago=5))
    state, _ = await state_of(database)
    assert len(state["views"]) == 4
    async with database.session(readonly=True) as session:
        assert len((await session.execute(select(BaseRow))).scalars().all()) == 1


async def test_visitors_of_whom_nothing_was_heard_are_forgotten_and_nobody_else(database: Database) -> None:
    with clock.frozen_at(NOW - timedelta(days=60)):
        await send(database, *past(), track("Cart Viewed", user=None, anonymous="gone", days_ago=95))
        await send(database, track("Cart Viewed", user=None, anonymous="back", days_ago=95))
    await send(database, track("Cart Viewed", user=None, anonymous="back", days_ago=1))
    assert await drain(forget_visitors(database, CUT)) == 1
    async with database.session(readonly=True) as session:
        assert (await session.execute(select(func.count()).select_from(Customer))).scalar_one() == 2


async def test_old_contacts_go(sqlite_database: Database) -> None:
    await send(sqlite_database, *past())
    async with sqlite_database.session() as session:
        customer = await customer_id_of(session, "u1")
        assert customer is not None
        for days in (10, 100, 200):
            at = NOW - timedelta(days=days)
            session.add(
                Contact(
                    key=f"k{days}",
                    customer_id=customer,
                    campaign="c",
                    decision="sent",
                    reason="ok",
                    rule_version="1",
                    at=at,
                )
            )
    assert await drain(forget_contacts(sqlite_database, CUT)) == 2
