"""Events in, memory out, on real databases."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text, update
from sqlmodel import col

from memory.events import parse
from memory.fold import STEPS, remember
from memory.ingest import IngestReport, ingest
from memory.lines import ProductHints
from memory.model import CustomerMemory
from memory.profile import fold_profile, to_profile
from memory.rebuild import load_states, rebuild
from memory.recall import customer_id_of, find_by_email, recall, recall_many
from memory.tables import Customer, Event, MemoryState
from memory.view import to_memory
from store import clock
from store.crypto import Keyring
from store.database import Database
from tests.kit.database import SqliteFactory
from tests.kit.events import APRON, KETTLE, NOW, TEA, arrivals, identify, order, track


async def _ingest(database: Database, *messages: Any, **options: Any) -> IngestReport:
    async with database.session() as session:
        return await ingest(session, messages, received_at=NOW, **options)


async def _recall(database: Database, external_id: str = "u1", **options: Any) -> CustomerMemory:
    options.setdefault("as_of", NOW)
    async with database.session(readonly=True) as session:
        memory = await recall(session, external_id, **options)
    assert memory is not None
    return memory


async def _check_rebuild(database: Database) -> None:
    """What was folded on the way in is what the stored events say."""
    async with database.session(readonly=True) as session:
        customers = (await session.execute(select(Customer))).scalars().all()
        states = await load_states(session, [customer.id for customer in customers])
        for customer in customers:
            rebuilt, _ = await rebuild(session, customer.id)
            assert states.get(customer.id, rebuilt) == rebuilt


async def test_events_become_memory(database: Database) -> None:
    report = await _ingest(
        database,
        identify({"email": "Ada@Example.org", "firstName": "Ada", "locale": "en-GB"}, days_ago=9),
        track("Product Viewed", TEA, days_ago=5),
        order("o1", KETTLE, days_ago=3),
    )
    assert (report.accepted, report.duplicates, report.rejected) == (3, 0, [])
    memory = await _recall(database)
    assert memory.profile.first_name == "Ada"
    assert memory.order_count == 1
    assert {fact.kind for fact in memory.facts} >= {"purchase", "view", "lifecycle"}
    await _check_rebuild(database)


async def test_an_event_counts_once_however_often_it_is_sent(database: Database) -> None:
    message = order("o1", KETTLE, days_ago=1)
    first = await _ingest(database, message, message)
    again = await _ingest(database, message)
    assert (first.accepted, first.duplicates) == (1, 1)
    assert (again.accepted, again.duplicates) == (0, 1)
    assert (await _recall(database)).order_count == 1


async def test_bad_messages_are_reported_and_the_others_taken(database: Database) -> None:
    report = await _ingest(database, track("A"), {"type": "track"}, "junk", track("B"))
    assert report.accepted == 2
    assert [(rejection.index, rejection.reason) for rejection in report.rejected] == [
        (1, "bad_event_name"),
        (2, "event_rejected"),
    ]


async def test_unknown_events_are_kept(database: Database) -> None:
    await _ingest(database, track("Quiz Finished", {"answer": 42}))
    async with database.session(readonly=True) as session:
        row = (await session.execute(select(Event))).scalar_one()
    assert row.name == "Quiz Finished"
    assert b'"answer":42' in row.payload


async def test_nothing_personal_is_readable_in_the_database(sqlite_database: Database) -> None:
    secrets = ("ada@example.org", "Lovelace", "+43123456", "very private query")
    await _ingest(
        sqlite_database,
        identify({"email": secrets[0], "lastName": secrets[1], "phone": secrets[2]}),
        track("Products Searched", {"query": secrets[3]}),
    )
    async with sqlite_database.session(readonly=True) as session:
        tables = (await session.execute(text("SELECT name FROM sqlite_master WHERE type = 'table'"))).scalars()
        for table in tables.all():
            rows = (await session.execute(text(f"SELECT * FROM {table}"))).all()
            assert not any(secret in str(row) for secret in secrets for row in rows)


async def test_customers_are_found_by_address_whatever_its_case(database: Database) -> None:
    await _ingest(database, identify({"email": "Ada@Example.org"}), identify({"email": "b@b.org"}, user="u2"))
    async with database.session(readonly=True) as session:
        assert await find_by_email(session, "ADA@example.org ") == ["u1"]
        assert await find_by_email(session, "nobody@example.org") == []


async def test_a_late_identify_does_not_undo_a_newer_one(database: Database) -> None:
    await _ingest(database, identify({"firstName": "Augusta"}, days_ago=1))
    await _ingest(database, identify({"firstName": "Ada"}, days_ago=5))
    assert (await _recall(database)).profile.first_name == "Augusta"


async def test_a_visitor_who_logs_in_brings_their_past_along(database: Database) -> None:
    await _ingest(database, order("o1", KETTLE, days_ago=30))
    await _ingest(database, track("Product Added", APRON, user=None, anonymous="a1", days_ago=2))
    await _ingest(database, identify({}, anonymous="a1", days_ago=1))
    await _ingest(database, track("Product Added", TEA, user=None, anonymous="a1"))
    memory = await _recall(database)
    assert [line.name for line in memory.cart] == ["Sencha", "Linen Apron"]
    assert memory.order_count == 1
    async with database.session(readonly=True) as session:
        assert (await session.execute(select(func.count()).select_from(Customer))).scalar_one() == 1
    await _check_rebuild(database)


async def test_visitor_and_login_in_one_batch_are_one_person(database: Database) -> None:
    await _ingest(
        database,
        track("Product Added", APRON, user=None, anonymous="a1", days_ago=2),
        identify({"firstName": "Ada"}, anonymous="a1", days_ago=1),
    )
    assert [line.name for line in (await _recall(database)).cart] == ["Linen Apron"]
    await _check_rebuild(database)


GUEST, OTHER_GUEST = f"guest-{'a' * 32}", f"guest-{'b' * 32}"


@pytest.mark.parametrize(
    ("pairs", "people"),
    [
        pytest.param([[(GUEST, GUEST)]], 1, id="a guest who is both"),
        pytest.param([[(GUEST, GUEST)], [(GUEST, GUEST)]], 1, id="again"),
        pytest.param([[(GUEST, "v")], [(GUEST, "v")]], 1, id="a visitor who became a guest, again"),
        pytest.param([[(None, "v")], [(GUEST, "v"), ("u1", GUEST)]], 1, id="visitor, guest and account at once"),
        pytest.param([[(None, "v"), (GUEST, None)], [("u1", GUEST), (GUEST, "v")]], 1, id="the account first"),
        pytest.param([[(GUEST, None), (OTHER_GUEST, None)], [(GUEST, OTHER_GUEST), (OTHER_GUEST, GUEST)]], 1,
                     id="two guests, each the other"),
        pytest.param([[(GUEST, "v")], [("u1", "v"), ("u2", GUEST)]], 2, id="two accounts"),
    ],
)  # fmt: skip
async def test_whoever_is_named_twice_is_one_person_and_nothing_is_lost(
    database: Database, pairs: list[list[tuple[str | None, str | None]]], people: int
) -> None:
    batches = [
        [track("Product Viewed", TEA, user=user, anonymous=anonymous) for user, anonymous in batch] for batch in pairs
    ]
    for batch in batches:
        assert (await _ingest(database, *batch)).accepted == len(batch)
    async with database.session(readonly=True) as session:
        customers = (await session.execute(select(Customer))).scalars().all()
        owners = (await session.execute(select(col(Event.customer_id)))).scalars().all()
        states = await load_states(session, [customer.id for customer in customers])
    assert len(customers) == people
    assert len(owners) == sum(map(len, batches))
    assert set(owners) <= {customer.id for customer in customers}
    assert sum(len(state["views"]) for state in states.values()) == len(owners)
    await _check_rebuild(database)


async def test_a_shared_device_stays_with_who_used_it_first(database: Database) -> None:
    await _ingest(database, identify({}, user="u1", anonymous="a1", days_ago=3))
    await _ingest(database, identify({}, user="u2", anonymous="a1", days_ago=2))
    await _ingest(database, track("Product Added", APRON, user=None, anonymous="a1"))
    assert len((await _recall(database, "u1")).cart) == 1
    assert len((await _recall(database, "u2")).cart) == 0


async def test_memory_as_of_a_past_moment_is_what_had_happened_by_then(database: Database) -> None:
    await _ingest(
        database,
        identify({"firstName": "Ada"}, days_ago=20),
        order("o1", KETTLE, days_ago=10),
        order("o2", TEA, days_ago=3),
        identify({"firstName": "Augusta"}, days_ago=1),
    )
    past = await _recall(database, as_of=NOW - timedelta(days=5))
    assert (past.order_count, past.profile.first_name) == (1, "Ada")
    assert past.as_of == NOW - timedelta(days=5)
    assert (await _recall(database, as_of=NOW)).order_count == 2


async def test_memory_as_of_any_moment_is_that_of_the_events_until_then(database: Database) -> None:
    """Heard of in another order than they happened, and partly as a visitor."""
    messages = [
        identify({"firstName": "Ada"}, days_ago=200),
        *(order(f"o{day}", TEA | {"coupon": "SPRING"}, KETTLE, days_ago=day) for day in (20, 190, 110, 150, 65)),
        track("Product Reviewed", KETTLE | {"rating": 1}, days_ago=100),
        track("Product Viewed", APRON, user=None, anonymous="a1", days_ago=40),
        track("Product Added", APRON, user=None, anonymous="a1", days_ago=30),
        track("Email Opened", days_ago=25),
        identify({"firstName": "Augusta"}, anonymous="a1", days_ago=5),
    ]
    for message in reversed(messages):
        await _ingest(database, message)
    events = [parse(message, NOW) for message in messages]
    customer = (await _recall(database)).customer_id
    for days in (250, 160, 99, 35, 22, 3, 0):
        moment = NOW - timedelta(days=days)
        until = [event for event in events if event.at <= moment]
        profile = to_profile(fold_profile({}, until))
        assert await _recall(database, as_of=moment) == to_memory(customer, "u1", remember(until), profile, moment)


async def test_the_present_is_what_the_clock_says(database: Database) -> None:
    await _ingest(database, track("Product Added", APRON, days_ago=1))
    with clock.frozen_at(NOW + timedelta(days=60)):
        memory = await _recall(database, as_of=None)
    assert memory.as_of == NOW + timedelta(days=60)
    assert "cart" not in {fact.kind for fact in memory.facts}


async def test_states_of_older_rules_are_rebuilt_from_events(database: Database) -> None:
    await _ingest(database, order("o1", KETTLE, days_ago=10))
    async with database.session() as session:
        await session.execute(update(MemoryState).values(fold_version=0, state=b"{}"))
    assert (await _recall(database)).order_count == 1
    await _ingest(database, order("o2", KETTLE, days_ago=1))
    assert (await _recall(database)).order_count == 2
    await _check_rebuild(database)


async def test_product_data_from_the_catalog_survives_a_rebuild(database: Database) -> None:
    catalog = {"p1": ProductHints(name="Copper Drip Kettle", category="Kettles")}
    await _ingest(database, track("Product Added", {"product_id": "p1"}), enrich=catalog.get)
    assert (await _recall(database)).cart[0].name == "Copper Drip Kettle"
    await _check_rebuild(database)


async def test_many_are_recalled_at_once_and_strangers_left_out(database: Database) -> None:
    await _ingest(database, *(order(f"o{n}", TEA, user=f"u{n}", days_ago=1) for n in range(5)))
    async with database.session(readonly=True) as session:
        memories = await recall_many(session, ["u1", "u3", "stranger"], as_of=NOW)
        assert await recall(session, "stranger") is None
        assert await customer_id_of(session, "u1") == memories["u1"].customer_id
    assert sorted(memories) == ["u1", "u3"]


async def test_an_error_afterwards_takes_nothing_in(database: Database) -> None:
    async def fail() -> None:
        async with database.session() as session:
            await ingest(session, [order("o1", KETTLE)], received_at=NOW)
            raise RuntimeError("the edge failed")

    with pytest.raises(RuntimeError):
        await fail()
    async with database.session(readonly=True) as session:
        assert await recall(session, "u1") is None


async def test_ingests_at_once_lose_nothing(database: Database) -> None:
    """Overlapping customers, visitors and message ids from several connections."""
    shared = [order(f"shared{n}", TEA, user=f"u{n % 3}", days_ago=n) for n in range(10)]
    batches = [
        [
            *shared,
            *(track("Product Viewed", TEA, user=f"u{n % 3}", days_ago=batch + n / 10) for n in range(20)),
            track("Product Added", APRON, user=None, anonymous="a1", days_ago=1),
            identify({"firstName": "Ada"}, user="u0", anonymous="a1"),
        ]
        for batch in range(4)
    ]
    reports = await asyncio.gather(*(_ingest(database, *batch) for batch in batches))
    assert sum(report.accepted for report in reports) == 10 + 4 * 22
    assert sum(report.duplicates for report in reports) == 3 * 10
    orders = [(await _recall(database, f"u{n}")).order_count for n in range(3)]
    assert sum(orders) == 10
    await _check_rebuild(database)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=arrivals())
async def test_any_arrival_leaves_what_a_rebuild_would(
    sqlite_factory: SqliteFactory, keyring: Keyring, batches: list[list[dict[str, Any]]]
) -> None:
    """Split over visitors and a user, with duplicates, in any order and batching."""
    database = Database.open(await sqlite_factory.url(), keyring)
    sent = {message["messageId"] for batch in batches for message in batch}
    for batch in batches:
        report = await _ingest(database, *batch)
        assert {one.reason for one in report.rejected} <= {"unreadable_order"}
        sent -= {batch[one.index]["messageId"] for one in report.rejected}
    async with database.session(readonly=True) as session:
        count = await session.execute(select(func.count(col(Event.message_id))))
    assert count.scalar_one() == len(sent)
    await _check_rebuild(database)
    await database.close()


_HOSTILE = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(-(2**63), 2**64 - 1), st.floats(), st.text(max_size=12),
    st.sampled_from(
        [5, True, {}, [], [[]], [1, None, "x"], "NaN", "1e999999", "9" * 300, 1e308, 10**10, 10**6, "\x00", "\ud800",
         "guest-" + "a" * 32, NOW.isoformat(), "0001-01-01", "tea", {"product_id": "p1", "price": 10**10,
         "quantity": 10**6}, [{"product_id": f"p{n}", "price": 10**10, "quantity": 10**6} for n in range(100)]]
    ),
)  # fmt: skip
_NAMES = [
    *STEPS, "Unsubscribed", "Email Subscribed", "Consent Changed", "Survey Answered", "Order Shipped", "Cart Abandoned",
]  # fmt: skip
_FIELDS = st.sampled_from(
    "products order_id total revenue value discount coupon currency product_id sku price quantity name category brand "
    "rating review_body reason query answers gift gift_message email_id message_id link_url url client-info is_machine "
    "bounce_type shipping_address billing_address attributes options compare_at_price consumable_days topics choices "
    "channel email phone firstName address birthday locale timezone consent attributes size user_agent".split()
)
_SAID = st.dictionaries(
    _FIELDS, st.one_of(_HOSTILE, st.lists(st.dictionaries(_FIELDS, _HOSTILE, max_size=5))), max_size=6
)


@st.composite
def _hostile_messages(draw: st.DrawFn) -> dict[str, Any]:
    said = draw(_SAID)
    kind = draw(st.sampled_from(["track", "track", "track", "identify"]))
    message: dict[str, Any] = identify(said) if kind == "identify" else track(draw(st.sampled_from(_NAMES)), said)
    return message | draw(
        st.dictionaries(st.sampled_from(["context", "timestamp", "anonymousId"]), _HOSTILE, max_size=2)
    )


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(messages=st.lists(_hostile_messages(), min_size=4, max_size=10))
async def test_no_message_loses_those_beside_it(database: Database, messages: list[dict[str, Any]]) -> None:
    good = order("o1", KETTLE, user="good")
    report = await _ingest(database, *messages[:3], good, *messages[3:])
    assert report.accepted + len(report.rejected) == len(messages) + 1
    assert 3 not in [one.index for one in report.rejected]
    assert (await _recall(database, "good")).order_count == 1
    async with database.session(readonly=True) as session:
        known = await customer_id_of(session, "u1")
    if known is not None:
        await _recall(database)
    await _check_rebuild(database)


_UNREADABLE = ("NaN", "Infinity", "-inf", "1e400", "sNaN", float("nan"), float("inf"), -1, True, "call us", [5])


@pytest.mark.parametrize("amount", _UNREADABLE, ids=repr)
@pytest.mark.parametrize("name", ["Order Completed", "Order Refunded"])
async def test_an_order_of_which_nothing_can_be_read_is_refused_and_changes_nothing(
    sqlite_database: Database, name: str, amount: Any
) -> None:
    await _ingest(sqlite_database, order("o1", KETTLE, days_ago=2), track("Product Added", TEA, days_ago=1))
    before = await _recall(sqlite_database)
    said = {"order_id": "o1", "products": [{"product_id": "p2", "quantity": -1e99}], "price": "NaN"}
    (refused,) = (await _ingest(sqlite_database, track(name, {"total": amount, **said}))).rejected
    assert (refused.reason, refused.pointer) == ("unreadable_order", "/properties/total")
    assert refused.fix
    assert await _recall(sqlite_database) == before


@pytest.mark.parametrize(
    "said",
    [
        {"total": "NaN", "revenue": "12.50"},
        {"total": "NaN", "products": [TEA]},
        {"total": 12, "products": [{"product_id": "p2", "quantity": -1e99}, 5]},
        {"total": 0},
    ],
)
async def test_an_order_of_which_something_can_be_read_is_taken(
    sqlite_database: Database, said: dict[str, Any]
) -> None:
    report = await _ingest(sqlite_database, track("Order Completed", said), track("Order Refunded", {}))
    assert (report.accepted, report.rejected) == (2, [])
    memory = await _recall(sqlite_database)
    assert memory.order_count == 1
    assert memory.orders[0].total in (0, 12, Decimal("12.5"))


async def test_an_order_without_its_money_is_one_only_if_it_has_an_id(sqlite_database: Database) -> None:
    report = await _ingest(
        sqlite_database, track("Order Completed", {"order_id": "o1"}), track("Order Completed", {"coupon": "SPRING"})
    )
    assert [(one.index, one.reason, one.pointer) for one in report.rejected] == [
        (1, "unreadable_order", "/properties/total")
    ]
    assert [one.order_id for one in (await _recall(sqlite_database)).orders] == ["o1"]


@pytest.mark.parametrize(
    "said", [{"products": 5}, {"products": True}, {"products": {"product_id": "p1"}}, {"products": [1, None, "x"]}]
)
@pytest.mark.parametrize("name", ["Order Completed", "Order Updated", "Order Refunded", "Cart Viewed"])
async def test_products_that_are_none_are_left_out(sqlite_database: Database, name: str, said: dict[str, Any]) -> None:
    message = track(name, {"order_id": "o1", "total": 5, "currency": "EUR", **said})
    assert (await _ingest(sqlite_database, message, order("o2", KETTLE))).accepted == 2


async def test_lines_that_come_to_more_than_any_amount_are_cut_to_it(sqlite_database: Database) -> None:
    dear = [{"product_id": f"p{n}", "price": 10**10, "quantity": 10**6} for n in range(5)]
    await _ingest(sqlite_database, order("o1", *dear), order("o2", KETTLE, days_ago=1))
    memory = await _recall(sqlite_database)
    assert memory.order_count == 2
    await _check_rebuild(sqlite_database)
