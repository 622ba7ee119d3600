"""What a phrase of scarcity or urgency says of the world and not of goods: "winter is almost gone", "sleep is in short
supply". Seasons end and patience runs out by themselves; nobody is hurried to buy by it."""

from __future__ import annotations

from functools import lru_cache

from evals.passage import Passage
from evals.text.dates import MONTHS, WEEKDAYS
from evals.text.lexicon import word_list
from evals.text.numerals import LANGUAGES
from evals.text.phrases import Hit
from evals.text.quantities import Kind
from evals.text.units import UNITS

BEFORE = 4
"""Words before a phrase among which its subject stands."""
BEHIND = 3
"""Words behind "of" or "on" among which stands what runs out."""
_PRONOUNS = frozenset(
    "it it's it'll they they're they'll these those this that we you one ones er sie es diese dieser dieses das wir "
    "il elle ils elles ce ceci cela nous on vous este esta estos estas ella ellos ellas nosotros".split()
)
"""Subjects themselves: "every year it sells out" is not said of the year."""
_LEADING = frozenset(
    "of about on de d del du d' en an mit vom von uber the el la los las le les l' der die das".split()
)


def passes_by_itself(passage: Passage, hit: Hit) -> bool:
    """True where the noun a phrase is said of (the last one before it in its clause, or the one behind "of") is a time
    of year, the light, the weather, or something that no shop sells."""
    start, end = passage.clause_at(hit.start, hit.end)
    before = passage.tokens_in(start, hit.start)[-BEFORE:]
    subject = next((token for token in reversed(before) if not is_small_word(passage, token.word)), None)
    if subject is not None and is_passing(subject.word) and not passage.is_in_name(subject.start, subject.end):
        return True
    behind = passage.tokens_in(hit.end, end)[: BEHIND + 1]
    led = bool(behind) and (behind[0].word in _LEADING or passage.tokens[hit.last - 1].word in _LEADING)
    return led and any(is_passing(token.word) for token in behind[:BEHIND])


def is_passing(word: str) -> bool:
    """A month, a weekday, or a word of `passing.txt`."""
    return word in word_list("passing") or word in MONTHS or word in WEEKDAYS


def is_small_word(passage: Passage, word: str) -> bool:
    """An article, a preposition or another word that says nothing of its own, pronouns apart."""
    if word in _PRONOUNS:
        return False
    own = f"function_words_{passage.world.language}"
    return word in word_list("function_words_en") or (passage.world.language in LANGUAGES and word in word_list(own))


_OTHER_WORDS = 2
"""Words of their own from which a sentence says what else it is about."""
_VAGUE = frozenset(
    "tonight today tomorrow soon late later early ever forever quick quickly fast long really please maybe "
    "heute morgen abend bald spat spater lange schnell kann konnen konnt sein werden wird bitte vielleicht "
    "aujourd hui demain soir bientot tard tot vite longtemps vraiment peut pouvez sera "
    "hoy manana noche pronto tarde rapido puede puedes sera demasiado".split()
)
"""Words that say when or how, and not of what."""
_POINTING = frozenset(
    "it it's it'll its they they're they'll them these those this that's one ones yours here's er ihn ihm diese dieser "
    "dieses diesen celui celle ceux celles cela ca ello este esta estos estas".split()
)
"""Words that may stand for goods named before."""


def is_of_other_things(passage: Passage, hit: Hit) -> bool:
    """True where a sentence says what else its phrase is said of ("don't miss the moon tonight", "les derniers jours de
    l'hiver"): it has words of its own, and none is a product, a price, a word of selling, or one that stands for goods.
    """
    if not passage.world.picks:
        return False  # nothing tells what is sold, so that anything may be
    part = passage.sentence_at(hit.start)
    words = [token for token in passage.tokens_in(part.start, part.end) if not hit.start <= token.start < hit.end]
    told = {token.word for token in words}
    if not told.isdisjoint(word_list("pressed_goods")) or not told.isdisjoint(_POINTING) or len(words) < _OTHER_WORDS:
        return False
    if sum(_says_something(passage, token.word) for token in words) < _OTHER_WORDS:
        return False
    return not _sells(passage, part.start, part.end, hit) and told.isdisjoint(passage.world.offered_words - _small())


def _says_something(passage: Passage, word: str) -> bool:
    if word in _VAGUE or word in UNITS or word in WEEKDAYS or word in MONTHS:
        return False
    return (
        len(word) > 2 and word.isalpha() and not is_small_word(passage, word) and word not in word_list("common_words")
    )


def _sells(passage: Passage, start: int, end: int, hit: Hit) -> bool:
    """A name of a product, a kind of thing that shops sell, an amount, a code or a word of commerce in a range."""
    code = passage.code
    if code and code in passage.text[start:end]:
        return True
    marks = [item.start for item in passage.quantities if item.kind in (Kind.MONEY, Kind.PERCENT)]
    marks += [mention.start for mention in passage.mentions]
    marks += [
        other.start
        for family in passage.families
        if family.startswith(("type:", "offer.", "discount.", "scarcity.", "shipping.")) or family == "urgency.commerce"
        for other in passage.hits(family)
        if other.end <= hit.start or other.start >= hit.end
    ]
    return any(start <= at < end for at in marks)


@lru_cache(maxsize=1)
def _small() -> frozenset[str]:
    """Words of titles that say nothing of what is sold."""
    lists = [word_list("common_words"), word_list("weak_words")]
    return frozenset[str]().union(*lists, *(word_list(f"function_words_{language}") for language in LANGUAGES))
