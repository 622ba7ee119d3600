"""The steps of composing one e-mail: read, write, store. `service` takes them for one request, `batch` for many.

Reading and storing happen in the caller's transaction; writing touches no database, so that no connection waits for a
model.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from composer import telemetry
from composer.bandit.policies import Policies
from composer.campaigns import Campaigns, CampaignVersion
from composer.contract import ComposeRequest, ComposeResult
from composer.courtesy import give_way
from composer.deadline import Deadline
from composer.emails import find_emails, recent_emails
from composer.experiments.benches import Bench, Benches
from composer.experiments.policies import policy_in
from composer.experiments.seating import Seat, Seating
from composer.extras import without_extras
from composer.finish import Finished, Finisher
from composer.harm.standing import Standing, read_standing
from composer.ladder import NoSafeText, climb
from composer.lessons.taught import Lessons
from composer.links import Links
from composer.made import Made, Ready
from composer.panel import Panel
from composer.permission import Errand, Permission, Question, errand_for, permissions
from composer.placing import Merchandise, Steering
from composer.plan import NothingToSay, Picker, Plan, make_plan
from composer.pulse import feel
from composer.restocks import tells_of_restocks, with_restocks
from composer.reviews import gate
from composer.storing import Keeper
from composer.strangers import UnknownCustomer, stranger
from composer.templates import templates_for
from composer.timing import Stopwatch
from composer.writing import Writer
from memory.model import CustomerMemory
from memory.objections import impersonal
from memory.privacy.tombstones import erased
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
        benches: Benches | None = None,
    ) -> None:
        """`writers` in the order they are asked; without any, every block comes from its template.

        `panel` may object to what they write. `benches` has what arms of experiments are written with; without them
        whoever is in an arm with a model or prompts of its own gets what everybody gets.
        """
        self._picker = picker
        self._finisher = Finisher(library, Links(keyring))
        self._campaigns = Campaigns()
        usual = Bench(library, tuple(writers), self._finisher, panel)
        self._seating = Seating(benches or Benches(keyring, usual), self._campaigns)
        self._merchandise = Merchandise()
        self._lessons = Lessons()
        self._policies = Policies()
        self._keeper = Keeper()

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
        pulse = await feel(session, asked.campaign)
        own = draft or await self._campaigns.version(session, asked.campaign, campaign_version or pulse.campaign)
        seats = await self._seating.seats(session, requests, own, experiments=draft is None, revision=pulse.board)
        memories = await _memories(session, own, list(seats))
        already = await _already(session, requests, seats)
        known = {name: memory for name, memory in memories.items() if isinstance(memory, CustomerMemory)}
        errands = {one.customer: _errand(one, seats[one.customer], ahead) for one in requests}
        questions = {
            name: Question(
                memory, asked.preview, name in already, memory.profile.timezone, errands[name], seats[name].place
            )
            for name, memory in known.items()
        }
        granted = await permissions(session, errands[asked.customer], questions)
        recent = await recent_emails(session, list(known), clock.now())
        steering = await self._steering(session, seats, list(known), pulse.merchandising)
        news = {name: memory for name, memory in known.items() if tells_of_restocks(seats[name].flow)}
        memories |= await with_restocks(session, news, clock.now()) if news else {}
        taught = await self._lessons.taught(session, pulse.lessons)
        learned = await self._policies.current(session, taught.preferences, content=pulse.learned)
        alarms = await read_standing(session) if pulse.alarms else Standing()
        return [
            memory
            if isinstance(memory, UnknownCustomer)
            else Ready(
                errand=errands[customer],
                flow=seats[customer].flow,
                step=seats[customer].step,
                memory=_usable(memory, seats[customer].flow),
                permission=granted[customer],
                recent=recent.get(customer, ()),
                steering=steering[customer],
                already=already.get(customer),
                seat=seats[customer],
                taught=taught,
                policy=policy_in(
                    seats[customer].place.arm,
                    seats[customer].version.campaign.brief,
                    learned,
                    may_learn=not alarms.over(flow=seats[customer].flow.name, campaign=asked.campaign),
                ),
                experiment=seats[customer].place.experiment,
                variant=seats[customer].place.variant,
                gated=pulse.gated,
            )
            for customer, memory in memories.items()
        ]

    async def _steering(
        self, session: AsyncSession, seats: Mapping[str, Seat], customers: Sequence[str], latest: int
    ) -> dict[str, Steering]:
        found: dict[str, Steering] = {}
        for number in sorted({seats[customer].version.version for customer in customers}):
            some = [customer for customer in customers if seats[customer].version.version == number]
            version = seats[some[0]].version
            found |= await self._merchandise.steering(session, version, some, clock.now(), number=latest)
        return found

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
            made = _in_arm(await self._made(request, ready, deadline, watch, email_id), ready.seat)
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
                policy=ready.policy,
            )
            finished = await self._write(request, ready, plan, deadline, watch, email_id or new_email_id())
            told = {"send_at": plan.send_at, "impersonal": _objects(ready.memory, ready.flow)}
            return replace(finished, result=finished.result.model_copy(update=told))
        except (NothingToSay, NoSafeText) as error:
            return self._skipped(request, ready, error.reason, str(error))

    async def store(self, session: AsyncSession, made: Sequence[Made], *, run_id: str = "") -> list[ComposeResult]:
        """See `composer.storing.Keeper.store`."""
        return await self._keeper.store(session, made, run_id=run_id)

    async def _write(
        self,
        request: ComposeRequest,
        ready: Ready,
        plan: Plan,
        deadline: Deadline,
        watch: Stopwatch,
        email_id: EmailId,
    ) -> Finished:
        bench = ready.seat.bench
        templates = templates_for(bench.library, plan.task, plan.seed)
        climbed = await climb(
            plan.task,
            plan.keys,
            writers=bench.writers,
            templates=templates,
            deadline=deadline,
            watch=watch,
            panel=bench.panel,
        )
        earlier = [email.said for email in ready.recent]
        await give_way()
        return bench.finisher.finish(
            request, ready.version, plan, climbed, templates, watch, earlier, email_id=email_id
        )

    def held_back(self, request: ComposeRequest, ready: Ready, held: str) -> ComposeResult:
        """The skip in place of an e-mail that waits for a review, or failed it (`composer.reviews.gate`)."""
        return self._skipped(request, ready, held, gate.DETAILS[held])

    def objected(self, ready: Ready) -> bool:
        """Whether the customer has objected to what the e-mail was written from that they have stored."""
        return ready.already is not None and not ready.already.impersonal and _objects(ready.memory, ready.flow)

    def withdrawn(
        self, request: ComposeRequest, ready: Ready, reason: str, detail: str = "", until: datetime | None = None
    ) -> ComposeResult:
        """The skip in place of a stored e-mail that may not go out now; without a detail, in the reason's own words."""
        skipped = self._skipped(request, ready, reason, detail or Permission(reason).detail)
        return skipped.model_copy(update={"defer_until": until})

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
    session: AsyncSession, requests: Sequence[ComposeRequest], seats: Mapping[str, Seat]
) -> dict[str, ComposeResult]:
    """One read for each version that is written by: nearly always one."""
    if requests[0].preview:
        return {}
    about: defaultdict[int, dict[str, tuple[str, str]]] = defaultdict(dict)
    for one in requests:
        seat = seats[one.customer]
        about[seat.version.version][one.customer] = (seat.step, one.occasion)
    found: dict[str, ComposeResult] = {}
    for number, theirs in about.items():
        found |= await find_emails(session, requests[0].campaign, number, theirs)
    return found


def _errand(request: ComposeRequest, seat: Seat, ahead: Ahead | None) -> Errand:
    errand = errand_for(seat.version, seat.flow)
    if ahead is not None:
        errand = errand.written_ahead(ahead.latest)
    return errand.about(seat.step, request.occasion)


def _in_arm(made: Finished | ComposeResult, seat: Seat) -> Finished | ComposeResult:
    """The same, and the arm that it is of."""
    said = {"experiment": seat.place.experiment, "variant": seat.place.variant, "fell_back": seat.fell_back}
    if isinstance(made, Finished):
        return replace(made, result=made.result.model_copy(update=said))
    return made.model_copy(update=said)


def _usable(memory: CustomerMemory, flow: Flow) -> CustomerMemory:
    """What may be used to choose what to say."""
    return impersonal(memory) if _objects(memory, flow) else without_extras(memory)


def _objects(memory: CustomerMemory, flow: Flow) -> bool:
    """To being written to out of their memory. What a customer cannot do without is about what they did."""
    return "personalisation" in memory.objects_to and flow.kind != "transactional"
