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
from memory.facts.wording import day
from memory.frozen import Frozen
from memory.state import moment_of
from memory.tables import ConsentChange, Contact
from store.ids import CustomerId

CHANGES = 200
"""Statements told, the newest; an export has all."""
_KINDS = {
    "granted": "you said yes",
    "declared": "the shop noted a yes",
    "undeclared": "the shop noted a no",
    "withdrawn": "you said no",
    "unsubscribed": "you unsubscribed",
    "complained": "you marked an e-mail as spam",
    "bounced": "e-mails to your address came back",
}
_STANDING = {
    "consented": "You have agreed to marketing e-mails.",
    "no_consent": "You have not agreed to marketing e-mails.",
    "unsubscribed": "You have unsubscribed from marketing e-mails.",
    "complained": "You have marked an e-mail as spam, so you get no marketing e-mails.",
    "bounced": "E-mails to your address came back, so you get no marketing e-mails.",
}
_PURPOSES = {
    "personalisation": "You object to e-mails that are written out of what we remember: yours are written as for a "
    "stranger.",
    "predictions": "You object to predictions about you: none are made.",
}


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


async def consents(session: AsyncSession, customer_id: CustomerId) -> Group:
    """Where they stand, then every statement that led there."""
    standing = await status(session, customer_id)
    now = [Told(id=f"consent:now:{place}", text=text, use="records") for place, text in enumerate(_now(standing))]
    said = await statements(session, customer_id, CHANGES)
    history = [
        Told(id=f"consent:{place}", text=_said(one) + _shown(one), outline=_said(one), use="records", learned_at=one.at)
        for place, one in enumerate(said)
    ]
    note = "These are kept as long as we write to you: they show that we may."
    return Group(key="consents", title="What you allowed and asked for", told=(*now, *history), note=note)


def _now(standing: Standing) -> Iterator[str]:
    yield _STANDING[standing.reason]
    for topic in sorted(standing.choices.topics_off):
        yield f"You do not want e-mails about {topic.replace('_', ' ')}."
    for purpose in sorted(standing.choices.objects_to):
        yield _PURPOSES[purpose]
    wish = standing.choices.wish
    for name, _, most in wish.limits.windows():
        yield f"You want at most {most} {'e-mail' if most == 1 else 'e-mails'} a {name}."
    if wish.paused_until is not None:
        yield f"You asked for no e-mails until {day(wish.paused_until)}."


def _said(one: Statement) -> str:
    how = one.proof.get("method") or one.source if isinstance(one.proof, dict) else one.source
    return f"On {day(one.at)} {_KINDS.get(one.kind, one.kind)}: {_about(one)} ({how})."


def _shown(one: Statement) -> str:
    return f" It is shown by {_proof(one.proof)}." if one.proof else ""


def _about(one: Statement) -> str:
    if one.about.startswith(TOPIC):
        return f"e-mails about {one.about.removeprefix(TOPIC).replace('_', ' ')}"
    if one.about.startswith(PURPOSE):
        return one.about.removeprefix(PURPOSE)
    if one.about == FREQUENCY:
        return f"at most {one.value[1]} a {one.value[2]}" if one.value[1] else "as many e-mails as there are"
    if one.about == PAUSE:
        return f"no e-mails until {day(moment_of(one.value[0]))}" if one.value[0] else "no pause any more"
    return "marketing e-mails"


def _proof(proof: Any) -> str:
    if not isinstance(proof, dict):
        return str(proof)
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in proof.items())


async def contacts(session: AsyncSession, customer_id: str) -> Group:
    """How often we wrote, and why not."""
    counted = select(
        col(Contact.decision), col(Contact.reason), func.count(), func.max(col(Contact.at)).label("last")
    ).where(col(Contact.customer_id) == customer_id)
    rows = (await session.execute(counted.group_by(col(Contact.decision), col(Contact.reason)))).all()
    told = [
        Told(id=f"contacts:{decision}:{reason}", text=_counted(decision, reason, count), use="records", learned_at=last)
        for decision, reason, count, last in sorted(rows, key=lambda row: (row[0] != "sent", row[0], row[1]))
    ]
    return Group(key="contacts", title="When we wrote to you, and when we did not", told=tuple(told))


def _counted(decision: str, reason: str, count: int) -> str:
    times = "once" if count == 1 else f"{count} times"
    why = reason.replace("_", " ")
    match decision:
        case "sent":
            return f"We wrote to you {times}."
        case "deferred":
            return f"We waited {times}, because of: {why}."
        case "withdrawn":
            return f"An e-mail that was written was not sent after all {times}, because of: {why}."
        case _:
            return f"We did not write to you {times}, because of: {why}."
