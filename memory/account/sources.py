"""Where a remembered thing came from: the stored events behind it, in plain words."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from memory.account.model import Group, Source, Told
from memory.account.words import IN_ENGLISH
from memory.events import RESERVED
from memory.phrases import Phrasebook
from memory.tables import Event as EventRow

READ_AT_ONCE = 500
SOURCES = 5
"""Of one thing, the newest."""


async def with_sources(session: AsyncSession, groups: Sequence[Group], say: Phrasebook) -> tuple[Group, ...]:
    """The same, each thing with the events it came from; what retention has deleted is not there any more."""
    wanted = {one for group in groups for told in group.told for one in told.message_ids}
    found = await find_sources(session, wanted, say)
    return tuple(group.model_copy(update={"told": tuple(_told(one, found) for one in group.told)}) for group in groups)


async def find_sources(
    session: AsyncSession, message_ids: Collection[str], say: Phrasebook = IN_ENGLISH
) -> dict[str, Source]:
    """The events with these ids, by them; what is not stored any more is left out."""
    wanted = sorted(message_ids)
    found: dict[str, Source] = {}
    for start in range(0, len(wanted), READ_AT_ONCE):
        found |= await _read(session, wanted[start : start + READ_AT_ONCE], say)
    return found


async def _read(session: AsyncSession, wanted: Collection[str], say: Phrasebook) -> dict[str, Source]:
    query = select(
        col(EventRow.message_id),
        col(EventRow.name),
        col(EventRow.at),
        col(EventRow.received_at),
        col(EventRow.payload),
    ).where(col(EventRow.message_id).in_(wanted))
    return {
        message_id: Source(
            event=_event(name, say),
            at=at,
            received_at=received_at,
            via=via_of(name, orjson.loads(payload), say),
            message_id=message_id,
        )
        for message_id, name, at, received_at, payload in (await session.execute(query)).all()
    }


def _told(one: Told, found: Mapping[str, Source]) -> Told:
    sources = [found[message_id] for message_id in one.message_ids if message_id in found]
    newest = sorted(sources, key=lambda source: source.at, reverse=True)[:SOURCES]
    return one.model_copy(update={"sources": tuple(newest)})


def _event(name: str, say: Phrasebook) -> str:
    """As the shop calls it, where there is no word for it here."""
    return say.get(f"event.{name}", name)


def via_of(name: str, body: Mapping[str, Any], say: Phrasebook = IN_ENGLISH) -> str:
    """Which system said so."""
    context = body.get("context")
    context = context if isinstance(context, dict) else {}
    imported, library = context.get("import"), context.get("library")
    if name in RESERVED:
        return say["via.ours"]
    if isinstance(imported, dict):
        return say.say("via.imported", source=str(imported.get("source")), format=str(imported.get("format")))
    if isinstance(library, dict) and isinstance(library.get("name"), str):
        return say.say("via.library", library=library["name"])
    return say["via.shop"]
