"""What closes a sample: it is accepted, and with it the run it is of, or refused; or a run is released without one."""

from __future__ import annotations

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from composer.reviews.acceptance import Standing
from composer.reviews.gate import gate_of, shut_for
from composer.reviews.reading import Sample, UnknownSample, sample
from composer.reviews.sampling import draw_at_end
from composer.reviews.tables import RunGateRow, SampleRow
from composer.runs.model import RunStatus
from composer.runs.tables import RunEventRow, RunRow
from composer.tables import EmailRow
from memory.privacy.tombstones import share
from store import clock
from store.errors import Conflict


class SampleClosed(Conflict):
    """It was accepted or refused before."""

    reason = "sample_closed"


class SampleNotAcceptable(Conflict):
    """What was read of it does not bear it yet, or not at all."""

    reason = "sample_not_acceptable"


class RunNotGated(Conflict):
    """The run has no gate, or it is open."""

    reason = "run_not_gated"


async def accept(session: AsyncSession, sample_id: str, *, by: str) -> Sample:
    """Say that what it was drawn from is good enough; a run that waited for it is released, for good.

    E-mails that were rejected stay held. Where some were written since it was drawn, those wait for the next sample,
    which is drawn then. Raises UnknownSample, SampleClosed, SampleNotAcceptable.
    """
    row, run = await _open(session, sample_id)
    found = await sample(session, sample_id)
    if found.standing is not Standing.ENOUGH:
        left = found.random.size - found.random.read
        fix = f"Read the {left} e-mails of its random part that are left."
        if found.standing is Standing.TOO_MANY:
            fix = "Refuse it, mend what was wrong, and draw another one of what was not read."
        elif found.standing is Standing.TOO_FEW:
            fix = "Refuse it, and draw another one of what was not read."
        raise SampleNotAcceptable(f"{found.statement}.", fix=fix)
    _close(row, "accepted", by)
    gate = await gate_of(session, row.run_id) if row.run_id else None
    if gate is not None and run is not None and gate.sample_id == sample_id:
        until = max(row.created_at, gate.released_until or row.created_at)
        gate.released_at, gate.released_until, gate.released_by = clock.now(), until, by
        await _tell(session, run, "released", sample=sample_id, statement=found.statement)
        await _next(session, run)
    await session.flush()
    return await sample(session, sample_id)


async def refuse(session: AsyncSession, sample_id: str, *, by: str) -> Sample:
    """Say that it is not good enough: the run stays closed, and another sample may be drawn of what was not read.

    Raises UnknownSample, SampleClosed.
    """
    row, _ = await _open(session, sample_id)
    _close(row, "refused", by)
    await session.flush()
    return await sample(session, sample_id)


async def release(session: AsyncSession, run_id: str, *, by: str) -> RunGateRow:
    """Let out what a run wrote though no sample of it was accepted. Raises RunNotGated (with no gate, or an open one).

    Its open sample may still be read. E-mails that were rejected stay held.
    """
    run = await session.get(RunRow, run_id, with_for_update=True, populate_existing=True)
    gate = await gate_of(session, run_id)
    if run is None or gate is None or not await shut_for(session, run_id):
        raise RunNotGated(f"Nothing of run {run_id} waits to be released.", fix="Hand it off: it may leave.")
    if run.status not in (RunStatus.COMPLETED, RunStatus.CANCELLED):
        raise RunNotGated(f"Run {run_id} still writes.", fix="Wait until it is completed, or cancel it.")
    newest = (await session.execute(select(func.max(EmailRow.created_at)).where(EmailRow.run_id == run_id))).scalar()
    gate.released_at, gate.released_by = clock.now(), by
    gate.released_until = max(gate.released_at, newest or gate.released_at)
    await _tell(session, run, "released", sample="", statement="")
    return gate


async def _next(session: AsyncSession, run: RunRow) -> None:
    """What was written after the sample was drawn gets its own, where the run is over."""
    await session.flush()
    if run.status in (RunStatus.COMPLETED, RunStatus.CANCELLED) and await shut_for(session, run.id):
        await draw_at_end(session, run)


async def _open(session: AsyncSession, sample_id: str) -> tuple[SampleRow, RunRow | None]:
    """The sample and its run, both held to the end of the transaction; the run first, as everybody takes them."""
    run_id = (await session.execute(select(SampleRow.run_id).where(SampleRow.id == sample_id))).scalar_one_or_none()
    if run_id is None:
        raise UnknownSample(
            f"There is no sample {sample_id!r}.", fix="Sample ids start with smp_; list them to find it."
        )
    # The next sample may be drawn here, which says who is in it: an erasure comes before or after.
    await share(session)
    run = await session.get(RunRow, run_id, with_for_update=True, populate_existing=True) if run_id else None
    query = select(SampleRow).where(col(SampleRow.id) == sample_id).with_for_update()
    row = (await session.execute(query.execution_options(populate_existing=True))).scalar_one()
    if row.status != "open":
        raise SampleClosed(f"The sample {sample_id} is {row.status} already.", fix="Draw another one of its run.")
    return row, run


def _close(row: SampleRow, status: str, by: str) -> None:
    row.status, row.closed_at, row.closed_by = status, clock.now(), by


async def _tell(session: AsyncSession, run: RunRow, kind: str, **data: str) -> None:
    data = {"campaign": run.campaign_id, **data}
    session.add(RunEventRow(run_id=run.id, kind=kind, at=clock.now(), data=data))
    await session.flush()
