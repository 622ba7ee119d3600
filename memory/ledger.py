"""The contact ledger: every decision to write to someone, or not to, with its reason and the rule behind it.

A row that says `sent` is a place taken under the caps: when an e-mail is written its row is the claim, and when the
e-mail is handed over the row moves to that moment. One that will not go out after all is `withdrawn`, and counts no
more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Select, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from memory.contacting.judging import Contacted
from memory.contacting.rules import Kind
from memory.due.rules import PACES
from memory.due.stale import note_change
from memory.tables import Contact
from store.ids import CustomerId, EmailId
from store.upsert import insert_or_ignore, table_of

Decision = Literal["sent", "skipped", "deferred", "withdrawn"]

_CONTACT = table_of(Contact).c
_SENT = select(_CONTACT.customer_id, _CONTACT.key, _CONTACT.at, _CONTACT.kind, _CONTACT.flow).where(
    _CONTACT.customer_id.in_(bindparam("customers", expanding=True)),
    _CONTACT.at > bindparam("since"),
    _CONTACT.decision == "sent",
)
_CLAIMED = ("sent", "withdrawn")


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision, as the ledger keeps it."""

    key: str
    """Idempotency key: the first row under it stays."""
    customer_id: CustomerId
    campaign: str
    decision: Decision
    reason: str
    rule_version: str
    at: datetime
    email_id: EmailId | None = None
    flow: str = ""
    step: str = ""
    occasion: str = ""
    kind: Kind = "campaign"
    until: datetime | None = None
    """For DEFERRED: when it is asked again."""
    experiment: str = ""
    variant: str = ""
    """The arm they are in, whatever was decided; both empty for none."""


@dataclass(frozen=True, slots=True)
class Sent:
    """An e-mail that counts, and the key of its row."""

    key: str
    contacted: Contacted


async def record_contacts(session: AsyncSession, decided: Sequence[Decided]) -> set[str]:
    """Write one row each, in one statement; the keys of those that were the first under theirs."""
    if not decided:
        return set()
    # In the order of their keys: two writers of the same rows then wait for each other instead of locking up.
    rows = [asdict(one) for one in sorted(decided, key=lambda one: one.key)]
    written = await session.execute(insert_or_ignore(session, Contact).returning(_CONTACT.key), rows)
    # What was written about leaves their agenda.
    await note_change(session, {one.customer_id for one in decided if one.flow in PACES})
    return set(written.scalars())


async def contacts_of_many(
    session: AsyncSession, customer_ids: Sequence[CustomerId], since: datetime
) -> dict[CustomerId, list[Sent]]:
    """The e-mails that went to each of these customers after `since`, in one read; who got none is left out."""
    found: dict[CustomerId, list[Sent]] = defaultdict(list)
    for customer, key, at, kind, flow in await session.execute(
        _SENT, {"customers": list(customer_ids), "since": since}
    ):
        found[CustomerId(customer)].append(Sent(key, Contacted(at, kind, flow)))
    return found


async def move_contacts(session: AsyncSession, keys: Sequence[str], at: datetime, rule_version: str) -> None:
    """These e-mails go out at `at`, as `rule_version` allows: their rows count from then, withdrawn ones again."""
    if keys:
        going = update(Contact).where(_CONTACT.key.in_(keys), _CONTACT.decision.in_(_CLAIMED))
        values = {"decision": "sent", "reason": "ok", "at": at, "rule_version": rule_version}
        await session.execute(going.values(values).execution_options(synchronize_session=False))


async def withdraw_contacts(session: AsyncSession, email_ids: Sequence[str] | Select[tuple[str]], reason: str) -> None:
    """These e-mails will not go out: they do not count any more."""
    gone = update(Contact).where(_CONTACT.email_id.in_(email_ids), _CONTACT.decision == "sent")
    values = {"decision": "withdrawn", "reason": reason}
    await session.execute(gone.values(values).execution_options(synchronize_session=False))


async def restore_contacts(session: AsyncSession, email_ids: Sequence[str], reason: str) -> None:
    """These e-mails, which were withdrawn for `reason`, may go out after all: they count again, as they did."""
    back = update(Contact).where(
        _CONTACT.email_id.in_(email_ids), _CONTACT.decision == "withdrawn", _CONTACT.reason == reason
    )
    values = {"decision": "sent", "reason": "ok"}
    await session.execute(back.values(values).execution_options(synchronize_session=False))
