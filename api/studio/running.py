"""The page of one run: everything on it but its recipients, read in a number of statements that does not grow."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from api.house import House
from api.studio import charts, overviewing, run_words
from composer.handoff.webhooks import endpoints
from composer.reviews.gate import gate_of, shut_for
from composer.reviews.reading import Sample, samples
from composer.reviews.tables import RunGateRow
from composer.runs import export, service
from composer.runs.model import Run, RunEvent, RunStatus

EVENTS = 20
"""The newest that are shown."""
REASONS = 8


@dataclass(frozen=True, slots=True)
class Gate:
    """Whether what a run wrote may leave."""

    row: RunGateRow | None
    """None: it was started without one."""
    shut: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A run as its page shows it."""

    run: Run
    events: Sequence[RunEvent]
    gate: Gate
    sample: Sample | None
    """The newest drawn of it."""

    @property
    def moves(self) -> bool:
        """Worth looking again in two seconds?"""
        return self.run.status is RunStatus.RUNNING

    @property
    def over(self) -> bool:
        """Nothing more will be written, unless somebody tries again."""
        return self.run.status in (RunStatus.COMPLETED, RunStatus.CANCELLED)

    @property
    def rungs(self) -> charts.Stacked:
        """Blocks by who wrote them."""
        return overviewing.rungs(self.run.tally)

    @property
    def rules(self) -> list[overviewing.Rule]:
        """What checks caught most."""
        return overviewing.rules(self.run.tally)

    @property
    def reasons(self) -> list[tuple[str, str, int]]:
        """(code, words, count) of why there is no e-mail, the most frequent first."""
        ordered = sorted(self.run.tally.reasons.items(), key=lambda item: (-item[1], item[0]))
        return [(code, run_words.reason(code), count) for code, count in ordered[:REASONS]]


async def show(session: AsyncSession, run_id: str) -> Shown:
    """Raises UnknownRun."""
    run = await service.get(session, run_id)
    events = list(await service.events(session, run_id))[-EVENTS:][::-1]
    drawn = await samples(session, run=run_id, limit=1)
    row = await gate_of(session, run_id)
    gate = Gate(row, shut=row is not None and await shut_for(session, run_id))
    return Shown(run, events, gate, drawn[0] if drawn else None)


async def ways_out(session: AsyncSession, house: House) -> list[tuple[str, str]]:
    """(value, words) of each channel that is set up here; a webhook's value names its endpoint."""
    settings = house.settings
    found = [("smtp", f"Your mail relay, {settings.smtp.host}")] if settings.smtp.host else []
    if settings.listmonk.url:
        found.append(("listmonk", "listmonk"))
    usable = (one for one in await endpoints.page(session, limit=20) if not one.disabled)
    return [*found, *((f"webhook:{one.id}", f"Webhook: {one.description or one.url}") for one in usable)]


async def lines(house: House, run_id: str) -> AsyncIterator[bytes]:
    """Everyone in the run with their e-mail, a line of JSON each; in blocks of a page."""
    async for page in export.pages(house.database, house.freshness, run_id):
        yield b"".join(one.line() for one in page)


def endpoint_of(channel: str) -> dict[str, str]:
    """A value of `ways_out` as a `HandoffRequest`."""
    kind, _, endpoint = channel.partition(":")
    return {"channel": kind, **({"endpoint": endpoint} if endpoint else {})}


def counts(run: Run) -> list[tuple[str, str, int]]:
    """(status, word, how many) of its recipients; waiting ones are those without an end."""
    tally = run.tally
    named = (
        ("composed", tally.composed),
        ("skipped", tally.skipped),
        ("failed", tally.failed),
        ("cancelled", tally.cancelled),
        ("pending", run.recipients - tally.done),
    )
    return [
        (status, run_words.RECIPIENTS[status][0], count) for status, count in named if count or status == "composed"
    ]
