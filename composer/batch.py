"""Composing for many at once: one read for a group of customers, one write for whatever is ready.

The three steps are apart so that their owner holds no database connection while a model answers, and so that e-mails
are stored in the very transaction in which their recipients' rows move.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from composer.contract import ComposeRequest, ComposeResult
from composer.deadline import Deadline
from composer.finish import Finished
from composer.steps import Ready, Steps
from composer.timing import Stopwatch
from store.database import Database
from store.errors import PenfriendError
from store.ids import EmailId, email_id_for


@dataclass(frozen=True)
class Prepared:
    """One recipient after the read: ready to be written, or settled already."""

    request: ComposeRequest
    ready: Ready | None = None
    email_id: EmailId | None = None
    settled: ComposeResult | None = None
    """The e-mail there is already, or the skip: nothing to write."""
    error: PenfriendError | None = None
    """Why this recipient cannot be composed for (`unknown_customer` …)."""


@dataclass(frozen=True)
class Written:
    """One recipient after the model: finished or skipped, not yet stored."""

    prepared: Prepared
    finished: Finished | None = None
    skipped: ComposeResult | None = None


class Composing(Protocol):
    """What a run needs of composing; `Batch` is the real one."""

    async def prepare(
        self, requests: Sequence[ComposeRequest], *, campaign_version: int, began: datetime
    ) -> list[Prepared]:
        """Read what `requests` (of one campaign, each customer once) need, in a fixed number of statements.

        `began` is when their run began: the ids of the e-mails are a pure function of it and of their keys.
        """
        ...

    async def write(self, prepared: Prepared) -> Written:
        """Decide, ask the model, check, render. Touches no database; may be cancelled at any await."""
        ...

    async def store(self, session: AsyncSession, written: Sequence[Written]) -> list[ComposeResult | PenfriendError]:
        """Store e-mails, records and ledger rows in the caller's transaction; what each came to, in order.

        Where another process stored an e-mail under the same key first, that one is returned.
        """
        ...


class Batch:
    """A `Composing` over the steps of a composer."""

    def __init__(self, database: Database, steps: Steps) -> None:
        self._database = database
        self._steps = steps

    async def prepare(
        self, requests: Sequence[ComposeRequest], *, campaign_version: int, began: datetime
    ) -> list[Prepared]:
        """See `Composing.prepare`."""
        async with self._database.session(readonly=True) as session:
            return [await self._prepared(session, request, campaign_version, began) for request in requests]

    async def _prepared(
        self, session: AsyncSession, request: ComposeRequest, campaign_version: int, began: datetime
    ) -> Prepared:
        try:
            ready = await self._steps.prepare(session, request, campaign_version=campaign_version)
        except PenfriendError as error:
            return Prepared(request, error=error)
        key = (request.campaign, str(campaign_version), request.customer, ready.step, request.occasion)
        settled = ready.already if ready.permission.granted else None
        return Prepared(request, ready, email_id_for(began, *key), settled)

    async def write(self, prepared: Prepared) -> Written:
        """See `Composing.write`."""
        if prepared.ready is None or prepared.settled is not None:
            return Written(prepared)
        deadline = Deadline(prepared.request.deadline_ms / 1000)
        made = await self._steps.write(
            prepared.request, prepared.ready, deadline, Stopwatch(), email_id=prepared.email_id
        )
        if isinstance(made, Finished):
            return Written(prepared, finished=made)
        return Written(prepared, skipped=made)

    async def store(self, session: AsyncSession, written: Sequence[Written]) -> list[ComposeResult | PenfriendError]:
        """See `Composing.store`."""
        return [await self._stored(session, one) for one in written]

    async def _stored(self, session: AsyncSession, one: Written) -> ComposeResult | PenfriendError:
        prepared = one.prepared
        if prepared.ready is None or prepared.error is not None:
            return prepared.error or PenfriendError("Nothing was read for this customer.")
        if prepared.settled is not None:
            return prepared.settled
        if one.finished is not None:
            return await self._steps.store(session, prepared.request, prepared.ready, one.finished)
        if one.skipped is None:
            raise AssertionError("written is finished, skipped, settled or an error")
        await self._steps.store_skip(session, prepared.ready, one.skipped)
        return one.skipped
