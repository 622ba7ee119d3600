"""Composing for many at once: one read for a group of customers, one write for whatever is ready.

The three steps are apart so that their owner holds no database connection while a model answers, and so that e-mails
are stored in the very transaction in which their recipients' rows move.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from composer.contract import ComposeRequest, ComposeResult
from composer.courtesy import Courtesy, give_way
from composer.deadline import Deadline
from composer.finish import Finished
from composer.made import Made, Ready
from composer.steps import Ahead, Steps
from composer.throttle import Throttle
from composer.timing import Stopwatch
from store.database import Database
from store.errors import InvalidInput, NotFound, PenfriendError
from store.ids import EmailId, email_id_for

_READ_AT_ONCE = 200
"""Customers a read: SQLite takes 32,766 parameters a statement, and a longer read would hold its snapshot longer."""


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
        self,
        requests: Sequence[ComposeRequest],
        *,
        campaign_version: int,
        began: datetime,
        latest: datetime | None = None,
    ) -> list[Prepared]:
        """Read what `requests` (of one campaign, each customer once) need, some hundred at a time in a fixed number of
        statements.

        `began` is when their run began: the ids of the e-mails are a pure function of it and of their keys. Whoever may
        not be written to before `latest` is skipped, whoever may is deferred; None: however late that is.
        """
        ...

    async def write(self, prepared: Prepared) -> Written:
        """Decide, ask the model, check, render. Touches no database; may be cancelled at any await."""
        ...

    async def store(
        self, session: AsyncSession, written: Sequence[Written], *, run_id: str = ""
    ) -> list[ComposeResult | PenfriendError]:
        """Store e-mails, records and ledger rows in the caller's transaction; what each came to, in order.

        `run_id` is of the run that they are written for.
        Where another process stored an e-mail under the same key first, that one is returned.
        """
        ...


class Batch:
    """A `Composing` over the steps of a composer."""

    def __init__(
        self,
        database: Database,
        steps: Steps,
        throttle: Throttle | None = None,
        courtesy: Courtesy | None = None,
    ) -> None:
        """`throttle` is that of the model asked first: an e-mail's deadline begins when its turn there has come.

        `courtesy` is of a process that answers requests beside it.
        """
        self._database = database
        self._steps = steps
        self._throttle = throttle
        self._courtesy = courtesy or Courtesy()

    async def prepare(
        self,
        requests: Sequence[ComposeRequest],
        *,
        campaign_version: int,
        began: datetime,
        latest: datetime | None = None,
    ) -> list[Prepared]:
        """See `Composing.prepare`."""
        self._courtesy.begin()
        prepared: list[Prepared] = []
        for start in range(0, len(requests), _READ_AT_ONCE):
            some = requests[start : start + _READ_AT_ONCE]
            await give_way()
            async with self._database.session(readonly=True) as session:
                read = await self._read(session, some, campaign_version, Ahead(latest))
            prepared += [_prepared(request, ready, began) for request, ready in zip(some, read, strict=True)]
        return prepared

    async def _read(
        self, session: AsyncSession, requests: Sequence[ComposeRequest], campaign_version: int, ahead: Ahead
    ) -> Sequence[Ready | PenfriendError]:
        try:
            return await self._steps.prepare(session, requests, campaign_version=campaign_version, ahead=ahead)
        except (NotFound, InvalidInput) as error:
            # A campaign or step that is not there: asking again would not help, for none of them.
            return [error] * len(requests)

    async def write(self, prepared: Prepared) -> Written:
        """See `Composing.write`."""
        if prepared.ready is None or prepared.settled is not None:
            return Written(prepared)
        self._courtesy.begin()
        async with self._turn(prepared.ready):
            deadline = Deadline(prepared.request.deadline_ms / 1000)
            made = await self._steps.write(
                prepared.request, prepared.ready, deadline, Stopwatch(), email_id=prepared.email_id
            )
        if isinstance(made, Finished):
            return Written(prepared, finished=made)
        return Written(prepared, skipped=made)

    def _turn(self, ready: Ready) -> AbstractAsyncContextManager[None]:
        """Of the model that is asked first; who may not be written to needs none."""
        if self._throttle is None or not ready.permission.granted:
            return nullcontext()
        return self._throttle.reserved()

    async def store(
        self, session: AsyncSession, written: Sequence[Written], *, run_id: str = ""
    ) -> list[ComposeResult | PenfriendError]:
        """See `Composing.store`."""
        new = {index: made for index, one in enumerate(written) if (made := _made(one)) is not None}
        found = await self._steps.store(session, list(new.values()), run_id=run_id) if new else []
        stored = dict(zip(new, found, strict=True))
        return [
            stored.get(index) or one.prepared.settled or _failure(one.prepared) for index, one in enumerate(written)
        ]


def _prepared(request: ComposeRequest, ready: Ready | PenfriendError, began: datetime) -> Prepared:
    if isinstance(ready, PenfriendError):
        return Prepared(request, error=ready)
    key = (request.campaign, str(ready.version.version), request.customer, ready.step, request.occasion)
    settled = ready.already if ready.permission.granted else None
    return Prepared(request, ready, email_id_for(began, *key), settled)


def _made(written: Written) -> Made | None:
    """What is to be stored of it; None where there is nothing: it failed, or was there before."""
    ready, found = written.prepared.ready, written.finished or written.skipped
    if written.prepared.settled is not None or ready is None:
        return None
    if found is None:
        raise AssertionError("written is finished, skipped, settled or an error")
    return Made(ready, found)


def _failure(prepared: Prepared) -> PenfriendError:
    if prepared.error is None:
        raise AssertionError("what was not read has an error")
    return prepared.error
