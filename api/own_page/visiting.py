"""Whose page it is, and what is done there.

The link in an e-mail may be passed on, so it proves nothing. At once it does what the unsubscribe link does: it chooses
what e-mails there are and how they are written, and ends them; it tells nothing but these choices, signs nobody up
again and takes back no objection. What is remembered opens to whoever also names the address on file
(`memory.privacy.proving`), for half an hour, in outline (`memory.account.outlining`). Erasing and a full copy are asked
for here and done by people of the shop, who answer to the address they have.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from api import audit, own_data
from api.unsubscribing import brand_of
from composer.documents import Brand
from composer.links import Links, OwnPageLink
from memory.account.model import Account
from memory.account.outlining import outlined
from memory.account.reading import account_of
from memory.account.words import words
from memory.phrases import language_of
from memory.privacy import requests
from memory.privacy.requests import Kind
from memory.recall import customer_id_of
from memory.tables import Customer
from store import clock
from store.errors import InvalidInput, NotFound

ACTOR = "customer"
"""As the audit log names whoever acts on their own page."""


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody came by a link."""

    token: str
    link: OwnPageLink
    customer_id: str | None
    """None: nobody of this id is remembered."""
    brand: Brand | None
    """None when the campaign is gone: the link must work all the same."""
    tag: str
    """BCP 47: the customer's language where the page speaks it, else the brand's."""

    @classmethod
    async def by(cls, session: AsyncSession, links: Links, token: str) -> Self:
        """Raises BadToken."""
        link = links.read_own_page(token)
        audit.act_as(ACTOR)
        customer_id, brand = await customer_id_of(session, link.customer), await brand_of(session, link)
        theirs = await session.scalar(select(col(Customer.locale)).where(col(Customer.id) == customer_id))
        return cls(token, link, customer_id, brand, language_of(theirs, brand.locale if brand else None))

    @property
    def opens(self) -> bool:
        """May what is remembered be opened by this link?"""
        return self.link.opens(clock.now().date())


@dataclass(frozen=True, slots=True)
class Tried:
    """A correction that could not be made: what was written, and the key of why."""

    fact: str
    value: str
    problem: str


async def remembered(session: AsyncSession, visit: Visit, keep_days: int | None) -> Account | None:
    """What the page tells; None where they were erased meanwhile."""
    say = words(visit.tag)
    account = await account_of(session, visit.link.customer, keep_days=keep_days, say=say)
    return None if account is None else outlined(account, say)


async def change(session: AsyncSession, account: Account, fact_id: str, value: str | None) -> str:
    """Correct what stands on the page, or forget it where `value` is None. The key of what to say of it.

    What does not stand there, or may not be put right there, is left alone. Raises InvalidInput for a value that is
    not of its kind.
    """
    told = account.find(fact_id)
    if told is None:
        return "already_gone"
    if value is not None and not told.can_correct:
        raise InvalidInput("it is put right at the shop.", pointer="fact_id", fix="Ask the shop.")
    try:
        await own_data.change(session, account.customer, fact_id, value)
    except NotFound:
        # Somebody else was faster: it is what was wanted.
        return "already_gone"
    return "forgotten" if value is None else "corrected"


def problem_with(account: Account, fact_id: str) -> str:
    """The key of why a correction of this could not be made."""
    told = account.find(fact_id)
    if told is None or not told.can_correct:
        return "ask_shop"
    return "wrong_day" if told.trait == "birthday" else "wrong_value"


async def ask(session: AsyncSession, visit: Visit, kind: Kind) -> str:
    """Put it on the shop's list. The key of what to say of it."""
    assert visit.customer_id is not None  # only who is remembered gets so far
    await requests.ask(session, visit.customer_id, kind)
    await audit.append(session, f"ask_{kind}", visit.customer_id)
    return f"{kind}_asked"


def as_file(account: Account) -> dict[str, Any]:
    """What stands on the page, for a program."""
    about: dict[str, Any] = account.model_dump(mode="json", exclude={"customer"})
    return {"schema": "penfriend.own-page/1", **about}
