"""Proving who one is on one's own page, and what is asked for there."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from memory.ingest import ingest
from memory.privacy.proving import MAX_TRIES, WINDOW, TooManyTries, is_theirs
from memory.privacy.requests import Kind, Request, UnknownRequest, answer, ask, waiting, waiting_of
from memory.recall import customer_id_of
from store import clock
from store.database import Database
from tests.kit.events import identify

pytestmark = pytest.mark.anyio


async def _customer(database: Database, name: str = "ada") -> str:
    async with database.session() as session:
        await ingest(session, [identify({"email": f"{name}@example.com"}, user=name)])
    async with database.session(readonly=True) as session:
        customer = await customer_id_of(session, name)
    assert customer is not None
    return customer


async def _named(database: Database, customer: str, address: str) -> bool:
    async with database.session() as session:
        return await is_theirs(session, customer, address)


async def test_the_address_on_file_proves_it_however_it_is_spelled(database: Database) -> None:
    customer = await _customer(database)
    assert await _named(database, customer, "  Ada@Example.com ")
    assert not await _named(database, customer, "bob@example.com")


async def test_after_too_many_wrong_addresses_the_right_one_waits_an_hour(database: Database) -> None:
    customer, other = await _customer(database), await _customer(database, "bob")
    for number in range(MAX_TRIES):
        assert not await _named(database, customer, f"guess{number}@example.com")
    with pytest.raises(TooManyTries):
        await _named(database, customer, "ada@example.com")
    assert await _named(database, other, "bob@example.com")
    later = clock.now() + WINDOW + timedelta(seconds=1)
    with clock.frozen_at(later):
        assert await _named(database, customer, "ada@example.com")


async def test_guesses_that_come_at_once_are_counted_one_by_one(database: Database) -> None:
    customer = await _customer(database)
    guesses = [_named(database, customer, f"guess{number}@example.com") for number in range(MAX_TRIES * 2)]
    answers = await asyncio.gather(*guesses, return_exceptions=True)
    assert [type(one) for one in answers].count(TooManyTries) == MAX_TRIES


async def test_what_is_asked_for_twice_at_once_stands_on_the_list_once(database: Database) -> None:
    customer = await _customer(database)

    async def asked() -> None:
        async with database.session() as session:
            await ask(session, customer, Kind.ERASE)

    await asyncio.gather(asked(), asked(), asked())
    async with database.session(readonly=True) as session:
        assert [(one.customer, one.kind) for one in await waiting(session)] == [("ada", Kind.ERASE)]


async def test_an_answered_request_leaves_the_list_until_it_is_asked_again(database: Database) -> None:
    customer = await _customer(database)
    async with database.session() as session:
        await ask(session, customer, Kind.COPY)
        await answer(session, customer, Kind.COPY, "account:acc_1")
        assert await waiting(session) == []
        with pytest.raises(UnknownRequest):
            await answer(session, customer, Kind.COPY, "account:acc_1")
        await ask(session, customer, Kind.COPY)
        assert await waiting_of(session, customer) == [Kind.COPY]
        [again] = await waiting(session)
    assert isinstance(again, Request)
