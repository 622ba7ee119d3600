"""Blocks that reviewers liked, made fit to be shown to a model that writes to somebody else.

What was true of one customer must not be said to another, so a block becomes an example only if nothing of its
customer is in it: it rests on products alone, product names give way to those of the prompts' own examples (which
`internal.leak` holds back whoever says them), and the guard finds nothing in it in a world that knows no customer, no
price and no offer. What cannot be made so is not used, and the lesson says why.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from catalog.untrusted import gives_orders
from composer.asking import kind_of
from composer.lessons.model import Unfit
from composer.licences import Licensor
from composer.notes import ProductNotes, notes_for, plain
from composer.writing import Example, WriteTask
from evals.draft import Block
from evals.guard import fails_of_block
from evals.snapshot import PersonFacts, ProductFacts, Snapshot
from evals.text.lexicon import word_list

BLOCKS = ("subject", "preheader", "opening", "pitch", "closing")
"""A button of two or three words shows no manner."""
STANDINS = (
    "Brass Bicycle Bell", "Linen Notebook", "Folding Map Case", "Wool Cap", "Saddle Bag", "Cork Brake Pads",
)  # fmt: skip
"""Names of products in the prompts' own examples, in the order in which an e-mail's picks take them."""
MAX_TEXT = 240
MAX_NOTE = 160
_FIGURE = re.compile(r"\d|[@{}]|https?:|www\.|%|[$£€¥]")
_SIZE = re.compile(r"[\s,(]+\d.*$")
"""`Sencha 100 g` is spoken of as Sencha."""
_SECOND_PERSON = re.compile(
    r"\b(?:you|yours?|du|dich|dir|dein\w*|ihr\w*|sie|euch|eure\w*|vous|votre|vos|tu|te|ton|ta|tes|usted|su|sus)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_LEAST_NAME = 3


class NoExample(Exception):
    """A block cannot be shown. Never leaves this room: it becomes the lesson's reason."""

    def __init__(self, why: Unfit) -> None:
        super().__init__(why.value)
        self.why = why


def example_of(task: WriteTask, block: Block, before: str = "") -> Example:
    """The block without its customer and products. `before` is left out where it would not be fit by itself.

    A pure function. Raises NoExample with the reason.
    """
    if kind_of(block.key) not in BLOCKS:
        raise NoExample(Unfit.NOT_OFFERED)
    world = _Elsewhere(task)
    text = world.generalised(block)
    try:
        changed = world.generalised(block.model_copy(update={"text": before})) if before else ""
    except NoExample:
        changed = ""
    note = world.note(block.product_id) if block.product_id else ""
    return Example(lesson="", block=block.name, text=text, note=note, before=changed)


