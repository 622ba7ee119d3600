"""What is a title or an answer in text that somebody else wrote, and what was hung onto it.

Feeds, events and forms are untrusted (design rule 4), but a product's title is shown as it is: in cards, subjects and
facts, where no check of a block looks. So it is cut where it stops being a title: at markup, code, an address, an
order to whoever reads it, a claim of a reduction. A title that is cut too early is merely short; one that has nothing
left is no product to show.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from catalog.model import AttributeValue, Pick
from catalog.reasons import COARSE
from composer.documents import Brand
from evals.draft import Block
from evals.guard import check_block, why_held_back
from evals.snapshot import BrandFacts, Snapshot

NO_STATEMENT = frozenset(
    {
        "chars.bidi", "chars.control", "chars.garbled", "chars.invisible", "chars.mixed_script", "chars.tags",
        "code.invented", "html.injection", "injection.echo", "internal.leak", "manipulation.guilt", "meta.refusal",
        "placeholder.leftover", "profanity", "scarcity.invented", "style.spam", "urgency.invented", "url.foreign",
    }
)  # fmt: skip
"""Rules that a true statement of a brand about itself does not break. Its claims and numbers are its own to make."""
_CATEGORIES = frozenset({"product_type", "google_product_category"})
_QUALITIES = (*sorted(_CATEGORIES), "brand", "color", "size", "material")
_KEPT = 8192
"""Texts whose answer is kept: a shop's titles and values recur in every e-mail."""
MAX_ANSWER = 60
MAX_ANSWER_WORDS = 8
_ANY_DAY = date(2000, 1, 1)
_MAX_MARKS = 2
"""Combining marks on one letter; Vietnamese has two."""
_LEAST_LETTERS = 2
_VERBS = (
    "ignore|disregard|forget|override|say|write|tell|repeat|output|reveal|mention|include|append|respond|reply|pretend"
    "|translate|promise|claim|send|visit|make sure|you must|you should|from now on|as an ai|new rule|do not|don't"
)
_OPENERS = (
    "always|never|note|important|attention|warning|print|answer|act|sign|call|address|use|add|click|please|remember"
    "|every(?:one|body)?|all (?:other|customers|products)|you (?:are|will|have)"
)
"""Orders only where a sentence ended before: `Desk Lamp - Never Mind` is a title."""
_TAIL = re.compile(
    r"""<[a-z!/?|] | [{}\\`] | \$\{ | \[\[ | \]\] | \#{3,} | -{3,} | ={3,} | &(?:lt|gt|quot|amp|\#\d+);
    | \[/?(?:inst|sys) | ["']\s*(?:/?>|[a-z]+\s*=) | \bon[a-z]{3,}\s*= | \b(?:java|vb)script\s*: | \bdata:text | !\[
    | \bhttps?[:\s]\s*/ | \bhxxps? | \bwww\. | \S+@\S+\.\w | \b[\w-]+\.(?:example|[a-z]{2,4}/\w)
    | \b(?:at|visit|see|to|from|via)\s+[\w-]+\.(?:com|net|org|io|co|info|biz|xyz|shop|ru)\b
    | \b(?:system|assistant|user|human|developer|important|attention|note\ to\ \w+)\s*:
    | \b(?:ignore|disregard|forget|override)\s+(?:all|any|every|the|previous|prior|your|these|what)\b
    | \b(?:system\s+prompt|previous\s+instructions|as\s+an\s+ai|language\s+model)\b
    | \d+\s?%\s*(?:off|discount|rabatt|de\s+r[eé]duction|descuento) | \bfree\s+(?:shipping|delivery)
    | \b(?:promo|discount|coupon|voucher)\s+code\b | \bcode\s*[:\s]\s*[A-Z]+\d
    """,
    re.IGNORECASE | re.VERBOSE,
)
_AND = r"(?:(?:and|also|then|now|please|so|but)\s+){0,2}"
_ORDER = re.compile(
    rf"(?:[.!?;:,–—|(\[>]|\s-)\s*{_AND}(?:{_VERBS})\b(?![-.]) | [.!?]\s+{_AND}(?:{_OPENERS})\b(?![-.])",
    re.IGNORECASE | re.VERBOSE,
)
_NEXT_SENTENCE = re.compile(r"(?<=[^\W\d_]{4})[.!?]\s+(?=[^\W\d_a-z][^\s]*(?:\s+\S+){3})")
_WORD = re.compile(r"\w+")


@lru_cache(maxsize=_KEPT)
def title_only(title: str) -> str:
    """The part of `title` that is a title; empty when there is none."""
    cut = _tail_of(title)
    head = unmarked(title)
    if cut is not None:
        head = unmarked(title[:cut]).strip(" \t,;:.–—-|/([\"'“‘«&+$!")
    return head if sum(char.isalpha() for char in head) >= _LEAST_LETTERS else ""


def _tail_of(title: str) -> int | None:
    """Where something begins that is no title."""
    cuts = [found.start() for pattern in (_TAIL, _ORDER, _NEXT_SENTENCE) if (found := pattern.search(title))]
    cuts += [found.start() for found in _WORD.finditer(title) if _is_mixed(found[0])][:1]
    return min(cuts, default=None)


@lru_cache(maxsize=_KEPT)
def gives_orders(text: str) -> bool:
    """Whether a value, which need be no title, holds markup, code, an address, or orders to whoever reads it."""
    starts = _TAIL.search(text) or _ORDER.search(f". {text}")
    return bool(starts) or any(_is_mixed(word[0]) for word in _WORD.finditer(text)) or unmarked(text) != text


def fit_to_show(pick: Pick) -> Pick | None:
    """The pick with a title, a reason and qualities that may be shown; None when its title is none."""
    product = pick.product
    title = title_only(product.title)
    if not title:
        return None
    changes = {name: None for name in _QUALITIES if (value := getattr(product, name)) and gives_orders(value)}
    attributes = {name: value for name, value in product.attributes.items() if not _is_hostile(value)}
    coarse = changes.keys() & _CATEGORIES or title_only(pick.reason) != pick.reason
    if not changes and not coarse and title == product.title and len(attributes) == len(product.attributes):
        return pick
    sound = product.model_copy(update={**changes, "title": title, "attributes": attributes})
    return pick.model_copy(update={"product": sound, "reason": COARSE if coarse else pick.reason})


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
    return short and not _NEXT_SENTENCE.search(text) and title_only(text) == text and not gives_orders(text)


def unmarked(text: str) -> str:
    """Without the combining marks that stand on a letter in excess."""
    kept: list[str] = []
    run = 0
    for char in unicodedata.normalize("NFC", text):
        run = run + 1 if unicodedata.combining(char) else 0
        if run <= _MAX_MARKS:
            kept.append(char)
    return "".join(kept)


def _is_mixed(word: str) -> bool:
    """Letters of two scripts in one word: a look-alike, written to be read by a machine and missed by a filter."""
    return not word.isascii() and len(set(_scripts(word))) > 1


def _scripts(word: str) -> Iterable[str]:
    names = (unicodedata.name(char, "").split(" ", 1)[0] for char in word if char.isalpha())
    return (name for name in names if name in ("LATIN", "CYRILLIC", "GREEK"))
