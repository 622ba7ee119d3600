"""Composes one e-mail: the way of design section 1, with the clock running and every outcome a row.

A composition is a job with two transactions, a read before and a write after the model's seconds: no database
connection waits for a model. Those that come to one while another is under way share the next: at a hundred at once
an e-mail costs what it costs in a batch, and a disk syncs once for many.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from composer.campaigns import CampaignVersion
from composer.contract import ComposeRequest, ComposeResult, ReplayReport
from composer.deadline import Deadline
from composer.emails import as_stored, get_email
from composer.experiments.benches import Benches
from composer.finish import Finished
from composer.flights import Flights
from composer.freshness import Withdrawn
from composer.made import Made, Ready
from composer.message import build_message
from composer.panel import Panel
from composer.permission import OBJECTED
from composer.picking import step_of
from composer.plan import Picker
from composer.record import load_record
from composer.render import Rendered
from composer.replay import replay_record
from composer.reviews import gate
from composer.revisions import as_it_was
from composer.steps import Steps
from composer.strangers import UnknownCustomer
from composer.timing import Stopwatch
from composer.writing import Writer
from memory.recall import recall
from prompts.library import Library
from store.crypto import Keyring
from store.database import Database
from store.errors import InvalidInput
from store.failures import DatabaseBusy
from store.gathering import Gathering, Sort

# Kept back from the deadline for rendering, checking and storing: their p99 with room to spare.
_RESERVE_SECONDS = 0.12
_RESERVE_SHARE = 0.4
_AT_ONCE = 25
"""E-mails a transaction: nobody waits for long behind those who came before."""
_LANES = 4
"""Transactions at a time that read, and as many that store, where a database has more than one writer: campaigns do not
wait for each other's reads, and one that waits for a lock on a customer does not keep all others."""
_PATIENCE_MS = 100
"""For a lock, of e-mails that are stored together: who is locked longer is stored alone, and keeps nobody else."""


Anew = Callable[[str], Coroutine[Any, Any, ComposeResult | Withdrawn]]
"""A stored e-mail, by its id, as it may be handed on now."""


class _Read(NamedTuple):
    """What is known of a request before anything is written."""

    ready: Ready | UnknownCustomer
    held: str = ""
    """Why the e-mail under its key may not leave, written or not; empty where nothing stands against it."""


class _Kept(NamedTuple):
    """What storing came to."""

    result: ComposeResult
    held: str = ""
    """Of an e-mail that somebody else stored first: why it may not leave."""


class _Contended(Exception):
    """Somebody else holds a lock that one of those needs who were to be stored together: no matter of the others."""