class _Elsewhere:
    """The e-mail's world without its customer, its offer, its prices and its products' names."""

    def __init__(self, task: WriteTask) -> None:
        self._task = task
        self._names = dict(zip((one.id for one in task.snapshot.products), STANDINS, strict=False))
        self._notes = {one.id: one for one in notes_for(task).products if one.id in self._names}
        self._licensor = Licensor(task.snapshot)
        self._snapshot = _nobodys(
            task.snapshot, [self._renamed(one) for one in task.snapshot.products[: len(STANDINS)]]
        )

    def generalised(self, block: Block) -> str:
        """Raises NoExample."""
        text = plain(block.text, MAX_TEXT)
        if len(" ".join(block.text.split())) > MAX_TEXT:
            raise NoExample(Unfit.TOO_LONG)
        self._refuse_personal(block)
        said = self._without_names(text)
        if _FIGURE.search(said):
            raise NoExample(Unfit.FIGURE)
        if gives_orders(said):
            raise NoExample(Unfit.ORDERS)
        about = block.product_id if block.product_id in self._names else None
        elsewhere = Block(name=block.name, text=said, product_id=about)
        if any(verdict.holds_back for verdict in fails_of_block(self._snapshot, elsewhere)):
            raise NoExample(Unfit.CHECK)
        return said

    def note(self, product_id: str) -> str:
        """What a prompt tells of a product, under the name that stands for it; empty where there is nothing."""
        notes = self._notes.get(product_id)
        told = (notes.about, *notes.details) if notes else ()
        fit = (one for one in told if one and not (_FIGURE.search(one) or gives_orders(one) or self._named_in(one)))
        return plain("; ".join(one.rstrip(".") for one in fit), MAX_NOTE)

    def _refuse_personal(self, block: Block) -> None:
        rests_on = self._licensor.licences(block)
        if any(one == "offer" for one in rests_on):
            raise NoExample(Unfit.OFFER)
        # A pitch says what its product is, and may meet a liking by that: it is about the reader where it says "you".
        about_reader = block.name != "pitch" or _SECOND_PERSON.search(block.text)
        if about_reader and any(not one.startswith("product:") for one in rests_on):
            raise NoExample(Unfit.PERSONAL)
        said = f" {' '.join(_words(block.text))} "
        if any(f" {' '.join(words)} " in said for words in map(_words, _of_person(self._task.snapshot)) if words):
            raise NoExample(Unfit.PERSONAL)

    def _without_names(self, text: str) -> str:
        """With the stand-ins' names. Raises NoExample where a telling word of a name is left."""
        for product_id, standin in self._names.items():
            for name in self._spellings(product_id):
                text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", standin, text, flags=re.IGNORECASE)
        if self._named_in(text):
            raise NoExample(Unfit.NAMES_PRODUCT)
        return text

    def _spellings(self, product_id: str) -> list[str]:
        """As it may stand in a text, the longest first."""
        full = next(one.name for one in self._task.snapshot.products if one.id == product_id)
        names = {full, plain(full, MAX_TEXT), self._notes[product_id].name}
        names |= {bare for name in names if len(bare := _SIZE.sub("", name)) >= _LEAST_NAME}
        return sorted(names, key=len, reverse=True)

    def _named_in(self, text: str) -> bool:
        """Whether a capitalised word of a pick's name is left, which no stand-in has."""
        capitals = {word.casefold() for word in _WORD.findall(text) if word[0].isupper()}
        named = {word.casefold() for one in self._task.snapshot.products for word in _WORD.findall(one.name)}
        return bool((capitals & named) - _PLAIN - word_list("function_words_en"))

    def _renamed(self, product: ProductFacts) -> ProductFacts:
        notes: ProductNotes = self._notes[product.id]
        kept = {"name": self._names[product.id], "price": None, "compare_at_price": None, "compare_at_basis": None}
        return product.model_copy(update={**kept, "description": notes.about, "reason": "", "url": ""})


_PLAIN = frozenset(word.casefold() for name in STANDINS for word in name.split())


def _nobodys(snapshot: Snapshot, products: Iterable[ProductFacts]) -> Snapshot:
    brand = snapshot.brand.model_copy(update={"policies": {}})
    return Snapshot(
        flow=snapshot.flow,
        locale=snapshot.locale,
        send_date=snapshot.send_date,
        brand=brand,
        person=PersonFacts(),
        products=tuple(products),
        other_titles=tuple(one.name for one in snapshot.products),
    )


def _of_person(snapshot: Snapshot) -> Iterator[str]:
    """What names the customer, or what they did and said."""
    person, shown = snapshot.person, {one.name for one in snapshot.products}
    yield from (value for value in (person.first_name, person.city) if value)
    yield from (value for value in person.private.values() if len(value) >= _LEAST_NAME)
    yield from (str(value) for value in person.declared.values() if isinstance(value, str))
    bought = (order.product for order in person.orders)
    yield from (title for title in (*bought, *person.cart, *person.browsed) if title not in shown)


@lru_cache(maxsize=4096)
def _words(text: str) -> tuple[str, ...]:
    return tuple(word.casefold() for word in re.findall(r"\w+", text))
