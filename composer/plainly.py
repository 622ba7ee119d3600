"""A stored e-mail anew for who has objected to personalisation since: as to a stranger, in the words of templates.

What was written out of their memory is not handed out any more, neither what models wrote nor what reviewers made of
it. The e-mail keeps its id; another decision stands in its record, for what was drawn about them is not what they get.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from composer.contract import BlockReport
from composer.finish import Finished, Finisher
from composer.permission import OBJECTED
from composer.placing import Merchandise
from composer.plan import NothingToSay, Plan, make_plan
from composer.refreshing import Outdated, Shelf, rewritten
from composer.stored import StoredEmail
from memory.objections import impersonal
from memory.recall import recall
from prompts.library import Library
from prompts.model import Flow


def objected_since(email: StoredEmail, flow: Flow) -> bool:
    """Whether its customer objects to what it was written from. What they cannot do without is about what they did."""
    objects = "personalisation" in email.standing.choices.objects_to and flow.kind != "transactional"
    return objects and not email.document.get("impersonal", False)


async def plan_plainly(
    session: AsyncSession, email: Outdated, shelf: Shelf, merchandise: Merchandise, now: datetime
) -> Plan:
    """Raises NothingToSay where the flow has nothing to say to a stranger (`no_cart`, `too_few_picks` …)."""
    memory, customer = await recall(session, email.result.customer), email.result.customer
    if memory is None:
        raise NothingToSay("Memory holds nothing under this customer's id any more.", reason="unknown_customer")
    steering = await merchandise.steering(session, email.version, [customer], now)
    try:
        return make_plan(
            email.request,
            email.version,
            email.flow,
            impersonal(memory),
            picker=shelf,
            shown=(),
            now=now,
            steering=steering[customer],
        )
    except NothingToSay as error:
        said = f"This customer has objected to personalisation since this was written. {error.message}"
        raise NothingToSay(said, reason=error.reason, fix=error.fix) from error


async def written_plainly(email: Outdated, plan: Plan, library: Library, finisher: Finisher) -> Finished:
    """The e-mail of this plan under the id it has. Raises NoSafeText where not even the templates pass."""
    record = email.record.model_copy(update={"rounds": (), "edits": ()})
    finished = await rewritten(replace(email, record=record), plan, library, finisher)
    blocks = [_with_reason(block) for block in finished.result.blocks]
    told = {"blocks": blocks, "send_at": plan.send_at, "impersonal": True}
    return replace(finished, result=finished.result.model_copy(update=told))


def _with_reason(block: BlockReport) -> BlockReport:
    return block.model_copy(update={"reason": OBJECTED}) if block.reason == "no_writer" else block
