"""How a text talks: spam, swearing, guilt, false pretences. Lists of phrases, never of single harmless words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from string import ascii_lowercase

from evals.draft import BlockName
from evals.passage import Passage
from evals.rules import Finding, rule
from evals.signs import Sign, has
from evals.text.canonical import fold
from evals.text.lexicon import has_word_list, word_list
from evals.text.phrases import Hit
from evals.verdict import Severity
from evals.world import World

HEADINGS: frozenset[BlockName] = frozenset(("subject", "preheader"))
TRANSACTIONAL_FLOWS = frozenset(("order_confirmation", "shipping_confirmation", "transactional", "receipt"))
_SPACED = re.compile(r"\b(?:[A-Za-z] ){3,}[A-Za-z]\b|\b(?:[A-Z]\.){3,}[A-Z]\b|\b(?:[A-Za-z]-){4,}[A-Za-z]\b")
_MARKS = re.compile(r"[!?]{2,}|[$€£]{2,}|\.{4,}|~{2,}|[!]\s*[!]|(?:[!?]\s?){3,}|>{2,}|<{2,}|[★☆✓✔➤►●→]{2,}")
_TWO_MARKS = re.compile(r"[!?$€£~<>★☆✓✔➤►●→][!?$€£~<>★☆✓✔➤►●→\s]")
"""Stands in every run of marks but the dots."""
_HASHTAG = re.compile(r"(?<![\w&/#])#[A-Za-z]\w{2,}")
_HANDLE = re.compile(r"(?<![\w.])@[A-Za-z]\w{2,}")
_STRETCHED = re.compile(r"([a-z])\1{3,}", re.IGNORECASE)
_MASKED = re.compile(
    r"\b(?:f[\W_u0-9*@#v]{1,3}(?:ck|k)(?:ing|ed|er|in)?|f[u*@#v]c?[*k#@]{1,2}(?:ing|ed)?\b|s[h#*][i1!*|][t7+*](?:ty)?|sh[*#@!1]t(?:ty)?"
    r"|b[i1!*]t[c*]h(?:es)?|a[s$5]{2}h[o0]le|[a@][s$]{2}(?:es)?|[c(][u*]n[t7]|d[i1!*]ckhead|p[i1!]ss(?:ed)?|b[u*]llsh[i1!*]t|d[a@*]mn"
    r"|b[a@*]st[a@*]rd|sch[e3][i1!][sß5$]+e?|m[e3]rd[e3]|put[a@]in|m[i1!][e3]rd[a@]|j[o0]d[e3]r|p[u*]t[a@*o0]s?|f\*+|s\*{2,}t?|b\*{3,}|[a-z]\*{3,}[a-z]?)(?!\w)",
    re.IGNORECASE,
)
_DOTTED = re.compile(
    r"\b(?:f[.\-_ ]u[.\-_ ]c[.\-_ ]k|s[.\-_ ]h[.\-_ ]i[.\-_ ]t|b[.\-_ ]i[.\-_ ]t[.\-_ ]c[.\-_ ]h)\b", re.IGNORECASE
)
_COÑO = re.compile(r"\bcoño\b", re.IGNORECASE)
_FAKE_PREFIX = re.compile(
    r"^[\s\[(]*(?:re|fwd?|fw|aw|wg|antw|tr|rv|rif|sv|vs|r|enc|doorst|odp|pd)\s*(?:\[\d+\]|\(\d+\))?\s*[:：]\s*",
    re.IGNORECASE,
)
_CAPITALS = has(Sign.CAPITALS)
_FOUR_ALIKE = has(marks=(letter * 4 for letter in ascii_lowercase))
_MASKS = frozenset("*@$!#0123456789.-_")
SPACED_LETTERS = 3
"""Words of one letter from which letters may be set apart ("A.B.C.D's")."""
_SOLD = frozenset("free sale deal gift save only".split())
SHOUTED_WORD = 4
"""Capitals count as shouting from this many letters: USB and HDMI are not shouted."""


@rule("style.spam")
def spam(passage: Passage, world: World) -> Iterable[Finding]:
    """Capitals, runs of marks, letters set apart, hashtags, and phrases of bulk mail."""
    if passage.shows(_CAPITALS):
        yield from _shouting(passage, world)
    marks = [pattern for mark, pattern in (("#", _HASHTAG), ("@", _HANDLE)) if mark in passage.text]
    letters = len([token for token in passage.tokens if len(token.surface) == 1]) >= SPACED_LETTERS
    stretched = passage.shows(_FOUR_ALIKE)
    for pattern in (*((_SPACED,) if letters else ()), *((_STRETCHED,) if stretched else ()), *marks):
        for match in pattern.finditer(passage.text):
            if not (pattern is _SPACED and _is_no_word(match.group())) and not any(
                url.start() <= match.start() < url.end() for url in passage.urls
            ):
                yield Finding(match.span(), "It is set like bulk mail.")
    yield from _marks(passage)
    # Whoever writes "click here" in earnest shouts as well: of 7,700 labelled texts a phrase alone caught one.
    for hit in passage.hits("style.spam", "style.worn"):
        if not passage.is_negated(hit.start, hit.end):
            yield Finding((hit.start, hit.end), "A phrase of bulk mail, or a worn one.", severity=Severity.WARN)


def _is_no_word(found: str) -> bool:
    """ "E A D G": few letters set apart shout when they spell a word."""
    letters = "".join(filter(str.isalpha, found))
    return len(letters) <= SPACED_LETTERS + 1 and letters.lower() not in _ordinary("en") | _SOLD


def _marks(passage: Passage) -> Iterable[Finding]:
    text = passage.text
    match = _MARKS.search(text) if "...." in text or _TWO_MARKS.search(text) else None
    limit = 1 if passage.name in HEADINGS or passage.name == "cta" else 2
    if match or text.count("!") > limit:
        last = text.rfind("!")
        span = match.span() if match else (last, last + 1)
        yield Finding(span, "Too many marks.", repaired=calm_marks(passage.source, limit))


def calm_marks(text: str, limit: int) -> str | None:
    """The text with runs of marks cut to one and exclamations beyond `limit` made full stops; None if nothing helps."""
    calmed = re.sub(r"([!?])(?:\s?[!?])+", r"\1", text)
    calmed = re.sub(r"\.{4,}", "…", calmed)
    kept = 0
    pieces: list[str] = []
    for char in calmed:
        kept += char == "!"
        pieces.append("." if char == "!" and kept > limit else char)
    calmed = "".join(pieces)
    return calmed if calmed != text and not _MARKS.search(calmed) else None


def _shouting(passage: Passage, world: World) -> Iterable[Finding]:
    capitals = [token for token in passage.tokens if token.surface.isupper() and _is_long(token.surface)]
    shouted = [token for token in capitals if not _is_licensed_capital(token.surface, world)]
    if not shouted:
        return
    words = [token for token in passage.tokens if _is_long(token.surface)]
    most = len(shouted) > len(words) / 2 and sum(len(token.surface) for token in shouted) >= 8
    # A word that nobody knows is no word shouted: in lower case a code or a planted word would only be harder to see.
    plain = all(token.word in world.fact_words or token.word in _ordinary(world.language) for token in shouted)
    if len(shouted) >= 2 or most or (len(shouted[0].surface) >= 5 and not plain):
        yield Finding(
            (shouted[0].start, shouted[-1].end),
            "It shouts in capitals.",
            repaired=_lowered(passage, [token.surface for token in shouted]) if not most and plain else None,
        )


def _is_long(surface: str) -> bool:
    return len(surface) >= SHOUTED_WORD and surface.isalpha()


@lru_cache(maxsize=8)
def _ordinary(language: str) -> frozenset[str]:
    """Words that say nothing of their own; fewer in a language we have no list of."""
    own = f"function_words_{language}"
    listed = word_list(own) if has_word_list(own) else frozenset()
    return listed | word_list("common_words") | word_list("customer_words")


def _is_licensed_capital(surface: str, world: World) -> bool:
    return surface in world.capitals


def _lowered(passage: Passage, words: list[str]) -> str:
    text = passage.source
    for word in words:
        text = re.sub(rf"\b{re.escape(word)}\b", word.lower(), text)
    return text[:1].upper() + text[1:]


@rule(
    "profanity",
    when=has(
        Sign.MIXED,
        families=("profanity",),
        marks="*@$!#|+(ñ",
        words=("f", "fu", "fv", "fuu", "fuv", "fvu", "fvv", "s", "b"),
    ),
)
def profanity(passage: Passage, world: World) -> Iterable[Finding]:
    """Swear words and insults, also masked ("sh*t") or spelled with digits."""
    for hit in passage.hits("profanity"):
        yield Finding((hit.start, hit.end), "A swear word or an insult.")
    masked = not _MASKS.isdisjoint(passage.text)
    for pattern in (*((_MASKED, _DOTTED) if masked else ()), *((_COÑO,) if "ñ" in passage.text else ())):
        for match in pattern.finditer(passage.text):
            if _is_masked(match.group()) and not passage.is_in_name(*match.span()):
                yield Finding(match.span(), "A swear word, masked.")


def _is_masked(found: str) -> bool:
    """True when the match holds a mask; plain words are the lexicon's business."""
    return not found.isalpha() or fold(found) == "cono"


