"""Samples and gates from the edge: what a room decides, and who decided it, in one transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from api import audit
from composer.campaigns import get_campaign
from composer.reviews import reading, releasing, sampling
from composer.reviews.model import ReviewTerms
from composer.reviews.reading import Sample
from composer.reviews.sampling import Source
from composer.reviews.tables import SampleRow
from composer.runs import service
from composer.runs.model import Run
from store.errors import InvalidInput


class ReasonMissing(InvalidInput):
    """What goes past the review says why."""

    reason = "reason_missing"


async def draw_of_run(session: AsyncSession, run_id: str, terms: ReviewTerms | None = None) -> Sample:
    """Of what a run wrote. Raises UnknownRun, RunStillWriting, LooserTerms, SampleStillOpen, NothingToReview,
    TooMuchToRead."""
    row = await sampling.draw_of_run(session, run_id, terms, by=audit.actor())
    return await _drawn(session, row)


async def draw_alone(
    session: AsyncSession, campaign: str = "", since: datetime | None = None, terms: ReviewTerms | None = None
) -> Sample:
    """Of what was composed one by one, for a campaign or for all. Raises UnknownCampaign, SampleStillOpen,
    NothingToReview, TooMuchToRead."""
    if campaign:
        await get_campaign(session, campaign)
    source = Source(campaign_id=campaign, since=since)
    row = await sampling.draw(session, source, terms or ReviewTerms(), by=audit.actor())
    return await _drawn(session, row)


async def accept(session: AsyncSession, sample_id: str) -> Sample:
    """Good enough; a run that waited for it is released. Raises UnknownSample, SampleClosed, SampleNotAcceptable."""
    found = await releasing.accept(session, sample_id, by=audit.actor())
    await audit.append(session, "sample.accept", sample_id, why=_statement(found), after={"run": found.run})
    return found


async def refuse(session: AsyncSession, sample_id: str) -> Sample:
    """Not good enough. Raises UnknownSample, SampleClosed."""
    found = await releasing.refuse(session, sample_id, by=audit.actor())
    await audit.append(session, "sample.refuse", sample_id, why=_statement(found), after={"run": found.run})
    return found


async def release(session: AsyncSession, run_id: str, *, why: str) -> Run:
    """Let a run out without an accepted sample. Raises ReasonMissing, UnknownRun, RunNotGated, BadReason."""
    if not why.strip():
        raise ReasonMissing(
            "Say why this run leaves without a review.", pointer="/why", fix="A sentence, or a ticket's number."
        )
    run = await service.get(session, run_id)
    await releasing.release(session, run_id, by=audit.actor())
    await audit.append(session, "run.release", run_id, why=why.strip(), after={"reviewed": False})
    return run


async def _drawn(session: AsyncSession, row: SampleRow) -> Sample:
    found = await reading.sample(session, row.id)
    why = f"{found.emails} of {found.population} e-mails"
    await audit.append(session, "sample.draw", row.id, why=why, after={"run": row.run_id, "terms": row.terms})
    return found


def _statement(found: Sample) -> str:
    return found.statement[: audit.MAX_WHY]
