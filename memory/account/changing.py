"""One remembered thing, corrected or forgotten, as an event of ours: a rebuild gives the same memory.

Facts are read off events, and events come again: from a nightly export, from a browser that was offline. So what is
forgotten is named (`memory.parts.forgetting`), and a trait that is put right names the values that it is not
(`memory.profile`). What is said afterwards, and says something new, is believed.
"""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from memory.account.model import Told
from memory.account.reading import account_of
from memory.events import FACT_CORRECTED, FACT_FORGOTTEN, EventRejected, OurMessage, clean_text
from memory.ingest import ingest
from memory.profile import ProfileState, effective_traits, email_of
from memory.tables import Customer
from store import clock
from store.errors import InvalidInput, NotFound

MAX_CORRECTION = 500


class UnknownFact(NotFound):
    """Nothing with this id is remembered of the customer."""

    reason = "unknown_fact"


class NotCorrectable(InvalidInput):
    """It follows from what happened, or a value is not of its kind."""

    reason = "not_correctable"


class NotForgettable(InvalidInput):
    """It follows from other things, or is a record that stays as long as the person does."""

    reason = "not_forgettable"


async def forget_fact(session: AsyncSession, external_id: str, fact_id: str) -> Told:
    """What is forgotten from now on: neither used, said nor told. Returns what it was.

    Raises: UnknownFact, NotForgettable.
    """
    told = await _find(session, external_id, fact_id)
    if not told.can_forget:
        raise NotForgettable(
            "This follows from other things, or is a record of the shop's.",
            pointer="fact_id",
            fix="Object to personalisation or predictions (event `Consent Changed`), or erase the customer.",
        )
    traits = []
    if told.trait:
        profile = await _profile(session, external_id)
        traits = _changes(profile, told.trait, None)
    await _write(session, external_id, FACT_FORGOTTEN, {"subjects": [*told.subjects], "traits": traits})
    return told


async def correct_fact(session: AsyncSession, external_id: str, fact_id: str, value: str) -> Told:
    """What a trait is instead. Returns it as it is told from now on.

    Raises: UnknownFact, NotCorrectable.
    """
    told = await _find(session, external_id, fact_id)
    if not told.can_correct:
        raise NotCorrectable(
            "This was read off what happened, and cannot be put right in words.",
            pointer="fact_id",
            fix="Forget it (DELETE), or correct the trait or the order it comes from.",
        )
    profile = await _profile(session, external_id)
    changes = _changes(profile, told.trait, _checked(told.trait, value))
    await _write(session, external_id, FACT_CORRECTED, {"traits": changes})
    return await _find(session, external_id, fact_id)


async def _find(session: AsyncSession, external_id: str, fact_id: str) -> Told:
    account = await account_of(session, external_id)
    told = None if account is None else account.find(fact_id)
    if told is None:
        raise UnknownFact("Nothing with this id is remembered.", fix="See GET /v1/customers/{id}/account for the ids.")
    return told


async def _profile(session: AsyncSession, external_id: str) -> ProfileState:
    stored = await session.scalar(select(col(Customer.profile)).where(col(Customer.external_id) == external_id))
    profile: ProfileState = orjson.loads(stored) if stored else {}
    return profile


def _checked(path: str, value: str) -> str:
    text = " ".join(clean_text(value).split())
    if not text or len(text) > MAX_CORRECTION:
        raise NotCorrectable(f"A correction has 1 to {MAX_CORRECTION} characters.", pointer="correct")
    if path == "email" and email_of(text) is None:
        raise NotCorrectable("This is no e-mail address.", pointer="correct", fix="ada@example.com")
    if path == "birthday" and not _is_day(text):
        raise NotCorrectable("This is no day.", pointer="correct", fix="Write 1985-12-10.")
    return text


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).year > 1900
    except ValueError:
        return False


def _changes(profile: ProfileState, path: str, value: str | None) -> list[dict[str, Any]]:
    """What the trait is now, and every value that it is not."""
    name, _, inner = path.partition("/")
    whole = [effective_traits(profile).get(name), *(profile[name][2:] if name in profile else [])]
    wrong = [one.get(inner) if inner and isinstance(one, dict) else one for one in whole]
    return [{"path": path, "value": value, "instead_of": [one for one in wrong if one is not None and one != value]}]


async def _write(session: AsyncSession, external_id: str, name: str, properties: dict[str, Any]) -> None:
    """Raises: EventRejected where the customer was erased meanwhile."""
    now = clock.now()
    message = OurMessage(
        type="track",
        event=name,
        messageId=f"fact-{uuid4().hex}",
        timestamp=now.isoformat(),
        userId=external_id,
        properties=properties,
    )
    report = await ingest(session, [message], received_at=now)
    for one in report.rejected:
        raise EventRejected(one.message, pointer=one.pointer, fix=one.fix, reason=one.reason)
