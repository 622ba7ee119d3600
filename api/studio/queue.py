"""Samples as pages show them: the list, one e-mail in its place, and what was found when all are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from api.studio.actors import names_of
from api.studio.desk import Desk, desk_of, reasons_of
from api.studio.door import PATH
from composer.reviews import reading
from composer.reviews.decisions import history, newest_of
from composer.reviews.gate import shut_for
from composer.reviews.model import Decision
from composer.reviews.reading import Item, Sample, UnknownSample
from composer.runs import service
from composer.runs.model import Run, RunStatus
from composer.tables import CampaignRow, EmailRow

_RUNS = 20
_ENDED = (RunStatus.COMPLETED, RunStatus.CANCELLED)


@dataclass(frozen=True, slots=True)
class Card:
    """A sample in the list."""

    sample: Sample
    title: str
    by: str


@dataclass(frozen=True, slots=True)
class Choice:
    """What a sample may be drawn from."""

    run: str
    """Empty: what was written one by one."""
    title: str


@dataclass(frozen=True, slots=True)
class Overview:
    """The list of samples, and what else there is to review."""

    cards: Sequence[Card]
    choices: Sequence[Choice]

    @property
    def drawable(self) -> list[tuple[str, str]]:
        """The choices as a form offers them."""
        return [(choice.run, choice.title) for choice in self.choices]

    @property
    def opened(self) -> Sequence[Card]:
        """Samples that wait for somebody."""
        return [card for card in self.cards if card.sample.status == "open"]

    @property
    def closed(self) -> Sequence[Card]:
        """Samples that are done with."""
        return [card for card in self.cards if card.sample.status != "open"]


@dataclass(frozen=True, slots=True)
class Seat:
    """One e-mail, and its place in a sample where it is looked at in one."""

    desk: Desk
    sample: Sample | None = None
    item: Item | None = None
    title: str = ""
    last: int = 0
    """Position of the sample's last e-mail."""
    coming: str = ""
    """The e-mail that comes next: its frame is loaded ahead."""

    @property
    def at(self) -> int:
        """Its position, from 0."""
        return self.item.position if self.item else 0

    @property
    def path(self) -> str:
        """Its address."""
        if self.sample is None:
            return f"{PATH}/emails/{self.desk.email.id}/edit"
        return f"{PATH}/review/{self.sample.id}?at={self.at}"


@dataclass(frozen=True, slots=True)
class Bad:
    """An e-mail of the sample that was not good as it came."""

    at: int
    subject: str
    decision: str
    reasons: Sequence[str]
    words: str


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a sample."""

    sample: Sample
    title: str
    by: str
    bad: Sequence[Bad]
    gated: bool
    """A run waits for it."""


async def overview(session: AsyncSession) -> Overview:
    """Newest first."""
    samples = await reading.samples(session)
    runs = [run for run in await service.list_runs(session, limit=_RUNS) if run.status in _ENDED and run.tally.composed]
    names = await _names(session, [*(sample.campaign for sample in samples), *(run.campaign for run in runs)])
    people = await names_of(session, [sample.created_by for sample in samples])
    cards = [Card(one, _title(one, names), people[one.created_by]) for one in samples]
    busy = {card.sample.run for card in cards if card.sample.status == "open"}
    choices = [Choice(run.id, _of_run(run, names)) for run in runs if run.id not in busy]
    if "" not in busy and await _any_loose(session):
        choices.append(Choice("", "E-mails that were written one by one"))
    return Overview(cards, choices)


async def seat(session: AsyncSession, sample_id: str, at: int | None) -> Seat | None:
    """The place `at`, or the next one that nobody decided about; None where there is none. Raises UnknownSample."""
    sample = await reading.sample(session, sample_id)
    item = await reading.next_item(session, sample_id) if at is None else await reading.item(session, sample_id, at)
    if item is None:
        return None
    if not item.email_id:
        raise UnknownSample("The customer of this e-mail was erased, and it with them.", fix="Go on with the next one.")
    return await _seated(session, sample, item)


async def seat_behind(session: AsyncSession, sample_id: str, at: int) -> Seat | None:
    """The next one that nobody decided about, after a decision at place `at`; None where all are."""
    item = await reading.next_item(session, sample_id, after=at)
    return None if item is None else await _seated(session, await reading.sample(session, sample_id), item)


async def result(session: AsyncSession, sample_id: str) -> Result:
    """Raises UnknownSample."""
    sample = await reading.sample(session, sample_id)
    bad = [
        await _bad(session, item)
        for item in await reading.items(session, sample_id)
        if item.decision in (Decision.REJECTED, Decision.EDITED) and item.email_id
    ]
    people = await names_of(session, [sample.closed_by])
    names = await _names(session, [sample.campaign])
    gated = bool(sample.run) and await shut_for(session, sample.run)
    return Result(sample, _title(sample, names), people[sample.closed_by], bad, gated)


async def _seated(session: AsyncSession, sample: Sample, item: Item) -> Seat:
    names = await _names(session, [sample.campaign])
    coming = await reading.next_item(session, sample.id, after=item.position)
    return Seat(
        desk=await desk_of(session, item.email_id),
        sample=sample,
        item=item,
        title=_title(sample, names),
        last=await reading.last_position(session, sample.id),
        coming=coming.email_id if coming and coming.position != item.position else "",
    )


async def _bad(session: AsyncSession, item: Item) -> Bad:
    desk = await desk_of(session, item.email_id)
    row = newest_of(await history(session, item.email_id))
    reasons, words = ([], "") if row is None else (reasons_of(row), row.words or "")
    return Bad(item.position, desk.email.subject, str(item.decision), reasons, words)


async def _names(session: AsyncSession, campaigns: Iterable[str]) -> Mapping[str, str]:
    wanted = select(col(CampaignRow.id), col(CampaignRow.name)).where(col(CampaignRow.id).in_(set(campaigns)))
    return {row.id: row.name for row in await session.execute(wanted)}


async def _any_loose(session: AsyncSession) -> bool:
    loose = select(col(EmailRow.id)).where(col(EmailRow.run_id) == "")
    return bool((await session.execute(select(exists(loose)))).scalar_one())


def _title(sample: Sample, names: Mapping[str, str]) -> str:
    if not sample.run:
        return names.get(sample.campaign, "Written one by one")
    return names.get(sample.campaign, sample.campaign)


def _of_run(run: Run, names: Mapping[str, str]) -> str:
    return f"{names.get(run.campaign, run.campaign)}, {run.tally.composed:,} e-mails of {_day(run.created_at)}"


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%b, %H:%M}"
