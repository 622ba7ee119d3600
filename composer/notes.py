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
from composer.formats import language_name
from composer.formats import offer_phrase as offer_in_words
from composer.sayings import quotable_sentence
from composer.telling import LIKING, LIKINGS, FactNotes, told_in
from composer.writing import Example, WriteTask
from evals.licences import attribute_text
from evals.snapshot import AttributeValue, Fact, OfferFacts, ProductFacts, Snapshot
from prompts.environment import as_sentence, short_name
from prompts.library import Library
from prompts.model import Flow
from prompts.wording import Spoken, Wording

MAX_NAME = 80
MAX_SENTENCE = 200
MAX_FACTS = 4
MAX_DETAILS = 4
MAX_DETAIL = 60
MAX_MESSAGE = 500
RECENT_DAYS = 120
_WORD = re.compile(r"\w+")
_TIMES = re.compile(r", \d+ times in all\b")
_DAY = re.compile(r"( on \d{1,2} [A-Z][a-z]+) \d{4}\b")
_SEVERAL = re.compile(r"s$| |(?:ware|wear|ery)$")
_AND = re.compile(r" (?:and|&|\+) |, ")
_SIZED = re.compile(
    r", (?:\d+(?:[.,]\d+)? ?(?:cm|mm|m|ml|cl|l|litres?|g|kg|oz|lb|inch|in|cups?|pieces?|pack)"
    r"|(?:set|box|pack) of \w+)$",
    re.IGNORECASE,
)
"""The size or number behind a name of one word."""
_VARYING = ("color", "colour", "size")
_SHOUTED = re.compile(r"\b[A-Z0-9]*[A-Z]{2}[A-Z0-9/&'.-]*(?: [A-Z0-9/&'.-]+)+\b")

_AFTER = re.compile(r"(?<=\w['’])(?:S|T|D|M|Re|Ve|Ll)\b")
"""`50'S`, `Don'T`: what titles are made of takes any letter behind a mark for the first of a word."""


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
class Notes:
    """One e-mail."""

    language: str
    """In English: `German`."""
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


def notes_for(task: WriteTask, wording: Wording | None = None) -> Notes:
    """A pure function of the task and the words of its language (default: those that the package is shipped with)."""
    snapshot = task.snapshot
    wording = wording or Library.load().wording(snapshot.locale)
    sayable = _sayable(snapshot, task.flow.memory.say)
    told = _told(snapshot, wording, sayable)
    lead = _lead_fact(snapshot, [fact for fact in sayable if fact.id in told], task.flow)
    return Notes(
        language=language_name(snapshot.locale),
        brand=plain(snapshot.brand.name, MAX_NAME),
        voice=plain(task.voice.description, MAX_SENTENCE),
        brand_facts=tuple(plain(fact, MAX_SENTENCE) for fact in snapshot.brand.facts[:MAX_FACTS]),
        **_instructions(task, wording.spoken),
        message=plain(task.message, MAX_MESSAGE),
        facts=tuple(told[fact.id].text for fact in sayable if fact.id in told)[:MAX_FACTS],
        lead_fact=lead and (lead[1] if wording.spoken is None else told[lead[0]]),
        offer=_offer(snapshot, wording),
        products=tuple(_product(product, wording, snapshot.brand.name) for product in snapshot.products),
        examples=task.examples,
    )


def _instructions(task: WriteTask, spoken: Spoken | None) -> dict[str, str]:
    """What the e-mail is and how to tell it, in the reader's language where it has words for it."""
    english = {"task": task.flow.task, "angle": task.angle.instruction, "tone": task.tone, "length": task.length}
    if spoken is None:
        return english
    own = spoken.flows.get(task.flow.name, {})
    return {
        "task": own.get("task", english["task"]),
        "angle": own.get(task.angle.name, english["angle"]),
        "tone": spoken.tones.get(task.tone, task.tone),
        "length": spoken.lengths.get(task.length, task.length),
    }


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
    return _SHOUTED.sub(lambda run: _AFTER.sub(lambda end: end[0].lower(), run[0].title()), text)


def _offer(snapshot: Snapshot, wording: Wording) -> str:
    """The offer in the words that templates have for it, less its threshold, which stands below with its terms."""
    offer = snapshot.offer
    if wording.spoken is None or offer is None:
        return offer_phrase(offer)
    alone = offer.model_copy(update={"min_spend": None})
    return plain(offer_in_words(alone, snapshot.brand.currency, snapshot.locale, wording), MAX_NAME)


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
    said = [fact for fact in said if fact.kind not in LIKINGS or _answers(snapshot, fact)]
    said.sort(key=lambda fact: fact.learned_at, reverse=True)
    said.sort(key=lambda fact: kinds.index(fact.kind))
    return said


