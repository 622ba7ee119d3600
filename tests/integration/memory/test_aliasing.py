"""An `alias` joins a visitor to a customer, as any event with both ids does, and never two customers."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from memory.ingest import IngestReport, ingest
from memory.model import CustomerMemory
from memory.privacy import tombstones
from memory.privacy.erasures import begin
from memory.rebuild import load_states, rebuild
from memory.recall import recall
from memory.tables import Customer
from store.crypto import Keyring
from store.database import Database
from store.evidence import Wanted
from tests.kit.database import SqliteFactory
from tests.kit.events import APRON, KETTLE, NOW, TEA, identify, order, track


def alias(previous: Any, user: Any, *, days_ago: float = 0, message_id: str = "alias") -> dict[str, Any]:
    message = {
        "type": "alias", "messageId": message_id, "previousId": previous, "userId": user,
        "timestamp": (NOW - timedelta(days=days_ago)).isoformat(),
    }  # fmt: skip
    return {name: value for name, value in message.items() if value is not None}


async def _ingest(database: Database, *messages: Any) -> IngestReport:
    async with database.session() as session:
        return await ingest(session, messages, received_at=NOW)


async def _recall(database: Database, external_id: str = "u1") -> CustomerMemory | None:
    async with database.session(readonly=True) as session:
        return await recall(session, external_id, as_of=NOW)


async def _customers(database: Database) -> int:
    async with database.session(readonly=True) as session:
        return (await session.execute(select(func.count()).select_from(Customer))).scalar_one()


def _why(report: IngestReport) -> list[tuple[str, str | None]]:
    return [(one.reason, one.pointer) for one in report.rejected]


VISITOR = track("Product Added", APRON, user=None, anonymous="anon-9", days_ago=2, message_id="put")
BOUGHT = order("o1", KETTLE, days_ago=30)


@pytest.mark.parametrize(
    "joining", [alias("anon-9", "u1"), identify({}, anonymous="anon-9")], ids=["alias", "identify"]
)
@pytest.mark.parametrize("first", ["visit", "joining", "together"])
async def test_an_alias_brings_what_the_visitor_did(database: Database, joining: dict[str, Any], first: str) -> None:
    await _ingest(database, BOUGHT)
    batches = {"visit": [[VISITOR], [joining]], "joining": [[joining], [VISITOR]], "together": [[joining, VISITOR]]}
    for batch in batches[first]:
        assert (await _ingest(database, *batch)).accepted == len(batch)
    await _ingest(database, track("Product Added", TEA, user=None, anonymous="anon-9"))
    memory = await _recall(database)
    assert memory is not None
    assert [line.name for line in memory.cart] == ["Sencha", "Linen Apron"]
    assert memory.order_count == 1
    assert await _customers(database) == 1


@pytest.mark.parametrize(
    ("before", "beside"),
    [
        pytest.param([order("o0", TEA, user="old")], [], id="a customer who is known"),
        pytest.param([], [order("o0", TEA, user="old")], id="a customer of the same batch"),
        pytest.param([identify({}, user="u2", anonymous="old")], [], id="another's visitor"),
        pytest.param([], [identify({}, user="u2", anonymous="old", days_ago=1)], id="another's in the same batch"),
    ],
)
async def test_two_customers_are_not_joined(database: Database, before: list[Any], beside: list[Any]) -> None:
    if before:
        await _ingest(database, *before)
    report = await _ingest(database, *beside, alias("old", "u1"), BOUGHT)
    assert _why(report) == [("two_customers", "/previousId")]
    assert report.rejected[0].fix
    memory = await _recall(database)
    assert memory is not None
    assert [one.order_id for one in memory.orders] == ["o1"]
    assert await _customers(database) == 2


async def test_who_gets_a_user_id_after_an_alias_named_it_is_a_customer_of_their_own(database: Database) -> None:
    """The same two memories as when the customer comes first."""
    await _ingest(database, alias("old", "u1"), BOUGHT)
    await _ingest(database, order("o0", TEA, user="old"))
    assert (await _ingest(database, alias("old", "u1"))).duplicates == 1
    for user, orders in (("u1", ["o1"]), ("old", ["o0"])):
        memory = await _recall(database, user)
        assert memory is not None
        assert [one.order_id for one in memory.orders] == orders


@pytest.mark.parametrize(
    ("message", "pointer"),
    [
        (alias("anon-9", None) | {"anonymousId": "a"}, "/userId"),
        (alias(None, "u1"), "/previousId"),
        (alias({"id": 1}, "u1"), "/previousId"),
        (alias("x" * 256, "u1"), "/previousId"),
        (alias("anon\x009", "u1"), "/previousId"),
    ],
)
async def test_an_alias_that_names_nobody_is_refused(sqlite_database: Database, message: Any, pointer: str) -> None:
    report = await _ingest(sqlite_database, message)
    assert [where for _, where in _why(report)] == [pointer]
    assert await _customers(sqlite_database) == 0


async def test_the_visitor_may_stand_as_anonymous_id(sqlite_database: Database) -> None:
    await _ingest(sqlite_database, VISITOR, alias(None, "u1") | {"anonymousId": "anon-9"})
    memory = await _recall(sqlite_database)
    assert memory is not None
    assert [line.name for line in memory.cart] == ["Linen Apron"]


async def test_an_alias_does_not_bring_back_a_visitor_who_was_erased(sqlite_database: Database) -> None:
    async with sqlite_database.session() as session:
        erasure = await begin(session, "anon-9", actor="test", removed={}, wanted=Wanted(()), at=NOW)
        await tombstones.bury(session, erasure.id, ["anon-9"], NOW)
    report = await _ingest(sqlite_database, alias("anon-9", "u2", days_ago=1))
    assert [why for why, _ in _why(report)] == ["erased"]


_DEVICES = st.sampled_from(["a1", "a2", "a3"])
_VISITS = st.tuples(_DEVICES, st.sampled_from([TEA, KETTLE, APRON]), st.integers(0, 5))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(visits=st.lists(_VISITS, max_size=8), joined=st.sets(_DEVICES, min_size=1), data=st.data())
async def test_whenever_an_alias_comes_and_however_often_the_memory_is_the_same(
    sqlite_factory: SqliteFactory,
    keyring: Keyring,
    visits: list[tuple[str, dict[str, Any], int]],
    joined: set[str],
    data: st.DataObject,
) -> None:
    messages = [
        track("Product Added", product, user=None, anonymous=device, days_ago=days, message_id=f"v{number}")
        for number, (device, product, days) in enumerate(visits)
    ] + [alias(device, "u1", message_id=f"alias-{device}") for device in sorted(joined)]
    theirs = [visit for visit in visits if visit[0] in joined]
    waiting = data.draw(st.permutations([*messages, *messages[-2:]]))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(waiting)), max_size=3)))
    database = Database.open(await sqlite_factory.url(), keyring)
    for start, end in pairwise([0, *cuts, len(waiting)]):
        assert not (await _ingest(database, *waiting[start:end])).rejected
    memory = await _recall(database)
    assert memory is not None
    assert {line.product_id for line in memory.cart} == {product["product_id"] for _, product, _ in theirs}
    async with database.session(readonly=True) as session:
        rebuilt, _ = await rebuild(session, memory.customer_id)
        assert (await load_states(session, [memory.customer_id]))[memory.customer_id] == rebuilt
    assert await _customers(database) == 1 + len({device for device, _, _ in visits} - joined)
    await database.close()
