"""What is said in set phrases: how a thing fits, what it was bought for, what went wrong, what news are wanted.

The phrases stand in `phrases.tsv`, in four languages.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import cast

from memory.words.lexicon import NEGATORS
from memory.words.model import StatementKind
from memory.words.reading import Sentence, Word

_FILE = Path(__file__).with_name("phrases.tsv")
_MINE = (
    "(?:my|our|an?|the|meine[nmrs]?|unsere[nmrs]?|mein|unser|einen?|die|den|das|dem|der|mon|ma|mes|notre|une?|le|la|l"
    "|mis?|una|el)"
)
_GROUPS = {
    "somewhat": "(?:(?:a (?:bit|little|tad|touch)|un peu|un poco|very|quite|rather|sehr|etwas|recht|ziemlich|eher|tres"
    "|plutot|muy) )",
    "bought": "(?:bought|got|ordered|purchased|gekauft|bestellt|kaufte|bestellte|achetee?|commandee?|pris|compre"
    "|comprado|pedi|pedido)",
    "for": rf"(?:for|fur|zum|zur|pour|para|por) (?:{_MINE} )?(?:\w+ )?(?:s )?",
    "present": "(?:gift|present|geschenk|cadeau|regalo)",
    "news": "(?:let me know (?:when|about)|keep me (?:posted|updated|informed) (?:on|about|when)"
    "|notify me (?:when|about)|interested in hearing about|(?:please|do) send me|informiert mich|informieren sie mich"
    "|haltet mich|halten sie mich|schickt mir|schicken sie mir|tenez moi (?:au courant|informee?)|envoyez moi"
    "|prevenez moi|informez moi|avisadme"
    "|avisame|avisenme|enviadme|enviame|mantenedme al (?:dia|tanto)|informadme)",
}
_OCCASIONS = {
    "birthday": r"(?:birthday|\w*geburtstag|anniversaire de (?:ma|mon)|cumpleanos)",
    "christmas": "(?:christmas|weihnachten|noel|navidad)",
    "wedding": "(?:wedding|hochzeit|mariage|boda)",
    "anniversary": "(?:anniversary|hochzeitstag|jahrestag|aniversario)",
    "housewarming": r"(?:housewarming|einweihung\w*|cremaillere)",
    "graduation": "(?:graduation|graduacion|abschlussfeier)",
}
"""Christmas is decorated for by every shop; other feasts of a religion would tell whose it is."""
_TOPICS = {
    "new arrivals": r"(?:new (?:arrivals|products|items|collections?|teas|coffees|flavou?rs|colou?rs)|neuheiten"
    r"|neue[nr]? (?:produkte|artikel|sorten|kollektion\w*)|nouveautes|nouvelles? collections?|novedades"
    r"|nuevos productos|nueva coleccion)",
    "sales": "(?:sales?|discounts?|offers?|deals|angebote|rabatte|promos|promotions|soldes|ofertas|descuentos|rebajas)",
    "restocks": "(?:back in stock|restocks?|restocked|available again|wieder (?:da|verfugbar|lieferbar|auf lager)"
    "|de retour en stock|de nouveau disponibles?|disponible de nuevo|vuelva a estar)",
    "recipes": "(?:recipes?|rezepte|recettes|recetas)",
    "tips": "(?:tips|guides?|tipps|ratgeber|conseils|consejos)",
    "events": "(?:events?|workshops?|tastings?|veranstaltungen|verkostungen|ateliers?|degustations?|talleres|eventos)",
}
OCCASION_NAMES = {value: re.compile(rf"\b{words}\b") for value, words in _OCCASIONS.items()}
TOPIC_NAMES = {value: re.compile(rf"\b{words}\b") for value, words in _TOPICS.items()}
_RECEIVED = frozenset("from received given erhalten bekommen geschenkt recu offert regalaron von".split())
"""It was a gift to them, not from them."""


@dataclass(frozen=True)
class Phrase:
    """One line of the file, its groups filled in."""

    kind: StatementKind
    value: str
    pattern: re.Pattern[str]
    denied_within: bool
    """It holds its own negation: "has not arrived"."""


@lru_cache(maxsize=1)
def all_phrases() -> tuple[Phrase, ...]:
    """As the file has them."""
    lines = (line for line in _FILE.read_text("utf-8").splitlines() if line and not line.startswith("#"))
    return tuple(phrase for line in lines for phrase in _filled(*line.split("\t")))


def _filled(kind: str, value: str, pattern: str) -> Iterator[Phrase]:
    for name, words in _GROUPS.items():
        pattern = pattern.replace(f"<{name}>", words)
    denied = pattern.startswith("!")
    choices = {"<occasion>": _OCCASIONS, "<topic>": _TOPICS}.get(value, {value: ""})
    for chosen, words in choices.items():
        compiled = re.compile(rf"\b(?:{pattern.lstrip('!').replace(value, words) if words else pattern.lstrip('!')})\b")
        yield Phrase(cast("StatementKind", kind), chosen, compiled, denied)


@lru_cache(maxsize=1)
def _any_phrase() -> re.Pattern[str]:
    return re.compile("|".join(phrase.pattern.pattern for phrase in all_phrases()))


def find(sentence: Sentence) -> Iterator[tuple[StatementKind, str, Word, Word]]:
    """Kind, value, first and last word of each phrase in a sentence."""
    words = sentence.words
    said = " ".join(word.form for word in words)
    if not _any_phrase().search(said):
        return
    starts = [0, *accumulate(len(word.form) + 1 for word in words)]
    for phrase in all_phrases():
        found = phrase.pattern.search(said)
        if found is None:
            continue
        first = bisect_right(starts, found.start()) - 1
        last = bisect_right(starts, found.end() - 1) - 1
        if not _is_denied(phrase, words, first, last):
            yield phrase.kind, phrase.value, words[first], words[last]


def _is_denied(phrase: Phrase, words: Sequence[Word], first: int, last: int) -> bool:
    around = words[max(0, first - 4) : first if phrase.denied_within else last + 1]
    if phrase.kind == "bought_for":
        around = words[max(0, first - 4) : last + 3]
        return any(word.form in _RECEIVED or word.form in NEGATORS for word in around)
    return any(word.form in NEGATORS for word in around)
