"""The repository of endpoints. Every call works in the caller's transaction."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from yarl import URL

from composer.handoff.webhooks.model import Endpoint, EndpointWithSecret, NewEndpoint
from composer.handoff.webhooks.signing import new_secret
from composer.handoff.webhooks.tables import EndpointRow, NoticeRow
from composer.runs.tables import RunEventRow
from store import clock
from store.addresses import check_url
from store.errors import Conflict, InvalidInput, NotFound
from store.ids import new_endpoint_id

GONE = "gone"


class UnknownEndpoint(NotFound):
    """No webhook endpoint has this id."""

    reason = "unknown_endpoint"


class EndpointDisabled(Conflict):
    """The endpoint said that it wants nothing more."""

    reason = "endpoint_disabled"


class Target(NamedTuple):
    """Where to post, and what to sign with."""

    url: str
    secret: str


async def add(session: AsyncSession, new: NewEndpoint, *, private: bool) -> EndpointWithSecret:
    """Add one; it is told what happens from now on. The secret is answered here and never again.

    `private` allows machines that are not on the public internet, and plain HTTP.
    Raises InvalidInput, AddressRefused.
    """
    url = _checked(new.url, private=private)
    row = EndpointRow(
        id=new_endpoint_id(),
        url=str(url),
        description=new.description,
        types=list(dict.fromkeys(new.types)),
        secret=new_secret(),
        disabled="",
        seen=int(await session.scalar(select(func.max(col(RunEventRow.id)))) or 0),
        created_at=clock.now(),
    )
    session.add(row)
    await session.flush()
    return EndpointWithSecret(**_read(row).model_dump(), secret=row.secret)


async def page(session: AsyncSession, *, limit: int = 50, after: str = "") -> list[Endpoint]:
    """By id, beginning behind the endpoint `after`."""
    query = select(EndpointRow).where(col(EndpointRow.id) > after).order_by(col(EndpointRow.id)).limit(limit)
    return [_read(row) for row in (await session.execute(query)).scalars()]


async def get(session: AsyncSession, endpoint_id: str) -> Endpoint:
    """Raises UnknownEndpoint."""
    return _read(await _row(session, endpoint_id))


async def remove(session: AsyncSession, endpoint_id: str) -> None:
    """Forget it, and what it was told. Raises UnknownEndpoint."""
    row = await _row(session, endpoint_id)
    await session.execute(delete(NoticeRow).where(col(NoticeRow.endpoint_id) == endpoint_id))
    await session.delete(row)


async def usable(session: AsyncSession, endpoint_id: str) -> Target:
    """Raises UnknownEndpoint, EndpointDisabled."""
    row = await _row(session, endpoint_id)
    if row.disabled:
        raise EndpointDisabled(
            f"The endpoint {endpoint_id} is disabled ({row.disabled}).", fix="Add it again: POST /v1/webhook-endpoints."
        )
    return Target(row.url, row.secret)


async def disable(session: AsyncSession, endpoint_id: str, reason: str) -> None:
    """Nothing is sent there any more."""
    row = await session.get(EndpointRow, endpoint_id)
    if row is not None:
        row.disabled = reason


def _checked(text: str, *, private: bool) -> URL:
    try:
        url = URL(text)
    except ValueError as error:
        raise _no_address() from error
    if url.scheme not in ("http", "https") or not url.host or url.user is not None:
        raise _no_address()
    if not private:
        check_url(url)
    return url


def _no_address() -> InvalidInput:
    return InvalidInput(
        "This is not the address of a webhook endpoint.",
        pointer="/url",
        fix="Write it as https://shop.example/hooks/penfriend, without a user name.",
        reason="bad_endpoint_url",
    )


async def _row(session: AsyncSession, endpoint_id: str) -> EndpointRow:
    row = await session.get(EndpointRow, endpoint_id, populate_existing=True)
    if row is None:
        raise UnknownEndpoint(
            f"There is no webhook endpoint {endpoint_id!r}.", fix="GET /v1/webhook-endpoints lists them."
        )
    return row


def _read(row: EndpointRow) -> Endpoint:
    created: datetime = row.created_at
    return Endpoint(
        id=row.id,
        url=row.url.partition("?")[0],
        types=tuple(row.types),
        description=row.description,
        disabled=row.disabled,
        created_at=created,
    )
