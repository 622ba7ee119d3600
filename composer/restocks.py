"""What came back into stock and is wanted by a customer, as facts of their memory: an e-mail may say that something is
back only where the catalog was seen without it.

The record is the one that says who is due (`memory.due.news`): the product could not be ordered when the catalog was
looked at, could be when it was looked at next, and has not been gone since.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from catalog.model import Taste
from memory.due.tables import NewsRow
from memory.model import CustomerMemory, RememberedFact
from prompts.model import Flow
from store.bulk import read_rows

RESTOCK = "restock"
"""Kind of such a fact; its value is the product's id."""
_WANTED = frozenset({"carted", "wished", "viewed"})
"""What somebody does with a product that they may wait for."""


def tells_of_restocks(flow: Flow) -> bool:
    """Whether it needs to be known for this flow."""
    return RESTOCK in flow.memory.use


async def with_restocks(
    session: AsyncSession, memories: Mapping[str, CustomerMemory], now: datetime
) -> dict[str, CustomerMemory]:
    """`memories` under their keys, each with a fact for every product it knows that came back of late: one read."""
    known = {key: _products(memory) for key, memory in memories.items()}
    rows = await read_rows(
        session,
        NewsRow,
        ("product_id", "kind", "at", "until_at"),
        "product_id",
        {product for products in known.values() for product in products},
    )
    back = {
        product: (at, until) for product, kind, at, until in sorted(rows) if kind == "back_in_stock" and until > now
    }
    return {key: _told(memory, known[key], back) for key, memory in memories.items()}


def restocked(memory: CustomerMemory) -> frozenset[str]:
    """Ids of the products that are known to be back."""
    return frozenset(str(fact.value) for fact in memory.facts if fact.kind == RESTOCK)


def about(taste: Taste, back: Collection[str]) -> Taste:
    """`taste` of who wants only what is back: nothing else that they put aside leads an e-mail about that."""
    kept = tuple(one for one in taste.signals if one.kind not in _WANTED or one.product_id in back)
    return taste.model_copy(update={"signals": kept})


def _products(memory: CustomerMemory) -> dict[str, str]:
    """Id to name of what they dealt with; the id where a shop never told a name."""
    named = {line.product_id: line.name or line.product_id for line in memory.cart}
    return named | {history.product_id: history.name or history.product_id for history in memory.products}


def _told(
    memory: CustomerMemory, known: Mapping[str, str], back: Mapping[str, tuple[datetime, datetime]]
) -> CustomerMemory:
    facts = tuple(
        RememberedFact(
            id=f"{RESTOCK}:{product}",
            kind=RESTOCK,
            text=f"{name} was sold out and can be ordered again.",
            value=product,
            learned_at=back[product][0],
            expires_at=back[product][1],
        )
        for product, name in known.items()
        if product in back
    )
    return memory.model_copy(update={"facts": (*facts, *memory.facts)}) if facts else memory