class Composer:
    """The one door to composing. Safe to share between requests of one event loop."""

    def __init__(
        self,
        *,
        database: Database,
        keyring: Keyring,
        library: Library,
        picker: Picker,
        writers: Sequence[Writer],
        panel: Panel | None = None,
        benches: Benches | None = None,
        anew: Anew | None = None,
    ) -> None:
        """See `Steps`. `anew` is `Freshness.current`; without it nothing replaces what is objected to."""
        self._database = database
        self._anew = anew
        self._steps = Steps(
            keyring=keyring, library=library, picker=picker, writers=writers, panel=panel, benches=benches
        )
        self._flights: Flights[ComposeResult] = Flights()
        lanes = 1 if database.dialect == "sqlite" else _LANES
        self._reads: Gathering[ComposeRequest, _Read] = Gathering(self._read, _sort_of_read, most=_AT_ONCE, lanes=lanes)
        self._writes: Gathering[Made, _Kept] = Gathering(self._keep, _sort_of_write, most=_AT_ONCE, lanes=lanes)

    @property
    def steps(self) -> Steps:
        """For composing in batches."""
        return self._steps

    async def compose(self, request: ComposeRequest) -> ComposeResult:
        """One e-mail, or a skip with its reason, within `deadline_ms`; what waits for a review is a skip.

        Raises UnknownCampaign, UnknownCustomer, InvalidInput (an unknown step), Unavailable (database, disk).
        """
        seconds = request.deadline_ms / 1000
        seconds -= min(_RESERVE_SECONDS, seconds * _RESERVE_SHARE)
        key = request.model_copy(update={"deadline_ms": 50})
        return await self._flights.join(key, seconds, lambda deadline: self._compose(request, deadline))

    async def draft(self, request: ComposeRequest, version: CampaignVersion | None = None) -> Finished | ComposeResult:
        """An e-mail to look at, with its record, or a skip: nothing is stored, no contact counts, no holdout applies.

        `version` need not be saved; None is the campaign's current one. Raises UnknownCampaign, UnknownCustomer,
        InvalidInput (an unknown step; a brief that the flow cannot follow), Unavailable.
        """
        request = request.model_copy(update={"preview": True})
        async with self._database.session(readonly=True) as session:
            [ready] = await self._steps.prepare(session, [request], draft=version)
        if isinstance(ready, UnknownCustomer):
            raise ready
        return await self._steps.write(request, ready, Deadline(request.deadline_ms / 1000), Stopwatch())

    async def get(self, email_id: str) -> ComposeResult:
        """A stored e-mail. Raises UnknownEmail."""
        async with self._database.session(readonly=True) as session:
            return await get_email(session, email_id)

    async def message(self, email_id: str) -> bytes:
        """The RFC 5322 message of a stored e-mail, addressed to the customer.

        Raises UnknownEmail, and InvalidInput when memory holds no address for them.
        """
        async with self._database.session(readonly=True) as session:
            result = await get_email(session, email_id)
            record, _ = await load_record(session, result.record)
            memory = await recall(session, result.customer)
        if memory is None or not memory.profile.email:
            raise InvalidInput(
                f"Customer {result.customer!r} has no e-mail address.",
                reason="no_address",
                fix="Send an identify event with traits.email first.",
            )
        rendered = Rendered(subject=result.subject, preheader=result.preheader, html=result.html, text=result.text)
        return build_message(rendered, record.envelope(to=memory.profile.email))

    async def replay(self, email_id: str, *, revision: int | None = None) -> ReplayReport:
        """Build the e-mail, or what it was in an earlier revision, again from its record and compare.

        Raises UnknownEmail, UnknownRevision, UnknownRecord, DamagedRecord.
        """
        async with self._database.session(readonly=True) as session:
            result = await get_email(session, email_id)
            if revision is not None:
                result = await as_it_was(session, result, revision)
            record, artifacts = await load_record(session, result.record)
        return await replay_record(result, record, artifacts)

    async def _compose(self, request: ComposeRequest, deadline: Deadline) -> ComposeResult:
        watch = Stopwatch()
        ready, held = await self._reads.ask(request)
        if isinstance(ready, UnknownCustomer):
            raise ready
        if held:
            return self._steps.held_back(request, ready, held)
        if ready.permission.granted and ready.already is not None:
            return await self._plainly(request, ready, deadline) if self._steps.objected(ready) else ready.already
        made = Made(ready, await self._steps.write(request, ready, deadline, watch))
        if request.preview:
            return made.result
        stored, held = await self._writes.ask(made)
        return self._steps.held_back(request, ready, held) if held else as_stored(stored)

    async def _plainly(self, request: ComposeRequest, ready: Ready, deadline: Deadline) -> ComposeResult:
        """In place of an e-mail whose customer has objected since: what whoever pulls it gets, or why there is none."""
        assert ready.already is not None
        found = await deadline.run(self._anew(ready.already.id)) if self._anew else None
        if isinstance(found, Withdrawn):
            return self._steps.withdrawn(request, ready, found.reason, found.detail, found.until)
        return found or self._steps.withdrawn(request, ready, OBJECTED)

    async def _read(self, requests: Sequence[ComposeRequest]) -> list[_Read]:
        """`requests` as of `Steps.prepare`."""
        async with self._database.session(readonly=True) as session:
            readies = await self._steps.prepare(session, requests)
            awaited = await self._awaited(session, requests, readies)
            return [
                _Read(ready, await self._held(session, request, ready, awaited))
                for request, ready in zip(requests, readies, strict=True)
            ]

    async def _keep(self, made: Sequence[Made]) -> list[_Kept]:
        """`made` for one customer each."""
        if len(made) == 1 or self._database.dialect == "sqlite":
            return await self._stored(made)
        try:
            return await self._stored(made, f"SET LOCAL lock_timeout = {_PATIENCE_MS}")
        except DatabaseBusy as error:
            raise _Contended from error

    async def _stored(self, made: Sequence[Made], patience: str = "") -> list[_Kept]:
        async with self._database.session() as session:
            if patience:
                await session.execute(text(patience))
            stored = await self._steps.store(session, made)
            # Where somebody else was first: what they wrote may wait for somebody's word.
            return [
                _Kept(one, "" if one.id in ("", mine.result.id) else await gate.held(session, one.id))
                for one, mine in zip(stored, made, strict=True)
            ]

    async def _awaited(
        self, session: AsyncSession, requests: Sequence[ComposeRequest], readies: Sequence[Ready | UnknownCustomer]
    ) -> dict[str, list[tuple[str, str]]]:
        """As `gate.awaited`; no read where no run of the campaign was ever behind a gate."""
        asking = [
            request.customer
            for request, ready in zip(requests, readies, strict=True)
            if isinstance(ready, Ready) and ready.gated and not request.preview
        ]
        return await gate.awaited(session, requests[0].campaign, asking) if asking else {}

    async def _held(
        self,
        session: AsyncSession,
        request: ComposeRequest,
        ready: Ready | UnknownCustomer,
        awaited: Mapping[str, Sequence[tuple[str, str]]],
    ) -> str:
        """See `_Read.held`."""
        if isinstance(ready, UnknownCustomer) or request.preview or not ready.permission.granted:
            return ""
        if ready.already is not None:
            return await gate.held(session, ready.already.id)
        theirs = {(step_of(ready.flow, step), occasion) for step, occasion in awaited.get(request.customer, ())}
        return gate.NOT_RELEASED if (ready.step, request.occasion) in theirs else ""


def _sort_of_read(request: ComposeRequest) -> Sort:
    """What is read together is of one campaign. A step or arm that there is none of is read with none but its like."""
    return Sort((request.campaign, request.preview, request.step, request.variant), request.customer)


def _sort_of_write(made: Made) -> Sort:
    """Two e-mails to one customer, of whichever campaigns: the second must find the first in the ledger."""
    return Sort(None, made.ready.memory.external_id)
