"""What a run left behind, as far as it must not depend on what happened meanwhile."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, fields
from typing import Any

from sqlmodel import select

from composer.contract import ComposeResult
from composer.emails import get_email
from composer.runs import service
from composer.runs.model import RunStatus, Tally
from composer.runs.tables import ChunkRow, RecipientRow
from composer.tables import EmailRow
from memory.tables import Contact
from store.database import Database

Key = tuple[str, int, str, str, str]
"""Campaign, version, customer, step, occasion: the idempotency key."""


@dataclass(frozen=True)
class Ended:
    """How one recipient ended."""

    customer: str
    status: str
    reason: str
    email_id: str


@dataclass(frozen=True)
class Sent:
    """An e-mail's bytes, all that a reader gets but the Date header."""

    id: str
    path: str
    subject: str
    preheader: str
    html: str
    text: str
    headers: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Noted:
    """A row of the contact ledger."""

    customer: str
    decision: str
    reason: str


@dataclass(frozen=True)
class World:
    """Everything, at the end."""

    status: RunStatus
    recipients: dict[int, Ended]
    emails: dict[Key, Sent]
    ledger: dict[str, Noted]
    """By the ledger's idempotency key."""
    tally: Counter[str]
    takes: dict[int, int]
    """How often each chunk was taken."""


async def look_at(database: Database, run_id: str) -> World:
    """Read it all."""
    async with database.session(readonly=True) as session:
        run = await service.get(session, run_id)
        rows = (await session.execute(select(RecipientRow).where(RecipientRow.run_id == run_id))).scalars().all()
        emails = (await session.execute(select(EmailRow))).scalars().all()
        contacts = (await session.execute(select(Contact))).scalars().all()
        takes = await session.execute(select(ChunkRow.number, ChunkRow.takes).where(ChunkRow.run_id == run_id))
        sent = {_key(row): _sent(await get_email(session, row.id)) for row in emails}
    return World(
        status=run.status,
        recipients={row.position: Ended(row.customer, row.status, row.reason, row.email_id) for row in rows},
        emails=sent,
        ledger={row.key: Noted(row.customer_id, row.decision, row.reason) for row in contacts},
        tally=_counts(run.tally),
        takes={number: times for number, times in takes},  # noqa: C416 - rows are no pairs to a type checker
    )


def differences(undisturbed: World, disturbed: World) -> list[str]:
    """Where the two differ, each in a line; nobody's text is quoted."""
    found = []
    if disturbed.status is not RunStatus.COMPLETED:
        found.append(f"the run is {disturbed.status.value}")
    for what in ("recipients", "emails", "ledger"):
        one, other = getattr(undisturbed, what), getattr(disturbed, what)
        found += [f"{what}: {key} is missing" for key in one.keys() - other.keys()]
        found += [f"{what}: {key} should not be" for key in other.keys() - one.keys()]
        found += [
            f"{what}: {key} differs in {_fields(one[key], other[key])}"
            for key in one.keys() & other.keys()
            if one[key] != other[key]
        ]
    if undisturbed.tally != disturbed.tally:
        found.append(f"the tally is {dict(disturbed.tally)} and not {dict(undisturbed.tally)}")
    return found + _incoherent(disturbed)


def _fields(one: Any, other: Any) -> str:
    return ", ".join(field.name for field in fields(one) if getattr(one, field.name) != getattr(other, field.name))


def _incoherent(world: World) -> list[str]:
    """Where a world contradicts itself."""
    found = [f"recipient {at} is still pending" for at, one in world.recipients.items() if one.status == "pending"]
    statuses = Counter(one.status for one in world.recipients.values())
    found += [
        f"the tally of {key} is off" for key in ("composed", "skipped", "failed") if statuses[key] != world.tally[key]
    ]
    named = sorted(one.email_id for one in world.recipients.values() if one.email_id)
    if named != sorted(sent.id for sent in world.emails.values()):
        found.append("the recipients' e-mails are not the e-mails there are")
    return found


def _key(row: EmailRow) -> Key:
    return row.campaign_id, row.campaign_version, row.customer, row.step, row.occasion


def _sent(result: ComposeResult) -> Sent:
    headers = tuple(sorted((name, value) for name, value in result.headers.items() if name != "Date"))
    return Sent(result.id, result.path.value, result.subject, result.preheader, result.html, result.text, headers)


def _counts(tally: Tally) -> Counter[str]:
    """Without what calls cost: who was killed paid for some twice."""
    plain = Counter(tally.model_dump(include={"composed", "skipped", "failed", "cancelled"}))
    for name in ("paths", "rungs", "reasons"):
        plain.update({f"{name}.{key}": count for key, count in getattr(tally, name).items()})
    return plain
