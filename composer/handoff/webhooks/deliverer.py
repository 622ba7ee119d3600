"""Sends messages to endpoints, at least once each, as patiently as Standard Webhooks advises."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus

import structlog
from sqlalchemy import ColumnElement, Select, and_, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from composer.handoff.http import Poster, Reply
from composer.handoff.webhooks import endpoints, outbox
from composer.handoff.webhooks.endpoints import GONE, Target
from composer.handoff.webhooks.model import Notice
from composer.handoff.webhooks.signing import signed
from composer.handoff.webhooks.tables import EndpointRow, NoticeRow
from store import clock
from store.database import Database
from store.errors import Unavailable
from store.ids import new_worker_id

log = structlog.get_logger("penfriend.webhooks")

TIMEOUT_S = 15.0
RETRY_S = (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Waits between the ten attempts: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h."""
LOOK_EVERY_S = 1.0
KEPT = timedelta(days=30)
_JITTER = 0.1
_LEASE = timedelta(seconds=60)
_BATCH = 50
_EACH = 3
"""Messages on the wire to one endpoint: who never answers must not take every place, nor every connection."""
_TIDY_EVERY = timedelta(hours=1)
_LOOK_AGAIN = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class _Taken:
    """One message that is ours for a while."""

    id: str
    endpoint_id: str
    body: str
    attempts: int
    """This one included."""
    target: Target


