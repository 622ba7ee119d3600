"""May we write to this person? Who said so, when, and what shows it.

Four kinds of statement, each kept with its newest moment, so that they may arrive in any order:

* granted: the person said yes (a form, a double opt-in);
* declared: the shop's data says yes (a trait such as `email_consent: true`);
* withdrawn: the person or their mail provider said no (unsubscribed, complained, bounced for good);
* undeclared: the shop's data says no.

A declared yes never undoes what a person withdrew: nightly exports of a shop that does not know of the unsubscribe
would bring everyone back. Only a granted yes, later than the withdrawal, does. At the same moment, no wins.

Topics, purposes, how often, and pauses are kept beside it, under the same laws: `memory.choices`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal, Protocol

import orjson
from sqlalchemy import bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from memory.choices import (
    CHANGED,
    NO,
    NO_CHOICES,
    YES,
    Choices,
    Kind,
    Stated,
    choices_of,
    columns_of,
    is_shown,
    marketing_said,
    merged,
    put,
    said_in,
)
from memory.due.stale import note_change
from memory.events import Event
from memory.predictions.tables import PredictionRow
from memory.tables import Consent, ConsentChange, Customer
from store import clock
from store.ids import CustomerId
from store.upsert import insert_or_ignore, table_of

Reason = Literal["consented", "no_consent", "unsubscribed", "complained", "bounced"]
WithdrawalReason = Literal["unsubscribed", "complained", "bounced"]

CONSENT_TRAITS = (
    "email_consent",
    "emailConsent",
    "marketing_consent",
    "marketingConsent",
    "marketing_opt_in",
    "marketingOptIn",
    "email_opt_in",
    "accepts_marketing",
)
HARD_BOUNCE = frozenset({"hard", "permanent", "hard_bounce", "hardbounce"})
BOUNCE_PROPERTIES = ("bounce_type", "bounceType", "type", "category")

_SAYING = frozenset({"Unsubscribed", "Email Marked as Spam", "Email Bounced", *CHANGED})


@dataclass(frozen=True, slots=True)
class Change:
    """One statement about consent."""

    customer_id: str
    kind: Kind
    at: datetime
    source: str
    """Where it was said: `identify`, `event`, `one_click`, `form` …"""
    reason: WithdrawalReason | None = None
    proof: Any = None
    """JSON that shows it: message id, form URL …"""
    about: Stated | None = None
    """A topic, purpose, frequency or pause; None: marketing e-mail."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether marketing e-mail is allowed, and why (not)."""

    allowed: bool
    reason: Reason
    since: datetime | None = None
    choices: Choices = NO_CHOICES
    """Where whoever read it asked for them."""


NOTHING_SAID = Standing(allowed=False, reason="no_consent")
_CONSENT = table_of(Consent)
# Columns, not objects: composing reads this for everyone it writes to.
_STANDINGS = select(_CONSENT).where(_CONSENT.c.customer_id.in_(bindparam("customers", expanding=True)))


class Statements(Protocol):
    """The newest moment of each kind of statement: a row of the consent table."""

    @property
    def granted_at(self) -> datetime | None: ...
    @property
    def declared_at(self) -> datetime | None: ...
    @property
    def withdrawn_at(self) -> datetime | None: ...
    @property
    def withdrawn_reason(self) -> str | None: ...
    @property
    def undeclared_at(self) -> datetime | None: ...


def standing(row: Statements | None) -> Standing:
    """What the four newest statements add up to."""
    if row is None:
        return NOTHING_SAID
    if row.withdrawn_at is not None and not _later(row.granted_at, row.withdrawn_at):
        return Standing(allowed=False, reason=_withdrawal(row.withdrawn_reason), since=row.withdrawn_at)
    said_yes = max((at for at in (row.granted_at, row.declared_at) if at is not None), default=None)
    if row.undeclared_at is not None and not _later(said_yes, row.undeclared_at):
        return Standing(allowed=False, reason="no_consent", since=row.undeclared_at)
    if said_yes is None:
        return NOTHING_SAID
    return Standing(allowed=True, reason="consented", since=said_yes)


def standing_with(row: Statements, document: Any) -> Standing:
    """`standing`, with the choices of `document` (`memory.choices.Document`)."""
    found = standing(row)
    return replace(found, choices=choices_of(document)) if document else found


def _later(first: datetime | None, second: datetime) -> bool:
    return first is not None and first > second


def _withdrawal(reason: str | None) -> Reason:
    match reason:
        case "complained" | "bounced":
            return reason
        case _:
            return "unsubscribed"


async def withdraw(
    session: AsyncSession,
    customer_id: CustomerId,
    *,
    reason: WithdrawalReason,
    source: str,
    at: datetime,
    proof: Any = None,
) -> None:
    """The person, or their mail provider, said no."""
    await record(session, [Change(customer_id, "withdrawn", at, source, reason, proof)])


async def status(session: AsyncSession, customer_id: CustomerId) -> Standing:
    """Where one customer stands: one point read."""
    row = await session.get(Consent, customer_id, populate_existing=True)
    return NOTHING_SAID if row is None else standing_with(row, row.choices)


