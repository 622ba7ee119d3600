"""Answers on their way into the database: kept for a moment, written down together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog

from composer.handoff import deliveries
from composer.handoff.channel import Answer
from composer.handoff.deliveries import Settled, Taken
from composer.handoff.model import DeliveryStatus
from composer.handoff.pace import Pace
from composer.responses import emails_known
from memory.consent import withdraw
from memory.ingest import ingest
from memory.recall import customer_id_of
from store import clock
from store.database import Database
from store.errors import Unavailable

log = structlog.get_logger("penfriend.handoff")

_LAST_TRIES = 5


class Settling:
    """What came of deliveries of one hand-off, until it is written down. Of one event loop."""

    def __init__(self, database: Database, handoff_id: str, owner: str, pace: Pace) -> None:
        self._database = database
        self._id = handoff_id
        self._owner = owner
        self._pace = pace
        self._done: list[Settled] = []
        self._dead: list[Taken] = []
        self._sent: list[dict[str, Any]] = []
        self._reached = False
        self._much = asyncio.Event()
        self._writing = asyncio.Lock()

    def put(self, settled: Settled) -> None:
        """One more."""
        self._done.append(settled)
        if len(self._done) >= self._pace.flush_at:
            self._much.set()

    def give_back(self, taken: Taken, answer: Answer | None = None) -> None:
        """Pending as it was, for whoever takes it next: it was not its fault."""
        reason = answer.reason if answer else ""
        self.put(Settled(taken.position, DeliveryStatus.PENDING, reason, counted=False))

    def dead(self, taken: Taken) -> None:
        """Nothing should be sent to this customer's address again."""
        self._dead.append(taken)

    def sent(self, taken: Taken) -> None:
        """It is on its way to its recipient since now: memory hears of it."""
        self._sent.append(_sent_event(taken, clock.now()))

    def reached(self) -> None:
        """The far side has answered for an e-mail: it is not away."""
        self._reached = True

    async def wait(self) -> None:
        """Until there is much to write down, or what there is has waited long enough."""
        try:
            async with asyncio.timeout(self._pace.flush_s):
                await self._much.wait()
        except TimeoutError:
            return

    async def flush(self) -> None:
        """One transaction for all there is. Where the database is away it is kept, and tried again."""
        async with self._writing:
            done, dead, sent, reached = self._done, self._dead, self._sent, self._reached
            self._done, self._dead, self._sent, self._reached = [], [], [], False
            self._much.clear()
            if not done:
                return
            try:
                await self._write(done, dead, sent, reached)
            # Cancelled in the middle of it too: what was answered must not be forgotten.
            except BaseException as error:
                self._done, self._dead, self._sent = done + self._done, dead + self._dead, sent + self._sent
                self._reached = reached or self._reached
                if not isinstance(error, Unavailable):
                    raise
                log.warning("handoff_waits", handoff=self._id, reason=error.reason)

    async def close(self) -> None:
        """Write down what is left; a database that stays away finds it pending when the lease ends."""
        for _ in range(_LAST_TRIES):
            await self.flush()
            if not self._done:
                return
            await asyncio.sleep(self._pace.flush_s)

    async def _write(
        self, done: Sequence[Settled], dead: Sequence[Taken], sent: Sequence[dict[str, Any]], reached: bool
    ) -> None:
        async with self._database.session() as session:
            # First: whoever erases somebody takes the locks on people before those on deliveries, too.
            if sent:
                await ingest(session, sent, emails=emails_known)
            await deliveries.settle(session, self._id, self._owner, done)
            if reached:
                await deliveries.answered(session, self._id)
            for taken in dead:
                customer_id = await customer_id_of(session, taken.customer)
                if customer_id is None:
                    continue
                proof = {"email_id": taken.email_id}
                now = clock.now()
                await withdraw(session, customer_id, reason="bounced", source="handoff", at=now, proof=proof)


def sent_message_id(email_id: str) -> str:
    """Of the event that it was sent, whoever says so: one e-mail is sent once."""
    return f"sent_{email_id}"


def _sent_event(taken: Taken, at: datetime) -> dict[str, Any]:
    """Segment's `track` message of it; handed over twice, as after a kill, it is one event."""
    return {
        "type": "track",
        "messageId": sent_message_id(taken.email_id),
        "userId": taken.customer,
        "event": "Email Sent",
        "timestamp": at.isoformat(),
        "properties": {"email_id": taken.email_id},
    }
