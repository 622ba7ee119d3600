"""The steps of composing one e-mail: read, write, store. `service` takes them for one request, `batch` for many.

Reading and storing happen in the caller's transaction; writing touches no database, so that no connection waits for a
model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from composer import telemetry
from composer.best_time import best_time
from composer.campaigns import Campaigns, CampaignVersion
from composer.contract import ComposeRequest, ComposeResult, Path
from composer.courtesy import give_way
from composer.deadline import Deadline
from composer.emails import RecentEmail, claim, find_emails, recent_emails
from composer.finish import Finished, Finisher
from composer.ladder import NoSafeText, climb
from composer.lessons.taught import NOTHING, Lessons, Taught
from composer.links import Links
from composer.outliving import ERASED, ERASED_DETAIL, erased_meanwhile
from composer.panel import Panel
from composer.permission import Errand, Permission, Question, errand_for, ledger_row, permission_of, permissions
from composer.picking import step_of
from composer.placing import Merchandise, Steering
from composer.plan import NothingToSay, Picker, Plan, make_plan
from composer.record import save_records
from composer.reviews import gate
from composer.reviews.strata import Look, look_at
from composer.strangers import UnknownCustomer, stranger
from composer.templates import BlockTemplates
from composer.timing import Stopwatch
from composer.writing import Writer
from memory.contacting.claiming import Claim, verdicts
from memory.ledger import record_contacts
from memory.model import CustomerMemory
from memory.objections import impersonal
from memory.privacy.tombstones import erased, share
from memory.recall import recall_many
from prompts.library import Library
from prompts.model import Flow
from store import clock
from store.crypto import Keyring
from store.ids import EmailId, new_email_id


@dataclass(frozen=True, slots=True)
class Ahead:
    """That e-mails are written now and handed over later."""

    latest: datetime | None = None
    """Whoever may not be written to by then is not written to at all; None: however late that is."""


@dataclass(frozen=True, slots=True)
class Ready:
    """What was read for one e-mail."""

    errand: Errand
    flow: Flow
    step: str
    memory: CustomerMemory
    permission: Permission
    recent: Sequence[RecentEmail]
    steering: Steering
    already: ComposeResult | None
    """The e-mail under this idempotency key, where it is written already."""
    taught: Taught = NOTHING
    """What reviews of earlier e-mails taught."""

    @property
    def version(self) -> CampaignVersion:
        """Of the campaign."""
        return self.errand.version

    @property
    def claim(self) -> Claim:
        """What the contact rules are asked once it is written: its quiet hours were asked about before."""
        memory = self.memory
        choices = self.permission.choices
        claim = self.errand.claim(memory.external_id, memory.customer_id, memory.profile.timezone, choices)
        return replace(claim, asked=replace(claim.asked, ahead=True))


@dataclass(frozen=True, slots=True)
class Made:
    """What writing came to, not yet stored."""

    ready: Ready
    made: Finished | ComposeResult
    """The finished e-mail, or the skip."""

    @property
    def result(self) -> ComposeResult:
        return self.made.result if isinstance(self.made, Finished) else self.made


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
        self._lessons = Lessons()
        self._stored: set[str] = set()
        """Hashes of templates that the database is known to hold."""

    async def prepare(
        self,
        session: AsyncSession,
        requests: Sequence[ComposeRequest],
        *,
        campaign_version: int | None = None,
        draft: CampaignVersion | None = None,
        ahead: Ahead | None = None,
    ) -> list[Ready | UnknownCustomer]:
        """Read what each e-mail needs, or why there is none for this customer: in as many statements as for one.

        `requests` are of one campaign, each customer once. `campaign_version` None is the current
        one; `draft` stands in for it where it is not saved; `ahead` None means that they go out at once.
        Raises UnknownCampaign, InvalidInput (an unknown step).
        """
        asked = _alike(requests)
        version = draft or await self._campaigns.version(session, asked.campaign, campaign_version)
        flow = self._library.flow(version.campaign.flow)
        steps = {request.customer: step_of(flow, request.step) for request in requests}
        customers = list(steps)
        memories = await _memories(session, version, customers)
        already = await _already(session, requests, version, steps)
        known = {name: memory for name, memory in memories.items() if isinstance(memory, CustomerMemory)}
        errand = errand_for(version, flow)
        if ahead is not None:
            errand = errand.written_ahead(ahead.latest)
        errands = {one.customer: errand.about(steps[one.customer], one.occasion) for one in requests}
        questions = {
            name: Question(memory, asked.preview, name in already, memory.profile.timezone, errands[name])
            for name, memory in known.items()
        }
        granted = await permissions(session, errand, questions)
        recent = await recent_emails(session, list(known), clock.now())
        steering = await self._merchandise.steering(session, version, list(known), clock.now())
        taught = await self._lessons.taught(session)
        return [
            memory
            if isinstance(memory, UnknownCustomer)
            else Ready(
                errand=errands[customer],
                flow=flow,
                step=steps[customer],
                memory=_usable(memory, flow),
                permission=granted[customer],
                recent=recent.get(customer, ()),
                steering=steering[customer],
                already=already.get(customer),
                taught=taught,
            )
            for customer, memory in memories.items()
        ]

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
        seconds = telemetry.timer()
        with telemetry.span(telemetry.SPAN_COMPOSE, {telemetry.FLOW: ready.flow.name}) as span:
            made = await self._made(request, ready, deadline, watch, email_id)
            result = made.result if isinstance(made, Finished) else made
            span.set_attributes({telemetry.PATH: result.path.value, telemetry.REASON: result.reason})
        telemetry.composed(result, seconds())
        return made

    async def _made(
        self,
        request: ComposeRequest,
        ready: Ready,
        deadline: Deadline,
        watch: Stopwatch,
        email_id: EmailId | None,
    ) -> Finished | ComposeResult:
        if not ready.permission.granted:
            skipped = self._skipped(request, ready, ready.permission.reason, ready.permission.detail)
            return skipped.model_copy(update={"defer_until": ready.permission.until})
        await give_way()
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
                taught=ready.taught,
            )
            finished = await self._write(request, ready, plan, deadline, watch, email_id or new_email_id())
            at = best_time(ready.flow, ready.version.brand, ready.memory)
            return replace(finished, result=finished.result.model_copy(update={"send_at": at}))
        except (NothingToSay, NoSafeText) as error:
            return self._skipped(request, ready, error.reason, str(error))

    async def store(self, session: AsyncSession, made: Sequence[Made], *, run_id: str = "") -> list[ComposeResult]:
        """Keep e-mails, records and why there is none, in a fixed number of statements; what each came to, in order.

        Whoever inserts first has written the e-mail; a loser of the race gets the winner's. Where others were written
        to the same customers meanwhile and used up the room under the caps, the e-mail is deferred after all. Of who
        was erased meanwhile nothing is kept.
        """
        await share(session)
        gone = await erased_meanwhile(session, [one.ready.memory for one in made])
        staying = [one for one in made if one.ready.memory.external_id not in gone]
        stored = iter(await self._store(session, staying, run_id) if staying else [])
        return [
            _skip_of(one.result, ERASED, ERASED_DETAIL) if one.ready.memory.external_id in gone else next(stored)
            for one in made
        ]

    async def _store(self, session: AsyncSession, made: Sequence[Made], run_id: str) -> list[ComposeResult]:
        made = await _with_room(session, made)
        finished = [one.made for one in made if isinstance(one.made, Finished)]
        mine: set[str] = set()
        if finished:
            mine = await claim(session, [one.result for one in finished], run_id=run_id, looks=_looks(made))
        await self._save_records(session, [one for one in finished if one.result.id in mine])
        theirs = await _winners(session, [one.result for one in finished if one.result.id not in mine])
        results = [theirs.get(one.result.id, one.result) for one in made]
        rows = [
            ledger_row(one.ready.errand, one.ready.memory.customer_id, one.result)
            for one in made
            if one.result.id not in theirs
        ]
        await record_contacts(session, [row for row in rows if row is not None])
        return results

    async def _save_records(self, session: AsyncSession, finished: Sequence[Finished]) -> None:
        if not finished:
            return
        texts = {digest: text for one in finished for digest, text in one.artifacts.items()}
        new = {digest: text for digest, text in texts.items() if digest not in self._stored}
        await save_records(session, [one.sealed for one in finished], new)
        if new:
            self._keep_in_mind(session, set(new))

    def _keep_in_mind(self, session: AsyncSession, digests: set[str]) -> None:
        """Once this transaction is committed, what it wrote need not be written again."""

        def committed(committing: Session) -> None:
            if not committing.in_nested_transaction():
                self._stored |= digests

        event.listen(session.sync_session, "after_commit", committed)

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
        await give_way()
        return self._finisher.finish(
            request, ready.version, plan, climbed, templates, watch, earlier, email_id=email_id
        )

    def held_back(self, request: ComposeRequest, ready: Ready, held: str) -> ComposeResult:
        """The skip in place of an e-mail that waits for a review, or failed it (`composer.reviews.gate`)."""
        return self._skipped(request, ready, held, gate.DETAILS[held])

    def _skipped(self, request: ComposeRequest, ready: Ready, reason: str, detail: str) -> ComposeResult:
        return self._finisher.skipped(request, ready.version, ready.step, reason, detail)


def _alike(requests: Sequence[ComposeRequest]) -> ComposeRequest:
    """The first, which stands for all but their customers, and those' steps and occasions."""
    first = requests[0]
    alike = {(one.campaign, one.preview) for one in requests}
    if len(alike) > 1:
        raise AssertionError("requests that are read together are for one campaign")
    return first


