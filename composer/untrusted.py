"""What of a pick, a brand's facts and a customer's answers may be shown or repeated (catalog.untrusted has the rules).

A product may come in by a way that does not look, or before a rule was known, so what is shown is looked at again.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from catalog.model import AttributeValue, Pick
from catalog.reasons import coarse
from catalog.untrusted import NEXT_SENTENCE, gives_orders, title_only
from composer.documents import Brand
from evals.draft import Block
from evals.guard import check_block, why_held_back
from evals.snapshot import BrandFacts, Snapshot

NO_STATEMENT = frozenset(
    {
        "chars.garbled", "code.invented", "html.injection", "injection.echo", "internal.leak", "manipulation.guilt", "meta.refusal",
        "placeholder.leftover", "profanity", "scarcity.invented", "style.spam", "urgency.invented", "url.foreign",
    }
)  # fmt: skip
"""Rules that a true statement of a brand about itself does not break. Its claims and numbers are its own to make."""
_CATEGORIES = frozenset({"product_type", "google_product_category"})
_QUALITIES = (*sorted(_CATEGORIES), "brand", "color", "size", "material")
MAX_ANSWER = 60
MAX_ANSWER_WORDS = 8
_ANY_DAY = date(2000, 1, 1)


def fit_to_show(pick: Pick, locale: str = "en") -> Pick | None:
    """The pick with a title, a reason and qualities that may be shown; None when its title is none. `locale` is that
    of the e-mail."""
    product = pick.product
    title = title_only(product.title)
    if not title:
        return None
    changes = {name: None for name in _QUALITIES if (value := getattr(product, name)) and gives_orders(value)}
    attributes = {name: value for name, value in product.attributes.items() if not _is_hostile(value)}
    hostile = changes.keys() & _CATEGORIES or title_only(pick.reason) != pick.reason
    if not changes and not hostile and title == product.title and len(attributes) == len(product.attributes):
        return pick
    sound = product.model_copy(update={**changes, "title": title, "attributes": attributes})
    return pick.model_copy(update={"product": sound, "reason": coarse(locale) if hostile else pick.reason})


def _is_hostile(value: AttributeValue) -> bool:
    if isinstance(value, str):
        return gives_orders(value)
    if isinstance(value, dict):
        return any(_is_hostile(inner) for inner in value.values())
    return isinstance(value, list) and any(_is_hostile(inner) for inner in value)


def sound_statements(brand: Brand) -> tuple[str, ...]:
    """The brand's facts less those that no shop says of itself: orders to a machine, threats, codes, foreign links.

    Facts may come from a page that somebody else can write to, and what stands in them licenses what is written.
    """
    return tuple(fact for fact in brand.facts if _is_statement(fact, brand.name, brand.domain, brand.locale))


@lru_cache(maxsize=1024)
def _is_statement(fact: str, name: str, domain: str, locale: str) -> bool:
    world = Snapshot(
        flow="newsletter",
        locale=locale,
        send_date=_ANY_DAY,
        brand=BrandFacts(name=name, domain=domain, currency="XXX"),
    )
    held = why_held_back(check_block(world, Block(name="opening", text=fact)))
    return not any(verdict.rule in NO_STATEMENT for verdict in held)


def is_plain_answer(text: str) -> bool:
    """Whether what somebody typed into a form is a short answer that may be repeated to them."""
    short = len(text) <= MAX_ANSWER and len(text.split()) <= MAX_ANSWER_WORDS
    return short and not NEXT_SENTENCE.search(text) and title_only(text) == text and not gives_orders(text)
