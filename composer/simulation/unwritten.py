"""E-mails that are decided, accounted for and sent, but not written: everything of composing but the text."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from composer.bandit.log import Decided, keep_decisions
from composer.batch import Prepared
from composer.contract import ComposeResult, Path, PickReport
from composer.made import Ready
from composer.permission import ledger_row
from composer.plan import NothingToSay, Picker, Plan, make_plan
from composer.responses import hints_of
from memory.email_hints import EmailHints
from memory.ledger import record_contacts
from store import clock
from store.database import Database

RECENT_EMAILS = 4
"""Of which picks are told what they showed, as of stored ones (`composer.emails.recent_emails`)."""


class Unwritten:
    """Stands where writing and storing an e-mail stand."""

    def __init__(self, database: Database, picker: Picker) -> None:
        self._database, self._picker = database, picker
        self._hints: dict[str, EmailHints] = {}
        self._shown: dict[str, deque[tuple[datetime, tuple[str, ...]]]] = defaultdict(
            lambda: deque(maxlen=RECENT_EMAILS)
        )

    async def emails_known(self, session: AsyncSession, email_ids: Collection[str]) -> Mapping[str, EmailHints]:
        """`memory.email_hints.EmailsKnown` of these e-mails."""
        return {email_id: self._hints[email_id] for email_id in email_ids if email_id in self._hints}

    async def settle(self, prepared: Sequence[Prepared]) -> list[ComposeResult]:
        """Decide and account for each; those that somebody gets."""
        made = [(one.ready, self._decided(one, one.ready)) for one in prepared if one.ready is not None]
        decided = [(ready, found) for ready, found in made if found is not None]
        async with self._database.session() as session:
            rows = [ledger_row(ready.errand, ready.memory.customer_id, found.email) for ready, found in decided]
            await record_contacts(session, [row for row in rows if row is not None])
            await keep_decisions(session, [found for _, found in decided])
        return [found.email for _, found in decided]

    def _decided(self, one: Prepared, ready: Ready) -> Decided | None:
        if not ready.permission.granted:
            return None
        try:
            plan = self._plan(one, ready)
        except NothingToSay:
            # Nothing fits this customer now: they get none, as they would.
            return None
        result = _result(one, ready, plan)
        self._hints[result.id] = hints_of(result.customer, result.model_dump(mode="json"))
        products = tuple(pick.product.id for pick in plan.picks)
        self._shown[result.customer].appendleft((result.created_at, products))
        return Decided(result, plan.decision, ready.experiment, ready.variant)

    def _plan(self, one: Prepared, ready: Ready) -> Plan:
        shown = [(product, at) for at, products in self._shown[one.request.customer] for product in products]
        return make_plan(
            one.request,
            ready.version,
            ready.flow,
            ready.memory,
            picker=self._picker,
            shown=shown,
            now=clock.now(),
            steering=ready.steering,
            taught=ready.taught,
            policy=ready.policy,
        )


def _result(one: Prepared, ready: Ready, plan: Plan) -> ComposeResult:
    picks = [
        PickReport(
            product_id=pick.product.id,
            title=pick.product.title,
            price="",
            reason=pick.reason,
            kind=pick.kind,
            probability=pick.probability,
        )
        for pick in plan.picks
    ]
    return ComposeResult(
        id=one.email_id or "",
        path=Path.TEMPLATE,
        campaign=one.request.campaign,
        campaign_version=ready.version.version,
        customer=one.request.customer,
        flow=ready.flow.name,
        step=ready.step,
        occasion=one.request.occasion,
        created_at=clock.now(),
        picks=picks,
        decision=plan.decision.logged(),
        experiment=ready.experiment,
        variant=ready.variant,
    )
