"""Samples as they are read: how far each is, what it says so far, and which e-mail is next.

An item's `decision` is the truth: whoever decides, or undoes it, writes it there in the same transaction
(`composer.reviews.deciding`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence, Set
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from composer.reviews.acceptance import Found, Standing, statement
from composer.reviews.model import Decision, Part, ReviewTerms
from composer.reviews.strata import in_words
from composer.reviews.tables import SampleItemRow, SampleRow
from store.errors import NotFound
from store.upsert import table_of

RANDOM_PARTS = (Part.RANDOM.value, Part.BOTH.value)
RISK_PARTS = (Part.RISK.value, Part.BOTH.value)
Counts = dict[tuple[str, str], int]
"""E-mails of a sample, by part and decision."""
_ERASED = "erased"
"""In place of the decision: nobody made one, and nobody can any more."""
_ITEM = table_of(SampleItemRow).c


class UnknownSample(NotFound):
    """No sample has this id."""

    reason = "unknown_sample"


class PartProgress(BaseModel):
    """How far one part of a sample is. An e-mail in both parts counts in both."""

    size: int = 0
    read: int = 0
    approved: int = 0
    rejected: int = 0
    edited: int = 0


class Sample(BaseModel):
    """A sample and where it stands."""

    id: str
    run: str = ""
    campaign: str = ""
    status: str
    """`open`, `accepted` or `refused`."""
    population: int
    """E-mails it was drawn from."""
    strata: int
    """Kinds of e-mails among them."""
    left_out: int = 0
    """Kinds of which none is in the risk part, for there are too many."""
    terms: ReviewTerms
    emails: int
    """In it, each once."""
    read: int
    random: PartProgress
    """The part that speaks for all the others."""
    risk: PartProgress
    """The part that is likeliest to be wrong: it speaks for nobody but itself."""
    standing: Standing
    at_most: float
    """Share of bad e-mails that is not exceeded, as sure as `terms.confidence`."""
    statement: str
    created_at: datetime
    created_by: str
    closed_at: datetime | None = None
    closed_by: str = ""

    @property
    def acceptable(self) -> bool:
        """May it be accepted now?"""
        return self.status == "open" and self.standing is Standing.ENOUGH


class Item(BaseModel):
    """One e-mail in a sample."""

    sample: str
    position: int
    """Its place in the order of review, from 0."""
    email_id: str
    """Empty where the customer was erased since."""
    customer: str
    part: Part
    stratum: str
    """`welcome · new · en-GB · model · price.wrong`: flow, lifecycle, locale, worst rung, near miss."""
    risk: float
    why: list[str]
    """Codes of what makes it worth a look."""
    why_words: list[str]
    """The same, as a reviewer reads them."""
    decision: Decision | None = None
    decided_at: datetime | None = None


async def samples(
    session: AsyncSession, *, run: str = "", campaign: str = "", status: str = "", limit: int = 50, after: str = ""
) -> list[Sample]:
    """Newest first, beginning behind the sample `after`; in as many statements as for one."""
    query = select(SampleRow).order_by(col(SampleRow.id).desc()).limit(limit)
    for column, wanted in ((SampleRow.run_id, run), (SampleRow.campaign_id, campaign), (SampleRow.status, status)):
        if wanted:
            query = query.where(col(column) == wanted)
    if after:
        query = query.where(col(SampleRow.id) < after)
    return await _read(session, (await session.execute(query)).scalars().all())


async def sample(session: AsyncSession, sample_id: str) -> Sample:
    """Raises UnknownSample."""
    row = await session.get(SampleRow, sample_id, populate_existing=True)
    if row is None:
        raise UnknownSample(
            f"There is no sample {sample_id!r}.", fix="Sample ids start with smp_; list them to find it."
        )
    [found] = await _read(session, [row])
    return found


async def items(session: AsyncSession, sample_id: str) -> list[Item]:
    """In the order of review. Raises UnknownSample."""
    await sample(session, sample_id)
    query = select(SampleItemRow).where(col(SampleItemRow.sample_id) == sample_id)
    rows = (await session.execute(query.order_by(col(SampleItemRow.position)))).scalars()
    return [_item(row) for row in rows]


async def item(session: AsyncSession, sample_id: str, position: int) -> Item | None:
    """The one at this place; None where there is none."""
    row = await session.get(SampleItemRow, (sample_id, position), populate_existing=True)
    return None if row is None else _item(row)


async def last_position(session: AsyncSession, sample_id: str) -> int:
    """The place of its last e-mail."""
    query = select(func.max(col(SampleItemRow.position))).where(col(SampleItemRow.sample_id) == sample_id)
    return (await session.execute(query)).scalar_one() or 0


async def next_item(session: AsyncSession, sample_id: str, *, after: int = -1) -> Item | None:
    """The next one behind `after` that nobody decided, or else the first of those before it; None when all are."""
    query = select(SampleItemRow).where(
        col(SampleItemRow.sample_id) == sample_id,
        col(SampleItemRow.decision) == "",
        col(SampleItemRow.email_id) != "",
    )
    wraps = col(SampleItemRow.position) <= after
    row = (await session.execute(query.order_by(wraps, col(SampleItemRow.position)).limit(1))).scalars().first()
    return None if row is None else _item(row)


def _item(row: SampleItemRow) -> Item:
    return Item(
        sample=row.sample_id,
        position=row.position,
        email_id=row.email_id,
        customer=row.customer,
        part=Part(row.part),
        stratum=row.stratum,
        risk=row.risk,
        why=row.why,
        why_words=in_words(row.why),
        decision=Decision(row.decision) if row.decision else None,
        decided_at=row.decided_at,
    )


async def _read(session: AsyncSession, rows: Sequence[SampleRow]) -> list[Sample]:
    ids = [row.id for row in rows]
    gone = func.sum(case((_ITEM.email_id == "", 1), else_=0))
    counts = select(*_ITEM["sample_id", "part", "decision"], func.count().label("emails"), gone.label("gone"))
    counts = counts.where(_ITEM.sample_id.in_(ids))
    of: dict[str, Counts] = defaultdict(dict)
    for row in await session.execute(counts.group_by(*_ITEM["sample_id", "part", "decision"])):
        # Of who was erased nobody can read the e-mail any more: it is no longer of the sample, unless it was read.
        erased = 0 if row.decision else row.gone
        of[row.sample_id][row.part, row.decision] = row.emails - erased
        of[row.sample_id][row.part, _ERASED] = of[row.sample_id].get((row.part, _ERASED), 0) + erased
    shown = await _strata_shown(session, ids)
    refused = await _refused(session, {row.run_id for row in rows if row.run_id})
    return [_sample(row, of[row.id], shown.get(row.id, 0), _earlier(row, refused)) for row in rows]


async def _refused(session: AsyncSession, runs: Set[str]) -> list[tuple[str, str]]:
    """(run, sample) of what was refused of these runs."""
    query = select(col(SampleRow.run_id), col(SampleRow.id))
    query = query.where(col(SampleRow.run_id).in_(runs), col(SampleRow.status) == "refused")
    return [(row.run_id, row.id) for row in await session.execute(query)] if runs else []


def _earlier(row: SampleRow, refused: Sequence[tuple[str, str]]) -> int:
    """Samples of the same run that were refused before this one was drawn."""
    return sum(run == row.run_id and sample_id < row.id for run, sample_id in refused)


async def _strata_shown(session: AsyncSession, ids: Sequence[str]) -> dict[str, int]:
    query = select(_ITEM.sample_id, func.count(_ITEM.stratum.distinct()).label("strata"))
    query = query.where(_ITEM.sample_id.in_(ids), _ITEM.part.in_(RISK_PARTS)).group_by(_ITEM.sample_id)
    return {row.sample_id: row.strata for row in await session.execute(query)}


def _sample(row: SampleRow, counts: Counts, shown: int, refused: int) -> Sample:
    terms = ReviewTerms.model_validate(row.terms)
    drawn, risk = _progress(counts, RANDOM_PARTS), _progress(counts, RISK_PARTS)
    found = Found(drawn.read, drawn.rejected, drawn.edited)
    erased = sum(counts.get((part, _ERASED), 0) for part in RANDOM_PARTS)
    said = statement(terms, row.population, drawn.size, found, erased=erased, refused=refused)
    whole = _progress(counts, tuple(Part))
    return Sample(
        id=row.id,
        run=row.run_id,
        campaign=row.campaign_id,
        status=row.status,
        population=row.population,
        strata=row.strata,
        left_out=max(0, row.strata - shown),
        terms=terms,
        emails=whole.size,
        read=whole.read,
        random=drawn,
        risk=risk,
        standing=said.standing,
        at_most=said.at_most,
        statement=said.words,
        created_at=row.created_at,
        created_by=row.created_by,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
    )


def _progress(counts: Counts, parts: Sequence[Any]) -> PartProgress:
    of: Counter[str] = Counter()
    for (part, decision), count in counts.items():
        if part in parts and decision != _ERASED:
            of[decision] += count
    return PartProgress(
        size=of.total(),
        read=of.total() - of[""],
        approved=of[Decision.APPROVED],
        rejected=of[Decision.REJECTED],
        edited=of[Decision.EDITED],
    )
