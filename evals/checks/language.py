"""`language.wrong`: the text, sentence by sentence, must be in the locale's language.

One detector alone is wrong on 1 to 7 % of short marketing lines. So two must disagree with the locale: py3langid
(a naive Bayes over byte n-grams, Lui & Baldwin 2012) and a count of function words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import lru_cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from evals.passage import TOKEN_NAME, Passage, overlaps
from evals.rules import Finding, rule
from evals.signs import Sign, has
from evals.text.lexicon import word_list
from evals.text.names import stem
from evals.text.tokens import Sentence, Token
from evals.world import World

KNOWN = ("en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "is", "pl")
MIN_LETTERS = 12
SURE = 0.9
SURE_OF_LETTERS = 0.75
"""How sure a detector must be of a text without a word of its language; less so where letters tell as well."""
_ACCENTED = {"en": "éèêïöüçñ", "de": "äöüßéèê", "fr": "àâæçéèêëîïôœùûüÿ", "es": "áéíóúüñ"}
MIN_WORDS = 3
FOREIGN_SCRIPT = re.compile(
    r"[\u0370-\u04ff\u0590-\u06ff\u0900-\u0dff\u0e00-\u0eff\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]{2,}"
)
_EXOTIC = has(Sign.EXOTIC)


@lru_cache(maxsize=1)
def _identifier() -> LanguageIdentifier:
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


@lru_cache(maxsize=4096)
def classify(text: str) -> tuple[str, float]:
    """Language code and probability, by py3langid."""
    language, probability = _identifier().classify(text)
    return str(language), float(probability)


@lru_cache(maxsize=1)
def languages_by_word() -> dict[str, tuple[str, ...]]:
    """For each function word, the languages that have it."""
    found: dict[str, tuple[str, ...]] = {}
    for code in KNOWN:
        for word in word_list(f"function_words_{code}"):
            found[word] = (*found.get(word, ()), code)
    return found


@rule("language.wrong")
def wrong(passage: Passage, world: World) -> Iterable[Finding]:
    """Sentences in another language, and letters of another script."""
    for match in () if not passage.shows(_EXOTIC) else FOREIGN_SCRIPT.finditer(passage.text):
        if match.group() not in world.fact_text:
            yield Finding(match.span(), "Letters of another script.")
    if world.language not in KNOWN:
        return
    plain = _has_no_foreign_words(passage, world)
    judged = False
    for part in passage.sentences:
        if plain and _has_own_words(passage, world, part):
            judged = True
            continue
        words = _own_words(passage, world, part)
        judged = judged or _is_long_enough(words)
        if language := other_language(words, world.language):
            yield _finding(world, part, language)
            return
    whole = Sentence(0, len(passage.text))
    if judged and len(passage.tokens) > SHORT_TEXT:
        return
    words = _own_words(passage, world, whole)
    language = None if judged else other_language(words, world.language)
    language = language or _plain_language(words, world.language)
    if language:
        yield _finding(world, whole, language)


_PLAIN = {
    "en": "order now shop our your the free shipping learn more discover buy browse view likes loves",
    "fr": "bienvenue bonjour bonsoir merci voir decouvrir decouvrez commander commandez acheter essayez chez votre vos "
    "maintenant nouveau nouvelle nouveautes profitez cher chere salut",
    "de": "willkommen danke hallo jetzt ansehen entdecken bestellen kaufen bei deine dein ihre liebe lieber neu neue "
    "mehr anschauen herzlich schau los geht's zum zur",
    "es": "hola gracias bienvenido bienvenida bienvenidos ver descubre compra comprar ahora nuevo nueva tu tus querido "
    "querida prueba nuestra nuestro",
    "it": "ciao grazie benvenuto benvenuta scopri acquista ora nuovo nuova tuo tua prova",
}
_FOREIGN_PLAIN = {code: frozenset(words.split()) for code, words in _PLAIN.items()}
_WITH_ENGLISH = frozenset(("de", "fr", "es"))
"""Languages whose shops find English left in their texts: "Order now", "Our Kundschaft likes the Kanne"."""
SHORT_TEXT = 6
"""Words up to which a greeting or a button is judged by the plainest words of a language alone."""


def _plain_language(words: Sequence[Token], expected: str) -> str | None:
    """The language of a few words that no detector can tell: two of its plainest ones, and none of the expected."""
    spoken = languages_by_word()
    if not 2 <= len(words) <= SHORT_TEXT or any(expected in spoken.get(word.word, ()) for word in words):
        return None
    for code, plain in _FOREIGN_PLAIN.items():
        if code == "en" and expected not in _WITH_ENGLISH:
            continue
        known = [word for word in words if word.word in plain or code in spoken.get(word.word, ())]
        if code != expected and len(known) >= 2 and any(word.word in plain for word in known):
            return code
    return None


@lru_cache(maxsize=16)
def _word_lists(language: str) -> tuple[frozenset[str], frozenset[str]]:
    """Function words of a language, and those of others that it does not have."""
    spoken = languages_by_word().items()
    own = frozenset(word for word, codes in spoken if language in codes)
    return own, frozenset(word for word, codes in spoken if language not in codes)


def _has_no_foreign_words(passage: Passage, world: World) -> bool:
    """True when so few words of the whole text belong to other languages only that no sentence can be in one of them
    as long as it has a word of the expected one (see `other_language`)."""
    _, foreign = _word_lists(world.language)
    found = passage.words & foreign
    return len(found) < 2 and (not found or sum(token.word in found for token in passage.tokens) < 2)


def _has_own_words(passage: Passage, world: World, part: Sentence) -> bool:
    """True when a sentence surely has a function word of its language that is the writer's: small and in no name."""
    if passage.urls or TOKEN_NAME in passage.text:
        return False
    own, _ = _word_lists(world.language)
    for token in passage.tokens_in(part.start, part.end):
        if token.word in own and token.surface[0].islower() and not _is_named(passage, token):
            return True
    return False


