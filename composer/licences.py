"""Which facts a block rests on: traced from its words, so that every line can be shown with its licence."""

from __future__ import annotations

import re
from functools import lru_cache

from evals.draft import Block
from evals.snapshot import ProductFacts, Snapshot

_WORD = re.compile(r"[^\W\d_]{3,}")
# Words every sentence has: they say nothing about where it comes from.
_COMMON = frozenset(
    "the and for you your with that this from has have was are our out can one its it's into about bought often "
    "usually around left basket what when just some more like them they here new made now any not but last times "
    "january february march april may june july august september october november december".split()
)
_LEAST_SHARE = 0.5


def licences(snapshot: Snapshot, block: Block) -> list[str]:
    """Ids of facts, `product:<id>` and `offer` that license this block, in the snapshot's order.

    A pitch always rests on its product. Other sources count when the block names them: a product by its title,
    a fact by more than half of its telling words, the offer by its code or value.
    """
    words = _words(block.text)
    text = block.text.casefold()
    found = [
        f"product:{product.id}"
        for product in snapshot.products
        if product.id == block.product_id or _names(product, text, words)
    ]
    found += [
        fact.id
        for fact in snapshot.facts
        if fact.say != "never" and any(_share(_words(told), words) for told in (fact.text, str(fact.value)))
    ]
    offer = snapshot.offer
    if offer and any(str(said).casefold() in text for said in (offer.code, offer.value) if said):
        found.append("offer")
    return found


def _names(product: ProductFacts, text: str, words: frozenset[str]) -> bool:
    return product.name.casefold() in text or _share(_words(product.name), words)


def _share(telling: frozenset[str], words: frozenset[str]) -> bool:
    return bool(telling) and len(telling & words) / len(telling) > _LEAST_SHARE


@lru_cache(maxsize=512)
def _words(text: str) -> frozenset[str]:
    """Kept, as every block of an e-mail is held against the same facts and products."""
    return frozenset(word for word in _WORD.findall(text.casefold()) if word not in _COMMON)
