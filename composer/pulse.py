"""What every e-mail rests on, and changes seldom: in one small statement, whether it is as it was.

Campaigns, experiments, merchandising, lessons, what outcomes taught and alarms are each kept by whoever uses them,
under the stamps that stand here. Asked for one by one they are a third of the statements of a single e-mail.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import bindparam, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from catalog.merchandising_store import LATEST, NONE_YET
from composer.bandit.learned import CONTENT, VERSION
from composer.experiments.board import REVISION
from composer.harm.standing import STANDING
from composer.lessons.taught import STATE
from composer.reviews.tables import RunGateRow
from composer.tables import CampaignRow
from memory.tables import LearnedRow
from store.upsert import table_of

_CAMPAIGN, _LEARNED, _GATE = (table_of(kind).c for kind in (CampaignRow, LearnedRow, RunGateRow))
_CURRENT = select(_CAMPAIGN.version).where(_CAMPAIGN.id == bindparam("campaign"))
_CONTENT = select(_LEARNED.document).where(_LEARNED.name == CONTENT, _LEARNED.version == VERSION)
_GATED = select(_GATE.run_id).where(_GATE.campaign_id == bindparam("campaign"))
_LESSONS = STATE.subquery()
_PULSE = select(
    _CURRENT.scalar_subquery().label("campaign"),
    REVISION.scalar_subquery().label("board"),
    LATEST.scalar_subquery().label("merchandising"),
    _CONTENT.scalar_subquery().label("learned"),
    select(func.count()).select_from(STANDING.subquery()).scalar_subquery().label("alarms"),
    exists(_GATED).label("gated"),
    *_LESSONS.c,
).select_from(_LESSONS)


class Pulse(NamedTuple):
    """The stamps, as of one transaction."""

    campaign: int | None
    """The current version of the campaign that is asked about; None where there is no such campaign."""
    board: int
    """0 where there never was an experiment, a group or a holdout."""
    merchandising: int
    learned: bytes
    """What stands under `composer.bandit.learned.CONTENT`; empty for nothing."""
    alarms: int
    """How many scopes an alarm stands over."""
    gated: bool
    """Whether a run of the campaign was ever behind a gate."""
    lessons: tuple[object, ...]
    """A row of `composer.lessons.taught.STATE`."""


async def feel(session: AsyncSession, campaign: str) -> Pulse:
    """The pulse of a database, for e-mails of one campaign."""
    found = (await session.execute(_PULSE, {"campaign": campaign})).one()
    return Pulse(
        campaign=found.campaign,
        board=found.board or 0,
        merchandising=found.merchandising or NONE_YET,
        learned=found.learned or b"",
        alarms=found.alarms,
        gated=bool(found.gated),
        lessons=tuple(found)[-len(_LESSONS.c) :],
    )
