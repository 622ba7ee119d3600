"""Which facts a block rests on: traced from its words, so that every line can be shown with its licence."""

from __future__ import annotations

import re
from functools import lru_cache

from evals.draft import Block
from evals.snapshot import Snapshot

_WORD = re.compile(r"[^\W\d_]{3,}")
# Words every sentence has: they say nothing about where it comes from.
_COMMON = frozenset(
    "the and for you your with that this from has have was are our out can one its it's into about bought often "
    "usually around left basket what when just some more like them they here new made now any not but last times "
    "january february march april may june july august september october november december".split()
)
_LEAST_SHARE = 0.5


class Licensor:
    """Finds what blocks of one e-mail rest on: what it may say is read once, and every block held against it."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._products = [(product.id, product.name.casefold(), _words(product.name)) for product in snapshot.products]
        self._facts = [
            (fact.id, _words(fact.text), _words(str(fact.value))) for fact in snapshot.facts if fact.say != "never"
        ]
        offer = snapshot.offer
        self._offer = [str(said).casefold() for said in (offer.code, offer.value) if said] if offer else []

    def licences(self, block: Block) -> list[str]:
        """Ids of facts, `product:<id>` and `offer` that license this block, in the snapshot's order.

        A pitch always rests on its product. Other sources count when the block names them: a product by its title,
        a fact by more than half of its telling words, the offer by its code or value.
        """
        text = block.text.casefold()
        words = _words(text)
        found = [
            f"product:{product}"
            for product, name, named in self._products
            if product == block.product_id or name in text or _share(named, words)
        ]
        found += [fact for fact, told, value in self._facts if _share(told, words) or _share(value, words)]
        if any(said in text for said in self._offer):
            found.append("offer")
        return found


def _share(telling: frozenset[str], words: frozenset[str]) -> bool:
    return not telling.isdisjoint(words) and len(telling & words) / len(telling) > _LEAST_SHARE


@lru_cache(maxsize=4096)
def _words(text: str) -> frozenset[str]:
    """Kept, as the same products are shown to many."""
    return frozenset(word for word in _WORD.findall(text.casefold()) if word not in _COMMON)
