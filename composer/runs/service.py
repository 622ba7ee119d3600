"""Runs as their owner sees them: start, pause, resume, cancel, retry, and what became of everyone.

Every call works in the caller's transaction. What moves recipients is `composing.compose_chunk`.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from composer.runs.model import Recipient, RecipientStatus, Run, RunEvent, RunRequest
from store.errors import Conflict, NotFound


class UnknownRun(NotFound):
    """No run has this id."""

    reason = "unknown_run"


class RunNotChangeable(Conflict):
    """The run's status does not allow this: a completed run cannot be paused."""

    reason = "run_not_changeable"


async def start(session: AsyncSession, campaign: str, request: RunRequest) -> Run:
    """Write the run, its recipients and its chunks. Raises UnknownCampaign, EmptyAudience, and what audiences raise."""
    raise NotImplementedError


async def pause(session: AsyncSession, run_id: str) -> Run:
    """Take no new recipients; what is being written is finished. Raises UnknownRun, RunNotChangeable."""
    raise NotImplementedError


async def resume(session: AsyncSession, run_id: str, *, request: RunRequest | None = None) -> Run:
    """Go on where it was; `request` carries a new budget or tolerance. Raises UnknownRun, RunNotChangeable."""
    raise NotImplementedError


async def cancel(session: AsyncSession, run_id: str) -> Run:
    """For good: whoever is pending ends as cancelled, calls in flight are dropped. Raises UnknownRun."""
    raise NotImplementedError


async def retry_failed(session: AsyncSession, run_id: str) -> Run:
    """Failed recipients become pending again. Raises UnknownRun, RunNotChangeable (nobody failed)."""
    raise NotImplementedError


async def get(session: AsyncSession, run_id: str) -> Run:
    """Raises UnknownRun."""
    raise NotImplementedError


async def list_runs(session: AsyncSession, *, campaign: str = "", limit: int = 50, after: str = "") -> list[Run]:
    """Newest first, beginning behind the run `after`."""
    raise NotImplementedError


async def recipients(
    session: AsyncSession, run_id: str, *, status: RecipientStatus | None = None, limit: int = 50, after: int = -1
) -> list[Recipient]:
    """By position, beginning behind `after`. Raises UnknownRun."""
    raise NotImplementedError


async def events(session: AsyncSession, run_id: str, *, after: int = 0) -> Sequence[RunEvent]:
    """The run's history behind event `after`, oldest first. Raises UnknownRun."""
    raise NotImplementedError
