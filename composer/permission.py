"""May we write to this person, now, with this campaign? Consent first; every answer ends in the contact ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from composer import chance
from composer.campaigns import CampaignVersion
from composer.contract import ComposeResult, Path
from memory.consent import Standing, statuses
from memory.ledger import Decided, contacts_of_many
from memory.model import CustomerMemory
from store import clock
from store.ids import CustomerId, EmailId

RULE_VERSION = "permission-1"
_WEEK = timedelta(days=7)


_DETAILS = {
    "ok": "",
    "no_consent": "This customer has not agreed to marketing e-mail.",
    "unsubscribed": "This customer has unsubscribed.",
    "complained": "This customer has marked an e-mail as spam.",
    "bounced": "This customer's address has bounced for good.",
    "holdout": "This customer is in the campaign's holdout, so that its lift can be measured.",
    "capped": "This customer has had as many e-mails in seven days as the brand allows.",
}


@dataclass(frozen=True)
class Permission:
    """`reason` is `ok`, or the code under which the ledger keeps the refusal."""

    reason: str = "ok"

    @property
    def detail(self) -> str:
        """The reason in a sentence."""
        return _DETAILS[self.reason]

    @property
    def granted(self) -> bool:
        """May an e-mail be written?"""
        return self.reason == "ok"


class Addressee(Protocol):
    """Who is asked about: a `CustomerMemory`, or as much of one."""

    @property
    def customer_id(self) -> CustomerId: ...
    @property
    def external_id(self) -> str: ...


@dataclass(frozen=True)
class Question:
    """May we write to this one?"""

    memory: Addressee
    preview: bool = False
    already_written: bool = False
    """Whether the e-mail is there already: it was allowed then."""


async def may_write(session: AsyncSession, version: CampaignVersion, memory: CustomerMemory) -> Permission:
    """Whether a new e-mail that is meant to be sent may be written."""
    name = memory.external_id
    return (await permissions(session, version, {name: Question(memory)}))[name]


async def permissions(
    session: AsyncSession, version: CampaignVersion, questions: Mapping[str, Question]
) -> dict[str, Permission]:
    """An answer to each question, under its key, out of two reads for all of them.

    Consent is asked always; cap and holdout only for what is new and meant to be sent.
    """
    asked = [question for question in questions.values() if question.memory.customer_id]
    standings = await statuses(session, [question.memory.customer_id for question in asked]) if asked else {}
    new = [one.memory.customer_id for one in asked if not one.preview and not one.already_written]
    sent = await contacts_of_many(session, new, clock.now() - _WEEK) if new else {}
    return {name: _answer(version, question, standings, sent) for name, question in questions.items()}


def _answer(
    version: CampaignVersion,
    question: Question,
    standings: Mapping[CustomerId, Standing],
    sent: Mapping[CustomerId, int],
) -> Permission:
    memory = question.memory
    standing = standings.get(memory.customer_id)
    if standing is not None:
        # A brand whose ESP holds the consent needs none of ours, but a no said to us is a no.
        enough = not version.brand.consent_required and standing.reason == "no_consent"
        if not (standing.allowed or enough):
            return Permission(standing.reason)
    if question.preview or question.already_written:
        return Permission()
    if in_holdout(version, memory.external_id):
        return Permission("holdout")
    if sent.get(memory.customer_id, 0) >= version.brand.max_emails_per_week:
        return Permission("capped")
    return Permission()


def in_holdout(version: CampaignVersion, customer: str) -> bool:
    """By hash of campaign and customer: the same for every version of the campaign, so that lift can be measured."""
    return chance.unit("holdout", version.campaign.id, customer) < version.campaign.brief.holdout


def ledger_row(memory: CustomerMemory, result: ComposeResult) -> Decided | None:
    """How the ledger keeps this: a row for each e-mail handed out, and one a day for each reason not to.

    None for a stranger of a brand whose ESP holds the consent: there is nobody to account for.
    """
    if not memory.customer_id:
        return None
    key = [result.campaign, str(result.campaign_version), result.customer, result.step, result.occasion]
    skipped = result.path is Path.SKIPPED
    if skipped:
        key += [result.reason, result.created_at.date().isoformat()]
    return Decided(
        key=str(chance.seed("contact", *key)),
        customer_id=memory.customer_id,
        campaign=result.campaign,
        decision="skipped" if skipped else "sent",
        reason=result.reason,
        rule_version=RULE_VERSION,
        at=result.created_at,
        email_id=EmailId(result.id) if result.id else None,
        flow=result.flow,
        step=result.step,
        occasion=result.occasion,
    )