def _is_named(passage: Passage, token: Token) -> bool:
    return any(mention.start < token.end and token.start < mention.end for mention in passage.mentions)


def _finding(world: World, part: Sentence, language: str) -> Finding:
    return Finding((part.start, part.end), f"It reads as {language}, not {world.language}.")


def _own_words(passage: Passage, world: World, part: Sentence) -> list[Token]:
    """Words of a sentence that are the writer's: no names, addresses, codes, words of the facts, merge fields."""
    masked = [(mention.start, mention.end) for mention in passage.mentions if mention.strength]
    masked += [match.span() for match in passage.urls]
    field = passage.text.find(TOKEN_NAME)
    masked += [(field, field + len(TOKEN_NAME))] if field >= 0 else []
    first_names = word_list("first_names")
    return [
        token
        for token in passage.tokens_in(part.start, part.end)
        if not token.surface[0].isdigit()
        and not (token.surface[0].isupper() and (stem(token.word) in world.known_words or token.word in first_names))
        and not overlaps((token.start, token.end), masked)
    ]


def _has_foreign_letters(words: Sequence[Token], expected: str) -> bool:
    """ "Merhaba, hoş geldin": a word in small letters with one that the language has not."""
    own = _ACCENTED.get(expected)
    small = (word.surface for word in words if word.surface[0].islower())
    return own is not None and any(not char.isascii() and char not in own for word in small for char in word)


def _is_long_enough(words: Sequence[Token]) -> bool:
    return len(words) >= MIN_WORDS and sum(len(word.word) for word in words) >= MIN_LETTERS


def other_language(words: Sequence[Token], expected: str) -> str | None:
    """The language both detectors see instead of the expected one; None when either doubts it."""
    if not _is_long_enough(words):
        return None
    spoken = languages_by_word()
    codes = [spoken.get(word.word, ()) for word in words]
    own = sum(expected in found for found in codes)
    if own and sum(bool(found) and expected not in found for found in codes) < 2:
        return None  # no other language can have two words more
    counts = Counter(code for found in codes for code in found)
    best = max(KNOWN, key=lambda code: (counts[code], code == expected))
    text = " ".join(word.surface for word in words)
    if best != expected and counts[best] >= max(2, own + 2):
        language, _ = classify(text)
        return best if language != expected else None
    if own == 0 and len(words) >= 4:
        language, probability = classify(text)
        least = SURE_OF_LETTERS if _has_foreign_letters(words, expected) else SURE
        return language if language != expected and probability > least else None
    return None
