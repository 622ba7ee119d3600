"""May we write to this person, now, with this campaign? Consent first; every answer ends in the contact ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol, assert_never

from sqlalchemy.ext.asyncio import AsyncSession

from composer import chance
from composer.campaigns import CampaignVersion, offers_end
from composer.contract import ComposeResult, Path
from composer.experiments.board import Board, read_board
from composer.experiments.model import HELD_OUT, Place
from memory.choices import NO_CHOICES, Choices
from memory.consent import NOTHING_SAID, Standing, statuses
from memory.contacting.claiming import Claim, verdicts
from memory.contacting.judging import Allowed, Asked, Deferred, Refused, Verdict
from memory.contacting.rules import Kind
from memory.ledger import Decided
from memory.model import CustomerMemory
from prompts.model import Flow
from store import clock
from store.ids import CustomerId, EmailId

OBJECTED = "objected"
"""Reason code of what is not handed out, or was made anew, because its customer objects to personalisation."""
_DETAILS = {
    "ok": "",
    "no_consent": "This customer has not agreed to marketing e-mail.",
    "unsubscribed": "This customer has unsubscribed.",
    "complained": "This customer has marked an e-mail as spam.",
    "bounced": "This customer's address has bounced for good.",
    "holdout": "This customer is in the campaign's holdout, so that its lift can be measured.",
    "global_holdout": "This customer is in the shop's holdout, so that what all e-mails bring can be measured.",
    "other_experiment": "This customer is kept for another campaign of the same group, so that what each one does "
    "can be told apart.",
    "capped": "This customer has had as many e-mails as the brand's caps allow ({rule}).",
    "topic_off": "This customer does not want e-mails about this topic.",
    "personal_cap": "This customer asked for fewer e-mails ({rule}).",
    OBJECTED: "This customer has objected to what this was written from.",
    "paused": "This customer asked for no e-mails for a while.",
    "too_soon": "This customer's last e-mail is too recent ({rule}).",
    "quiet_hours": "It is in the brand's quiet hours where this customer is.",
}


@dataclass(frozen=True)
class Permission:
    """`reason` is `ok`, or the code under which the ledger keeps the refusal."""

    reason: str = "ok"
    rule: str = ""
    """Which of the contact rules it is: `total.week` (`memory.contacting.judging.Deferred`)."""
    until: datetime | None = None
    """When to ask again; None where that would not help."""

    words: str = ""
    """The reason in a sentence, where it is not one of ours."""
    choices: Choices = NO_CHOICES
    """What the customer chose, for whoever asks the contact rules again."""

    @property
    def detail(self) -> str:
        """The reason in a sentence, and when to ask again."""
        said = self.words or _DETAILS[self.reason].format(rule=self.rule)
        if self.until is not None:
            return f"{said} Ask again at {self.until.isoformat(timespec='seconds')}."
        return f"{said} When that ends it is too late for this e-mail." if self.rule else said

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
    timezone: str | None = None
    """IANA name; None: the brand's. Asked about where the e-mail goes out at once."""
    errand: Errand | None = None
    """Theirs, where their e-mail has a step or an occasion of its own; None: everybody's."""
    place: Place | None = None
    """Where experiments and holdouts put them; None: it is looked up."""


@dataclass(frozen=True, slots=True)
class Errand:
    """The e-mail that permission is asked for, whoever it is for."""

    version: CampaignVersion
    kind: Kind
    step: str = ""
    occasion: str = ""
    ahead: bool = False
    """Written now and handed over later: quiet hours are asked about then."""
    latest: datetime | None = None
    """Whoever may not be written to by then is not written to at all; None: they ask again as they like."""
    topic: str = ""
    """What it is about, of what customers can say no to; empty: nothing of that kind."""

    def about(self, step: str, occasion: str) -> Errand:
        """The same, about this step and occasion."""
        return replace(self, step=step, occasion=occasion)

    def no_later_than(self, latest: datetime | None) -> Errand:
        """The same, and too late after `latest`."""
        return replace(self, latest=latest)

    def written_ahead(self, latest: datetime | None) -> Errand:
        """The same, to be handed over later; `latest` holds as far as the campaign's offers do."""
        ends = [end for end in (latest, offers_end(self.version)) if end is not None]
        return replace(self, ahead=True, latest=min(ends, default=None))

    def claim(
        self,
        customer: str,
        customer_id: CustomerId,
        timezone: str | None,
        choices: Choices,
        learned: int | None = None,
    ) -> Claim:
        """What the contact rules are asked."""
        flow = self.version.campaign.flow
        return Claim(
            key=contact_key(self.version.campaign.id, self.version.version, customer, self.step, self.occasion),
            customer_id=customer_id,
            rules=self.version.contact_rules,
            asked=Asked(self.kind, flow, self.ahead, self.latest),
            timezone=timezone,
            wish=choices.wish,
            learned=learned,
        )

    def learned(self, memory: Addressee) -> int | None:
        """How many e-mails a week memory recommends for them, where the brand asks for it and they do not mind."""
        if not self.version.contact_rules.caps.learned_frequency:
            return None
        if not isinstance(memory, CustomerMemory) or memory.objects_to or memory.responses is None:
            return None
        found = memory.responses.frequency
        return None if found is None else found.recommended_per_week


