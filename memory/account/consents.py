"""What a person allowed and wanted, with what shows it; and when we wrote to them, or did not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from memory.account.model import Group, Told
from memory.choices import FREQUENCY, PAUSE, PURPOSE, TOPIC
from memory.consent import Standing, status
from memory.frozen import Frozen
from memory.phrases import Phrasebook
from memory.state import moment_of
from memory.tables import ConsentChange, Contact
from store.ids import CustomerId

CHANGES = 200
"""Statements told, the newest; an export has all."""


class Statement(Frozen):
    """One statement about consent, as it was written down."""

    kind: str
    about: str
    """`marketing_email`, `topic:offers`, `purpose:predictions`, `frequency`, `pause`."""
    value: list[Any]
    source: str
    at: datetime
    recorded_at: datetime
    proof: Any


async def statements(session: AsyncSession, customer_id: str, limit: int | None = None) -> list[Statement]:
    """Every statement with its proof, the newest first."""
    query = select(ConsentChange).where(col(ConsentChange.customer_id) == customer_id)
    query = query.order_by(col(ConsentChange.at).desc(), col(ConsentChange.id)).limit(limit)
    return [_statement(row) for row in (await session.execute(query)).scalars()]


def _statement(row: ConsentChange) -> Statement:
    key, *value = row.about or ["marketing_email"]
    return Statement(
        kind=row.kind,
        about=key,
        value=value,
        source=row.source,
        at=row.at,
        recorded_at=row.recorded_at,
        proof=row.proof,
    )


async def consents(session: AsyncSession, customer_id: CustomerId, say: Phrasebook) -> Group:
    """Where they stand, then every statement that led there."""
    standing = await status(session, customer_id)
    now = [Told(id=f"consent:now:{place}", text=text, use="records") for place, text in enumerate(_now(standing, say))]
    history = [_stated(place, one, say) for place, one in enumerate(await statements(session, customer_id, CHANGES))]
    return Group(key="consents", title=say["group.consents"], told=(*now, *history), note=say["note.consents"])


def _now(standing: Standing, say: Phrasebook) -> Iterator[str]:
    yield say[f"standing.{standing.reason}"]
    for topic in sorted(standing.choices.topics_off):
        yield say.say("topic_off", topic=topic.replace("_", " "))
    for purpose in sorted(standing.choices.objects_to):
        yield say[f"objects.{purpose}"]
    wish = standing.choices.wish
    for name, _, most in wish.limits.windows():
        yield say.count(f"wish.{name}", most)
    if wish.paused_until is not None:
        yield say.say("wish.paused", day=say.day(wish.paused_until))


def _stated(place: int, one: Statement, say: Phrasebook) -> Told:
    said = _said(one, say)
    shown = " " + say.say("proof", proof=_proof(one.proof)) if one.proof else ""
    return Told(id=f"consent:{place}", text=said + shown, outline=said, use="records", learned_at=one.at)


def _said(one: Statement, say: Phrasebook) -> str:
    how = one.proof.get("method") or one.source if isinstance(one.proof, dict) else one.source
    what = say.get(f"kind.{one.kind}", one.kind)
    return say.say("stated", day=say.day(one.at), what=what, about=_about(one, say), how=str(how))


def _about(one: Statement, say: Phrasebook) -> str:
    if one.about.startswith(TOPIC):
        return say.say("about.topic", topic=one.about.removeprefix(TOPIC).replace("_", " "))
    if one.about.startswith(PURPOSE):
        purpose = one.about.removeprefix(PURPOSE)
        return say.get(f"about.{purpose}", purpose)
    if one.about == FREQUENCY:
        return say.say(f"about.most_{one.value[2]}", n=one.value[1]) if one.value[1] else say["about.no_limit"]
    if one.about == PAUSE:
        until = moment_of(one.value[0]) if one.value[0] else None
        return say["about.no_pause"] if until is None else say.say("about.pause", day=say.day(until))
    return say["about.marketing_email"]


def _proof(proof: Any) -> str:
    if not isinstance(proof, dict):
        return str(proof)
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in proof.items())


async def contacts(session: AsyncSession, customer_id: str, say: Phrasebook) -> Group:
    """How often we wrote, and why not."""
    counted = select(
        col(Contact.decision), col(Contact.reason), func.count(), func.max(col(Contact.at)).label("last")
    ).where(col(Contact.customer_id) == customer_id)
    rows = (await session.execute(counted.group_by(col(Contact.decision), col(Contact.reason)))).all()
    told = [
        Told(
            id=f"contacts:{decision}:{reason}",
            text=_counted(decision, reason, count, say),
            use="records",
            learned_at=last,
        )
        for decision, reason, count, last in sorted(rows, key=lambda row: (row[0] != "sent", row[0], row[1]))
    ]
    return Group(key="contacts", title=say["group.contacts"], told=tuple(told))


def _counted(decision: str, reason: str, count: int, say: Phrasebook) -> str:
    return say.count("contact.sent", count) if decision == "sent" else not_written(decision, reason, count, say)


def not_written(decision: str, reason: str, count: int, say: Phrasebook) -> str:
    """How often somebody was not written to for this reason (a code of the ledger's), in their words."""
    kind = decision if decision in ("deferred", "withdrawn") else "not"
    return say.count(f"contact.{kind}", count, why=say.get(f"why.{reason}", say["why.other"]))
