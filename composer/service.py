"""Composes one e-mail: the way of design section 1, with the clock running and every outcome a row.

A composition is a job with two transactions of its own, a read before and a write after the model's seconds: no
database connection waits for a model.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from composer.campaigns import CampaignVersion
from composer.contract import ComposeRequest, ComposeResult, ReplayReport
from composer.deadline import Deadline
from composer.emails import as_stored, get_email
from composer.experiments.benches import Benches
from composer.finish import Finished
from composer.flights import Flights
from composer.made import Made, Ready
from composer.message import build_message
from composer.panel import Panel
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

# Kept back from the deadline for rendering, checking and storing: their p99 with room to spare.
_RESERVE_SECONDS = 0.12
_RESERVE_SHARE = 0.4


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
    ) -> None:
        """See `Steps`."""
        self._database = database
        self._steps = Steps(
            keyring=keyring, library=library, picker=picker, writers=writers, panel=panel, benches=benches
        )
        self._flights: Flights[ComposeResult] = Flights()

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
        async with self._database.session(readonly=True) as session:
            [ready] = await self._steps.prepare(session, [request])
            if isinstance(ready, UnknownCustomer):
                raise ready
            held = await self._held(session, request, ready)
        if held:
            return self._steps.held_back(request, ready, held)
        if ready.permission.granted and ready.already is not None:
            return ready.already
        made = Made(ready, await self._steps.write(request, ready, deadline, watch))
        if request.preview:
            return made.result
        async with self._database.session() as session:
            [stored] = await self._steps.store(session, [made])
            # Somebody else was first: what they wrote may wait for somebody's word.
            held = "" if stored.id in ("", made.result.id) else await gate.held(session, stored.id)
        return self._steps.held_back(request, ready, held) if held else as_stored(stored)

    async def _held(self, session: AsyncSession, request: ComposeRequest, ready: Ready) -> str:
        """Why the e-mail under this key may not leave, written or not; empty where nothing stands against it."""
        if request.preview or not ready.permission.granted:
            return ""
        if ready.already is not None:
            return await gate.held(session, ready.already.id)
        awaited = await gate.awaited(session, ready.version.campaign.id, request.customer)
        theirs = {(step_of(ready.flow, step), occasion) for step, occasion in awaited}
        return gate.NOT_RELEASED if (ready.step, request.occasion) in theirs else ""
