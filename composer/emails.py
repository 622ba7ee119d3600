"""The repository of finished e-mails: every query on the `email` table. Takes a session, never commits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import bindparam
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from composer.contract import ComposeRequest, ComposeResult
from composer.record import canonical, deflated, unpacked
from composer.tables import EmailRow
from evals.sameness import Said
from store.errors import NotFound
from store.upsert import insert_or_ignore

_SHOWN_EMAILS = 4
_SHOWN_DAYS = 60
_BY_KEY = select(EmailRow.result).where(
    EmailRow.campaign_id == bindparam("campaign"),
    EmailRow.campaign_version == bindparam("version"),
    EmailRow.customer == bindparam("customer"),
    EmailRow.step == bindparam("step"),
    EmailRow.occasion == bindparam("occasion"),
)
_RECENT = (
    select(EmailRow.products, EmailRow.created_at, EmailRow.result)
    .where(EmailRow.customer == bindparam("customer"), col(EmailRow.created_at) > bindparam("since"))
    .order_by(col(EmailRow.created_at).desc())
    .limit(_SHOWN_EMAILS)
)


_SHOWN = (
    select(EmailRow.products, EmailRow.created_at)
    .where(EmailRow.customer == bindparam("customer"), col(EmailRow.created_at) > bindparam("since"))
    .order_by(col(EmailRow.created_at).desc())
)


class UnknownEmail(NotFound):
    """No e-mail has this id."""

    reason = "unknown_email"


async def find_email(session: AsyncSession, request: ComposeRequest, version: int, step: str) -> ComposeResult | None:
    """The e-mail already written under this idempotency key."""
    key = {
        "campaign": request.campaign,
        "version": version,
        "customer": request.customer,
        "step": step,
        "occasion": request.occasion,
    }
    result = (await session.execute(_BY_KEY, key)).scalar_one_or_none()
    return None if result is None else ComposeResult.model_validate(unpacked(result))


async def get_email(session: AsyncSession, email_id: str) -> ComposeResult:
    """Raises UnknownEmail."""
    row = await session.get(EmailRow, email_id)
    if row is None:
        raise UnknownEmail(
            f"There is no e-mail {email_id!r}.",
            fix="E-mail ids start with msg_ and come with each composed e-mail; previews are not kept.",
        )
    return ComposeResult.model_validate(unpacked(row.result))


async def claim(session: AsyncSession, result: ComposeResult) -> ComposeResult | None:
    """Store the e-mail unless another one holds its idempotency key; None when another one does.

    Returns it as it will be read ever after: the first answer has the same bytes as all later ones.
    """
    document = canonical(result.model_dump(mode="json"))
    row = {
        "id": result.id,
        "campaign_id": result.campaign,
        "campaign_version": result.campaign_version,
        "customer": result.customer,
        "step": result.step,
        "occasion": result.occasion,
        "path": result.path.value,
        "products": [pick.product_id for pick in result.picks],
        "result": deflated(document),
        "record": result.record,
        "created_at": result.created_at,
    }
    done = await session.execute(insert_or_ignore(session, EmailRow).returning(col(EmailRow.id)), row)
    mine = done.scalar_one_or_none() is not None
    return ComposeResult.model_validate(orjson.loads(document)) if mine else None


@dataclass(frozen=True)
class RecentEmail:
    """What the next e-mail to the same customer must know of an earlier one."""

    products: tuple[str, ...]
    """Ids of the picks it showed."""
    at: datetime
    said: Said


async def recent_emails(session: AsyncSession, customer: str, now: datetime) -> list[RecentEmail]:
    """This customer's last e-mails, newest first: at most 4, of the last 60 days."""
    since = now - timedelta(days=_SHOWN_DAYS)
    rows = (await session.execute(_RECENT, {"customer": customer, "since": since})).all()
    return [RecentEmail(tuple(products), at, _said(unpacked(result))) for products, at, result in rows]


async def exposures(session: AsyncSession, customer: str, since: datetime) -> list[tuple[str, datetime]]:
    """(product id, when) of every pick in an e-mail that was written for this customer after `since`, newest first.

    Previews count for nothing. An e-mail that is being written at this very moment is not known yet.
    """
    rows = (await session.execute(_SHOWN, {"customer": customer, "since": since})).all()
    return [(product_id, at) for products, at in rows for product_id in products]


def _said(result: dict[str, Any]) -> Said:
    """Read from the stored JSON: a whole `ComposeResult` would take ten times as long to build."""
    return Said(
        blocks=tuple((block["key"], block["text"]) for block in result["blocks"]),
        names=tuple(pick["title"] for pick in result["picks"]),
    )
