"""What of a pick, a brand's facts and a customer's answers may be shown or repeated (catalog.untrusted has the rules).

A product may come in by a way that does not look, or before a rule was known, so what is shown is looked at again.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from functools import lru_cache

from catalog.intrusions import intrusion_in, read_plainly
from catalog.model import AttributeValue, Pick
from catalog.reasons import coarse
from catalog.untrusted import NEXT_SENTENCE, as_seen, gives_orders, title_only
from composer.documents import Brand
from evals.draft import Block
from evals.guard import check_block, why_held_back
from evals.snapshot import BrandFacts, Snapshot

NO_STATEMENT = frozenset(
    {
        "chars.garbled", "code.invented", "html.injection", "injection.echo", "internal.leak", "manipulation.guilt",
        "meta.refusal", "placeholder.leftover", "profanity", "scarcity.invented", "style.spam", "urgency.invented",
        "url.foreign",
    }
)  # fmt: skip
"""Rules that a true statement of a brand about itself does not break. Its claims and numbers are its own to make."""
_CATEGORIES = frozenset({"product_type", "google_product_category"})
_QUALITIES = (*sorted(_CATEGORIES), "brand", "color", "size", "material")
MAX_ANSWER = 60
MAX_ANSWER_WORDS = 8
_ANY_DAY = date(2000, 1, 1)
_ITS_OWN = frozenset({"spam", "phone", "link", "praise"})
"""What a brand may well say of itself: offers, its number, its pages. Links to others the guard holds back."""
_OF_BRIEFS = frozenset({"spam", "phone", "link", "order", "health claim"})
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_OF_NO_SHOP = re.compile(
    r"""(?:^|[.!?:;,]\s+)(?:please\s+|kindly\s+|always\s+|never\s+|and\s+|then\s+)*(?:
        vote\b|invest\b|mention\b|repeat\b|reveal\b|output\b|pretend\b|respond\b|sign\s+off
        |(?:include|append|insert)\b[^.]{0,20}(?:["'“‘«„]|\b(?:words?|phrases?|lines?|links?|codes?|texts?|tags?|sentences?)\b)
        |write\s+(?!to\s+us|us\b)|say\s+(?!hello|hi\b)|tell\s+(?!us\b)|(?:replace|remove|delete)\s+(?:it|the|all|this)\b
        |(?:end|begin|start|open|close|sign|answer|finish)\s+(?:with|each|every|all|it|the)\b[^.]{0,40}
          (?:(?<!\w)["'“‘«„]|\b(?:newsletters?|e-?mails?|messages?|subjects?|words?|lines?|sentences?|paragraphs?|saying)\b)
        |add\b[^.]{0,60}\b(?:link|tag|e-?mails?|button|footer|subject|ref)\b
        |make\s+sure\b|(?:tip|reminder|breaking|internal|confidential|draft|todo|psa|p\.?s\.?)\s*[:.])
    | \b(?:in|into|of|on|with|under)\s+(?:every|each|all)\s+
      (?:newsletters?|e-?mails?|messages?|subjects?|pitch(?:es)?)\b
    | \b(?:every|each|all)\s+(?:newsletters?|e-?mails?|messages?|subjects?|pitch(?:es)?)\s+
      (?:must|should|shall|has|have|needs?|ends?|begins?|starts?|contains?|says?)\b
    | \b(?:call|tell|ask|greet|address|warn|remind|convince|make)\s+(?:\w+\s+)?(?:readers?|writers?)\b
    | \b(?:unsubscribe|subject\s+line|preheader|footer)\b
    | (?-i:\b[A-Z]{4,}[-_]\d+\b)
    | \b(?:hitler|nazis?|kkk|porn\w*|escorts?|viagra|cialis|suicide|murder(?!\s+myster)\w*|rape[sd]?|slaves)\b
    | \b(?:btc|bitcoins?|crypto\w*|wallet\s+address|lottery|jackpot|rivals?|competitors?)\b""",
    re.IGNORECASE | re.VERBOSE,
)
"""Orders, and what is no business of a shop's."""
_IS_SENTENCE = re.compile(
    r"""\b(?:i|i['’]m|i['’]ve|im|my|me|you|your|we|our|he|him|his|she|her|they|them|is|are|am|was|were|have|has|had|will
    |want|wish|need|please|ich|mein\w*|mich|du|dein\w*|wir|ist|bin|sind|habe?n?|je|j|mon|ma|mes|suis|vous|votre|nous|est
    |yo|mis?|soy|tengo|usted|es|son|quiero)\b|['’](?:s|m|re|ve|ll)\s+\w+ing\b""",
    re.IGNORECASE | re.VERBOSE,
)
"""Words by which an answer is more than the name of a thing: it would read oddly when repeated."""
_NOT_SAID_BACK = re.compile(r"""[:;"“”„«»(){}<>=/\\@#*_|~^]|\d{5}|(?:\d\D?){8}|\b[A-Z]{3,}[-_]?\d|\b[A-Z]+-[A-Z]+\b
        |[!?]{2}""")


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


def unsound_statements(brand: Brand) -> tuple[str, ...]:
    """Those that are left out, for whoever wrote them."""
    kept = frozenset(sound_statements(brand))
    return tuple(fact for fact in brand.facts if fact not in kept)


def sound_message(message: str) -> str:
    """A brief's message without sentences that hold markup, code, merge tags, or speak to a machine of its own rules.

    That it tells what to write is its business; what it tells licenses nothing.
    """
    return " ".join(part for part in _SENTENCE.split(message) if _may_be_asked(part))


def unsound_sentences(message: str) -> tuple[str, ...]:
    """Those that are left out of a brief's message, for whoever wrote them."""
    return tuple(part for part in _SENTENCE.split(message) if not _may_be_asked(part))


def _may_be_asked(sentence: str) -> bool:
    return intrusion_in(as_seen(sentence), _OF_BRIEFS) is None


@lru_cache(maxsize=1024)
def _is_statement(fact: str, name: str, domain: str, locale: str) -> bool:
    plain = read_plainly(as_seen(fact))
    if intrusion_in(plain, _ITS_OWN) or _OF_NO_SHOP.search(plain) or not _is_same(plain, fact):
        return False
    world = Snapshot(
        flow="newsletter",
        locale=locale,
        send_date=_ANY_DAY,
        brand=BrandFacts(name=name, domain=domain, currency="XXX"),
    )
    held = why_held_back(check_block(world, Block(name="opening", text=fact)))
    return not any(verdict.rule in NO_STATEMENT for verdict in held)


def _is_same(one: str, other: str) -> bool:
    """But for how accents are put together, which differs between keyboards."""
    return unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)


def is_plain_answer(text: str) -> bool:
    """Whether what somebody typed into a form is the short name of a thing, which may be repeated to them."""
    return is_plain_name(text) and not _IS_SENTENCE.search(text) and not _NOT_SAID_BACK.search(text)


def is_plain_name(text: str) -> bool:
    """Whether a category or a thing is named in few words, and nothing else is said."""
    short = len(text) <= MAX_ANSWER and len(text.split()) <= MAX_ANSWER_WORDS
    return short and not NEXT_SENTENCE.search(text) and title_only(text) == text and not gives_orders(text)
