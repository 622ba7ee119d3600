"""What a product's own data lets us say about it in a template: an attribute phrase and a quotable sentence.

Feed text is untrusted (design rule 4): only a sentence that is plainly descriptive is quoted, and the guard
judges the finished block like any other.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from functools import lru_cache

from catalog.intrusions import intrusion_in
from evals.snapshot import AttributeValue, ProductFacts
from prompts.wording import ENGLISH, Wording

_MAX_PHRASES = 3
_MAX_HIGHLIGHT = 130
_ALONE_TOO_THIN = frozenset({"color", "colour"})
"""`In charcoal.` tells what the picture shows."""
_SENTENCE_LENGTH = range(25, 171)
_MAX_VALUE = 40
_TAG = re.compile(r"<[^>]*>")
_SENTENCE_END = re.compile(r"(?<=[a-zà-ÿ0-9)’'\"]{2}[.])\s+(?=[A-ZÀ-Þ])")
_SHOUTED = re.compile(r"\b[A-Z]{4,}\b")
# Prices, shares, links, codes, orders to the reader or to a model, and praise that would need proof.
_NOT_QUOTABLE = re.compile(
    r"""[£$€¥%!?<>{}\[\]@#*_|=:;"“”]|https?|www\.|\d{3,}|\.\w{2,3}/
    |\b(?:free|sale|discount|offer|deal|price|pounds?|dollars?|euros?|cents?|save|code|coupon|voucher|
    shipping|delivery|order|buy|click|call|
    best|perfect|ultimate|guarantee\w*|warranty|award\w*|winning|number\s+one|favou?rite|popular|bestsell\w*|
    today|tomorrow|now|hurry|limited|only|last|new|latest|stock|
    we|our|us|i|my|me|customers?|reviews?|ignore|instructions?|system|prompt|assistant|model|email|
    cure\w*|heal\w*|treat\w*|relie\w*|prevent\w*|boost\w*|detox\w*|immun\w*|healthy|clinically|proven|
    eco|sustainable|organic|natural|vegan|
    readers?|writers?|copy|mention|say|says|write|tell|promise\w*|subject|preheader|newsletters?|e-mail|unlike|rivals?|
    competitors?|infants?|swallow|poison\w*|kill\w*|suicide|murder\w*|weapons?|drugs?|cocaine|cannabis|porn\w*|sex\w*|
    nude|nazis?|hitler|hate\w*|votes?|political|crypto\w*|bitcoin|lottery|prize|loans?|fireproof|bulletproof|fda|nasa|
    approved|secret\w*|passwords?|recall\w*|scam\w*|stupid|ugly)\b
    |\b[^\W\d_]+\d+[^\W\d_]+\b|\b[^\W\d_]+-\d|(?-i:[\u0370-\u1fff\u2028-\uffff])""",
    re.IGNORECASE | re.VERBOSE,
)
_MADE_SOMEWHERE = re.compile(r"(?:\w+ed|made|grown|woven|sewn|spun|thrown|cast|cut|built) (?:in|at|near|on) ", re.I)
"""`Blended in Kendal`, which brings its own preposition."""
_NOT_A_VALUE = re.compile(
    r"[£$€¥%!?<>{}\[\]@#*_|=:;\\]|https?|www\.|\b(?:code|discount|sale|off|offer|ignore|instructions?|system|prompt)\b",
    re.IGNORECASE,
)


def highlight(product: ProductFacts, phrases: Mapping[str, str], wording: Wording = ENGLISH) -> str:
    """`roasted dark, from Huehuetenango, Guatemala`: up to three attributes in words, no full stop.

    `phrases` maps attribute names to patterns (see `prompts/phrases/`), in the order to be said. Empty when
    the product has none of them.
    """
    values = {_key(name): value for name, value in product.attributes.items()}
    if not (values.keys() & phrases.keys()) - _ALONE_TOO_THIN:
        return ""
    said: list[str] = []
    for name, pattern in phrases.items():
        if name not in values:
            continue
        words = _value(values[name])
        so_far = ", ".join(said)
        if not words or words.lower() in so_far.lower():
            continue
        phrase = _phrase(pattern, words, wording)
        if len(said) < _MAX_PHRASES and len(so_far) + len(phrase) < _MAX_HIGHLIGHT:
            said.append(phrase)
    return ", ".join(said)


@lru_cache(maxsize=4096)
def quotable_sentence(description: str, not_quoted: tuple[str, ...] = ()) -> str:
    """The description's first sentence when it only describes; empty when there is nothing safe to quote.

    `not_quoted` are the words of another language that keep a sentence from it (`prompts.wording`).
    """
    plain = " ".join(html.unescape(_TAG.sub(" ", description)).split())
    sentence = _SENTENCE_END.split(plain, maxsplit=1)[0].strip()
    if len(sentence) not in _SENTENCE_LENGTH or not sentence.endswith("."):
        return ""
    plainly = sentence[0].isupper() and not _SHOUTED.search(sentence)
    if not plainly or _NOT_QUOTABLE.search(sentence) or intrusion_in(sentence):
        return ""
    return "" if not_quoted and _any_of(not_quoted).search(sentence) else sentence


@lru_cache(maxsize=16)
def _any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    listed = "|".join(re.escape(word).replace(r"\*", r"\w*") for word in words)
    return re.compile(rf"\b(?:{listed})\b", re.IGNORECASE)


@lru_cache(maxsize=4096)
def _key(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")


def _phrase(pattern: str, words: str, wording: Wording) -> str:
    low = words.lower() if wording.lowers else words
    if re.search(wording.as_it_is, words.lower()):
        return low[:1].lower() + low[1:]
    if "{place}" in pattern:
        made = _MADE_SOMEWHERE.match(words)
        return words[:1].lower() + words[1:] if made else pattern.replace("{place}", words)
    forms = {"{lower}": low, "{a}": _with_article(low), "{list}": _listed(low, wording), "{}": words}
    return next(pattern.replace(token, form) for token, form in forms.items() if token in pattern)


def _with_article(words: str) -> str:
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def _listed(words: str, wording: Wording) -> str:
    """`cocoa, walnut, treacle` as `cocoa, walnut and treacle`."""
    link = wording.list_of(["", ""])
    return words if link in words else wording.list_of(words.split(", "))


def _value(value: AttributeValue) -> str:
    """The value as words; empty for numbers, truths and nested data, which need a unit or a context."""
    if isinstance(value, list):
        value = ", ".join(item.strip() for item in value if isinstance(item, str))
    if not isinstance(value, str) or not value.strip() or len(value) > _MAX_VALUE:
        return ""
    if _NOT_A_VALUE.search(value):
        return ""
    return value.strip()
