"""`penfriend alarms`: where complaints or unsubscribes rose, and closing one."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console

from api import guarding
from api.console import Home, Json, emit, table
from api.databases import open_database
from api.settings import Settings, read_settings
from composer.harm import service, wording
from composer.harm.model import Alarm
from store.errors import InvalidInput

COLUMNS = ("id", "raised", "stands", "what")


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(alarms)


def alarms(
    close: Annotated[str, typer.Option(help="Close this alarm: alm_….")] = "",
    reason: Annotated[str, typer.Option(help="Why: it is kept, and shown in the studio.")] = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Alarms: complaints or unsubscribes rose. While one stands, its e-mails are not decided by what was learned."""
    if reason and not close:
        raise InvalidInput("A reason closes an alarm.", pointer="--close", fix="Say which: --close alm_….")
    found, judged_at = asyncio.run(_done(read_settings(home), close, reason))
    said = {"alarms": [one.model_dump(mode="json") for one in found], "judged_at": judged_at}
    emit(said, as_json, lambda console: _show(console, found, judged_at))


async def _done(settings: Settings, alarm_id: str, reason: str) -> tuple[list[Alarm], datetime | None]:
    async with open_database(settings) as database:
        if alarm_id:
            async with database.session() as session:
                return [await guarding.close(session, alarm_id, reason)], await service.judged_at(session)
        async with database.session(readonly=True) as session:
            return await service.alarms(session, limit=200), await service.judged_at(session)


def _show(console: Console, found: list[Alarm], judged_at: datetime | None) -> None:
    if not found:
        console.print(f"No alarm was ever raised. {wording.judged(judged_at)}", highlight=False)
        return
    rows = [
        (one.id, f"{one.raised_at:%Y-%m-%d %H:%M}", "no" if one.closed_at else "yes", one.sentence) for one in found
    ]
    console.print(table(COLUMNS, rows))
    if any(one.closed_at is None for one in found):
        console.print(wording.FALLBACK, highlight=False)
    console.print(wording.judged(judged_at), highlight=False)
