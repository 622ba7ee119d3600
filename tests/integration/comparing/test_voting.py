"""Votes: one a person and pair, blind, at once, taken back; and that they outlive who they were about."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import func, select

from composer.comparing import store, voting
from composer.comparing.model import Choice, Comparison
from composer.comparing.sides import by_lifecycle, wrote
from composer.comparing.standing import standing
from composer.comparing.store import UnknownComparison
from composer.comparing.tables import VoteRow
from composer.comparing.voting import NotBlind, NothingToPrefer, NoVote, left_of
from composer.contract import Rung
from composer.retention import count_old_emails, forget_old_emails
from store.database import Database
from tests.integration.comparing.conftest import Scribe, erase, written

pytestmark = pytest.mark.anyio

ADA, BEN = "account:ada", "account:ben"


async def say(database: Database, comparison: Comparison, position: int, choice: Choice, by: str = ADA) -> None:
    async with database.session() as session:
        await voting.vote(session, comparison.id, position, choice, reviewer=by)


async def stand(database: Database, comparison: Comparison) -> list[tuple[int, str, str]]:
    async with database.session(readonly=True) as session:
        votes = await voting.votes_of(session, comparison.id)
    return sorted((vote.position, vote.reviewer, vote.choice.value) for vote in votes)


async def rows(database: Database) -> int:
    async with database.session(readonly=True) as session:
        return (await session.execute(select(func.count()).select_from(VoteRow))).scalar_one()


async def test_another_vote_takes_the_place_of_the_first_and_both_are_kept(shop: Database) -> None:
    made = await written(shop)
    await say(shop, made, 0, Choice.A)
    await say(shop, made, 0, Choice.TIE)
    await say(shop, made, 0, Choice.B, BEN)
    assert await stand(shop, made) == [(0, ADA, "tie"), (0, BEN, "b")]
    assert await rows(shop) == 3


async def test_a_vote_notes_where_the_sides_stood(shop: Database) -> None:
    made = await written(shop)
    for position in range(5):
        await say(shop, made, position, Choice.A)
    async with shop.session(readonly=True) as session:
        votes = await voting.votes_of(session, made.id)
    assert [vote.left for vote in votes] == [left_of(made.id, position, ADA) for position in range(5)]


async def test_two_votes_of_one_person_at_once_leave_one(shop: Database) -> None:
    made = await written(shop)
    await asyncio.gather(*(say(shop, made, 2, choice) for choice in (Choice.A, Choice.B, Choice.TIE)))
    assert len(await stand(shop, made)) == 1
    assert await rows(shop) == 3


async def test_a_vote_is_taken_back_once(shop: Database) -> None:
    made = await written(shop)
    await say(shop, made, 1, Choice.A)
    async with shop.session() as session:
        with pytest.raises(NoVote):
            await voting.undo(session, made.id, 1, reviewer=BEN)
        await voting.undo(session, made.id, 1, reviewer=ADA)
        with pytest.raises(NoVote):
            await voting.undo(session, made.id, 1, reviewer=ADA)
    assert await stand(shop, made) == []


async def test_who_knows_which_is_which_votes_no_more_and_takes_nothing_back(shop: Database) -> None:
    made = await written(shop)
    await say(shop, made, 0, Choice.A)
    async with shop.session() as session:
        assert await voting.show(session, made.id, reviewer=ADA)
        assert not await voting.show(session, made.id, reviewer=ADA)
    async with shop.session() as session:
        with pytest.raises(NotBlind):
            await voting.vote(session, made.id, 1, Choice.B, reviewer=ADA)
        with pytest.raises(NotBlind):
            await voting.undo(session, made.id, 0, reviewer=ADA)
        await voting.vote(session, made.id, 1, Choice.B, reviewer=BEN)
    assert await stand(shop, made) == [(0, ADA, "a"), (1, BEN, "b")]


async def test_there_is_no_vote_on_what_says_the_same_or_is_not_there(shop: Database) -> None:
    made = await written(shop, 2, Scribe("Dear"), Scribe("Hello"))
    async with shop.session() as session:
        with pytest.raises(UnknownComparison):
            await voting.vote(session, made.id, 7, Choice.A, reviewer=ADA)
        with pytest.raises(UnknownComparison):
            await voting.show(session, "cpr_nothing", reviewer=ADA)
    silent = await written(shop, 12, Scribe("Dear", frozenset({"c-3"})), Scribe("Hello"))
    async with shop.session(readonly=True) as session:
        places = await store.places(session, silent.id)
    [mute] = [place.position for place in places if not place.votable]
    with pytest.raises(NothingToPrefer):
        await say(shop, silent, mute, Choice.A)


async def test_votes_outlive_the_erased_customer_and_nothing_of_their_e_mails_does(
    shop: Database, tmp_path: Path
) -> None:
    made = await written(shop, 4)
    async with shop.session(readonly=True) as session:
        gone = (await store.places(session, made.id))[1]
    for position in range(4):
        await say(shop, made, position, Choice.B)
    assert (await erase(shop, tmp_path, gone.customer))["compared"] == 1
    async with shop.session(readonly=True) as session:
        pairs, votes = await store.pairs(session, made.id), await voting.votes_of(session, made.id)
    assert [pair.position for pair in pairs] == [0, 2, 3]
    assert standing(votes).b == 4
    assert sum(one.b for one in by_lifecycle(pairs, votes)) == 3


async def test_old_pairs_go_with_old_e_mails_and_what_was_preferred_stays(shop: Database) -> None:
    made = await written(shop, 4)
    await say(shop, made, 0, Choice.B)
    later = made.created_at + timedelta(seconds=1)
    async with shop.session(readonly=True) as session:
        assert (await count_old_emails(session, made.created_at), await count_old_emails(session, later)) == (0, 4)
    assert [removed async for removed in forget_old_emails(shop, made.created_at)] == []
    assert [removed async for removed in forget_old_emails(shop, later)] == [4]
    async with shop.session(readonly=True) as session:
        assert await store.pairs(session, made.id) == []
    assert await stand(shop, made) == [(0, ADA, "b")]


async def test_each_side_says_what_it_wrote(shop: Database) -> None:
    made = await written(shop, 12, Scribe("Dear", frozenset({"c-3", "c-4"})), Scribe("Hello"))
    async with shop.session(readonly=True) as session:
        pairs = await store.pairs(session, made.id)
    a, b = wrote(pairs, "a"), wrote(pairs, "b")
    assert (a.emails, a.skipped, a.rungs) == (10, {"no_consent": 2}, {Rung.TEMPLATE_BLOCK: 10})
    assert (b.emails, b.skipped) == (12, {})