async def statuses(session: AsyncSession, customer_ids: Sequence[CustomerId]) -> dict[CustomerId, Standing]:
    """Where each of these customers stands, in one read."""
    rows = (await session.execute(_STANDINGS, {"customers": list(customer_ids)})).all()
    found = {row.customer_id: standing_with(row, row.choices) for row in rows}
    return {customer_id: found.get(customer_id, NOTHING_SAID) for customer_id in customer_ids}


async def record(session: AsyncSession, changes: Sequence[Change]) -> None:
    """Write statements down, with their proof, and move where their customers stand."""
    if not changes:
        return
    customers = sorted({change.customer_id for change in changes})
    locked = select(col(Customer.id)).where(col(Customer.id).in_(customers)).order_by(col(Customer.id))
    await session.execute(locked.with_for_update())
    now = clock.now()
    await session.execute(insert_or_ignore(session, ConsentChange), [_row(change, now) for change in changes])
    await session.execute(insert_or_ignore(session, Consent), [{"customer_id": customer} for customer in customers])
    current = await session.execute(
        select(Consent).where(col(Consent.customer_id).in_(customers)).execution_options(populate_existing=True)
    )
    rows = {row.customer_id: row for row in current.scalars()}
    for change in changes:
        apply(rows[change.customer_id], change)
    await session.flush()
    objecting = [customer for customer, row in rows.items() if row.predictions_off]
    if objecting:
        await session.execute(delete(PredictionRow).where(col(PredictionRow.customer_id).in_(objecting)))
    await note_change(session, customers, now)


def apply(row: Consent, change: Change) -> None:
    """Move one of the four moments forward, never back; or join what was chosen."""
    if change.about is not None:
        document = merged(row.choices, None) or {}
        put(document, change.about, change.at)
        for name, value in columns_of(document).items():
            setattr(row, name, value)
        return
    if change.kind == "withdrawn":
        reason = change.reason or "unsubscribed"
        if row.withdrawn_at is None or (change.at, reason) > (row.withdrawn_at, row.withdrawn_reason or ""):
            row.withdrawn_at, row.withdrawn_reason = change.at, reason
        return
    field = f"{change.kind}_at"
    present: datetime | None = getattr(row, field)
    if present is None or change.at > present:
        setattr(row, field, change.at)


def changes_in(customer_id: str, events: Iterable[Event]) -> list[Change]:
    """What these events of one customer say about consent."""
    saying = (event for event in events if event.kind == "identify" or event.name in _SAYING)
    return [change for event in saying for change in _changes_in(customer_id, event)]


def _changes_in(customer_id: str, event: Event) -> Iterator[Change]:
    source = "identify" if event.kind == "identify" else "event"
    for stated in said_in(event):
        yield Change(customer_id, stated.kind, event.at, source, proof=_proof(event), about=stated)
    change = _marketing_in(customer_id, event, source)
    if change is not None:
        yield change


def _marketing_in(customer_id: str, event: Event, source: str) -> Change | None:
    if event.kind == "identify":
        said = _declared(event.traits)
        if said is None:
            return None
        return Change(customer_id, "declared" if said else "undeclared", event.at, source, proof=_proof(event))
    chosen = marketing_said(event)
    if chosen:
        # Their own yes needs to be told how it was given.
        kind: Kind = "granted" if is_shown(event) else "declared"
        return Change(customer_id, kind, event.at, source, proof=_proof(event))
    reason = "unsubscribed" if chosen is False else _withdrawn_by(event)
    return None if reason is None else Change(customer_id, "withdrawn", event.at, source, reason, _proof(event))


def _proof(event: Event) -> dict[str, Any]:
    """The message, and what its sender keeps as proof: `context.consent` (method, form, double opt-in …)."""
    kept = (event.body.get("context") or {}).get("consent")
    method = event.properties.get("method") if event.name in CHANGED else None
    told = {} if method is None else {"method": method}
    return {**(kept if isinstance(kept, dict) else {}), **told, "message_id": event.message_id}


def _withdrawn_by(event: Event) -> WithdrawalReason | None:
    if event.name == "Unsubscribed":
        return "unsubscribed"
    if event.name == "Email Marked as Spam":
        return "complained"
    if event.name == "Email Bounced":
        kinds = {str(event.properties.get(name)).lower() for name in BOUNCE_PROPERTIES}
        return "bounced" if kinds & HARD_BOUNCE else None
    return None


def _declared(traits: dict[str, Any]) -> bool | None:
    """A no in any spelling wins over a yes in another."""
    said = {str(traits[name]).lower() for name in CONSENT_TRAITS if name in traits}
    if said & NO:
        return False
    return True if said & YES else None


def _row(change: Change, now: datetime) -> dict[str, Any]:
    about = None if change.about is None else [change.about.key, *change.about.value]
    content: list[Any] = [change.customer_id, change.kind, change.reason, change.source, change.at.isoformat()]
    content += [] if about is None else [about]
    return {
        "id": hashlib.sha256(orjson.dumps(content)).hexdigest(),
        "customer_id": change.customer_id,
        "kind": change.reason or change.kind,
        "about": about,
        "source": change.source,
        "at": change.at,
        "recorded_at": now,
        "proof": change.proof if change.proof is not None else {},
    }