_DECLINING = re.compile(
    r"\s*(?:no|nope|nah|nein|nö|non)(?:\s(?:thanks|thank you|danke|merci|gracias))?\s?[,:;–—-]\s*\w", re.IGNORECASE
)
""" "No, let my family shiver": a button goes somewhere, and who declines needs none."""


@rule(
    "manipulation.guilt",
    when=has(families=("manipulation.guilt", "manipulation.hint"), words=("no", "nope", "nah", "nein", "no", "non")),
)
def guilt(passage: Passage, world: World) -> Iterable[Finding]:
    """Guilt, shame, threats, and buttons that make "no" sound stupid."""
    blamed = [hit for hit in passage.hits("manipulation.hint") if _is_beside_loss(passage, hit)]
    for hit in (*passage.hits("manipulation.guilt"), *blamed):
        yield Finding((hit.start, hit.end), "It works with guilt, shame or threats.")
    declined = _DECLINING.match(passage.text) if passage.name == "cta" else None
    if declined:
        yield Finding(declined.span(), "A button that says no for the reader, and makes it sound stupid.")


def _is_beside_loss(passage: Passage, hint: Hit) -> bool:
    """ "Imagine her face when she opens it" is joy, "… if there is nothing to open" is guilt: a loss in the sentence of
    the hint or in the next one, and not in a denial."""
    sentence = passage.tokens[hint.first].sentence
    return any(
        0 <= passage.tokens[loss.first].sentence - sentence <= 1 and not hint.first <= loss.first < hint.last
        for loss in passage.hits("manipulation.loss")
    )


