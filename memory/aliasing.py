"""Which `alias` messages may join two ids: those that name a visitor, and not somebody who has a user id already.

A visitor becomes the customer, as with any event that bears both ids (`memory.identity`). Two customers with user ids
of their own stay two: what was planned, written and measured for each stands under the id it was asked for (runs,
e-mails, experiments), and an erasure finds it by that id. Joining them is for the shop to do: it sends what the one did
under the id of the other. A message that would join them is refused.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncSession

from memory.events import Event, EventRejected
from memory.guests import is_guest
from memory.identity import find_aliases, find_users, pairs_of


async def of_two_customers(session: AsyncSession, events: Mapping[int, Event]) -> dict[int, EventRejected]:
    """Those aliases (by place) whose former id is another customer's, and why they are refused.

    Costs nothing where there is no alias. Those of one list are judged together with the events beside them.
    """
    aliases = {place: event for place, event in events.items() if event.previous_id is not None}
    if not aliases:
        return {}
    asked = {str(event.previous_id) for event in aliases.values()}
    users = {str(event.user_id) for event in aliases.values()}
    visitors = await find_aliases(session, asked | {user for user in users if is_guest(user)})
    known = await find_users(session, asked | users)
    named = known.keys() | {event.user_id for event in events.values()}
    pairs = pairs_of(events.values())
    refused: dict[int, EventRejected] = {}
    for place, event in aliases.items():
        former, user = str(event.previous_id), str(event.user_id)
        visitor, account = visitors.get(former), visitors.get(user)
        customer = known.get(user) or (account.customer_id if account is not None else None)
        if visitor is not None and visitor.customer_id == customer:
            continue
        another = visitor.named if visitor is not None else former in named and not is_guest(former)
        if former != user and (another or pairs[former] != user):
            refused[place] = _two_customers()
    return refused


def _two_customers() -> EventRejected:
    return EventRejected(
        "`previousId` is the id of another customer, or of a visitor who is another customer by now.",
        pointer="/previousId",
        fix="Name a visitor's id; to join two customers, send what the one did under the `userId` of the other.",
        reason="two_customers",
    )