def _sentence(fact: Fact, snapshot: Snapshot) -> str:
    return as_sentence(quiet(plain(_briefly(fact, snapshot), MAX_SENTENCE)))


def _told(snapshot: Snapshot, wording: Wording, sayable: Sequence[Fact]) -> dict[str, FactNotes]:
    """By id of the fact, what a model hears of it; in English and where a language has no words, as memory put it."""
    if wording.spoken is not None:
        clean = [fact.model_copy(update={"text": quiet(plain(fact.text, MAX_SENTENCE))}) for fact in sayable]
        told = told_in(wording.spoken, snapshot, clean)
        return {key: FactNotes(plain(note.text, MAX_SENTENCE), note.kind) for key, note in told.items()}
    return {fact.id: FactNotes(_sentence(fact, snapshot), fact.kind) for fact in sayable}


def _lead_fact(snapshot: Snapshot, sayable: Sequence[Fact], flow: Flow) -> tuple[str, FactNotes] | None:
    """With its id, the first of `sayable` that bears on the first pick: the purchase that its reason names, the liking
    it answers, the cart or wish list it is on. What runs low is the pick itself, and whoever is thanked is thanked for
    the latest order: of another purchase nothing is told there.
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
        if fact.kind in LIKINGS:
            return fact.id, FactNotes(_sentence(fact, snapshot), LIKING)
        if (name := about.get(fact.kind, "")) and spelled(name) in spelled(fact.text):
            # A small model tears a name from its colour, and moves the day to another purchase.
            brief = fact.model_copy(update={"text": _DAY.sub("", fact.text).replace(name, short_name(name))})
            return fact.id, FactNotes(_sentence(brief, snapshot), fact.kind)
    return None


def _named_by(lead: ProductFacts, bought: Iterable[str]) -> str:
    """Which of the products bought the reason of the pick names; empty for none, and for one of the pick's own name:
    nobody says "you bought the oven glove, so here is the oven glove".

    Of several it is the one with the longest name in it: "the Indoor Watering Can" names no "Watering Can, 5 Litres".
    """
    reason = spelled(lead.reason)
    named = {name for name in bought if spelled(short_title(name)) in reason and spelled(name) != spelled(lead.name)}
    return max(sorted(named), key=lambda name: len(short_title(name)), default="")


def _answers(snapshot: Snapshot, fact: Fact) -> bool:
    lead = next(iter(snapshot.products), None)
    liked = str(fact.value).split(">")[-1].strip().casefold()
    if lead is None:
        return False
    if fact.kind == "said":
        return liked in _WORD.findall(f"{lead.name} {lead.category} {attribute_text(lead.attributes)}".casefold())
    if liked == (lead.brand or "").casefold():
        return True
    return liked == (lead.category or "").casefold() and _can_be_liked(liked, lead.name)


def _can_be_liked(category: str, name: str) -> bool:
    """Nobody says "you like desk", or "you often buy filters and care": a word in the singular only where it is what a
    product of it is called, as matcha is, or means many things."""
    called = _WORD.findall(name.casefold())[-1:]
    return all(_SEVERAL.search(part) or part in called for part in _AND.split(category))


def _briefly(fact: Fact, snapshot: Snapshot) -> str:
    """Without counts, and with the day only of a recent purchase: nobody says "on 27 October 2025, 7 times in all"."""
    text = _TIMES.sub("", fact.text).replace("You last bought", "You bought")
    recent = fact.kind == "purchase" and (snapshot.send_date - fact.learned_at.date()).days <= RECENT_DAYS
    return _DAY.sub(r"\1" if recent else "", text)


def _product(product: ProductFacts, wording: Wording, shop: str) -> ProductNotes:
    name = plain(product.name, MAX_NAME)
    return ProductNotes(
        id=product.id,
        name=_said_name(quiet(name), product),
        about=plain(quotable_sentence(product.description, wording.not_quoted), MAX_SENTENCE),
        details=_details(product, shop),
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


def _details(product: ProductFacts, shop: str) -> tuple[str, ...]:
    """Not that the shop's own product is the shop's: a model would praise the maker in each line."""
    said = (_detail(name, value) for name, value in product.attributes.items() if value != shop)
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
