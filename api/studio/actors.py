"""Who did something, as a person would say it: the audit log and saved versions name accounts, keys and users."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from api.audit import ITSELF
from api.studio.tables import AccountRow

_ACCOUNT = "account:"


async def names_of(session: AsyncSession, actors: Iterable[str]) -> Mapping[str, str]:
    """Each actor with what they are called."""
    asked = set(actors)
    ids = [actor.removeprefix(_ACCOUNT) for actor in asked if actor.startswith(_ACCOUNT)]
    query = select(col(AccountRow.id), col(AccountRow.name)).where(col(AccountRow.id).in_(ids))
    names = {f"{_ACCOUNT}{id_}": name for id_, name in await session.execute(query)} if ids else {}
    return {actor: names.get(actor) or _called(actor) for actor in asked}


def _called(actor: str) -> str:
    kind, _, name = actor.partition(":")
    match kind:
        case "":
            return "not noted"
        case "key":
            return "a program, by the API"
        case "user":
            return f"{name}, on the command line"
        case "account":
            return "an account that is gone"
        case _:
            return "Penfriend itself" if actor == ITSELF else actor
