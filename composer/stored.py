"""Stored e-mails as they are read to be handed out: one indexed read brings the e-mail and where its customer stands.

The document stays plain JSON: to build a whole `ComposeResult` takes ten times as long as to read it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import ColumnElement, Integer, Row, Select, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from composer.contract import ComposeResult
from composer.experiments.board import REVISION
from composer.record import unpacked
from composer.reviews import gate
from composer.reviews.tables import RunGateRow
from composer.tables import CampaignRow, EmailRow
from memory.consent import Standing, Statements, standing_with
from memory.tables import Consent, Contact, Customer
from store.ids import CustomerId
from store.upsert import table_of

_EMAIL, _CAMPAIGN, _CUSTOMER, _CONSENT, _CONTACT, _GATE = (
    table_of(model) for model in (EmailRow, CampaignRow, Customer, Consent, Contact, RunGateRow)
)
_STATEMENTS = ("granted_at", "declared_at", "withdrawn_at", "withdrawn_reason", "undeclared_at")


def _stored() -> Select[Any]:
    joined = _EMAIL.outerjoin(_CUSTOMER, _CUSTOMER.c.external_id == _EMAIL.c.customer)
    joined = joined.outerjoin(_CONSENT, _CONSENT.c.customer_id == _CUSTOMER.c.id)
    gone = (_CONTACT.c.email_id == _EMAIL.c.id) & (_CONTACT.c.decision == "withdrawn")
    joined = joined.outerjoin(_CONTACT, gone).outerjoin(_GATE, _GATE.c.run_id == _EMAIL.c.run_id)
    columns: tuple[ColumnElement[Any], ...] = (
        _EMAIL.c.id,
        _EMAIL.c.result,
        _CUSTOMER.c.id.label("customer_id"),
        _CUSTOMER.c.timezone,
        _CONTACT.c.key,
        _EMAIL.c.held,
        gate.shut(_EMAIL.c.created_at).label("shut"),
        REVISION.scalar_subquery().label("board"),
    )
    columns += (*(_CONSENT.c[name] for name in _STATEMENTS), _CONSENT.c.choices)
    return select(*columns).select_from(joined)


_CURRENT = select(_CAMPAIGN.c.version).where(_CAMPAIGN.c.id == bindparam("campaign")).scalar_subquery()
_BY_KEY = _stored().where(
    _EMAIL.c.campaign_id == bindparam("campaign"),
    _EMAIL.c.campaign_version == func.coalesce(bindparam("version", type_=Integer()), _CURRENT),
    _EMAIL.c.customer == bindparam("customer"),
    _EMAIL.c.step == bindparam("step"),
    _EMAIL.c.occasion == bindparam("occasion"),
)
_BY_ID = _stored().where(_EMAIL.c.id.in_(bindparam("ids", expanding=True)))


@dataclass(frozen=True, slots=True)
class StoredEmail:
    """One e-mail, and whether its customer may be written to."""

    document: Mapping[str, Any]
    """The `ComposeResult` as JSON."""
    customer_id: CustomerId | None
    """None where memory holds nothing under the customer's id."""
    standing: Standing
    timezone: str | None = None
    """The customer's, where it is known."""
    withdrawn: bool = False
    """It was not to go out any more, and gave its place in the contact ledger up."""
    board: int = 0
    """The revision of holdouts, groups and experiments that it was read beside (`composer.experiments.board`)."""
    held: str = ""
    """Why it may not leave, whoever asks: `rejected`, `not_released` (`composer.reviews.gate`)."""

    @property
    def result(self) -> ComposeResult:
        """The whole e-mail, validated."""
        return ComposeResult.model_validate(self.document)


async def stored_under(
    session: AsyncSession, *, campaign: str, customer: str, step: str, occasion: str, version: int | None = None
) -> StoredEmail | None:
    """The e-mail of this version of the campaign (None: the current one) under this key; None where none is written."""
    key = {"campaign": campaign, "customer": customer, "step": step, "occasion": occasion, "version": version}
    row = (await session.execute(_BY_KEY, key)).first()
    return None if row is None else _read(row)


async def stored_as(session: AsyncSession, email_ids: Sequence[str]) -> dict[str, StoredEmail]:
    """The e-mails with these ids, as far as there are any. For some hundred at once."""
    rows = (await session.execute(_BY_ID, {"ids": list(email_ids)})).all()
    return {row.id: _read(row) for row in rows}


def _read(row: Row[Any]) -> StoredEmail:
    return StoredEmail(
        document=unpacked(row.result),
        customer_id=row.customer_id,
        standing=standing_with(cast(Statements, row), row.choices),
        timezone=row.timezone,
        withdrawn=row.key is not None,
        board=row.board or 0,
        held=gate.reason(row.held, bool(row.shut)),
    )