async def _memories(
    session: AsyncSession, version: CampaignVersion, customers: Sequence[str]
) -> dict[str, CustomerMemory | UnknownCustomer]:
    found = await recall_many(session, customers)
    unknown = [customer for customer in customers if customer not in found]
    gone = await erased(session, unknown) if unknown else {}
    return {customer: found.get(customer) or stranger(customer, version, customer in gone) for customer in customers}


async def _already(
    session: AsyncSession, requests: Sequence[ComposeRequest], version: CampaignVersion, steps: Mapping[str, str]
) -> dict[str, ComposeResult]:
    if requests[0].preview:
        return {}
    about = {one.customer: (steps[one.customer], one.occasion) for one in requests}
    return await find_emails(session, version.campaign.id, version.version, about)


def _looks(made: Sequence[Made]) -> dict[str, Look]:
    """What each is sampled by, by its id."""
    return {
        one.result.id: look_at(one.result, one.ready.memory.lifecycle, first=not one.ready.recent)
        for one in made
        if isinstance(one.made, Finished)
    }


async def _with_room(session: AsyncSession, made: Sequence[Made]) -> list[Made]:
    """The same, with what the caps have no room for any more as skips."""
    claims = {one.result.id: one.ready.claim for one in made if isinstance(one.made, Finished)}
    judged = await verdicts(session, claims, clock.now(), lock=True) if claims else {}
    kept: list[Made] = []
    for one in made:
        permission = permission_of(judged[one.result.id]) if one.result.id in judged else Permission()
        kept.append(one if permission.granted else Made(one.ready, _overtaken(one.result, permission)))
    return kept


