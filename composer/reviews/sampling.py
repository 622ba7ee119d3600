"""Samples: which e-mails somebody reads, so that it tells something about all of them.

Two parts. The risk part shows what is likeliest to be wrong: one e-mail of each stratum at least, the riskiest first.
The random part is a simple random sample without replacement, and only it says something about the e-mails that nobody
reads (`composer.reviews.acceptance`). The riskiest come first in the order of review; the random part follows in the
order in which it was drawn, so that the first of it are a random sample too.

Drawn in the database, by an index that holds all that is asked: no e-mail is loaded, however long the run is.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from composer.reviews.acceptance import percent, plan_for, require_readable, surer
from composer.reviews.gate import gate_of
from composer.reviews.model import Part, ReviewTerms
from composer.reviews.tables import RunGateRow, SampleItemRow, SampleRow
from composer.runs.model import RunStatus
from composer.runs.tables import RunRow
from composer.tables import EmailRow
from memory.privacy.tombstones import share
from store import clock
from store.errors import Conflict, InvalidInput, NotFound
from store.ids import new_sample_id
from store.upsert import table_of

RISKIEST = 40
"""E-mails of the risk part, at most."""
RISKY = 0.5
"""From here an e-mail is in the risk part though another one of its stratum is, where there is room."""
ITSELF = "penfriend"
"""Who draws the sample of a run that is done."""
DRAWING_LOCK = 7_365_287
"""Any constant: on PostgreSQL, who draws a sample of what belongs to no run holds it alone."""
_AT_ONCE = 500
_EMAIL, _ITEM, _SAMPLE = (table_of(model) for model in (EmailRow, SampleItemRow, SampleRow))


class NothingToReview(Conflict):
    """There is no e-mail to draw a sample from."""

    reason = "nothing_to_review"


class SampleStillOpen(Conflict):
    """The sample drawn before is not done with: drawing until one looks good would prove nothing."""

    reason = "sample_still_open"


class LooserTerms(InvalidInput):
    """The terms of a gate are those its run was started with: who draws again does not lower the bar."""

    reason = "looser_terms"


class RunStillWriting(Conflict):
    """A sample that is to release a run is drawn when all its e-mails are there."""

    reason = "run_still_writing"


class NoSuchRun(NotFound):
    """No run has this id."""

    reason = "unknown_run"


@dataclass(frozen=True, slots=True)
class Source:
    """What a sample is drawn from: what a run wrote, or what was composed one by one."""

    run_id: str = ""
    """Empty: what belongs to no run."""
    campaign_id: str = ""
    """Empty: of all campaigns."""
    since: datetime | None = None
    """Only what was written after it."""


@dataclass(frozen=True, slots=True)
class _Drawn:
    email_id: str
    part: Part


async def draw_of_run(session: AsyncSession, run_id: str, terms: ReviewTerms | None = None, *, by: str) -> SampleRow:
    """A sample of what the run wrote; None as `terms`: those it was started with, or the usual ones.

    What was read in an earlier sample of the run is not drawn again, and each that was refused makes the next one surer
    (`acceptance.surer`). `by` as the audit log names who acts. Raises NoSuchRun, RunStillWriting and LooserTerms (both
    behind a gate), SampleStillOpen, NothingToReview, TooMuchToRead.
    """
    # Before the run's lock, as whoever stores takes them: what is drawn says who is in it, and must not outlive them.
    await share(session)
    run = await session.get(RunRow, run_id, with_for_update=True, populate_existing=True)
    if run is None:
        raise NoSuchRun(f"There is no run {run_id!r}.", fix="Run ids start with run_; list the runs to find it.")
    gate = await gate_of(session, run_id)
    if gate is not None and run.status not in (RunStatus.COMPLETED, RunStatus.CANCELLED):
        raise RunStillWriting(f"Run {run_id} still writes.", fix="Its sample is drawn by itself when it is done.")
    if gate is not None and terms is not None:
        _require_no_looser(terms, terms_of(run))
    terms = (terms or terms_of(run)).model_copy(update={"gate": gate is not None})
    return await _draw(session, _source_of(run, gate), terms, by, gate)


async def draw(session: AsyncSession, source: Source, terms: ReviewTerms, *, by: str) -> SampleRow:
    """A sample of what was composed one by one. Raises SampleStillOpen, NothingToReview, TooMuchToRead."""
    await share(session)
    await _one_at_a_time(session)
    return await _draw(session, source, terms.model_copy(update={"gate": False}), by, None)


async def _one_at_a_time(session: AsyncSession) -> None:
    """There is no run to lock: two who draw at once would each see no open sample. SQLite has one writer at a time."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text(f"SELECT pg_advisory_xact_lock({DRAWING_LOCK})"))