class Deliverer:
    """One for each process. Of one event loop; `run` ends when cancelled."""

    def __init__(self, database: Database, poster: Poster) -> None:
        self._database = database
        self._poster = poster
        self._owner = str(new_worker_id())
        self._newest: dict[str, int] = {}
        self._looked_again = self._tidied = clock.now()

    async def run(self) -> None:
        """Send whatever there is to send, until cancelled. Who never answers keeps nobody else waiting."""
        on_wire: dict[asyncio.Task[None], str] = {}
        try:
            while True:
                begun = await self._more(Counter(on_wire.values()))
                on_wire |= {asyncio.create_task(self._send(one)): one.endpoint_id for one in begun}
                if begun:
                    await asyncio.wait(on_wire, timeout=LOOK_EVERY_S, return_when=asyncio.FIRST_COMPLETED)
                else:
                    await asyncio.sleep(LOOK_EVERY_S)
                for task in [task for task in on_wire if task.done()]:
                    del on_wire[task]
                    task.result()
        finally:
            for task in on_wire:
                task.cancel()
            await asyncio.gather(*on_wire, return_exceptions=True)

    async def once(self) -> int:
        """Collect what happened, send what is due; how many messages were sent. Raises Unavailable (database)."""
        taken = await self._due_now({})
        await asyncio.gather(*(self._deliver(one) for one in taken))
        return len(taken)

    async def test(self, endpoint_id: str) -> Notice:
        """Send one message that says nothing, now, and return what came of it. Raises UnknownEndpoint."""
        async with self._database.session() as session:
            target = await endpoints.usable(session, endpoint_id)
            row = await outbox.add_test(session, endpoint_id, self._owner, clock.now() + _LEASE)
        taken = _Taken(row.id, endpoint_id, row.body, row.attempts, target)
        reply = await self._post(taken)
        async with self._database.session() as session:
            await self._settle(session, taken, reply, final=True)
            return outbox.read(await session.get_one(NoticeRow, taken.id, populate_existing=True))

    async def close(self) -> None:
        """End every connection."""
        await self._poster.close()

    async def _more(self, on_wire: Mapping[str, int]) -> list[_Taken]:
        try:
            return await self._due_now(on_wire)
        except Unavailable as error:
            log.warning("webhooks_wait", reason=error.reason)
            return []

    async def _due_now(self, on_wire: Mapping[str, int]) -> list[_Taken]:
        """`on_wire`: how many messages are on their way, by endpoint."""
        await self._collect()
        async with self._database.session(readonly=True) as session:
            waiting = (await session.execute(_waiting())).scalars().all()
        rooms = {one: room for one in waiting if (room := _EACH - on_wire.get(one, 0)) > 0}
        most = _BATCH - sum(on_wire.values())
        if not rooms or most <= 0:
            return []
        async with self._database.session() as session:
            return await self._take(session, rooms, most)

    async def _send(self, one: _Taken) -> None:
        """As `_deliver`; where the database is away it is sent again, under its id, when the lease is over."""
        try:
            await self._deliver(one)
        except Unavailable as error:
            log.warning("webhooks_wait", reason=error.reason)

    async def _deliver(self, one: _Taken) -> None:
        """Send it, and write down what came of it at once: what others are slow with does not keep it open."""
        reply = await self._post(one)
        async with self._database.session() as session:
            await self._settle(session, one, reply)

    async def _collect(self) -> None:
        async with self._database.session(readonly=True) as session:
            behind = await outbox.unseen(session)
        now = clock.now()
        # Events that are young are looked at again, in case one came to light late; not every second, though.
        again = now - self._looked_again > _LOOK_AGAIN
        for endpoint_id, newest in behind.items():
            if again or self._newest.get(endpoint_id) != newest:
                async with self._database.session() as session:
                    await outbox.collect(session, endpoint_id)
        self._newest = behind
        if again:
            self._looked_again = now
        if now - self._tidied > _TIDY_EVERY:
            self._tidied = now
            await self._tidy()

    async def _tidy(self) -> None:
        """Messages are kept for a while to be looked at, then forgotten."""
        async with self._database.session() as session:
            old = (col(NoticeRow.status) != "pending") & (col(NoticeRow.updated_at) < clock.now() - KEPT)
            await session.execute(delete(NoticeRow).where(old))

    async def _take(self, session: AsyncSession, rooms: Mapping[str, int], most: int) -> list[_Taken]:
        """At most `rooms` of each endpoint, `most` together; the endpoint whose message waits longest comes first."""
        now = clock.now()
        rows: list[NoticeRow] = []
        for endpoint_id, room in rooms.items():
            its = _due().where(col(NoticeRow.endpoint_id) == endpoint_id).limit(min(room, most - len(rows)))
            locked = its.with_for_update(skip_locked=True).execution_options(populate_existing=True)
            rows += (await session.execute(locked)).scalars()
            if len(rows) >= most:
                break
        targets = await self._targets(session, rows)
        for row in rows:
            row.owner, row.next_at, row.attempts = self._owner, now + _LEASE, row.attempts + 1
        return [_Taken(row.id, row.endpoint_id, row.body, row.attempts, targets[row.endpoint_id]) for row in rows]

    async def _targets(self, session: AsyncSession, rows: Sequence[NoticeRow]) -> dict[str, Target]:
        wanted = {row.endpoint_id for row in rows}
        found = (await session.execute(select(EndpointRow).where(col(EndpointRow.id).in_(wanted)))).scalars()
        return {row.id: Target(row.url, row.secret) for row in found}

    async def _post(self, one: _Taken) -> Reply:
        body = one.body.encode()
        return await self._poster.post(one.target.url, body, signed(one.target.secret, one.id, body))

    async def _settle(self, session: AsyncSession, one: _Taken, reply: Reply, *, final: bool = False) -> None:
        now = clock.now()
        values = {"code": reply.status, "reason": "" if reply.ok else reply.code, "owner": "", "updated_at": now}
        wait = None if final else _wait(one.attempts, reply)
        if reply.ok:
            values["status"] = "delivered"
        elif wait is None:
            values["status"] = "failed"
        else:
            values["next_at"] = now + wait
        mine = (col(NoticeRow.id) == one.id) & (col(NoticeRow.owner) == self._owner)
        await session.execute(update(NoticeRow).where(mine).values(values))
        if reply.status == HTTPStatus.GONE:
            await self._disable(session, one.endpoint_id)

    async def _disable(self, session: AsyncSession, endpoint_id: str) -> None:
        """410: it wants nothing more, nor what waits for it."""
        log.warning("webhook_endpoint_gone", endpoint=endpoint_id)
        await endpoints.disable(session, endpoint_id, GONE)
        waiting = (col(NoticeRow.endpoint_id) == endpoint_id) & (col(NoticeRow.status) == "pending")
        values = {"status": "cancelled", "reason": GONE, "owner": "", "updated_at": clock.now()}
        await session.execute(update(NoticeRow).where(waiting).values(values))


def _is_due() -> ColumnElement[bool]:
    return and_(col(NoticeRow.status) == "pending", col(NoticeRow.next_at) <= clock.now())


def _due() -> Select[NoticeRow]:
    return select(NoticeRow).where(_is_due()).order_by(col(NoticeRow.next_at), col(NoticeRow.id))


def _waiting() -> Select[str]:
    """Endpoints that something is due to, first that which waits longest."""
    its = col(NoticeRow.endpoint_id)
    return select(its).where(_is_due()).group_by(its).order_by(func.min(col(NoticeRow.next_at)), its)


def _wait(attempts: int, reply: Reply) -> timedelta | None:
    """Until the next attempt; None where there is none."""
    if attempts > len(RETRY_S) or reply.status == HTTPStatus.GONE:
        return None
    planned = RETRY_S[attempts - 1] * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 - no secret
    return timedelta(seconds=max(planned, reply.retry_after_s or 0))
