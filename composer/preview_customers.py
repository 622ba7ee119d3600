"""Whom a draft is shown for: a few real customers who are as unlike each other as can be found in a glance."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from memory.due.answering import due_now
from memory.due.rules import DueRules
from memory.model import CustomerMemory
from memory.recall import recall_many
from memory.tables import Customer
from prompts.model import Flow
from store import clock

PLACES = 6
EACH = 4
"""Customers read from each of so many places in the list of all: a glance, however many there are."""
DUE = 12
MUCH = 3
"""Orders from which a customer is one with much history."""


async def unlike(session: AsyncSession, flow: Flow, rules: DueRules, seed: str) -> list[CustomerMemory]:
    """Some customers, those the flow is for first, ordered so that the first few differ most.

    Others for another `seed`, the same for the same. At most `DUE + PLACES * EACH`, in a fixed number of statements.
    """
    draw = random.Random(seed)  # noqa: S311  # whom to look at is no secret
    names = await _due(session, flow, rules, draw)
    names += [name for name in await _from_everywhere(session, draw) if name not in names]
    found = await recall_many(session, names)
    return spread([found[name] for name in names if name in found])


def spread(customers: Sequence[CustomerMemory]) -> list[CustomerMemory]:
    """The same customers: one of each kind, then a second of each kind, and so on; kinds in their order of coming."""
    turns: dict[tuple[str, int], int] = {}
    numbered: list[tuple[int, CustomerMemory]] = []
    for customer in customers:
        kind = kind_of(customer)
        numbered.append((turns.setdefault(kind, 0), customer))
        turns[kind] += 1
    return [customer for _, customer in sorted(numbered, key=lambda one: one[0])]


def kind_of(customer: CustomerMemory) -> tuple[str, int]:
    """What makes two customers unlike: where they stand with the shop, and how much is known of them."""
    history = 0 if not customer.order_count else 1 if customer.order_count < MUCH else 2
    return customer.lifecycle, history


async def _due(session: AsyncSession, flow: Flow, rules: DueRules, draw: random.Random) -> list[str]:
    """Who is waiting for an e-mail of this flow; nobody for a flow that waits for nothing."""
    if flow.name not in rules.flows:
        return []
    page = await due_now(session, flow.name, clock.now(), limit=DUE * 4)
    names = [due.customer for due in page.due]
    return draw.sample(names, min(DUE, len(names)))


async def _from_everywhere(session: AsyncSession, draw: random.Random) -> list[str]:
    """A few neighbours from each of some places in the list of all, by the index of ids."""
    id_ = col(Customer.external_id)
    first, last = (await session.execute(select(func.min(id_), func.max(id_)))).one()
    if first is None or last is None:
        return []
    found: list[str] = []
    for place in (first, *(_between(first, last, draw) for _ in range(PLACES - 1))):
        query = select(id_).where(id_ >= place).order_by(id_).limit(EACH)
        found += [str(name) for name in (await session.execute(query)).scalars()]
    return list(dict.fromkeys(_shuffled(found, draw)))


def _between(first: str, last: str, draw: random.Random) -> str:
    """Some text between two others: what they share, and behind it anything."""
    same = next((n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    low, high = ord(first[same : same + 1] or "0"), ord(last[same : same + 1] or "9")
    return last[:same] + chr(draw.randint(min(low, high), max(low, high))) + f"{draw.randrange(10**6):06}"


def _shuffled(names: Iterable[str], draw: random.Random) -> list[str]:
    mixed = list(names)
    draw.shuffle(mixed)
    return mixed