def errand_for(version: CampaignVersion, flow: Flow) -> Errand:
    """An e-mail of this campaign, whose flow it is."""
    return Errand(version, flow.kind, topic=version.campaign.topic or flow.topic or "")


async def permissions(
    session: AsyncSession, errand: Errand, questions: Mapping[str, Question]
) -> dict[str, Permission]:
    """An answer to each question, under its key, out of two reads for all of them.

    Consent is asked always; contact rules and holdout only for what is new and meant to be sent.
    """
    asked = [question for question in questions.values() if question.memory.customer_id]
    standings = await statuses(session, [question.memory.customer_id for question in asked]) if asked else {}
    claims = {
        name: (one.errand or errand).claim(
            one.memory.external_id,
            one.memory.customer_id,
            one.timezone,
            standings.get(one.memory.customer_id, NOTHING_SAID).choices,
            (one.errand or errand).learned(one.memory),
        )
        for name, one in questions.items()
        if not one.preview and not one.already_written
    }
    judged = await verdicts(session, claims, clock.now())
    board = await read_board(session) if any(one.place is None for one in questions.values()) else None
    answers = {}
    for name, question in questions.items():
        theirs, standing = question.errand or errand, standings.get(question.memory.customer_id, NOTHING_SAID)
        place = question.place or _place(board, theirs, question)
        answers[name] = _answer(theirs, question, place, standing, judged.get(name))
    return answers


def _place(board: Board | None, errand: Errand, question: Question) -> Place:
    if board is None:
        raise AssertionError("the board is read where somebody's place is not known")
    return board.place(errand.version, errand.kind, question.memory.external_id, clock.now())


def _answer(errand: Errand, question: Question, place: Place, standing: Standing, judged: Verdict | None) -> Permission:
    if question.memory.customer_id and (refused := refusal(errand, standing)):
        return Permission(refused)
    # An e-mail that was written before its customer came into an arm without e-mails was decided before.
    if place.refusal and not question.preview and not (question.already_written and place.refusal == HELD_OUT):
        return Permission(place.refusal)
    if judged is None:
        return Permission(choices=standing.choices)
    return replace(permission_of(judged), choices=standing.choices)


def refusal(errand: Errand, standing: Standing) -> str:
    """Why somebody who stands so may not be written to, whatever the hour; empty where they may."""
    if errand.kind == "transactional":
        # What a customer cannot do without is no marketing; only an address that is dead is spared it.
        return "bounced" if standing.reason == "bounced" else ""
    # A brand whose ESP holds the consent needs none of ours, but a no said to us is a no.
    enough = not errand.version.brand.consent_required and standing.reason == "no_consent"
    if not standing.allowed and not enough:
        return standing.reason
    return "topic_off" if errand.topic in standing.choices.topics_off else ""


def permission_of(judged: Verdict) -> Permission:
    """What the contact rules say, as a permission."""
    match judged:
        case Allowed():
            return Permission()
        case Deferred(until, reason, rule):
            return Permission(reason, rule, until)
        case Refused(reason, rule):
            return Permission(reason, rule)
        case _:
            assert_never(judged)


def held_back(errand: Errand, email: Mapping[str, Any], customer_id: CustomerId, permission: Permission) -> Decided:
    """How the ledger keeps that a stored e-mail did not go out."""
    now = clock.now()
    more = ("withdrawn", permission.reason, now.date().isoformat())
    names = ("campaign", "campaign_version", "customer", "step", "occasion")
    return Decided(
        key=contact_key(*(email[name] for name in names), *more),
        customer_id=customer_id,
        campaign=email["campaign"],
        decision="skipped" if permission.until is None else "deferred",
        reason=permission.reason,
        rule_version=errand.version.contact_rules.version,
        at=now,
        email_id=EmailId(email["id"]),
        flow=email["flow"],
        step=email["step"],
        occasion=email["occasion"],
        kind=errand.kind,
        until=permission.until,
        experiment=email.get("experiment", ""),
        variant=email.get("variant", ""),
    )


def contact_key(campaign: str, version: int, customer: str, step: str, occasion: str, *more: str) -> str:
    """Of the ledger's row of an e-mail; `more` tells other rows about it apart."""
    return str(chance.seed("contact", campaign, str(version), customer, step, occasion, *more))


def ledger_row(errand: Errand, customer_id: CustomerId, result: ComposeResult) -> Decided | None:
    """How the ledger keeps this: a row for each e-mail handed out, and one a day for each reason not to.

    None for a stranger of a brand whose ESP holds the consent: there is nobody to account for.
    """
    if not customer_id:
        return None
    more: Sequence[str] = ()
    if result.path is Path.SKIPPED:
        more = (result.reason, result.created_at.date().isoformat())
    return Decided(
        key=contact_key(result.campaign, result.campaign_version, result.customer, result.step, result.occasion, *more),
        customer_id=customer_id,
        campaign=result.campaign,
        decision="sent" if not more else "skipped" if result.defer_until is None else "deferred",
        reason=result.reason,
        rule_version=errand.version.contact_rules.version,
        at=result.created_at,
        email_id=EmailId(result.id) if result.id else None,
        flow=result.flow,
        step=result.step,
        occasion=result.occasion,
        kind=errand.kind,
        until=result.defer_until,
        experiment=result.experiment,
        variant=result.variant,
    )
