"""What a phrase of scarcity or urgency says of the world and not of goods: "winter is almost gone", "sleep is in short
supply". Seasons end and patience runs out by themselves; nobody is hurried to buy by it."""

from __future__ import annotations

from evals.passage import Passage
from evals.text.dates import MONTHS, WEEKDAYS
from evals.text.lexicon import word_list
from evals.text.numerals import LANGUAGES
from evals.text.phrases import Hit

BEFORE = 4
"""Words before a phrase among which its subject stands."""
BEHIND = 3
"""Words behind "of" or "on" among which stands what runs out."""
_PRONOUNS = frozenset(
    "it it's it'll they they're they'll these those this that we you one ones er sie es diese dieser dieses das wir "
    "il elle ils elles ce ceci cela nous on vous este esta estos estas ella ellos ellas nosotros".split()
)
"""Subjects themselves: "every year it sells out" is not said of the year."""
_LEADING = frozenset("of on de d' en an mit the el la los las le les l' der die das".split())


def passes_by_itself(passage: Passage, hit: Hit) -> bool:
    """True where the noun a phrase is said of (the last one before it in its clause, or the one behind "of") is a time
    of year, the light, the weather, or something that no shop sells."""
    start, end = passage.clause_at(hit.start, hit.end)
    before = passage.tokens_in(start, hit.start)[-BEFORE:]
    subject = next((token for token in reversed(before) if not _is_small(passage, token.word)), None)
    if subject is not None and is_passing(subject.word) and not passage.is_in_name(subject.start, subject.end):
        return True
    behind = passage.tokens_in(hit.end, end)[: BEHIND + 1]
    led = bool(behind) and (behind[0].word in _LEADING or passage.tokens[hit.last - 1].word in _LEADING)
    return led and any(is_passing(token.word) for token in behind[:BEHIND])


def is_passing(word: str) -> bool:
    """A month, a weekday, or a word of `passing.txt`."""
    return word in word_list("passing") or word in MONTHS or word in WEEKDAYS


def _is_small(passage: Passage, word: str) -> bool:
    if word in _PRONOUNS:
        return False
    own = f"function_words_{passage.world.language}"
    return word in word_list("function_words_en") or (passage.world.language in LANGUAGES and word in word_list(own))
