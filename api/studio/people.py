"""What the pages of customers show, put together: in words for a marketer, as much of it as their role may read."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncSession

from api.studio.reasons import pick_kind
from catalog.model import Evidence
from composer.correspondence import Letter, last_letters, letters_of
from composer.strangers import UnknownCustomer
from memory.account.model import Account, Told, Use
from memory.account.outlining import outlined
from memory.account.portraits import portrait
from memory.account.reading import account_of
from memory.account.timeline import Happened, Place, happened
from memory.account.words import IN_ENGLISH
from memory.consent import Standing, status
from memory.facts.wording import in_words
from memory.model import CustomerMemory, Interest
from memory.privacy.requests import Kind, waiting_of
from memory.recall import find_by_email, recall, recall_many
from memory.send_time import SendWindow, days_in_words
from store.errors import InvalidInput

PAGE = 20
"""Lines of the timeline at once, and customers of the list."""
FIRST_LINES, FIRST_LETTERS = 10, 5
"""Of timeline and e-mails, on the customer's page itself."""
USES: Mapping[Use, tuple[str, str]] = {
    "named": ("May be said", "good"),
    "coarse": ("Only in general words", "accent"),
    "steers": ("Steers only, never said", ""),
    "unused": ("Unused: may be sensitive", "warn"),
    "delivery": ("For delivery", ""),
    "records": ("A record", ""),
}
"""(text, kind) of the badge beside a thing."""
PAST = ("Too old to be used", "")
STANDING: Mapping[str, tuple[str, str]] = {
    "consented": ("May be written to", "good"),
    "no_consent": ("Has not agreed to e-mails", "warn"),
    "unsubscribed": ("Unsubscribed", "bad"),
    "complained": ("Marked an e-mail as spam", "bad"),
    "bounced": ("Address bounces", "bad"),
}
DECISIONS: Mapping[str, tuple[str, str]] = {
    "approved": ("Approved", "good"),
    "edited": ("Edited and approved", "good"),
    "rejected": ("Rejected", "bad"),
}
DELIVERIES: Mapping[str, str] = {"sent": "Handed over", "pending": "On its way"}
REQUESTS: Mapping[Kind, str] = {Kind.ERASE: "asks to be erased", Kind.COPY: "asks for a copy of everything"}


class BadPlace(InvalidInput):
    """An address of the timeline that no page of ours made."""

    reason = "bad_place"


class Listed(NamedTuple):
    """A customer in the list, by their last e-mail."""

    letter: Letter
    memory: CustomerMemory | None
    """None where memory has nobody of this id."""


class Moment(NamedTuple):
    """One line of the timeline: something that happened, or an e-mail of ours."""

    at: datetime
    id: str
    happened: Happened | None
    letter: Letter | None


class Timeline(NamedTuple):
    """A page of it, the newest first."""

    moments: list[Moment]
    older: str
    """Where the next page begins; empty where there is none."""


@dataclass(frozen=True, slots=True)
class Person:
    """One customer, as their page shows them."""

    memory: CustomerMemory
    account: Account
    portrait: str
    standing: Standing
    waiting: list[Kind]
    letters: list[Letter]
    timeline: Timeline

    @property
    def name(self) -> str:
        """As they are headed."""
        return name_of(self.memory)


def name_of(memory: CustomerMemory) -> str:
    """The first name, or the shop's id."""
    return memory.profile.first_name or memory.external_id


async def person(session: AsyncSession, external_id: str, *, full: bool, keep_days: int | None) -> Person:
    """Everything on one page. `full`: also contact details, own words and what may be sensitive.

    Raises UnknownCustomer.
    """
    memory = await recall(session, external_id)
    account = await account_of(session, external_id, keep_days=keep_days)
    if memory is None or account is None:
        raise UnknownCustomer(
            f"There is no customer {external_id!r}.", fix="Look them up by the shop's id or their e-mail address."
        )
    return Person(
        memory=memory,
        account=account if full else outlined(account, IN_ENGLISH),
        portrait=portrait(memory),
        standing=await status(session, memory.customer_id),
        waiting=await waiting_of(session, memory.customer_id),
        letters=await letters_of(session, external_id, limit=FIRST_LETTERS),
        timeline=await timeline(session, memory, full=full, limit=FIRST_LINES),
    )


