"""Agendas do not depend on how we heard of things, and what is kept is what would be made anew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from memory.due.agenda import agenda
from memory.due.answering import Due, due_now
from memory.due.making import keep_up
from memory.due.moments import Moment, Whom
from memory.due.news import Announced, announce
from memory.due.rules import due_rules
from memory.due.stale import note_changes
from memory.due.tables import AgendaRow, NewsRow, StaleRow, WantedRow
from memory.events import Event, parse
from memory.fold import remember
from memory.ingest import ingest
from memory.ledger import Decided, record_contacts
from memory.merging import merge
from memory.parts.carts import begun, merge_days, put_day
from memory.recall import customer_id_of
from memory.state import State
from memory.tables import Consent, ConsentChange, Contact, Customer, CustomerAlias, MemoryState
from memory.tables import Event as EventRow
from store import clock
from store.database import Database
from store.upsert import table_of
from tests.kit.events import NOW, arrivals, histories
from tests.kit.factories import LIBRARY

RULES = due_rules({str(flow.name): [(step.name, step.after) for step in flow.steps] for flow in LIBRARY.flows})
LONG_AGO = NOW - timedelta(days=400)
DAY_US = timedelta(days=1) // timedelta(microseconds=1)
moments_of_time = st.integers(0, 40).map(lambda hours: NOW + timedelta(hours=hours * 5))


def _agenda(state: State) -> list[Moment]:
    return agenda(Whom(state, consented_at=NOW), RULES, LONG_AGO)


def _events(messages: Sequence[dict[str, Any]]) -> list[Event]:
    return [parse(message, NOW) for message in messages]


@given(histories(), st.data())
def test_the_agenda_of_a_history_is_the_same_whatever_its_order(
    messages: list[dict[str, Any]], data: st.DataObject
) -> None:
    events = _events(messages)
    shuffled = data.draw(st.permutations(events))
    split = data.draw(st.integers(0, len(events)))
    expected = _agenda(remember(events))
    assert _agenda(remember(shuffled)) == expected
    assert _agenda(merge(remember(shuffled[:split]), remember(shuffled[split:]))) == expected


@given(histories())
def test_no_two_moments_share_a_step_of_an_occasion_and_none_ends_before_it_begins(
    messages: list[dict[str, Any]],
) -> None:
    found = _agenda(remember(_events(messages)))
    keys = [(one.flow, one.occasion, one.step) for one in found]
    assert len(keys) == len(set(keys))
    assert all(one.from_at < one.until_at and len(one.occasion) <= 128 for one in found)


@given(histories())
def test_a_cart_that_was_ordered_is_never_due(messages: list[dict[str, Any]]) -> None:
    last = {
        "type": "track",
        "event": "Order Completed",
        "userId": "u1",
        "messageId": "last",
        "timestamp": NOW.isoformat(),
        "properties": {"products": []},
    }
    found = _agenda(remember(_events([*messages, last])))
    assert not [one for one in found if one.flow == "abandoned_cart"]


@given(histories(), moments_of_time)
def test_what_time_takes_from_an_agenda_is_what_is_over(messages: list[dict[str, Any]], later: Any) -> None:
    state = remember(_events(messages))
    kept = [one for one in _agenda(state) if one.until_at > later]
    assert agenda(Whom(state, consented_at=NOW), RULES, later) == kept


@given(st.lists(st.integers(0, 12 * DAY_US), max_size=25), st.integers(0, 25), st.integers(1, 4))
def test_the_days_of_carts_are_the_latest_and_of_each_the_first_moment(
    times: list[int], split: int, limit: int
) -> None:
    kept: dict[str, int] = {}
    other: dict[str, int] = {}
    for number, time in enumerate(times):
        put_day(kept if number < split else other, str(time // DAY_US), time, limit)
    merge_days(kept, other, limit)
    days = sorted({time // DAY_US for time in times})[-limit:]
    assert kept == {str(day): min(time for time in times if time // DAY_US == day) for day in days}


@given(st.lists(st.integers(0, 20 * DAY_US), min_size=1, max_size=20), st.integers(-1, 20 * DAY_US))
def test_a_cart_begins_behind_the_last_order_and_not_behind_what_was_put_in_last(times: list[int], after: int) -> None:
    days: dict[str, int] = {}
    for time in times:
        put_day(days, str(time // DAY_US), time)
    newest = max(times)
    if newest > after:
        assert after <= begun(days, newest, after) <= newest


MODELS = (
    AgendaRow, StaleRow, WantedRow, NewsRow, Contact, Consent, ConsentChange, MemoryState, CustomerAlias, EventRow,
    Customer,
)  # fmt: skip


async def _empty(database: Database) -> None:
    async with database.session() as session:
        for model in MODELS:
            await session.execute(delete(table_of(model)))


async def _kept(database: Database) -> list[set[tuple[Any, ...]]]:
    async with database.session(readonly=True) as session:
        queries = (select(table_of(model)) for model in (AgendaRow, WantedRow))
        return [{tuple(row) for row in await session.execute(query)} for query in queries]


async def _write_to_all(database: Database, at: datetime, written: list[tuple[str, str, str]]) -> None:
    """Contact everyone who is due, as a run would; nobody twice in a flow, nothing twice at all."""
    async with database.session() as session:
        for flow in RULES.flows:
            page = await due_now(session, flow, at, consent_required=False)
            customers = [one.customer for one in page.due]
            assert len(customers) == len(set(customers))
            for one in page.due:
                written.append((one.flow, one.step, one.occasion))
                customer = await customer_id_of(session, one.customer)
                assert customer is not None
                told = Decided(f"{written[-1]}", customer, "c", "sent", "ok", "1", at, None, *_about(one))
                await record_contacts(session, [told])


def _about(due: Due) -> tuple[str, str, str]:
    return due.flow, due.step, due.occasion


news = st.builds(
    Announced,
    product_id=st.sampled_from("12"),
    kind=st.sampled_from(["price_drop", "back_in_stock"]),
    over=st.booleans(),
)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=arrivals(), told=st.lists(news, max_size=5), hours=st.lists(st.integers(0, 80), min_size=6, max_size=6))
async def test_keeping_up_comes_to_what_is_made_anew_and_nobody_is_written_to_twice_about_one_thing(
    database: Database, batches: list[list[dict[str, Any]]], told: list[Announced], hours: list[int]
) -> None:
    await _empty(database)
    at, written = NOW, list[tuple[str, str, str]]()
    for number, batch in enumerate(batches):
        at += timedelta(hours=hours[number])
        with clock.frozen_at(at):
            async with database.session() as session:
                await ingest(session, batch, received_at=NOW)
                await announce(session, told[number : number + 1], at)
            await keep_up(database, RULES, at)
        await _write_to_all(database, at, written)
    assert len(written) == len(set(written))
    await keep_up(database, RULES, at)
    kept = await _kept(database)
    async with database.session() as session:
        await note_changes(session, select(table_of(MemoryState).c.customer_id))
    await keep_up(database, RULES, at)
    assert await _kept(database) == kept
