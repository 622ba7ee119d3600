"""Votes: one a person and pair, with the sides' places drawn by lot: who always takes the left one is noticed.

Votes are blind. Who was shown which side is which votes no more in that comparison, and takes nothing back: what they
said before still counts, as it was said without knowing.
"""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from composer import chance
from composer.comparing.model import Choice, Vote
from composer.comparing.store import UnknownComparison, get, get_pair
from composer.comparing.tables import ComparedRow, ShownRow, VoteRow
from store import clock
from store.errors import Conflict, NotFound
from store.ids import new_vote_id
from store.upsert import insert_or_ignore


class NothingToPrefer(Conflict):
    """One side wrote nothing, or both wrote the same."""

    reason = "nothing_to_prefer"


class NotBlind(Conflict):
    """Somebody who knows which side is which wants to vote, or to take a vote back."""

    reason = "not_blind"


class NoVote(NotFound):
    """There is nothing to undo."""

    reason = "no_vote"


def left_of(comparison_id: str, position: int, reviewer: str) -> str:
    """Which side stands on the left for this person: `a` or `b`, by lot, the same each time they look."""
    return "a" if chance.unit("compare", comparison_id, str(position), reviewer) < 0.5 else "b"


async def vote(session: AsyncSession, comparison_id: str, position: int, choice: Choice, *, reviewer: str) -> Vote:
    """Say which is better; another vote of the same person on the same pair takes its place.

    Raises UnknownComparison, NothingToPrefer, NotBlind.
    """
    await _one_at_a_time(session, comparison_id, position)
    await _require_blind(session, comparison_id, reviewer)
    pair = await get_pair(session, comparison_id, position)
    if not pair.votable:
        raise NothingToPrefer("There is nothing to prefer in this pair.", fix="Go on to the next one.")
    for earlier in await _standing(session, comparison_id, position, reviewer):
        earlier.undone_at = clock.now()
    row = VoteRow(
        id=new_vote_id(),
        comparison_id=comparison_id,
        position=position,
        reviewer=reviewer,
        left=left_of(comparison_id, position, reviewer),
        choice=choice.value,
        at=clock.now(),
    )
    session.add(row)
    await session.flush()
    return _read(row)


async def undo(session: AsyncSession, comparison_id: str, position: int, *, reviewer: str) -> None:
    """Take one's vote on a pair back. Raises UnknownComparison, NoVote, NotBlind."""
    await _one_at_a_time(session, comparison_id, position)
    await _require_blind(session, comparison_id, reviewer)
    found = await _standing(session, comparison_id, position, reviewer)
    if not found:
        raise NoVote("You have not voted on this pair.", fix="There is nothing to undo.")
    for row in found:
        row.undone_at = clock.now()
    await session.flush()


async def show(session: AsyncSession, comparison_id: str, *, reviewer: str) -> bool:
    """Note that this person is shown which side is which; False where they had been. Raises UnknownComparison."""
    await get(session, comparison_id)
    if await shown(session, comparison_id, reviewer):
        return False
    row = insert_or_ignore(session, ShownRow)
    await session.execute(row.values(comparison_id=comparison_id, reviewer=reviewer, at=clock.now()))
    return True


async def shown(session: AsyncSession, comparison_id: str, reviewer: str) -> bool:
    """Whether this person knows which side is which."""
    return await session.get(ShownRow, (comparison_id, reviewer)) is not None


async def votes_of(session: AsyncSession, comparison_id: str) -> list[Vote]:
    """Those that stand, oldest first."""
    query = select(VoteRow).where(VoteRow.comparison_id == comparison_id, col(VoteRow.undone_at).is_(None))
    return [_read(row) for row in (await session.execute(query.order_by(col(VoteRow.id)))).scalars()]


async def _one_at_a_time(session: AsyncSession, comparison_id: str, position: int) -> None:
    """Holds the pair until the transaction ends: two votes sent at once are two votes one after the other."""
    pair = select(ComparedRow.position).where(
        ComparedRow.comparison_id == comparison_id, ComparedRow.position == position
    )
    if (await session.execute(pair.with_for_update())).first() is None:
        raise UnknownComparison(f"There is no pair {position} in this comparison.", fix="Open another one.")


async def _require_blind(session: AsyncSession, comparison_id: str, reviewer: str) -> None:
    if await shown(session, comparison_id, reviewer):
        raise NotBlind(
            "You have been shown which side is which: votes count only from those who do not know.",
            fix="Start another comparison to vote again.",
        )


async def _standing(session: AsyncSession, comparison_id: str, position: int, reviewer: str) -> list[VoteRow]:
    query = select(VoteRow).where(
        VoteRow.comparison_id == comparison_id,
        VoteRow.position == position,
        VoteRow.reviewer == reviewer,
        col(VoteRow.undone_at).is_(None),
    )
    return list((await session.execute(query.with_for_update())).scalars())


def _read(row: VoteRow) -> Vote:
    return Vote(position=row.position, reviewer=row.reviewer, left=row.left, choice=Choice(row.choice), at=row.at)