async def timeline(
    session: AsyncSession, memory: CustomerMemory, *, before: str = "", full: bool, limit: int = PAGE
) -> Timeline:
    """Events and e-mails of one customer together. Raises BadPlace."""
    place = _place(before) if before else None
    events = await happened(session, memory.customer_id, before=place, limit=limit + 1)
    letters = await letters_of(session, memory.external_id, before=place, limit=limit + 1)
    both = heapq.merge(
        (Moment(one.at, one.id, one if full else one._replace(words=""), None) for one in events),
        (Moment(one.at, one.id, None, one) for one in letters),
        key=lambda moment: moment[:2],
        reverse=True,
    )
    moments = list(both)
    shown = moments[:limit]
    older = f"{shown[-1].at.isoformat()}~{shown[-1].id}" if len(moments) > limit else ""
    return Timeline(shown, older)


def _place(before: str) -> Place:
    at, _, id_ = before.partition("~")
    try:
        moment = datetime.fromisoformat(at)
    except ValueError as error:
        raise BadPlace("There is no such place in the timeline.", fix="Open the customer's page again.") from error
    if moment.tzinfo is None:
        raise BadPlace("There is no such place in the timeline.", fix="Open the customer's page again.")
    return moment, id_


async def listed(session: AsyncSession, before: str = "") -> tuple[list[Listed], str]:
    """Whoever was written to last, and where the next page begins; empty where there is none."""
    letters = await last_letters(session, before=before, limit=PAGE + 1)
    shown = letters[:PAGE]
    memories = await recall_many(session, [one.customer for one in shown])
    found = [Listed(one, memories.get(one.customer)) for one in shown]
    return found, shown[-1].id if len(letters) > PAGE else ""


async def found(session: AsyncSession, asked: str) -> list[str]:
    """The shop's ids of whoever has exactly this id or address: two may share an address."""
    asked = asked.strip()
    if await recall(session, asked) is not None:
        return [asked]
    return sorted(await find_by_email(session, asked)) if "@" in asked else []


def use_of(one: Told, now: datetime) -> tuple[str, str]:
    """(text, kind) of its badge: what is done with it, as long as anything is."""
    return PAST if one.used_until is not None and one.used_until <= now else USES[one.use]


def grounds(evidence: Evidence) -> str:
    """What a pick or candidate rests on: `Like something bought: Thumbprint Cup bought on 5 Sep 2026`."""
    kind, colon, said = evidence.text.partition(": ")
    return f"{pick_kind(kind)}{colon}{said}"


def best_time(window: SendWindow) -> str:
    """`Tuesday and Thursday, 9:00 to 12:00`."""
    days = days_in_words(window.weekdays)
    return f"{days[:1].upper()}{days[1:]}, {window.from_hour}:00 to {window.to_hour}:00"


def leanings(interests: Sequence[Interest]) -> list[tuple[str, list[tuple[str, float]]]]:
    """(kind, [(name, strength in 0..1)]), the strongest five of each; two of one name are one to a reader."""
    kinds = {"category": "Kinds of product", "brand": "Brands", "attribute": "Qualities", "price_band": "Prices"}
    strengths: dict[str, defaultdict[str, float]] = {kind: defaultdict(float) for kind in kinds}
    for one in interests:
        if one.kind in kinds:
            strengths[one.kind][_leaning(one)] += one.strength
    return [(title, _strongest(strengths[kind])) for kind, title in kinds.items() if strengths[kind]]


def _strongest(strengths: Mapping[str, float]) -> list[tuple[str, float]]:
    return sorted(strengths.items(), key=lambda one: (-one[1], one[0]))[:5]


def _leaning(one: Interest) -> str:
    if one.kind == "attribute":
        name, _, value = one.value.partition("=")
        return f"{value} ({name})"
    return in_words(one.value) if one.kind == "category" else one.value