@rule("subject.deceptive", more=True, blocks=frozenset(("subject",)), when=has(marks=":："))
def fake_reply(passage: Passage, world: World) -> Iterable[Finding]:
    """Re:, Fwd:, AW:, TR:, RV: before a first e-mail."""
    if match := _FAKE_PREFIX.match(passage.text):
        rest = passage.source[passage.source_span(*match.span())[1] :].lstrip()
        yield Finding(match.span(), "It poses as an answer.", repaired=rest[:1].upper() + rest[1:] if rest else None)


_ANSWERS = re.compile(
    r"\s*(?:re|aw|antw|ré?f|tr|rv|res)\s*[:：]\s*(?:your|deine?|ihre?|votre|vos|ta|ton|tu|su)\s"
    r"(?:question|request|order|message|enquiry|inquiry|frage|anfrage|bestellung|nachricht|demande|commande|pregunta"
    r"|consulta|pedido|solicitud|mensaje)\b",
    re.IGNORECASE,
)


@rule("subject.deceptive", blocks=HEADINGS, when=has(families=("subject.deceptive",), marks=":："))
def deceptive(passage: Passage, world: World) -> Iterable[Finding]:
    """A marketing text that poses as a service message: CAN-SPAM, 16 CFR 316."""
    if world.snapshot.flow in TRANSACTIONAL_FLOWS:
        return
    if match := _ANSWERS.match(passage.text):
        yield Finding(match.span(), "It poses as an answer to something the reader asked or ordered.")
    for hit in passage.hits("subject.deceptive"):
        if passage.ends_in_name(hit):  # "when you have a minute: the 6 Gift Tags"
            continue
        yield Finding((hit.start, hit.end), "It poses as a message about an order, a payment or an account.")
