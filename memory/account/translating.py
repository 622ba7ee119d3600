"""Facts told in the language of the person they are about.

A fact's own text is English: models read it. What it says in another language is made of the same memory, by its kind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from memory.behaviour import Dislike
from memory.facts.habits import OFTEN_REDUCED
from memory.facts.policy import fact_of
from memory.facts.shopping import OFTEN
from memory.facts.wording import in_words, span_of
from memory.model import CustomerMemory, Interest, ProductHistory, RememberedFact
from memory.phrases import Phrasebook
from memory.shopping import MONTHS
from memory.words.model import Statement

Teller = Callable[[CustomerMemory, RememberedFact, Phrasebook], str]


def sentence(memory: CustomerMemory, fact: RememberedFact, say: Phrasebook) -> str:
    """What the fact says, without a full stop."""
    return fact.text if say.language == "en" else TELLERS[fact.kind](memory, fact, say)


def interest_id(interest: Interest) -> str:
    """The id of the fact that an interest is."""
    about = f"{interest.category or ''}={interest.value}" if interest.kind == "size" else interest.value
    return fact_of("interest", f"{interest.kind}={about}", "", interest.last_at).id


def _product(memory: CustomerMemory, product_id: object) -> ProductHistory | None:
    return next((one for one in memory.products if one.product_id == product_id), None)


def _name(memory: CustomerMemory, product_id: object) -> str:
    found = _product(memory, product_id)
    return (found.name if found is not None else None) or str(product_id)


def _purchase(memory: CustomerMemory, fact: RememberedFact, say: Phrasebook) -> str:
    found = _product(memory, fact.value)
    times = found.bought_times if found is not None else 1
    return say.count("fact.purchase", times, product=_name(memory, fact.value), day=say.day(fact.learned_at))


def _cart(memory: CustomerMemory, fact: RememberedFact, say: Phrasebook) -> str:
    name = next((line.name for line in memory.cart if line.product_id == fact.value), None)
    return say.say("fact.cart", product=name or str(fact.value), day=say.day(fact.learned_at))


def _wish(memory: CustomerMemory, fact: RememberedFact, say: Phrasebook) -> str:
    return say.say("fact.wish", product=_name(memory, fact.value), day=say.day(fact.learned_at))


def _view(memory: CustomerMemory, fact: RememberedFact, say: Phrasebook) -> str:
    found = _product(memory, fact.value)
    category = found.category if found is not None else None
    return say.say("fact.view", goods=in_words(category or str(fact.value)))


def _interest(memory: CustomerMemory, fact: RememberedFact, say: Phrasebook) -> str:
    interest = next(one for one in memory.interests if interest_id(one) == fact.id)
    if interest.kind == "brand":
        return say.say("fact.brand", goods=interest.value)
    bought = sum(one.bought_times for one in memory.products if one.category == interest.value)
    return say.say("fact.often" if bought >= OFTEN else "fact.like", goods=in_words(interest.value))


def _cadence(memory: CustomerMemory, fact: RememberedFact, say: Phrasebook) -> str:
    unit, count = span_of(memory.cadence_days or 0.0)
    return say.say("fact.cadence", every=say.count(f"every.{unit}", count))


def _cycle(memory: CustomerMemory, fact: RememberedFact, say: Phrasebook) -> str:
    found = next(one for one in memory.cycles if fact_of("cycle", one.product_id, "", fact.learned_at).id == fact.id)
    unit, count = span_of(found.every_days)
    return say.say("fact.cycle", product=_name(memory, found.product_id), after=say.count(f"after.{unit}", count))


def _statement(memory: CustomerMemory, fact: RememberedFact, say: Phrasebook) -> str:
    one = next(one for one in memory.said if fact.id.endswith(f":{one.id}"))
    return say.say(f"said.{_said_key(one)}", value=one.value, about=one.about, product=_said_product(memory, one, say))


def _said_key(one: Statement) -> str:
    return one.value if one.kind in ("fit", "complaint") else one.kind


def _said_product(memory: CustomerMemory, one: Statement, say: Phrasebook) -> str:
    found = _product(memory, one.product_id)
    return (found.name if found is not None else None) or say["said.something"]


def _dislike(memory: CustomerMemory, fact: RememberedFact, say: Phrasebook) -> str:
    found = next(one for one in memory.dislikes if dislike_id(one) == fact.id)
    what = in_words(found.value) if found.kind == "category" else found.name or found.value
    return say.say(f"fact.{found.reasons[0]}", what=what)


def dislike_id(dislike: Dislike) -> str:
    """The id of the fact that a dislike is."""
    return fact_of("dislike", f"{dislike.kind}={dislike.value}", "", dislike.at).id


def _discount(memory: CustomerMemory, fact: RememberedFact, say: Phrasebook) -> str:
    assert memory.discounts is not None  # the fact was made of it
    return say["fact.discount_often" if memory.discounts.share >= OFTEN_REDUCED else "fact.discount_sometimes"]


def _season(memory: CustomerMemory, fact: RememberedFact, say: Phrasebook) -> str:
    name = str(fact.value)
    if name in MONTHS:
        return say.say("fact.in_month", month=say.month_name(MONTHS.index(name) + 1))
    return say[f"season.{name}"]


TELLERS: Mapping[str, Teller] = {
    "purchase": _purchase,
    "cart": _cart,
    "wish": _wish,
    "view": _view,
    "interest": _interest,
    "cadence": _cadence,
    "cycle": _cycle,
    "said": _statement,
    "answer": _statement,
    "remark": _statement,
    "search": lambda memory, fact, say: say.say("fact.search", query=str(fact.value)),
    "dislike": _dislike,
    "discount": _discount,
    "gift": lambda memory, fact, say: say.say("fact.gift", day=say.day(fact.learned_at)),
    "season": _season,
}
"""By kind of fact. Traits, the stage, and what was opened are told as what they are (`memory.account.telling`)."""
