"""The repository of finished e-mails: every query on the `email` table. Takes a session, never commits."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import BindParameter, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from composer.contract import ComposeResult
from composer.record import canonical, deflated, unpacked
from composer.reviews.strata import UNSEEN, Look
from composer.tables import EmailRow
from evals.sameness import Said
from memory.privacy.tombstones import erased
from store import clock
from store.errors import NotFound
from store.upsert import insert_or_ignore, table_of

_SHOWN_EMAILS = 4
_SHOWN_DAYS = 60
_EMAIL = table_of(EmailRow).c
_CUSTOMERS: BindParameter[list[str]] = bindparam("customers", expanding=True)
_BY_KEY = select(_EMAIL.customer, _EMAIL.step, _EMAIL.occasion, _EMAIL.result).where(
    _EMAIL.campaign_id == bindparam("campaign"),
    _EMAIL.campaign_version == bindparam("version"),
    _EMAIL.customer.in_(_CUSTOMERS),
    _EMAIL.step.in_(bindparam("steps", expanding=True)),
    _EMAIL.occasion.in_(bindparam("occasions", expanding=True)),
)
_RANKED = (
    select(
        _EMAIL.id,
        func.row_number()
        .over(partition_by=_EMAIL.customer, order_by=(_EMAIL.created_at.desc(), _EMAIL.id.desc()))
        .label("place"),
    )
    .where(_EMAIL.customer.in_(_CUSTOMERS), _EMAIL.created_at > bindparam("since"))
    .subquery()
)
_RECENT = (
    select(_EMAIL.customer, _EMAIL.products, _EMAIL.created_at, _EMAIL.result)
    .join_from(table_of(EmailRow), _RANKED, _RANKED.c.id == _EMAIL.id)
    .where(_RANKED.c.place <= _SHOWN_EMAILS)
    .order_by(_EMAIL.customer, _RANKED.c.place)
)
_SHOWN = (
    select(_EMAIL.customer, _EMAIL.products, _EMAIL.created_at)
    .where(_EMAIL.customer.in_(_CUSTOMERS), _EMAIL.created_at > bindparam("since"))
    .order_by(_EMAIL.created_at.desc())
)


class UnknownEmail(NotFound):
    """No e-mail has this id."""

    reason = "unknown_email"


async def find_emails(
    session: AsyncSession, campaign: str, version: int, about: Mapping[str, tuple[str, str]]
) -> dict[str, ComposeResult]:
    """The e-mails already written to these customers, each about their step and occasion, by customer, in one read."""
    steps, occasions = {step for step, _ in about.values()}, {occasion for _, occasion in about.values()}
    lists = {"customers": list(about), "steps": sorted(steps), "occasions": sorted(occasions)}
    rows = (await session.execute(_BY_KEY, {"campaign": campaign, "version": version, **lists})).all()
    return {
        customer: ComposeResult.model_validate(unpacked(result))
        for customer, step, occasion, result in rows
        if about[customer] == (step, occasion)
    }


async def get_email(session: AsyncSession, email_id: str) -> ComposeResult:
    """Raises UnknownEmail; with reason `erased` where its customer was erased."""
    row = await session.get(EmailRow, email_id)
    if row is None:
        raise unknown_email(email_id, erased=bool(await erased(session, [email_id])))
    return ComposeResult.model_validate(unpacked(row.result))


def unknown_email(email_id: str, *, erased: bool) -> UnknownEmail:
    """Why there is no e-mail under this id."""
    if erased:
        return UnknownEmail("The customer of this e-mail was erased, and it with them.", reason="erased")
    return UnknownEmail(
        f"There is no e-mail {email_id!r}.",
        fix="E-mail ids start with msg_ and come with each composed e-mail; previews are not kept.",
    )


async def claim(
    session: AsyncSession,
    results: Sequence[ComposeResult],
    *,
    run_id: str = "",
    looks: Mapping[str, Look] | None = None,
) -> set[str]:
    """Store each e-mail unless another one holds its idempotency key, in one statement; the ids that were stored.

    `run_id` is of the run that composed them; `looks`, by their ids, what they are sampled by.
    """
    # In the order of their keys: two writers of the same e-mails then wait for each other instead of locking up.
    rows = []
    for result in sorted(results, key=lambda result: (result.customer, result.step)):
        rows.append(_row(result, run_id, (looks or {}).get(result.id, UNSEEN)))
        # A millisecond each: whoever else uses the event loop need not wait for all of them.
        await asyncio.sleep(0)
    done = await session.execute(insert_or_ignore(session, EmailRow).returning(_EMAIL.id), rows)
    return set(done.scalars())


def as_stored(result: ComposeResult) -> ComposeResult:
    """The e-mail as it will be read ever after: the first answer has the same bytes as all later ones."""
    return ComposeResult.model_validate(orjson.loads(canonical(result.model_dump(mode="json"))))


def _row(result: ComposeResult, run_id: str, look: Look) -> dict[str, Any]:
    return {
        "id": result.id,
        "campaign_id": result.campaign,
        "campaign_version": result.campaign_version,
        "customer": result.customer,
        "step": result.step,
        "occasion": result.occasion,
        "path": result.path.value,
        "products": [pick.product_id for pick in result.picks],
        "result": deflated(canonical(result.model_dump(mode="json"))),
        "record": result.record,
        # A run is released up to a moment: what it writes in the same second, but later, is told from it.
        "created_at": max(clock.now(), result.created_at) if run_id else result.created_at,
        "run_id": run_id,
        "stratum": look.stratum,
        "risk": look.risk,
        "why": " ".join(look.why),
    }


@dataclass(frozen=True)
class RecentEmail:
    """What the next e-mail to the same customer must know of an earlier one."""

    products: tuple[str, ...]
    """Ids of the picks it showed."""
    at: datetime
    said: Said


async def recent_emails(session: AsyncSession, customers: Sequence[str], now: datetime) -> dict[str, list[RecentEmail]]:
    """Each one's last e-mails, newest first: at most 4, of the last 60 days. In one read; who had none is left out."""
    since = now - timedelta(days=_SHOWN_DAYS)
    found: dict[str, list[RecentEmail]] = defaultdict(list)
    rows = (await session.execute(_RECENT, {"customers": list(customers), "since": since})).all()
    for customer, products, at, result in rows:
        found[customer].append(RecentEmail(tuple(products), at, _said(unpacked(result))))
    return found


async def exposures(
    session: AsyncSession, customers: Sequence[str], since: datetime
) -> dict[str, list[tuple[str, datetime]]]:
    """(product id, when) of every pick in an e-mail that was written for each after `since`, newest first.

    Previews count for nothing. An e-mail that is being written at this very moment is not known yet. In one read; who
    was shown nothing is left out.
    """
    found: dict[str, list[tuple[str, datetime]]] = defaultdict(list)
    rows = (await session.execute(_SHOWN, {"customers": list(customers), "since": since})).all()
    for customer, products, at in rows:
        found[customer] += [(product_id, at) for product_id in products]
    return found


def _said(result: dict[str, Any]) -> Said:
    """Read from the stored JSON: a whole `ComposeResult` would take ten times as long to build."""
    return Said(
        blocks=tuple((block["key"], block["text"]) for block in result["blocks"]),
        names=tuple(pick["title"] for pick in result["picks"]),
    )
