"""What happens to a hand-off goes into the history of its run, from where outgoing webhooks take it."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from composer.handoff.tables import HandoffRow
from composer.runs.model import EventKind
from composer.runs.tables import RunEventRow
from store import clock


async def tell(session: AsyncSession, handoff: HandoffRow, kind: EventKind, data: dict[str, Any]) -> None:
    """Write one event, in the transaction in which it happens."""
    about = {"handoff": handoff.id, "channel": handoff.request["channel"], "campaign": handoff.campaign_id}
    session.add(RunEventRow(run_id=handoff.run_id, kind=kind, at=clock.now(), data=about | data))
    await session.flush()
