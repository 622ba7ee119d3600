"""Who did something, as a person would say it: saved versions, decisions and runs name accounts, keys and users."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from api.studio import audit_words


async def names_of(session: AsyncSession, actors: Iterable[str]) -> Mapping[str, str]:
    """Each actor with what they are called now; of nobody, that it was not noted."""
    known = await audit_words.names(session)
    return {actor: known.actor(actor) or "not noted" for actor in set(actors)}
