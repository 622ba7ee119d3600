"""Prepared e-mails as they may go out at this moment: price, stock, offer and consent are looked at again.

An e-mail is written hours before it is sent, and a catalog does not wait. Whoever hands an e-mail on asks here: it is
given as it is stored where it still holds (a look at the catalog in memory, no model), rebuilt where it does not, and
withdrawn with a reason where nothing that may be sent remains. What was rebuilt is stored, so that the next one to ask
gets the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from catalog.model import Pick
from composer.bandit.log import Decided, keep_instead
from composer.campaigns import Campaigns, CampaignVersion, UnknownCampaign
from composer.contract import ComposeRequest, ComposeResult
from composer.edits import EDIT_DROPPED, Edit
from composer.emails import UnknownEmail, get_email
from composer.experiments.benches import Bench, Benches
from composer.experiments.board import Board
from composer.experiments.seating import Seating
from composer.extras import without_extras
from composer.finish import Finisher
from composer.flights import Flights
from composer.ladder import NoSafeText
from composer.outgoing import Outgoing, hold_back, let_out
from composer.permission import OBJECTED, Errand, Permission, errand_for, refusal
from composer.picking import ask_for, step_of
from composer.placing import Merchandise
from composer.plainly import objected_since, plan_plainly, written_plainly
from composer.plan import NothingToSay, Plan
from composer.record import load_record
from composer.refreshing import Outdated, Shelf, replanned, rewritten, still_offered
from composer.restocks import tells_of_restocks, with_restocks
from composer.reviews.gate import DETAILS, NOT_RELEASED, held_of
from composer.revisions import revise
from composer.shown import Shelves
from composer.stored import StoredEmail, stored_as, stored_under
from composer.untrusted import fit_to_show
from memory.objections import impersonal
from memory.privacy.tombstones import share
from memory.recall import recall
from prompts.library import Library
from store import clock
from store.database import Database
from store.errors import InvalidInput

_AMPLE_SECONDS = 60.0
_UNKNOWN = "unknown_customer"
_TRIES = 3
"""How often an e-mail is looked at again that somebody else rebuilt meanwhile."""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """Why a stored e-mail may not go out now. It stays stored: what is sold out today may be back tomorrow."""

    email_id: str
    customer: str
    reason: str
    """`unsubscribed`, `too_few_picks`, `nothing_to_lead`, `quiet_hours` …"""
    detail: str
    until: datetime | None = None
    """When to ask again; None where nobody knows."""


class Freshness:
    """One for each composer. Safe to share between the tasks of one event loop."""

    def __init__(
        self,
        *,
        database: Database,
        library: Library,
        shelf: Shelf,
        finisher: Finisher,
        benches: Benches | None = None,
    ) -> None:
        """`benches` as `Steps`: those that wrote the e-mails which are looked at here."""
        self._database = database
        self._library = library
        self._shelf = shelf
        self._shelves = Shelves()
        self._campaigns = Campaigns()
        usual = benches or Benches(database.keyring, Bench(library, (), finisher))
        self._seating = Seating(usual, self._campaigns)
        self._steps: dict[tuple[str, str], str] = {}
        self._merchandise = Merchandise()
        self._flights: Flights[StoredEmail | Withdrawn] = Flights()

    async def prepared(self, request: ComposeRequest) -> StoredEmail | Withdrawn | None:
        """The e-mail there is under this key, as it may go out now; None where none is written yet.

        Under a campaign or a step that nobody knows none is written: composing says what is wrong with it.
        Raises Unavailable (database).
        """
        async with self._database.session(readonly=True) as session:
            found, board = await self._found(session, request)
            if found is None:
                return None
            refused = await self._refused(session, found, board)
            errand = await self._errand(session, found)
        judged = await self._judged(found, refused)
        if isinstance(judged, Withdrawn) or Outgoing(judged, errand).settled:
            return judged
        [answer] = (await self._let_out({judged.document["id"]: Outgoing(judged, errand)})).values()
        return answer

    async def going_out(
        self, email_ids: Sequence[str], *, latest: datetime | None = None
    ) -> dict[str, StoredEmail | Withdrawn]:
        """As `current_many`, for who sends them at once: contact rules are asked too, and the e-mails count from now.

        What may not go out before `latest` is withdrawn for good. Raises Unavailable (database).
        """
        found = await self.current_many(email_ids)
        ready = {email_id: email for email_id, email in found.items() if isinstance(email, StoredEmail)}
        if not ready:
            return found
        async with self._database.session(readonly=True) as session:
            outgoing = {
                email_id: Outgoing(email, await self._errand(session, email, latest))
                for email_id, email in ready.items()
            }
        return found | await self._let_out(outgoing)

    async def _let_out(self, outgoing: Mapping[str, Outgoing]) -> dict[str, StoredEmail | Withdrawn]:
        async with self._database.session() as session:
            # As whoever decides takes their locks: an erasure first, then e-mails, then the ledger.
            await share(session)
            # Rejected since it was read: whoever did so has told the ledger.
            held = await held_of(session, list(outgoing))
            found = await let_out(session, {key: one for key, one in outgoing.items() if key not in held})
        found |= {email_id: Permission(why, words=DETAILS[why]) for email_id, why in held.items()}
        return {
            email_id: one.email if found[email_id].granted else _withdrawn(one.email, found[email_id])
            for email_id, one in outgoing.items()
        }

    async def _errand(self, session: AsyncSession, email: StoredEmail, latest: datetime | None = None) -> Errand:
        document, version = email.document, await self._version(session, email)
        flow = self._library.flow(document["flow"])
        return errand_for(version, flow).about(document["step"], document["occasion"]).no_later_than(latest)

    async def current(self, email_id: str) -> ComposeResult | Withdrawn:
        """The e-mail as it may be handed on now. Raises UnknownEmail, Unavailable (database)."""
        found = (await self.current_many([email_id])).get(email_id)
        if found is None:
            raise UnknownEmail(f"There is no e-mail {email_id!r}.")
        return found if isinstance(found, Withdrawn) else found.result

    async def current_many(self, email_ids: Sequence[str]) -> dict[str, StoredEmail | Withdrawn]:
        """As `current`, for some hundred in one read, in the order asked for; ids nobody has are left out."""
        async with self._database.session(readonly=True) as session:
            found = await stored_as(session, email_ids)
            board = await self._seating.board(session)
            refused = {email_id: await self._refused(session, email, board) for email_id, email in found.items()}
        ordered = {email_id: found[email_id] for email_id in email_ids if email_id in found}
        return {email_id: await self._judged(email, refused[email_id]) for email_id, email in ordered.items()}

    async def _judged(self, email: StoredEmail, refused: str) -> StoredEmail | Withdrawn:
        if email.held:
            return await self._stopped(email)
        return await self._refuse(email, refused) if refused else await self._checked(email)

    async def _stopped(self, email: StoredEmail) -> Withdrawn:
        if email.held == NOT_RELEASED:
            # Nothing is decided about the customer, who keeps their place in the contact ledger.
            return _withdrawn(email, Permission(NOT_RELEASED, words=DETAILS[NOT_RELEASED]))
        return await self._withdrawn(email, email.held, DETAILS[email.held])

    async def _found(self, session: AsyncSession, request: ComposeRequest) -> tuple[StoredEmail | None, Board]:
        """The e-mail, and what is in force. By which version it is written hangs on that; it seldom changes, and the
        e-mail tells whether it has: so nearly always one read does for both."""
        revision, board = self._seating.kept
        found = None if revision is None else await self._find(session, request, board)
        if found is not None and found.board == revision:
            return found, board
        now = await self._seating.board(session, found.board if found else None)
        if now is not board or revision is None:
            found = await self._find(session, request, now)
        return found, now

    async def _find(self, session: AsyncSession, request: ComposeRequest, board: Board) -> StoredEmail | None:
        try:
            step = await self._step(session, request)
        except (UnknownCampaign, InvalidInput):
            return None
        version = await self._seating.version_of(session, board, request.campaign, request.customer)
        return await stored_under(
            session,
            campaign=request.campaign,
            customer=request.customer,
            step=step,
            occasion=request.occasion,
            version=version,
        )

    async def _step(self, session: AsyncSession, request: ComposeRequest) -> str:
        """The step that is meant; which one an empty name means is asked once a campaign."""
        key = (request.campaign, request.step)
        known = self._steps.get(key)
        if known is None:
            version = await self._campaigns.current(session, request.campaign)
            known = self._steps[key] = step_of(self._library.flow(version.campaign.flow), request.step)
        return known

    async def _refused(self, session: AsyncSession, email: StoredEmail, board: Board) -> str:
        """Why this customer may not be written to any more; empty where they may."""
        errand = await self._errand(session, email)
        if email.customer_id is None:
            return _UNKNOWN if errand.version.brand.consent_required else ""
        if refused := refusal(errand, email.standing):
            return refused
        document = email.document
        return board.refusal(document["campaign"], errand.kind, document["customer"], clock.now())

    async def _version(self, session: AsyncSession, email: StoredEmail) -> CampaignVersion:
        document = email.document
        return await self._campaigns.version(session, document["campaign"], document["campaign_version"])

    async def _checked(self, email: StoredEmail) -> StoredEmail | Withdrawn:
        """As it is where it still holds, else rebuilt: once, however many ask."""
        if not self._changes(email):
            return email
        return await self._flights.join(email.document["id"], _AMPLE_SECONDS, lambda deadline: self._renewed(email))

    def _changes(self, email: StoredEmail) -> frozenset[str]:
        """Reason codes of all that makes it another e-mail: of the shop (`composer.shown`), and of its customer."""
        if objected_since(email, self._library.flow(email.document["flow"])):
            return frozenset({OBJECTED})
        return self._shelves.changes(email.document, self._shelf.view, clock.now())

    async def _renewed(self, email: StoredEmail) -> StoredEmail | Withdrawn:
        for _ in range(_TRIES):
            why = self._changes(email)
            if not why:
                return email
            try:
                await self._rebuild(email, why)
            except (NothingToSay, NoSafeText) as error:
                return await self._withdrawn(email, error.reason, error.message)
            email = await self._read(email)
            if email.held:
                # Somebody decided while it was rebuilt.
                return await self._stopped(email)
        # The catalog turns faster than e-mails are rebuilt: better none than one that is wrong.
        return await self._withdrawn(email, "catalog_unsettled", "The catalog kept changing while this was rebuilt.")

    async def _read(self, email: StoredEmail) -> StoredEmail:
        email_id = email.document["id"]
        async with self._database.session(readonly=True) as session:
            return (await stored_as(session, [email_id]))[email_id]

    async def _rebuild(self, email: StoredEmail, why: frozenset[str]) -> None:
        """Store the e-mail anew, unless somebody else has just done so. Raises NothingToSay, NoSafeText."""
        now = clock.now()
        async with self._database.session(readonly=True) as session:
            result = await get_email(session, email.document["id"])
            if result.record != email.document["record"]:
                return
            record, _ = await load_record(session, result.record)
            outdated = Outdated(result, record, await self._version(session, email))
            # What was written as the campaign is stays so.
            arm = "" if result.fell_back else result.variant
            bench = await self._seating.bench_of(session, result.experiment, arm)
            plan = await self._replanned(session, outdated, why, now)
        write = written_plainly if OBJECTED in why else rewritten
        finished = await write(outdated, plan, bench.library, bench.finisher)
        async with self._database.session() as session:
            revised = await revise(session, result, finished, why | _dropped(record.edits, finished.record.edits))
            if revised and OBJECTED in why:
                await keep_instead(session, Decided(finished.result, plan.decision))

    async def _replanned(self, session: AsyncSession, email: Outdated, why: frozenset[str], now: datetime) -> Plan:
        if OBJECTED in why:
            return await plan_plainly(session, email, self._shelf, self._merchandise, now)
        picks = still_offered(email, self._shelf, now)
        if len(picks) < email.least:
            picks += await self._others(session, email, picks, now)
        return replanned(email, picks, self._shelf, now)

    async def _others(self, session: AsyncSession, email: Outdated, kept: Sequence[Pick], now: datetime) -> list[Pick]:
        """Fresh picks for the places that are empty, as far as the flow needs them filled."""
        memory = await recall(session, email.result.customer)
        if memory is None:
            return []
        if "personalisation" in memory.objects_to and email.flow.kind != "transactional":
            memory = impersonal(memory)
        memory = without_extras(memory)
        customer = email.result.customer
        if tells_of_restocks(email.flow):
            memory = (await with_restocks(session, {customer: memory}, now))[customer]
        steering = await self._merchandise.steering(session, email.version, [customer], now)
        asked = ask_for(email.request, email.version, email.flow, memory, shown=(), steering=steering[customer])
        taken = {pick.product_id for pick in email.result.picks}
        limits = asked.limits.model_copy(
            update={
                "count": email.least - len(kept),
                "exclude_ids": (*asked.limits.exclude_ids, *sorted(taken)),
            }
        )
        picks = self._shelf.pick(asked.taste, limits, now=now, seed=asked.seed, placement=asked.placement)
        return [pick for one in picks if (pick := fit_to_show(one, asked.placement.locale)) is not None]

    async def _refuse(self, email: StoredEmail, reason: str) -> Withdrawn:
        gone = "Memory holds nothing under this customer's id any more."
        return await self._withdrawn(email, reason, gone if reason == _UNKNOWN else "")

    async def _withdrawn(self, email: StoredEmail, reason: str, words: str) -> Withdrawn:
        permission = Permission(reason, words=words)
        if email.customer_id is not None:
            async with self._database.session() as session:
                await hold_back(session, [(email, await self._errand(session, email), permission)])
        return _withdrawn(email, permission)


def _dropped(before: Sequence[Edit], after: Sequence[Edit]) -> frozenset[str]:
    return frozenset() if len(after) == len(before) else frozenset({EDIT_DROPPED})


def _withdrawn(email: StoredEmail, permission: Permission) -> Withdrawn:
    document = email.document
    return Withdrawn(document["id"], document["customer"], permission.reason, permission.detail, permission.until)