async def draw_at_end(session: AsyncSession, run: RunRow) -> None:
    """The sample of a run that is to be reviewed, in the transaction that ends it: `run` as `lock_run` gave it, under
    `memory.privacy.tombstones.share`, which was taken first.

    A run that wrote nothing has nothing to wait for. One of which everything was read, and refused, stays closed.
    """
    terms = _asked_for(run)
    if terms is None:
        return
    gate = await gate_of(session, run.id)
    try:
        await _draw(session, _source_of(run, gate), terms, ITSELF, gate)
    except NothingToReview:
        if gate is not None and gate.released_until is None and not await _wrote(session, run.id):
            gate.released_at = gate.released_until = clock.now()
            gate.released_by = ITSELF
    except SampleStillOpen:
        # Of the e-mails that were there before some were retried: drawn anew when that one is done with.
        return


async def _wrote(session: AsyncSession, run_id: str) -> bool:
    """Is there any e-mail of this run, read or not?"""
    query = select(_EMAIL.c.id).where(_EMAIL.c.run_id == run_id).limit(1)
    return (await session.execute(query)).first() is not None


def terms_of(run: RunRow) -> ReviewTerms:
    """On which terms a run is reviewed."""
    return _asked_for(run) or ReviewTerms()


def _asked_for(run: RunRow) -> ReviewTerms | None:
    asked = run.request.get("review")
    return None if asked is None else ReviewTerms.model_validate(asked)


def _require_no_looser(terms: ReviewTerms, own: ReviewTerms) -> None:
    """Raises LooserTerms, at the first one that is."""
    looser = {
        "defect_rate": terms.defect_rate > own.defect_rate,
        "confidence": terms.confidence < own.confidence,
        "allowed": terms.allowed > own.allowed,
    }
    field = next((name for name, is_looser in looser.items() if is_looser), None)
    if field is None:
        return
    rate, sure = percent(own.defect_rate, up=False), percent(own.confidence, up=False)
    raise LooserTerms(
        f"Behind a gate a sample is not drawn on looser terms than its run was started with: at most {rate} bad, "
        f"{sure} sure, {own.allowed} allowed.",
        pointer=f"/{field}",
        fix="Draw it on these or stricter ones; without any, those of the run are taken.",
    )


def _source_of(run: RunRow, gate: RunGateRow | None) -> Source:
    return Source(run.id, run.campaign_id, gate.released_until if gate else None)


async def _draw(
    session: AsyncSession, source: Source, terms: ReviewTerms, by: str, gate: RunGateRow | None
) -> SampleRow:
    require_readable(terms)
    await _require_done(session, source)
    emails = _emails(source)
    population, strata, newest = await _count(session, emails)
    if newest is None:
        raise NothingToReview("There is no e-mail here that was not read.", fix="Wait until some are written.")
    terms = surer(terms, await _refused(session, source))
    plan = plan_for(terms, population)
    row = SampleRow(
        id=new_sample_id(),
        run_id=source.run_id,
        campaign_id=source.campaign_id,
        population=population,
        strata=strata,
        seed=secrets.token_hex(16),
        terms=terms.model_dump(mode="json"),
        # Not before the newest e-mail: the clocks of those who write them may differ.
        created_at=max(clock.now(), newest),
        created_by=by,
    )
    session.add(row)
    await session.flush()
    risky = await _riskiest(session, emails)
    drawn = await _at_random(session, emails, population, plan.size, row.seed)
    await _keep(session, row.id, _merged(risky, drawn))
    if gate is not None:
        gate.sample_id = row.id
        await session.flush()
    return row


async def _require_done(session: AsyncSession, source: Source) -> None:
    unfinished = select(_SAMPLE.c.id).where(
        _SAMPLE.c.run_id == source.run_id, _SAMPLE.c.campaign_id == source.campaign_id, _SAMPLE.c.status == "open"
    )
    found = (await session.execute(unfinished.limit(1))).scalar_one_or_none()
    if found is not None:
        raise SampleStillOpen(
            f"The sample {found} is not done with.", fix="Accept it or refuse it first, then draw another one."
        )


