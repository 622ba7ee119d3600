"""The pairs of a comparison: who is drawn, what counts as a pair, and that it goes on after whatever ended it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import col, delete

from composer.comparing import store, voting
from composer.comparing.drawing import draw
from composer.comparing.model import LEASE, Choice, Comparison, Pair
from composer.comparing.store import AlreadyWritten, TakenOver, UnknownComparison
from composer.comparing.tables import ComparedRow
from composer.comparing.writing import write_pairs
from memory.tables import Customer
from store import clock
from store.database import Database
from store.errors import Unavailable
from tests.integration.comparing.conftest import CUSTOMERS, Scribe, begin, erase, written

pytestmark = pytest.mark.anyio


async def pairs_of(database: Database, comparison_id: str) -> list[Pair]:
    async with database.session(readonly=True) as session:
        return await store.pairs(session, comparison_id)


async def drawn(database: Database, seed: str, wanted: int = 5) -> list[str]:
    return [one async for one in draw(database, seed, wanted)]


async def test_the_draw_is_the_same_each_time_and_holds_each_customer_once(shop: Database) -> None:
    first = await drawn(shop, "cpr_1")
    assert first == await drawn(shop, "cpr_1")
    assert sorted(first) == sorted(f"c-{number}" for number in range(CUSTOMERS))
    assert first != await drawn(shop, "cpr_2")


async def test_who_came_long_after_the_others_is_no_likelier_to_be_drawn(shop: Database) -> None:
    # Ids are in the order of time: one far behind the rest, as somebody who came a year after an import.
    async with shop.session() as session:
        session.add(Customer(id="cus_7zzzzzzzzzfe0s2w4yyyyyyyyy", external_id="late", created_at=clock.now()))
    firsts = [(await drawn(shop, f"cpr_{number}"))[0] for number in range(130)]
    assert 1 <= firsts.count("late") <= 30


async def test_who_leaves_changes_nobody_elses_place(shop: Database, tmp_path: Path) -> None:
    before = await drawn(shop, "cpr_1")
    await erase(shop, tmp_path, before[3])
    assert await drawn(shop, "cpr_1") == [one for one in before if one != before[3]]


async def test_both_sides_write_to_the_same_customers_until_there_are_enough(shop: Database) -> None:
    a, b = Scribe("Dear"), Scribe("Hello")
    made = await written(shop, 5, a, b)
    pairs = await pairs_of(shop, made.id)
    assert (made.status, made.pairs, made.detail) == ("ready", 5, "")
    assert a.asked == b.asked == [pair.customer for pair in pairs]
    assert len({pair.customer for pair in pairs}) == 5
    assert [pair.position for pair in pairs] == [0, 1, 2, 3, 4]
    assert {(pair.a.blocks[0].text, pair.b.blocks[0].text) for pair in pairs} == {("Dear 1", "Hello 2")}


async def test_a_skip_of_one_side_is_a_result_and_of_both_is_no_pair(shop: Database) -> None:
    order = await drawn(shop, (made := await begin(shop, 3)).id, 3)
    composers = {"a": Scribe("Dear", frozenset(order[:2])), "b": Scribe("Hello", frozenset(order[1:2]))}
    await write_pairs(shop, made, composers)
    pairs = await pairs_of(shop, made.id)
    assert [pair.customer for pair in pairs] == [order[0], order[2], order[3]]
    assert [pair.votable for pair in pairs] == [False, True, True]
    assert pairs[0].a.reason == "no_consent"


async def test_it_says_how_many_it_found_where_there_are_not_enough(shop: Database) -> None:
    made = await written(shop, 40)
    assert (made.status, made.pairs) == ("ready", CUSTOMERS)
    assert made.detail == "Only 12 customers were found whom these campaigns write to."


async def stopped_after(database: Database, count: int) -> Comparison:
    """A comparison of five pairs whose model was away after so many."""

    async def fail(customer: str) -> None:
        if len(a.asked) == count:
            raise Unavailable("The model is away.", fix="Try again.")

    a = Scribe("Dear", before=fail)
    made = await begin(database, 5)
    with pytest.raises(Unavailable):
        await write_pairs(database, made, {"a": a, "b": Scribe("Hello")})
    async with database.session() as session:
        await store.stop(session, made.id, made.moved_at, "The model is away.")
        return await store.get(session, made.id)


async def go_on(database: Database, comparison: Comparison) -> None:
    async with database.session() as session:
        claimed = await store.claim(session, comparison.id)
    assert (claimed.status, claimed.detail) == ("writing", "")
    await write_pairs(database, claimed, {"a": Scribe("Dear"), "b": Scribe("Hello")})


async def test_it_goes_on_where_it_stopped_with_nobody_twice(shop: Database) -> None:
    stopped = await stopped_after(shop, 2)
    assert (stopped.status, stopped.pairs, stopped.detail) == ("stopped", 2, "The model is away.")
    await go_on(shop, stopped)
    customers = [pair.customer for pair in await pairs_of(shop, stopped.id)]
    assert customers == (await drawn(shop, stopped.id))[:5]


async def test_an_erased_customer_leaves_a_gap_that_nobody_else_fills(shop: Database) -> None:
    stopped = await stopped_after(shop, 3)
    async with shop.session() as session:
        gone = (col(ComparedRow.comparison_id) == stopped.id, col(ComparedRow.position) == 1)
        await session.execute(delete(ComparedRow).where(*gone))
    await go_on(shop, stopped)
    assert [pair.position for pair in await pairs_of(shop, stopped.id)] == [0, 2, 3, 4, 5]


async def test_a_vote_on_a_pair_that_is_gone_falls_on_no_other(shop: Database) -> None:
    stopped = await stopped_after(shop, 3)
    async with shop.session() as session:
        await voting.vote(session, stopped.id, 2, Choice.B, reviewer="account:ada")
    # As retention takes all of them, or the last one's customer is erased.
    async with shop.session() as session:
        await session.execute(delete(ComparedRow).where(col(ComparedRow.comparison_id) == stopped.id))
    await go_on(shop, stopped)
    assert [pair.position for pair in await pairs_of(shop, stopped.id)] == [3, 4, 5, 6, 7]


async def test_who_is_erased_while_they_are_written_to_is_not_kept(shop: Database, tmp_path: Path) -> None:
    async def leave(customer: str) -> None:
        if len(a.asked) == 1:
            await erase(shop, tmp_path, customer)
            gone.append(customer)

    gone: list[str] = []
    a = Scribe("Dear", before=leave)
    made = await begin(shop, 5)
    await write_pairs(shop, made, {"a": a, "b": Scribe("Hello")})
    customers = [pair.customer for pair in await pairs_of(shop, made.id)]
    assert (len(gone), len(customers), set(customers) & set(gone)) == (1, 5, set())


async def test_what_a_process_left_behind_stands_as_stopped_and_another_takes_it(shop: Database) -> None:
    made = await begin(shop)
    with clock.frozen_at(made.moved_at + LEASE + timedelta(seconds=1)):
        async with shop.session() as session:
            assert (await store.get(session, made.id)).status == "stopped"
            claimed = await store.claim(session, made.id)
            assert claimed.status == "writing"
        # The first one was not dead, only slow: it finds that it is no longer its turn.
        with pytest.raises(TakenOver):
            await write_pairs(shop, made, {"a": Scribe("Dear"), "b": Scribe("Hello")})
        assert await pairs_of(shop, made.id) == []
        await write_pairs(shop, claimed, {"a": Scribe("Dear"), "b": Scribe("Hello")})
        assert len(await pairs_of(shop, made.id)) == 5


async def test_whoever_was_taken_for_dead_does_not_stop_the_one_who_goes_on(shop: Database) -> None:
    made = await begin(shop)
    with clock.frozen_at(made.moved_at + LEASE + timedelta(seconds=1)):
        async with shop.session() as session:
            claimed = await store.claim(session, made.id)
            await store.stop(session, made.id, made.moved_at, "Ended.")
            assert (await store.get(session, made.id)).status == "writing"
        await write_pairs(shop, claimed, {"a": Scribe("Dear"), "b": Scribe("Hello")})
        assert len(await pairs_of(shop, made.id)) == 5


async def test_nobody_takes_what_is_being_written_or_is_written(shop: Database) -> None:
    made = await begin(shop)
    async with shop.session() as session:
        with pytest.raises(AlreadyWritten):
            await store.claim(session, made.id)
    await write_pairs(shop, made, {"a": Scribe("Dear"), "b": Scribe("Hello")})
    async with shop.session() as session:
        with pytest.raises(AlreadyWritten):
            await store.claim(session, made.id)
        with pytest.raises(UnknownComparison):
            await store.claim(session, "cpr_nothing")


async def test_of_two_who_go_on_at_once_one_does(shop: Database) -> None:
    stopped = await stopped_after(shop, 1)

    async def claim() -> bool:
        async with shop.session() as session:
            await store.claim(session, stopped.id)
        return True

    done = await asyncio.gather(claim(), claim(), return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == ["AlreadyWritten", "bool"]
