"""May we write to this person, now, with this campaign? Consent first; every answer ends in the contact ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from composer import chance
from composer.campaigns import CampaignVersion
from composer.contract import ComposeResult, Path
from memory.consent import status
from memory.ledger import contacts_since, record_contact
from memory.model import CustomerMemory
from store.ids import EmailId

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


async def may_write(
    session: AsyncSession,
    version: CampaignVersion,
    memory: CustomerMemory,
    *,
    preview: bool,
    already_written: bool,
) -> Permission:
    """Consent is asked always; cap and holdout only for what is new and meant to be sent."""
    if memory.customer_id:
        standing = await status(session, memory.customer_id)
        # A brand whose ESP holds the consent needs none of ours, but a no said to us is a no.
        enough = not version.brand.consent_required and standing.reason == "no_consent"
        if not (standing.allowed or enough):
            return Permission(standing.reason)
    if preview or already_written:
        return Permission()
    if in_holdout(version, memory.external_id):
        return Permission("holdout")
    if memory.customer_id:
        sent = await contacts_since(session, memory.customer_id, memory.as_of - _WEEK)
        if sent >= version.brand.max_emails_per_week:
            return Permission("capped")
    return Permission()


def in_holdout(version: CampaignVersion, customer: str) -> bool:
    """By hash of campaign and customer: the same for every version of the campaign, so that lift can be measured."""
    return chance.unit("holdout", version.campaign.id, customer) < version.campaign.brief.holdout


async def record_decision(session: AsyncSession, memory: CustomerMemory, result: ComposeResult) -> None:
    """One ledger row for each e-mail handed out, and one a day for each reason not to."""
    if not memory.customer_id:
        return  # A stranger of a brand whose ESP holds the consent: there is nobody to account for.
    key = [result.campaign, str(result.campaign_version), result.customer, result.step, result.occasion]
    skipped = result.path is Path.SKIPPED
    if skipped:
        key += [result.reason, result.created_at.date().isoformat()]
    await record_contact(
        session,
        memory.customer_id,
        key=str(chance.seed("contact", *key)),
        campaign=result.campaign,
        decision="skipped" if skipped else "sent",
        reason=result.reason,
        rule_version=RULE_VERSION,
        at=result.created_at,
        email_id=EmailId(result.id) if result.id else None,
    )
