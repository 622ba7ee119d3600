"""Who is due, from the edge: it brings together flows, catalog and memory, which do not know each other."""

from __future__ import annotations

import asyncio
from datetime import datetime

import structlog
from pydantic import BaseModel

from catalog.noticing import Noticed, notice
from composer.campaigns import get_campaign
from composer.runs.audiences.model import Audience, DueFor
from composer.runs.audiences.reading import Progress as Looking
from composer.runs.audiences.reading import silent
from memory.due.answering import COUNTED, Due, DuePage, due_now
from memory.due.making import Progress, keep_up, unseen
from memory.due.news import Announced, announce
from memory.due.rules import DueRules, Thresholds, due_rules
from memory.due.stale import count_stale
from prompts.library import Library
from store import clock
from store.database import Database
from store.errors import Unavailable

log = structlog.get_logger("penfriend.due")

MOST_A_REQUEST = 5_000
"""Agendas that one request makes, some two seconds; `penfriend serve` makes the others beside its requests."""
KEEP_UP_EVERY_S = 60.0


class DueCustomer(BaseModel):
    """A customer who is due. `customer`, `step` and `occasion` go into a request to compose as they are."""

    customer: str
    flow: str
    step: str
    occasion: str
    due_since: datetime
    until: datetime
    """When it makes no sense any more."""
    reason: str
    """For you, never for the e-mail."""
    product_id: str = ""
    """What it is about, where that is one product."""

    @classmethod
    def of(cls, due: Due) -> DueCustomer:
        """As it is answered."""
        return cls(**{name: getattr(due, name) for name in cls.model_fields})


def rules_for(library: Library, thresholds: Thresholds) -> DueRules:
    """The rules of who is due: the steps of the flows as they are written, and what the shop has set."""
    steps: dict[str, list[tuple[str, str]]] = {
        flow.name: [(step.name, step.after) for step in flow.steps] for flow in library.flows
    }
    return due_rules(steps, thresholds)


async def bring_up_to_date(
    database: Database, rules: DueRules, *, most: int | None = None, progress: Progress = unseen
) -> int:
    """Take in what changed of products and customers since the last time; how many agendas were made."""
    now = clock.now()
    async with database.session() as session:
        await announce(session, _announced(await notice(session, now)), now)
    return await keep_up(database, rules, now, most=most, progress=progress)


async def ask(
    database: Database,
    rules: DueRules,
    flow: str,
    *,
    step: str = "",
    limit: int = 500,
    cursor: str = "",
    consent_required: bool = True,
) -> DuePage:
    """Who is due now. The first page takes in some of what changed before; `behind` says how much is left.

    Raises UnknownFlow, UnknownStep, BadCursor.
    """
    times = rules.flow(flow)
    if step:
        times.place(step)
    if not cursor:
        await bring_up_to_date(database, rules, most=MOST_A_REQUEST)
    async with database.session(readonly=True) as session:
        return await due_now(
            session, flow, clock.now(), step=step, limit=limit, cursor=cursor, consent_required=consent_required
        )


async def with_due(
    database: Database, rules: DueRules, campaign: str, audience: Audience, *, progress: Looking = silent
) -> Audience:
    """The audience, ready to be resolved: one of who is due takes flow and consent from the campaign where it says
    none of its own, and in what changed. Raises UnknownCampaign, UnknownFlow."""
    if not isinstance(audience, DueFor):
        return audience
    async with database.session(readonly=True) as session:
        version = await get_campaign(session, campaign)
        stale = await count_stale(session, COUNTED)
    flow = audience.flow or version.campaign.flow
    consent = version.brand.consent_required if audience.consent_required is None else audience.consent_required
    rules.flow(flow)
    await bring_up_to_date(database, rules, progress=lambda made: progress(made, max(made, stale)))
    return audience.model_copy(update={"flow": flow, "consent_required": consent})


async def keep_agendas(database: Database, rules: DueRules) -> None:
    """Take in what changed once a minute, so that whoever asks need not wait for it. Ends only when cancelled."""
    while True:
        try:
            await bring_up_to_date(database, rules)
        except Unavailable as error:
            log.warning("agendas_not_kept", reason=error.reason)
        await asyncio.sleep(KEEP_UP_EVERY_S)


def _announced(noticed: list[Noticed]) -> list[Announced]:
    """What the catalog saw, as memory takes it; what is gone is neither cheap nor back."""
    found: list[Announced] = []
    for one in noticed:
        match one.kind:
            case "cheaper":
                found.append(Announced(one.product_id, "price_drop", one.before, one.after, one.currency))
            case "dearer":
                found.append(Announced(one.product_id, "price_drop", over=True))
            case "back":
                found.append(Announced(one.product_id, "back_in_stock"))
            case "gone":
                found += [Announced(one.product_id, kind, over=True) for kind in ("price_drop", "back_in_stock")]
    return found
