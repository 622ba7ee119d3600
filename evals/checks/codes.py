"""`code.invented`: anything a customer would type in at the checkout must be the offer's code, to the letter."""

from __future__ import annotations

import re
from collections.abc import Iterable

from evals.licences import words_in
from evals.passage import Passage, overlaps
from evals.rules import Finding, rule
from evals.signs import Sign, has
from evals.text.canonical import fold
from evals.world import World

_WITH_DIGIT = re.compile(r"\b(?=[A-ZÀ-Ý0-9-]*[A-ZÀ-Ý])(?=[A-ZÀ-Ý0-9-]*\d)[A-ZÀ-Ý0-9][A-ZÀ-Ý0-9-]{2,}[A-ZÀ-Ý0-9]\b")
_TILL = re.compile(
    r"\b(?:checkout|check out|till|codes?|voucher|coupon|promo|magic word|when you pay|at the cash|basket|cart|kasse"
    r"|gutschein|rabatt|bezahlen|payer|paiement|caisse|panier|commande|pagar|pago|caja|carrito|cup[óo]n|c[óo]digo)\b",
    re.IGNORECASE,
)
_CAPITALS = re.compile(r"(?<![\w'-])[^\W\d_a-zà-ÿ][^\W_]{3,}(?![\w-])")
_SPACED = re.compile(r"\b(?:[A-Z0-9][ .-]){3,}[A-Z0-9]\b")
_AFTER_CUE = re.compile(
    r"\b(?:(?:(?:promo|discount|voucher|coupon|gift|rabatt|gutschein)[ -]?)?codes?|c[óo]digos?|voucher|coupon|gutschein"
    r"|cup[óo]n|enter|use|apply|type|utilise[rz]|saisissez|entrez|usa|introduce|nutze|gib|einl[öo]sen|mit|avec|con|with)\b"
    r"(?:\s+(?:the|le|la|el|den|der|das|your|votre|tu|our|code|codes?|c[óo]digo|promo|is|ist|est|es)\b)*\s*[:=]?\s*"
    r"[\"']?(?P<code>[A-Z][A-Z0-9_-]{3,}|[A-Za-z]+\d+[A-Za-z0-9]*)\b",
    re.IGNORECASE,
)
_CODE_LIKE = re.compile(r"[A-Zİ\u212a][A-Z0-9_İ\u212a-]{3}|[A-Za-zıİſ\u212a_-]\d")
_FOUR_CAPITALS = re.compile(r"[^\W\d_a-zà-ÿ][^\W_a-zà-ÿ]{3}")
_FOUR_IN_A_ROW = re.compile(r"[A-ZÀ-Ý0-9-]{4}")
_THREE_APART = re.compile(r"[A-Z0-9][ .-][A-Z0-9][ .-][A-Z0-9]")
"""What every match of a pattern above holds, and few texts do: each is found in a fraction of the time."""
_LOWER_CODE = re.compile(r"[a-z]{3,}\d{2,}")
LONG_CODE = 5
_CUES = frozenset("code codes voucher coupon gutschein codigo cupon".split())
_UNITS = re.compile(
    r"(?i)\d+(?:k|p|mah|ml|cl|gb|tb|w|hz|cm|mm|kg|g|l|mp|in|ft|oz|lb|d|x|fps|mbps|gbps|dpi|rpm|psi|h)s?|\d+(?:st|nd|rd|th)"
)
_COMMON = re.compile(
    r"(?:USB|HDMI|IP[X\d]\d?\d?|SPF|UPF|MP|A\d|B\d|4K|8K|H\d|WI-?FI|COVID|CO2|H2O|B12|D3|K2|Q10|MP3|PM|AM)[-\d.A-Z]*"
)


@rule("code.invented", joined=True, when=has(Sign.DIGIT, Sign.CAPITALS))
def invented(passage: Passage, world: World) -> Iterable[Finding]:
    """Code-like words that are not the offer's code, nor part of what the facts name."""
    offer = world.snapshot.offer
    real = offer.code if offer else None
    candidates = list(_candidates(passage))
    if not candidates:
        return
    masked = [match.span() for match in passage.urls]
    masked += [(mention.start, mention.end) for mention in passage.mentions if mention.strength]
    seen: list[tuple[int, int]] = []
    for start, end in candidates:
        word = passage.text[start:end]
        if word == real or overlaps((start, end), masked) or overlaps((start, end), seen) or _is_known(word, world):
            continue
        seen.append((start, end))
        yield _finding(passage, (start, end), word, real)


def _candidates(passage: Passage) -> Iterable[tuple[int, int]]:
    text = passage.text
    for match in _AFTER_CUE.finditer(text) if _CODE_LIKE.search(text) else ():
        cue = fold(passage.text[match.start() : match.start("code")])
        if _is_code(match["code"], not _CUES.isdisjoint(re.split(r"\W+", cue)), _is_shouted(passage)):
            yield match.span("code")
    yield from _capitals_at_the_till(passage) if _FOUR_CAPITALS.search(text) else ()
    for match in _WITH_DIGIT.finditer(text) if _FOUR_IN_A_ROW.search(text) else ():
        yield match.span()
    for match in _SPACED.finditer(text) if _THREE_APART.search(text) else ():
        # "E A D G B E" tunes a guitar: letters set apart are a code beside a digit, or a word of paying.
        cued = _TILL.search(text) or not _CUES.isdisjoint(passage.words)
        if cued or any(map(str.isdigit, match.group())):
            yield match.span()


def _capitals_at_the_till(passage: Passage) -> Iterable[tuple[int, int]]:
    """ "Pop CHEERS in the box at checkout": a word in capitals, in a sentence about paying."""
    matches = _CAPITALS.finditer(passage.text)
    capitals = [match for match in matches if match[0] == match[0].upper() and not match[0].isdigit()]
    for match in capitals if capitals and not _is_shouted(passage) else ():
        part = passage.sentence_at(match.start())
        if _TILL.search(passage.text, part.start, part.end):
            yield match.span()


def _is_code(word: str, cued: bool, shouted: bool) -> bool:
    """Behind "code", capitals or a digit make a code; behind "use" and the like, both, five capitals or "save20"."""
    digit = any(map(str.isdigit, word))
    if cued:
        return word.isupper() or digit
    if word.isupper():
        return digit or (len(word) >= LONG_CODE and not shouted)
    return bool(_LOWER_CODE.fullmatch(word))


def _is_shouted(passage: Passage) -> bool:
    """True when capitals mean nothing because most words have them."""
    words = [token.surface for token in passage.tokens if len(token.surface) > 3]
    return sum(map(str.isupper, words)) > len(words) / 2


def _is_known(word: str, world: World) -> bool:
    """True for measures, standards, and words of the sayable facts."""
    if _UNITS.fullmatch(word) or _COMMON.fullmatch(word):
        return True
    folded = {token.word for token in words_in(word, "en")}
    facts = world.fact_words
    return bool(folded) and folded <= facts


def _finding(passage: Passage, span: tuple[int, int], word: str, real: str | None) -> Finding:
    if real is None:
        return Finding(span, f"“{word}” reads like a code, and no code was granted.")
    repaired = None
    if _differs_by_one(word, real):
        start, end = passage.source_span(*span)
        repaired = passage.source[:start] + real + passage.source[end:]
    return Finding(span, f"“{word}” is not the code that was granted.", source=f"the code is {real}", repaired=repaired)


def _differs_by_one(word: str, real: str) -> bool:
    """True when one character separates them, so that the slip is plain."""
    return len(word) == len(real) and sum(a != b for a, b in zip(word.upper(), real, strict=True)) <= 1
