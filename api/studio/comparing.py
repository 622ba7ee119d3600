"""Comparisons as pages show them: a pair with what differs marked, how far somebody is, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from api.studio.charts import Spans, spans
from api.studio.desk import block_name
from api.studio.framing import picture_origins
from api.studio.showing import own_host
from api.studio.wording import percent, words
from composer.comparing import store, voting
from composer.comparing.model import TEMPLATES, Choice, Comparison, Pair, Place, Side, Vote
from composer.comparing.sides import Preferred, Wrote, by_lifecycle, wrote
from composer.comparing.standing import Standing, standing, told
from composer.comparing.tables import VoteRow
from composer.contract import ComposeResult, Path, Rung
from composer.tables import CampaignRow
from composer.versions import changed_words

Where = Literal["left", "right"]
HALF = 0.5
"""The share of pairs that prefers neither."""
Said = Literal["left", "right", "tie", "neither"]
"""What somebody says of a pair who does not know which side is which."""


class Word(NamedTuple):
    """A stretch of a text; `only` this e-mail has it."""

    text: str
    only: bool


class Lines(NamedTuple):
    """One block of both e-mails; empty where one has none of it."""

    name: str
    left: Sequence[Word]
    right: Sequence[Word]

    @property
    def same(self) -> bool:
        """Nothing differs."""
        return bool(self.left) and not any(word.only for word in (*self.left, *self.right))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one person is."""

    comparison: Comparison
    places: Sequence[Place]
    votes: Mapping[int, Vote]
    """Theirs, by position."""
    shown: bool
    """They know which side is which."""

    @property
    def votable(self) -> list[int]:
        """Positions of pairs in which there is something to prefer."""
        return [place.position for place in self.places if place.votable]

    @property
    def decided(self) -> int:
        """Pairs that they voted on."""
        return sum(position in self.votes for position in self.votable)

    @property
    def finished(self) -> bool:
        """There is nothing left to decide, and nothing more to come."""
        return self.comparison.status != "writing" and self.decided == len(self.votable)

    def next_after(self, position: int) -> int | None:
        """The next pair they have not decided on, from the beginning again behind the last; None where all are."""
        left = [one for one in self.votable if one not in self.votes]
        return next((one for one in left if one > position), left[0] if left else None)

    def beside(self, position: int) -> tuple[int | None, int | None]:
        """The pairs before and behind."""
        positions = [place.position for place in self.places]
        before = [one for one in positions if one < position]
        behind = [one for one in positions if one > position]
        return (before[-1] if before else None, behind[0] if behind else None)

    def number(self, position: int) -> int:
        """Counted from 1, without the gaps of who was erased."""
        return sum(place.position <= position for place in self.places)


