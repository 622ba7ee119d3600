"""What a model may read of a task: short, sayable, delimited, and never who the reader is.

Left out on purpose: `person` (names, private, internal, orders as such), ids, URLs, searches, facts that may not be
said, the flow's goal. Feed text and facts are data: control characters go, lengths are capped, and a description is
passed on only if its first sentence plainly describes (`composer.sayings.quotable_sentence`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from catalog.text import short_title
from composer.sayings import quotable_sentence
from composer.writing import Example, WriteTask
from evals.licences import attribute_text
from evals.snapshot import AttributeValue, Fact, OfferFacts, ProductFacts, Snapshot
from prompts.environment import as_sentence, short_name
from prompts.model import Flow

MAX_NAME = 80
MAX_SENTENCE = 200
MAX_FACTS = 4
MAX_DETAILS = 4
MAX_DETAIL = 60
MAX_MESSAGE = 500
RECENT_DAYS = 120
_LIKINGS = frozenset({"interest", "said"})
_WORD = re.compile(r"\w+")
_TIMES = re.compile(r", \d+ times in all\b")
_DAY = re.compile(r"( on \d{1,2} [A-Z][a-z]+) \d{4}\b")
_SIZED = re.compile(
    r", (?:\d+(?:[.,]\d+)? ?(?:cm|mm|m|ml|cl|l|litres?|g|kg|oz|lb|inch|in|cups?|pieces?|pack)"
    r"|(?:set|box|pack) of \w+)$",
    re.IGNORECASE,
)
"""The size or number behind a name of one word."""
_VARYING = ("color", "colour", "size")
_SHOUTED = re.compile(r"\b[A-Z0-9]*[A-Z]{2}[A-Z0-9/&'.-]*(?: [A-Z0-9/&'.-]+)+\b")


@dataclass(frozen=True)
class ProductNotes:
    """One pick. `name` is how it is said, `about` a sentence or empty, `details` like `roast: dark`."""

    id: str
    name: str
    about: str
    details: tuple[str, ...]
    reason: str
    on_sale: bool


@dataclass(frozen=True)
class FactNotes:
    """What may be said of the reader: a sentence, and what it is about (`liking`, or the fact's kind)."""

    text: str
    kind: str


@dataclass(frozen=True)
class Notes:
    """One e-mail."""

    brand: str
    voice: str
    brand_facts: tuple[str, ...]
    task: str
    angle: str
    tone: str
    length: str
    message: str
    facts: tuple[str, ...]
    lead_fact: FactNotes | None
    """The fact for which the first pick was chosen; None: whatever is told beside it would be no reason for it."""
    offer: str
    products: tuple[ProductNotes, ...]
    examples: tuple[Example, ...] = ()
    """Lines of earlier e-mails to others that a reviewer liked."""

    @property
    def lead(self) -> ProductNotes | None:
        """The first pick."""
        return next(iter(self.products), None)

    def product(self, product_id: str | None) -> ProductNotes | None:
        """The pick with this id, or None."""
        return next((product for product in self.products if product.id == product_id), None)


def notes_for(task: WriteTask) -> Notes:
    """A pure function of the task."""
    snapshot = task.snapshot
    sayable = _sayable(snapshot, task.flow.memory.say)
    return Notes(
        brand=plain(snapshot.brand.name, MAX_NAME),
        voice=plain(task.voice.description, MAX_SENTENCE),
        brand_facts=tuple(plain(fact, MAX_SENTENCE) for fact in snapshot.brand.facts[:MAX_FACTS]),
        task=task.flow.task,
        angle=task.angle.instruction,
        tone=task.tone,
        length=task.length,
        message=plain(task.message, MAX_MESSAGE),
        facts=tuple(_sentence(fact, snapshot) for fact in sayable[:MAX_FACTS]),
        lead_fact=_lead_fact(snapshot, sayable, task.flow),
        offer=offer_phrase(snapshot.offer),
        products=tuple(_product(product) for product in snapshot.products),
        examples=task.examples,
    )


def spelled(text: str) -> str:
    """The words alone, each between spaces: names are compared whatever stands between their words."""
    return f" {' '.join(_WORD.findall(text.casefold()))} "


def plain(text: str, limit: int) -> str:
    """One line without control or invisible characters or angle brackets, cut at a word before `limit`."""
    kept = "".join(char if unicodedata.category(char)[0] != "C" else " " for char in text)
    line = " ".join(kept.replace("<", " ").replace(">", " ").split())
    return line if len(line) <= limit else line[:limit].rsplit(" ", 1)[0]


def quiet(text: str) -> str:
    """Runs of words in capitals, as some feeds shout their titles, in title case: a model would shout back."""
    return _SHOUTED.sub(lambda run: run[0].title(), text)


def offer_phrase(offer: OfferFacts | None) -> str:
    """`10% off`, `free delivery`, `a linen tea towel as a gift`; empty without an offer. The code stays with us."""
    if offer is None:
        return ""
    value = plain(str(offer.value), MAX_NAME)
    return {
        "percent": f"{value}% off",
        "amount": f"{value} {offer.currency or ''} off".replace("  ", " "),
        "free_shipping": "free delivery",
        "gift": f"{value} as a gift",
    }[offer.kind]


def _sayable(snapshot: Snapshot, kinds: tuple[str, ...]) -> list[Fact]:
    """Facts of the kinds this flow may name, in that order, newest first within a kind.

    A liking is told only where the first pick answers it: "as you like candles, here is a throw" is no reason.
    """
    said = [fact for fact in snapshot.facts if fact.use and fact.say != "never" and fact.kind in kinds]
    said = [fact for fact in said if fact.kind not in _LIKINGS or _answers(snapshot, fact)]
    said.sort(key=lambda fact: fact.learned_at, reverse=True)
    said.sort(key=lambda fact: kinds.index(fact.kind))
    return said


def _sentence(fact: Fact, snapshot: Snapshot) -> str:
    return as_sentence(quiet(plain(_briefly(fact, snapshot), MAX_SENTENCE)))


def _lead_fact(snapshot: Snapshot, sayable: Sequence[Fact], flow: Flow) -> FactNotes | None:
    """The first of `sayable` that bears on the first pick: the purchase that its reason names, the liking it answers,
    the cart or wish list it is on. What runs low is the pick itself, and whoever is thanked is thanked for the latest
    order: of another purchase nothing is told there.
    """
    lead = next(iter(snapshot.products), None)
    if lead is None:
        return None
    orders = snapshot.person.orders
    if flow.name == "post_purchase":
        orders = tuple(order for order in orders if order.date == max(one.date for one in orders))
    again = "running_low" in flow.picks.lead
    bought = lead.name if again else _named_by(lead, [order.product for order in orders])
    about = {"purchase": bought, "cart": lead.name, "wish": lead.name}
    for fact in sayable:
        if fact.kind in _LIKINGS:
            return FactNotes(_sentence(fact, snapshot), "liking")
        if (name := about.get(fact.kind, "")) and spelled(name) in spelled(fact.text):
            # A small model tears a name from its colour, and moves the day to another purchase.
            brief = fact.model_copy(update={"text": _DAY.sub("", fact.text).replace(name, short_name(name))})
            return FactNotes(_sentence(brief, snapshot), fact.kind)
    return None


def _named_by(lead: ProductFacts, bought: Iterable[str]) -> str:
    """Which of the products bought the reason of the pick names; empty for none, and for one of the pick's own name:
    nobody says "you bought the oven glove, so here is the oven glove".
    """
    reason = spelled(lead.reason)
    named = {name for name in bought if spelled(short_title(name)) in reason and spelled(name) != spelled(lead.name)}
    return max(sorted(named), key=len, default="")


def _answers(snapshot: Snapshot, fact: Fact) -> bool:
    lead = next(iter(snapshot.products), None)
    liked = str(fact.value).split(">")[-1].strip().casefold()
    if lead is None:
        return False
    if fact.kind == "said":
        return liked in _WORD.findall(f"{lead.name} {lead.category} {attribute_text(lead.attributes)}".casefold())
    return liked in {(lead.category or "").casefold(), (lead.brand or "").casefold()}


def _briefly(fact: Fact, snapshot: Snapshot) -> str:
    """Without counts, and with the day only of a recent purchase: nobody says "on 27 October 2025, 7 times in all"."""
    text = _TIMES.sub("", fact.text).replace("You last bought", "You bought")
    recent = fact.kind == "purchase" and (snapshot.send_date - fact.learned_at.date()).days <= RECENT_DAYS
    return _DAY.sub(r"\1" if recent else "", text)


def _product(product: ProductFacts) -> ProductNotes:
    name = plain(product.name, MAX_NAME)
    return ProductNotes(
        id=product.id,
        name=_said_name(quiet(name), product),
        about=plain(quotable_sentence(product.description), MAX_SENTENCE),
        details=_details(product),
        reason=plain(product.reason, MAX_SENTENCE),
        on_sale=product.compare_at_price is not None,
    )


def _said_name(name: str, product: ProductFacts) -> str:
    """`Skillet` for `Skillet, 20 cm`, `Pitcher` for `Pitcher, Moss` in moss green: nobody says size and colour with it,
    and a small model loses them or their comma.
    """
    short = _SIZED.sub("", short_name(name))
    head, _, tail = short.partition(", ")
    known = {word for name in _VARYING for word in str(product.attributes.get(name, "")).casefold().split()}
    return head if tail and known.issuperset(tail.casefold().split()) else short


def _details(product: ProductFacts) -> tuple[str, ...]:
    said = (_detail(name, value) for name, value in product.attributes.items())
    return tuple(detail for detail in said if detail)[:MAX_DETAILS]


def _detail(name: str, value: AttributeValue) -> str:
    """`flavour: grassy, sweet`; empty for what has no plain words (nested data, refusals, long text)."""
    label = plain(name.replace("_", " "), MAX_DETAIL)
    if value is True:
        return label
    if isinstance(value, list):
        value = ", ".join(str(item) for item in value if isinstance(item, str | int | float))
    if isinstance(value, dict) or value is None or value is False or len(str(value)) > MAX_DETAIL:
        return ""
    words = plain(str(value), MAX_DETAIL)
    return f"{label}: {words}" if words else ""
