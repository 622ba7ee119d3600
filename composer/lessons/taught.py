"""What reviews taught, as composing uses it: read once for all e-mails until something changes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import Integer, func, select
from sqlalchemy import cast as sql_cast
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from composer.lessons.model import Kind
from composer.lessons.preferences import NO_PREFERENCES, Preferences, Voted, Votes
from composer.lessons.tables import LessonRow
from composer.writing import Example

MOST = 6
"""Examples with one prompt."""
OF_A_BLOCK = 2
MOST_CHARACTERS = 1_200
"""Of all of them together: some 300 tokens."""
ALIKE = 0.5
"""Two examples of a block that share more of their words than this show the same."""
READ = 12
"""Of each block of a flow in a language, the best to choose from."""
_WORD = re.compile(r"\w+")
_IN_USE = (col(LessonRow.removed_at).is_(None), col(LessonRow.unfit) == "")
STATE = select(func.count(), func.max(col(LessonRow.changed_at)), func.max(col(LessonRow.id))).where(*_IN_USE)


class Kept(NamedTuple):
    """An example, and where it fits."""

    flow: str
    language: str
    tone: str
    example: Example


@dataclass(frozen=True)
class Taught:
    """What composing is told. The same lessons, the same answers, in whichever process."""

    preferences: Preferences = NO_PREFERENCES
    examples: tuple[Kept, ...] = ()
    """The best first: edited ones before those that were liked as they were, then the newest."""
    _chosen: dict[tuple[str, str, str], tuple[Example, ...]] = field(default_factory=dict, compare=False, repr=False)

    def examples_for(self, flow: str, locale: str, tone: str = "") -> tuple[Example, ...]:
        """At most `MOST` for a prompt of this flow: in its language, those in its tone first, and no two alike."""
        about = (flow, locale.partition("-")[0].lower(), tone)
        if about not in self._chosen:
            fitting = [kept for kept in self.examples if (kept.flow, kept.language) == about[:2]]
            fitting.sort(key=lambda kept: kept.tone != tone)
            self._chosen[about] = tuple(choose(kept.example for kept in fitting))
        return self._chosen[about]


NOTHING = Taught()


def choose(examples: Iterable[Example]) -> list[Example]:
    """The first few that differ, within the limits of a prompt."""
    chosen: list[Example] = []
    room = MOST_CHARACTERS
    for one in examples:
        same = [other for other in chosen if other.block == one.block]
        size = len(one.text) + len(one.note) + len(one.before)
        if len(chosen) == MOST:
            break
        if len(same) < OF_A_BLOCK and size <= room and not any(_alike(one.text, other.text) for other in same):
            chosen.append(one)
            room -= size
    return chosen


def _alike(one: str, other: str) -> bool:
    mine, theirs = (set(_WORD.findall(text.casefold())) for text in (one, other))
    return bool(mine & theirs) and len(mine & theirs) / len(mine | theirs) > ALIKE


class Lessons:
    """What one database teaches, kept until it changes."""

    def __init__(self) -> None:
        self._state: tuple[object, ...] | None = None
        self._taught = NOTHING

    async def taught(self, session: AsyncSession, state: tuple[object, ...] = ()) -> Taught:
        """One small read where nothing has changed, none where its `state` is known (a row of `STATE`); two more where
        something has."""
        state = state or tuple((await session.execute(STATE)).one())
        if state != self._state:
            self._taught = await read_taught(session) if state[0] else NOTHING
            self._state = state
        return self._taught


async def read_taught(session: AsyncSession) -> Taught:
    """All that has an effect now."""
    return Taught(preferences=await read_preferences(session), examples=tuple(await _examples(session)))


async def read_preferences(session: AsyncSession) -> Preferences:
    """Every vote that counts."""
    row = LessonRow
    good = func.sum(sql_cast(col(row.good), Integer))
    query = (
        select(col(row.flow), col(row.dimension), col(row.arm), good, func.count())
        .where(col(row.kind) == Kind.PREFERENCE.value, *_IN_USE)
        .group_by(col(row.flow), col(row.dimension), col(row.arm))
    )
    found = (await session.execute(query)).all()
    return Preferences({Voted(flow, dim, arm): Votes(int(yes), cast - int(yes)) for flow, dim, arm, yes, cast in found})


async def _examples(session: AsyncSession) -> list[Kept]:
    row = LessonRow
    order = (col(row.good).desc(), col(row.at).desc(), col(row.id))
    place = func.row_number().over(partition_by=(col(row.flow), col(row.language), col(row.block)), order_by=order)
    ranked = select(col(row.id), place.label("place")).where(col(row.kind) == Kind.EXAMPLE.value, *_IN_USE).subquery()
    query = select(row).join(ranked, col(row.id) == ranked.c.id).where(ranked.c.place <= READ).order_by(*order)
    return [_kept(one) for one in (await session.execute(query)).scalars()]


def _kept(row: LessonRow) -> Kept:
    return Kept(row.flow, row.language, row.arm, Example(lesson=row.id, block=row.block, **(row.body or {})))
