"""Starting and steering runs from the edge: resolve, look before the start, write, and wake who works."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO

import orjson
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from api import audit, models
from api.benches import templates_only
from api.due import rules_for, with_due
from api.errors import MalformedBody
from api.house import House
from composer.pointers import pointer_to
from composer.runs import service
from composer.runs.audiences.members import Members
from composer.runs.audiences.reading import Progress, silent
from composer.runs.audiences.resolving import OpenFile, no_files, resolve
from composer.runs.model import NewLimits, Run, RunRequest
from composer.runs.preflight.links import follow_link
from composer.runs.preflight.looking import Preflight
from composer.runs.preflight.model import PreflightReport, PreflightRequest, require_ready
from store.errors import InvalidInput


class WrongRequest(InvalidInput):
    """The request of a run cannot be read."""

    reason = "wrong_run_request"


@dataclass(frozen=True)
class Looked:
    """What was found before the start, and whom it was found about."""

    report: PreflightReport
    members: Members


async def preflight(
    house: House, campaign: str, request: PreflightRequest, *, open_file: OpenFile = no_files
) -> PreflightReport:
    """What would stand in a run's way, and what it would take. Raises UnknownCampaign, and what audiences raise."""
    async with looked(house, campaign, request, open_file=open_file) as found:
        return found.report


@asynccontextmanager
async def looked(
    house: House,
    campaign: str,
    request: PreflightRequest,
    *,
    open_file: OpenFile = no_files,
    progress: Progress = silent,
) -> AsyncIterator[Looked]:
    """Resolve the audience and look, for whoever decides then; the audience is kept to the end of the block."""
    rules = rules_for(house.library, house.settings.due)
    audience = await with_due(house.database, rules, campaign, request.audience, progress=progress)
    async with house.database.session(readonly=True) as session:
        members = await resolve(session, audience, open_file=open_file, progress=progress)
    # Else the check of the model would tell how long its library takes to load.
    await models.load(house.writers)
    with members:
        yield Looked(await _preflight(house).look(campaign, request, members, progress=progress), members)


async def start(house: House, campaign: str, request: PreflightRequest, *, open_file: OpenFile = no_files) -> Run:
    """Look, then start. Raises PreflightFailed, UnknownCampaign, EmptyAudience, and what audiences raise.

    Where the request does not ask for samples no model writes any: whoever asks over HTTP waits for the answer.
    """
    if "samples" not in request.model_fields_set:
        request = request.model_copy(update={"samples": 0})
    async with looked(house, campaign, request, open_file=open_file) as found:
        require_ready(found.report)
        return await begin(house, campaign, request, found.members)


async def begin(house: House, campaign: str, request: PreflightRequest, members: Members) -> Run:
    """Write the run for these members, in one transaction, and wake who works on runs here."""
    asked = RunRequest(**{name: getattr(request, name) for name in RunRequest.model_fields})
    async with house.database.session() as session:
        run = await service.start(session, campaign, asked, members=members)
        why, after = f"{run.recipients} recipients", run.request.model_dump(mode="json")
        await audit.append(session, "run.start", run.id, why=why, after=after)
    house.wake_runs()
    return run


async def pause(session: AsyncSession, run_id: str) -> Run:
    """Take no new recipients. Raises UnknownRun, RunNotChangeable."""
    run = await service.pause(session, run_id)
    await audit.append(session, "run.pause", run_id)
    return run


async def resume(house: House, run_id: str, limits: NewLimits | None = None) -> Run:
    """Go on. Raises UnknownRun, RunNotChangeable."""
    async with house.database.session() as session:
        run = await service.resume(session, run_id, limits=limits)
        after = None if limits is None else limits.model_dump(mode="json", exclude_unset=True)
        await audit.append(session, "run.resume", run_id, after=after)
    house.wake_runs()
    return run


async def cancel(session: AsyncSession, run_id: str) -> Run:
    """End it for good. Raises UnknownRun, RunNotChangeable."""
    run = await service.cancel(session, run_id)
    await audit.append(session, "run.cancel", run_id)
    return run


async def retry_failed(house: House, run_id: str) -> Run:
    """Begin with those who failed anew. Raises UnknownRun, RunNotChangeable."""
    async with house.database.session() as session:
        run = await service.retry_failed(session, run_id)
        await audit.append(session, "run.retry", run_id)
    house.wake_runs()
    return run


def read_request(text: str) -> PreflightRequest:
    """The request beside an uploaded file. Raises MalformedBody, WrongRequest."""
    try:
        return PreflightRequest.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        if first["type"] == "json_invalid":
            raise MalformedBody("`request` is not JSON.", pointer="/request", fix="Send the run's JSON.") from error
        pointer = pointer_to(first["loc"], orjson.loads(text), missing=first["type"] == "missing")
        raise WrongRequest(f"{first['msg']}.", pointer=pointer, fix="Correct this field.") from error


def uploaded(file: BinaryIO) -> OpenFile:
    """The one file that came with a request, whatever the audience calls it."""
    return lambda name: file


def _preflight(house: House) -> Preflight:
    return Preflight(
        database=house.database,
        library=house.library,
        shelf=house.catalog,
        templates=templates_only(house.settings, house.database, house.library, house.catalog),
        composer=house.composer,
        writers=house.writers,
        follow=partial(follow_link, private=house.settings.private_feeds),
        concurrency=house.settings.runs.concurrency,
    )
