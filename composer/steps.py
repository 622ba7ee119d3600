"""The steps of composing one e-mail: read, write, store. `service` takes them for one request, `batch` for many.

Reading and storing happen in the caller's transaction; writing touches no database, so that no connection waits for a
model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from composer.campaigns import Campaigns, CampaignVersion
from composer.contract import ComposeRequest, ComposeResult
from composer.deadline import Deadline
from composer.emails import RecentEmail, claim, find_email, recent_emails
from composer.finish import Finished, Finisher
from composer.ladder import NoSafeText, climb
from composer.links import Links
from composer.panel import Panel
from composer.permission import Permission, may_write, record_decision
from composer.picking import step_of
from composer.placing import Merchandise, Steering
from composer.plan import NothingToSay, Picker, Plan, make_plan
from composer.record import save_record
from composer.templates import BlockTemplates
from composer.timing import Stopwatch
from composer.writing import Writer
from memory.model import CustomerMemory
from memory.recall import recall
from prompts.library import Library
from prompts.model import Flow
from store import clock
from store.crypto import Keyring
from store.errors import NotFound
from store.ids import EmailId, new_email_id


class UnknownCustomer(NotFound):
    """Memory holds nothing under this id, and the brand wants consent before it writes to anybody."""

    reason = "unknown_customer"


@dataclass(frozen=True)
class Ready:
    """What was read for one e-mail."""

    version: CampaignVersion
    flow: Flow
    step: str
    memory: CustomerMemory
    permission: Permission
    recent: Sequence[RecentEmail]
    steering: Steering
    already: ComposeResult | None
    """The e-mail under this idempotency key, where it is written already."""


class Steps:
    """What composing needs, and the steps. Safe to share between the tasks of one event loop."""

    def __init__(
        self,
        *,
        keyring: Keyring,
        library: Library,
        picker: Picker,
        writers: Sequence[Writer],
        panel: Panel | None = None,
    ) -> None:
        """`writers` in the order they are asked; without any, every block comes from its template.

        `panel` may object to what they write.
        """
        self._library = library
        self._picker = picker
        self._writers = tuple(writers)
        self._panel = panel
        self._finisher = Finisher(library, Links(keyring))
        self._campaigns = Campaigns()
        self._merchandise = Merchandise()
        self._stored: set[str] = set()
        """Hashes of templates that the database is known to hold."""

    async def prepare(
        self, session: AsyncSession, request: ComposeRequest, *, campaign_version: int | None = None
    ) -> Ready:
        """Read what one e-mail needs; `campaign_version` None is the current one.

        Raises UnknownCampaign, UnknownCustomer, InvalidInput (an unknown step).
        """
        version = await self._campaigns.version(session, request.campaign, campaign_version)
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
        return Ready(version, flow, step, memory, permission, recent, steering, already)

    async def write(
        self,
        request: ComposeRequest,
        ready: Ready,
        deadline: Deadline,
        watch: Stopwatch,
        *,
        email_id: EmailId | None = None,
    ) -> Finished | ComposeResult:
        """The finished e-mail, or the skip: decide, ask the models, check, render. Touches no database."""
        if not ready.permission.granted:
            return self._skipped(request, ready, ready.permission.reason, ready.permission.detail)
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
            return await self._write(request, ready, plan, deadline, watch, email_id or new_email_id())
        except (NothingToSay, NoSafeText) as error:
            return self._skipped(request, ready, error.reason, str(error))

    async def store(
        self, session: AsyncSession, request: ComposeRequest, ready: Ready, finished: Finished
    ) -> ComposeResult:
        """Whoever inserts first has written the e-mail; a loser of the race returns the winner's.

        After the commit, tell `keep_in_mind` what was stored.
        """
        artifacts = {digest: text for digest, text in finished.artifacts.items() if digest not in self._stored}
        stored = await claim(session, finished.result)
        if stored is not None:
            await save_record(session, finished.record, artifacts)
            await record_decision(session, ready.memory, stored)
            return stored
        stored = await find_email(session, request, ready.version.version, ready.step)
        if stored is None:
            raise AssertionError("a claim was refused, so somebody holds the key")
        return stored

    async def store_skip(self, session: AsyncSession, ready: Ready, skip: ComposeResult) -> None:
        """Keep why there is no e-mail."""
        await record_decision(session, ready.memory, skip)

    def keep_in_mind(self, stored: ComposeResult, finished: Finished) -> None:
        """The transaction of `store` was committed: what it wrote once need not be written again."""
        if stored.id == finished.result.id:
            self._stored.update(finished.artifacts)

    async def _write(
        self,
        request: ComposeRequest,
        ready: Ready,
        plan: Plan,
        deadline: Deadline,
        watch: Stopwatch,
        email_id: EmailId,
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
        return self._finisher.finish(
            request, ready.version, plan, climbed, templates, watch, earlier, email_id=email_id
        )

    def _skipped(self, request: ComposeRequest, ready: Ready, reason: str, detail: str) -> ComposeResult:
        return self._finisher.skipped(request, ready.version, ready.step, reason, detail)


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
