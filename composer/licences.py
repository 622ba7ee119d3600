"""Which facts a block rests on: traced from its words, so that every line can be shown with its licence."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from evals.draft import Block
from evals.snapshot import Scalar, Snapshot
from evals.text.tokens import sentences

_WORD = re.compile(r"[^\W\d_]{3,}")
# Words every sentence has: they say nothing about where it comes from.
_COMMON = frozenset(
    "the and for you your with that this from has have was are our out can one its it's into about bought often "
    "usually around left basket what when just some more like them they here new made now any not but last times "
    "january february march april may june july august september october november december".split()
)
_LEAST_SHARE = 0.5
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_MONEY = re.compile(r"(?:[$£€¥]|\b[A-Z]{3})\s?(\d+(?:[.,]\d+)?)|(\d+(?:[.,]\d+)?)\s?(?:[$£€¥]|[A-Z]{3}\b)")
_NAME = "{first_name}"
_POLICIES = {"shipping": "delivery", "delivery": "shipping", "returns": "return", "return": "returns"}
"""Words of policies that are said in two ways."""


class Grounded(NamedTuple):
    """One sentence of a block, as a half-open range of its text, and what it rests on."""

    start: int
    end: int
    sources: tuple[str, ...]
    """As `Licensor.licences`, and `name` (the first name), `brand:<n>` (the brand's nth fact), `policy:<key>`."""


class Licensor:
    """Finds what blocks of one e-mail rest on: what it may say is read once, and every block held against it."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._products = [(product.id, product.name.casefold(), _words(product.name)) for product in snapshot.products]
        self._facts = [
            (fact.id, _words(fact.text), _words(str(fact.value))) for fact in snapshot.facts if fact.say != "never"
        ]
        offer = snapshot.offer
        self._offer = [str(said).casefold() for said in (offer.code, offer.value) if said] if offer else []
        self._prices = [(product.id, str(product.price)) for product in snapshot.products if product.price is not None]
        self._brand = [(f"brand:{number}", _words(fact)) for number, fact in enumerate(snapshot.brand.facts)]
        self._policies = list(snapshot.brand.policies.items())

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

    def sentences(self, block: Block) -> list[Grounded]:
        """Its sentences in order, each with what it rests on by its own words, in the snapshot's order.

        In a pitch, every sentence rests on the product too. None at all: it says nothing that needs a fact.
        """
        return [
            Grounded(start, end, tuple(self._grounds(block, block.text[start:end])))
            for start, end in sentences(block.text)
        ]

    def _grounds(self, block: Block, text: str) -> list[str]:
        found = self.licences(block.model_copy(update={"text": text}))
        words, numbers = _words(text.casefold()), {_amount(number) for number in _NUMBER.findall(text)}
        money = {_amount(before or behind) for before, behind in _MONEY.findall(text)}
        found += [f"product:{product}" for product, price in self._prices if _amount(price) in money]
        found += [key for key, told in self._brand if _share(told, words)]
        found += [f"policy:{key}" for key, value in self._policies if _states(key, value, words, numbers)]
        found += ["name"] if _NAME in text else []
        return list(dict.fromkeys(found))


def _states(key: str, value: Scalar, words: frozenset[str], numbers: set[str]) -> bool:
    """A number with a word of what it is about (`free_shipping_over: 45`), or more than half of a statement."""
    if isinstance(value, str):
        return _share(_words(value), words)
    about = _words(key.replace("_", " "))
    about |= {_POLICIES[word] for word in about & _POLICIES.keys()}
    if value is None or isinstance(value, bool):
        return value is True and bool(about) and about <= words
    return not about.isdisjoint(words) and _amount(str(value)) in numbers


def _amount(number: str) -> str:
    """`27.00`, `27,00` and `27` are the same amount."""
    return re.sub(r"\.0+$", "", number.replace(",", "."))


def _share(telling: frozenset[str], words: frozenset[str]) -> bool:
    return not telling.isdisjoint(words) and len(telling & words) / len(telling) > _LEAST_SHARE


@lru_cache(maxsize=4096)
def _words(text: str) -> frozenset[str]:
    """Kept, as the same products are shown to many."""
    return frozenset(word for word in _WORD.findall(text.casefold()) if word not in _COMMON)
