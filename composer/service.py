"""Composes one e-mail: the way of design section 1, with the clock running and every outcome a row.

A composition is a job with two transactions of its own, a read before and a write after the model's seconds: no
database connection waits for a model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from composer.campaigns import Campaigns, CampaignVersion
from composer.contract import ComposeRequest, ComposeResult, ReplayReport
from composer.deadline import Deadline
from composer.emails import RecentEmail, claim, find_email, get_email, recent_emails
from composer.finish import Finished, Finisher
from composer.flights import Flights
from composer.ladder import NoSafeText, climb
from composer.links import Links
from composer.message import build_message
from composer.panel import Panel
from composer.permission import Permission, may_write, record_decision
from composer.picking import step_of
from composer.placing import Merchandise, Steering
from composer.plan import NothingToSay, Picker, Plan, make_plan
from composer.record import load_record, save_record
from composer.render import Rendered
from composer.replay import replay_record
from composer.templates import BlockTemplates
from composer.timing import Stopwatch
from composer.writing import Writer
from memory.model import CustomerMemory
from memory.recall import recall
from prompts.library import Library
from prompts.model import Flow
from store import clock
from store.crypto import Keyring
from store.database import Database
from store.errors import InvalidInput, NotFound

# Kept back from the deadline for rendering, checking and storing: their p99 with room to spare.
_RESERVE_SECONDS = 0.12
_RESERVE_SHARE = 0.4


class UnknownCustomer(NotFound):
    """Memory holds nothing under this id, and the brand wants consent before it writes to anybody."""

    reason = "unknown_customer"


@dataclass(frozen=True)
class _Ready:
    """What the first transaction found out."""

    version: CampaignVersion
    flow: Flow
    step: str
    memory: CustomerMemory
    permission: Permission
    recent: Sequence[RecentEmail]
    steering: Steering
    already: ComposeResult | None


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
    ) -> None:
        """`writers` in the order they are asked; without any, every block comes from its template.

        `panel` may object to what they write.
        """
        self._database = database
        self._library = library
        self._picker = picker
        self._writers = tuple(writers)
        self._panel = panel
        self._finisher = Finisher(library, Links(keyring))
        self._flights: Flights[ComposeResult] = Flights()
        self._campaigns = Campaigns()
        self._merchandise = Merchandise()
        self._stored: set[str] = set()
        """Hashes of templates that the database is known to hold."""

    async def compose(self, request: ComposeRequest) -> ComposeResult:
        """One e-mail, or a skip with its reason, within `deadline_ms`.

        Raises UnknownCampaign, UnknownCustomer, InvalidInput (an unknown step), Unavailable (database, disk).
        """
        seconds = request.deadline_ms / 1000
        seconds -= min(_RESERVE_SECONDS, seconds * _RESERVE_SHARE)
        key = request.model_copy(update={"deadline_ms": 50})
        return await self._flights.join(key, seconds, lambda deadline: self._compose(request, deadline))

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

    async def replay(self, email_id: str) -> ReplayReport:
        """Build the e-mail again from its record and compare. Raises UnknownEmail, UnknownRecord, DamagedRecord."""
        async with self._database.session(readonly=True) as session:
            result = await get_email(session, email_id)
            record, artifacts = await load_record(session, result.record)
        return await replay_record(result, record, artifacts)

    async def _compose(self, request: ComposeRequest, deadline: Deadline) -> ComposeResult:
        watch = Stopwatch()
        async with self._database.session(readonly=True) as session:
            ready = await self._prepare(session, request)
        if not ready.permission.granted:
            return await self._skip(request, ready, ready.permission.reason, ready.permission.detail)
        if ready.already is not None:
            return ready.already
        try:
            plan = make_plan(
                request,
                ready.version,
                ready.flow,
                ready.memory,
                picker=self._picker,
                shown=[(product, email.at) for email in ready.recent for product in email.products],
                now=clock.now(),
                steering=ready.steering,
            )
            finished = await self._write(request, ready, plan, deadline, watch)
        except (NothingToSay, NoSafeText) as error:
            return await self._skip(request, ready, error.reason, str(error))
        if request.preview:
            return finished.result
        return await self._store(request, ready, finished)

    async def _prepare(self, session: AsyncSession, request: ComposeRequest) -> _Ready:
        version = await self._campaigns.current(session, request.campaign)
        flow = self._library.flow(version.campaign.flow)
        step = step_of(flow, request.step)
        memory = await recall(session, request.customer)
        if memory is None:
            memory = _stranger(request, version)
        already = None if request.preview else await find_email(session, request, version.version, step)
        permission = await may_write(
            session, version, memory, preview=request.preview, already_written=already is not None
        )
        recent = await recent_emails(session, request.customer, clock.now())
        steering = await self._merchandise.steering(session, version, request.customer, clock.now())
        return _Ready(version, flow, step, memory, permission, recent, steering, already)

    async def _write(
        self, request: ComposeRequest, ready: _Ready, plan: Plan, deadline: Deadline, watch: Stopwatch
    ) -> Finished:
        locale = plan.task.snapshot.locale
        templates = BlockTemplates(self._library.fallback(ready.flow.name, locale), plan.task, plan.seed)
        climbed = await climb(
            plan.task,
            plan.keys,
            writers=self._writers,
            templates=templates,
            deadline=deadline,
            watch=watch,
            panel=self._panel,
        )
        earlier = [email.said for email in ready.recent]
        return self._finisher.finish(request, ready.version, ready.memory, plan, climbed, templates, watch, earlier)

    async def _store(self, request: ComposeRequest, ready: _Ready, finished: Finished) -> ComposeResult:
        """Whoever inserts first has written the e-mail; a loser of the race returns the winner's."""
        artifacts = {digest: text for digest, text in finished.artifacts.items() if digest not in self._stored}
        async with self._database.session() as session:
            stored = await claim(session, finished.result)
            if stored is not None:
                await save_record(session, finished.record, artifacts)
                await record_decision(session, ready.memory, stored)
            else:
                stored = await find_email(session, request, ready.version.version, ready.step)
                artifacts.clear()
        self._stored.update(artifacts)
        if stored is None:
            raise AssertionError("a claim was refused, so somebody holds the key")
        return stored

    async def _skip(self, request: ComposeRequest, ready: _Ready, reason: str, detail: str) -> ComposeResult:
        result = self._finisher.skipped(request, ready.version, ready.step, reason, detail)
        if not request.preview and ready.memory.customer_id:
            async with self._database.session() as session:
                await record_decision(session, ready.memory, result)
        return result


def _stranger(request: ComposeRequest, version: CampaignVersion) -> CustomerMemory:
    """Nobody we know. Only a brand that needs no consent of its own may write to them (its ESP holds it)."""
    if version.brand.consent_required:
        raise UnknownCustomer(
            f"There is no customer {request.customer!r}.",
            fix="Send an identify event for them first (POST /v1/identify).",
        )
    return CustomerMemory.model_validate(
        {
            "customer_id": "",
            "external_id": request.customer,
            "as_of": clock.now(),
            "profile": {},
            "lifecycle": "prospect",
        }
    )
