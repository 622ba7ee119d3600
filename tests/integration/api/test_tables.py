"""The edge's own tables, on both databases."""

from __future__ import annotations

import asyncio

import pytest

from api.errors import KeyReused, StillInFlight, Unauthenticated
from api.idempotency import claim, keep
from api.keys import create_key, list_keys, revoke_key, touch, verify
from store.database import Database

pytestmark = pytest.mark.anyio


async def try_to_claim(database: Database) -> str:
    try:
        async with database.session() as session:
            stored = await claim(session, "key_1", "k", "fingerprint")
    except StillInFlight:
        return "in flight"
    return "claimed" if stored is None else "stored"


async def test_of_many_first_requests_one_takes_the_key(database: Database) -> None:
    outcomes = await asyncio.gather(*(try_to_claim(database) for _ in range(8)))
    assert sorted(outcomes) == ["claimed"] + ["in flight"] * 7


async def test_an_answer_comes_back_as_it_was_kept(database: Database) -> None:
    answer = {"status": 200, "headers": {"content-type": "application/json"}, "body": '{"html": "<p>Ada é</p>"}'}
    await try_to_claim(database)
    async with database.session() as session:
        await keep(session, "key_1", "k", answer)
    async with database.session() as session:
        assert await claim(session, "key_1", "k", "fingerprint") == answer
    with pytest.raises(KeyReused):
        async with database.session() as session:
            await claim(session, "key_1", "k", "another")


async def test_a_key_is_known_by_its_token_until_it_is_revoked(database: Database) -> None:
    async with database.session() as session:
        made, token = await create_key(session, "shop", ["read", "ingest"])
    async with database.session(readonly=True) as session:
        assert await verify(session, token) == made
    async with database.session() as session:
        await touch(session, made)
        await revoke_key(session, made.id)
    async with database.session(readonly=True) as session:
        (listed,) = await list_keys(session)
        with pytest.raises(Unauthenticated):
            await verify(session, token)
    assert listed.last_used_at is not None
    assert listed.revoked_at is not None