def _overtaken(result: ComposeResult, permission: Permission) -> ComposeResult:
    skip = _skip_of(result, permission.reason, permission.detail)
    return skip.model_copy(update={"defer_until": permission.until})


def _skip_of(result: ComposeResult, reason: str, detail: str) -> ComposeResult:
    """The skip in place of an e-mail that was written, and paid for."""
    return ComposeResult(
        id="",
        path=Path.SKIPPED,
        reason=reason,
        detail=detail,
        campaign=result.campaign,
        campaign_version=result.campaign_version,
        customer=result.customer,
        flow=result.flow,
        step=result.step,
        occasion=result.occasion,
        created_at=clock.now().replace(microsecond=0),
        usage=result.usage,
    )


async def _winners(session: AsyncSession, lost: Sequence[ComposeResult]) -> dict[str, ComposeResult]:
    """The e-mails that hold the keys of these, by the ids of these."""
    winners: dict[str, ComposeResult] = {}
    keys = {(one.campaign, one.campaign_version, one.step, one.occasion) for one in lost}
    for key in keys:
        wanted = [one for one in lost if (one.campaign, one.campaign_version, one.step, one.occasion) == key]
        held = await find_emails(session, key[0], key[1], {one.customer: (one.step, one.occasion) for one in wanted})
        winners |= {one.id: held[one.customer] for one in wanted}
    return winners


def _usable(memory: CustomerMemory, flow: Flow) -> CustomerMemory:
    """What may be used to choose what to say. What a customer cannot do without is about what they did."""
    objects = "personalisation" in memory.objects_to and flow.kind != "transactional"
    return impersonal(memory) if objects else memory