@dataclass(frozen=True, slots=True)
class Bench:
    """A pair on the page."""

    progress: Progress
    pair: Pair
    left: ComposeResult
    right: ComposeResult
    lines: Sequence[Lines]
    said: Said | None
    """Their vote."""
    names: Mapping[str, str]
    """`left` and `right`, where they know."""
    before: int | None
    """The pair they voted on just now."""

    def heading(self, where: Where) -> str:
        """What a column is called, for whoever knows."""
        return heading(self.names[where])

    @property
    def columns(self) -> list[tuple[Where, int, ComposeResult]]:
        """Both, with the number a page calls them by."""
        return [("left", 1, self.left), ("right", 2, self.right)]

    @property
    def pictures_from(self) -> list[str]:
        """Origins outside of this server that have pictures of either."""
        found = [one for made in (self.left, self.right) for one in picture_origins(made.html, own_host(made))]
        return list(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of it, for whoever knows which side is which."""

    progress: Progress
    standing: Standing
    told: str
    names: Mapping[str, str]
    titles: Mapping[str, str]
    """Of campaigns."""
    sides: Mapping[str, Wrote]
    stages: Sequence[Preferred]
    chart: Spans | None
    reviewers: int
    same: int
    choices: Mapping[int, Sequence[str]]
    """By position: what each vote was for, in words."""
    rungs: Sequence[Rung]
    """That either side's blocks came from, the best first."""
    newest: int
    """The campaign's version now, where both sides are of one; 0 elsewhere."""

    @property
    def heads(self) -> dict[str, str]:
        """The names as headings."""
        return {side: heading(name) for side, name in self.names.items()}


async def progress(session: AsyncSession, comparison_id: str, reviewer: str) -> Progress:
    """Raises UnknownComparison."""
    comparison = await store.get(session, comparison_id)
    votes = await voting.votes_of(session, comparison_id)
    return Progress(
        comparison=comparison,
        places=await store.places(session, comparison_id),
        votes={vote.position: vote for vote in votes if vote.reviewer == reviewer},
        shown=await voting.shown(session, comparison_id, reviewer),
    )


async def bench(
    session: AsyncSession, comparison_id: str, position: int, reviewer: str, before: int | None = None
) -> Bench:
    """Raises UnknownComparison."""
    found = await progress(session, comparison_id, reviewer)
    pair = await store.get_pair(session, comparison_id, position)
    side = voting.left_of(comparison_id, position, reviewer)
    left, right = pair.side(side), pair.side(_other(side))
    labels = await names_of(session, found.comparison) if found.shown else {}
    vote = found.votes.get(position)
    return Bench(
        progress=found,
        pair=pair,
        left=left,
        right=right,
        lines=list(_lines(left, right)),
        said=_said(vote, side) if vote else None,
        names={"left": labels[side], "right": labels[_other(side)]} if found.shown else {},
        before=before if before in found.votes and not found.shown else None,
    )


async def verdict(session: AsyncSession, comparison_id: str, reviewer: str) -> Verdict:
    """Raises UnknownComparison."""
    found = await progress(session, comparison_id, reviewer)
    votes = await voting.votes_of(session, comparison_id)
    pairs = await store.pairs(session, comparison_id)
    names, stands = await names_of(session, found.comparison), standing(votes)
    stages, sides = by_lifecycle(pairs, votes), {side: wrote(pairs, side) for side in ("a", "b")}
    return Verdict(
        progress=found,
        standing=stands,
        told=told(stands, names["a"], names["b"]),
        names=names,
        titles=await titles_of(session, found.comparison),
        sides=sides,
        stages=stages,
        chart=_chart(stands, stages),
        reviewers=len({vote.reviewer for vote in votes}),
        same=sum(pair.same for pair in pairs),
        choices=_choices(votes, names),
        rungs=[rung for rung in Rung if any(rung in side.rungs for side in sides.values())],
        newest=await _newest(session, found.comparison),
    )


async def names_of(session: AsyncSession, comparison: Comparison) -> dict[str, str]:
    """What each side is called: by what it differs in from the other."""
    a, b, titles = comparison.a, comparison.b, await titles_of(session, comparison)
    return {"a": _name(a, b, titles), "b": _name(b, a, titles)}


async def titles_of(session: AsyncSession, comparison: Comparison) -> dict[str, str]:
    """The names of its campaigns by their ids."""
    ids = {comparison.a.campaign, comparison.b.campaign}
    rows = await session.execute(select(CampaignRow.id, CampaignRow.name).where(col(CampaignRow.id).in_(ids)))
    return dict.fromkeys(sorted(ids), "") | {row.id: row.name or row.id for row in rows}


def question(a: Side, b: Side) -> str:
    """What a comparison is called that nobody gave a name: `Version 2, or version 3?`."""
    one, other = _name(a, b, {}), _name(b, a, {})
    return f"{heading(one)}, or {other}?"[:200]


def heading(name: str) -> str:
    """What a side is called, at the beginning of something; names of models stay as they are."""
    return name if "/" in name else f"{name[:1].upper()}{name[1:]}"


def model_name(model: str) -> str:
    """A model as a choice offers it."""
    return "Templates alone, no model" if model == TEMPLATES else model


async def decided(session: AsyncSession, reviewer: str) -> dict[str, int]:
    """Comparisons to the votes of this person that stand."""
    row = VoteRow
    query = select(row.comparison_id, func.count()).where(row.reviewer == reviewer, col(row.undone_at).is_(None))
    return {found[0]: found[1] for found in await session.execute(query.group_by(col(row.comparison_id)))}


def choice_of(comparison_id: str, position: int, reviewer: str, said: Said) -> Choice:
    """Which side somebody means who says left or right."""
    left = voting.left_of(comparison_id, position, reviewer)
    return Choice(left if said == "left" else _other(left) if said == "right" else said)


def _said(vote: Vote, left: str) -> Said:
    if vote.choice in (Choice.A, Choice.B):
        return "left" if vote.choice.value == left else "right"
    return "tie" if vote.choice is Choice.TIE else "neither"


def _other(side: str) -> str:
    return "b" if side == "a" else "a"


def _lines(left: ComposeResult, right: ComposeResult) -> Iterator[Lines]:
    if Path.SKIPPED in (left.path, right.path):
        return
    ours, theirs = ({block.key: block.text for block in made.blocks} for made in (left, right))
    for key in dict.fromkeys((*ours, *theirs)):
        name = block_name(key, left if key in ours else right)
        yield Lines(name, *marked(ours.get(key, ""), theirs.get(key, "")))


def marked(left: str, right: str) -> tuple[list[Word], list[Word]]:
    """Both texts, each with the words marked that only it has."""
    if not left or not right:
        return ([Word(left, True)] if left else []), ([Word(right, True)] if right else [])
    pieces = changed_words(left, right)
    ours = [Word(one.text, one.kind == "removed") for one in pieces if one.kind != "added"]
    theirs = [Word(one.text, one.kind == "added") for one in pieces if one.kind != "removed"]
    return _joined(ours), _joined(theirs)


def _joined(words: Sequence[Word]) -> list[Word]:
    """One mark over words that follow each other, and none over a mere gap."""
    found: list[Word] = []
    for place, word in enumerate(words):
        ends = place == 0 or place == len(words) - 1
        only = word.only
        if word.text.isspace():
            only = not ends and words[place - 1].only and words[place + 1].only
        if found and found[-1].only == only:
            word = Word(found.pop().text + word.text, only)
        found.append(Word(word.text, only))
    return found


def _name(side: Side, other: Side, titles: Mapping[str, str]) -> str:
    parts: list[str] = []
    if side.campaign != other.campaign:
        parts.append(f"“{titles.get(side.campaign, side.campaign)}”")
    elif side.version != other.version:
        parts.append(f"version {side.version}")
    if side.model != other.model:
        parts.append("templates alone" if side.model == TEMPLATES else side.model)
    if side.prompts != other.prompts or side.digest != other.digest:
        parts.append(f"the prompts “{side.prompts}”" if side.prompts else "Penfriend’s own prompts")
    return ", ".join(parts)


def _chart(stands: Standing, stages: Sequence[Preferred]) -> Spans | None:
    if stands.win_rate is None:
        return None
    rows = [("Everybody", stands.win_rate), *((words(one.lifecycle) or "not known", one.win_rate) for one in stages)]
    # Around a half, so that the line that means nothing is where charts draw their zero.
    around = [(name, rate.value - HALF, rate.low - HALF, rate.high - HALF) for name, rate in rows]
    return spans(around, text=from_half)


def from_half(value: float) -> str:
    """A distance from a half as the share that it is: `0.1` is `60 %`."""
    return percent(value + HALF)


def _choices(votes: Sequence[Vote], names: Mapping[str, str]) -> dict[int, list[str]]:
    words = {Choice.TIE: "no difference", Choice.NEITHER: "both bad"}
    found: dict[int, list[str]] = {}
    for vote in votes:
        found.setdefault(vote.position, []).append(words.get(vote.choice) or names[vote.choice.value])
    return found


async def _newest(session: AsyncSession, comparison: Comparison) -> int:
    if comparison.a.campaign != comparison.b.campaign:
        return 0
    row = await session.get(CampaignRow, comparison.a.campaign)
    return 0 if row is None else row.version