async def _refused(session: AsyncSession, source: Source) -> int:
    """Samples of the run that were refused so far; of what belongs to no run, none is counted."""
    if not source.run_id:
        return 0
    refused = select(func.count()).where(_SAMPLE.c.run_id == source.run_id, _SAMPLE.c.status == "refused")
    return (await session.execute(refused)).scalar_one()


def _emails(source: Source) -> Select[Any]:
    """(id, created_at, stratum, risk) of what may be drawn; what was read in an earlier sample may not be again."""
    read = select(_ITEM.c.email_id).where(_ITEM.c.decision != "")
    read = read.join(_SAMPLE, _SAMPLE.c.id == _ITEM.c.sample_id).where(_SAMPLE.c.run_id == source.run_id)
    query = select(*_EMAIL.c["id", "created_at", "stratum", "risk"]).where(
        _EMAIL.c.run_id == source.run_id, _EMAIL.c.id.not_in(read)
    )
    if source.campaign_id and not source.run_id:
        query = query.where(_EMAIL.c.campaign_id == source.campaign_id)
    return query if source.since is None else query.where(_EMAIL.c.created_at > source.since)


async def _count(session: AsyncSession, emails: Select[Any]) -> tuple[int, int, datetime | None]:
    """E-mails, the strata they are of, and when the newest was written; None where there is none."""
    of = emails.subquery()
    counts = select(func.count(), func.count(of.c.stratum.distinct()), func.max(of.c.created_at)).select_from(of)
    row = (await session.execute(counts)).one()
    return row[0], row[1], row[2]


async def _riskiest(session: AsyncSession, emails: Select[Any]) -> list[str]:
    """Ids: the riskiest of each stratum, then whatever else is risky, `RISKIEST` in all; by risk, falling."""
    of = emails.subquery()
    place = func.row_number().over(partition_by=of.c.stratum, order_by=(of.c.risk.desc(), of.c.id))
    ranked = select(of.c.id, of.c.risk, place.label("place")).subquery()
    worth = (ranked.c.place == 1) | (ranked.c.risk >= RISKY)
    first = case((ranked.c.place == 1, 0), else_=1)
    chosen = select(ranked.c.id, ranked.c.risk).where(worth)
    rows = await session.execute(chosen.order_by(first, ranked.c.risk.desc(), ranked.c.id).limit(RISKIEST))
    return [row.id for row in sorted(rows, key=lambda row: -row.risk)]


async def _at_random(
    session: AsyncSession, emails: Select[Any], population: int, size: int, seed: str
) -> Sequence[str]:
    """Ids in the order drawn: each set of `size` of them is as likely as any other."""
    places = random.Random(seed).sample(range(1, population + 1), size)  # noqa: S311 (no secret: repeatable)
    of = emails.subquery()
    numbered = select(of.c.id, func.row_number().over(order_by=(of.c.created_at, of.c.id)).label("place")).subquery()
    found = await session.execute(select(numbered.c.place, numbered.c.id).where(numbered.c.place.in_(places)))
    at = {row.place: row.id for row in found}
    return [at[place] for place in places]


def _merged(risky: Sequence[str], drawn: Sequence[str]) -> list[_Drawn]:
    """In the order of review, each once."""
    random_part, risk_part = set(drawn), set(risky)
    first = [_Drawn(one, Part.BOTH if one in random_part else Part.RISK) for one in risky]
    return first + [_Drawn(one, Part.RANDOM) for one in drawn if one not in risk_part]


async def _keep(session: AsyncSession, sample_id: str, drawn: Sequence[_Drawn]) -> None:
    rows: list[dict[str, Any]] = []
    for start in range(0, len(drawn), _AT_ONCE):
        some = {one.email_id: one for one in drawn[start : start + _AT_ONCE]}
        wanted = select(*_EMAIL.c["id", "customer", "stratum", "risk", "why"]).where(_EMAIL.c.id.in_(list(some)))
        found = {row.id: row for row in await session.execute(wanted)}
        for position, email_id in enumerate(some, start):
            row = found[email_id]
            rows.append(
                {
                    "sample_id": sample_id,
                    "position": position,
                    "email_id": email_id,
                    "customer": row.customer,
                    "part": some[email_id].part.value,
                    "stratum": row.stratum,
                    "risk": row.risk,
                    "why": row.why.split(),
                    "decision": "",
                    "decided_at": None,
                }
            )
    await session.execute(insert(_ITEM), rows)
