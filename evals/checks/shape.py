"""The shape of a text: emoji, repetition, and endings that are no endings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from operator import eq

import emoji
from rapidfuzz import fuzz

from evals.licences import folded_in
from evals.passage import TOKEN_NAME, Passage
from evals.rules import PROSE, Finding, rule
from evals.signs import Sign, has
from evals.snapshot import AttributeValue
from evals.text.canonical import fold
from evals.text.keeping import kept_with
from evals.text.lexicon import word_list
from evals.text.tokens import Sentence, Token
from evals.verdict import Severity
from evals.world import World, union

FIRST_EMOJI = "\u203c"
"""The lowest code point that is an emoji without a digit or sign before it."""
MAX_EMOJI = 2
MAX_EMOJI_SUBJECT = 1
SAME = 90.0
"""Ratio (rapidfuzz, 0 to 100) from which two sentences say the same."""
_PAIRS = {"(": ")", "[": "]", "“": "”", "„": "“", "«": "»"}
_OPENED = re.compile(f"[{re.escape(''.join(_PAIRS))}]")
_END = frozenset(".!?…:)\"'”“»’")
_CLAUSE_VERBS = frozenset("ist sind war wird werden".split())
_SUBORDINATORS = frozenset("wenn sobald dass weil was wie ob bevor nachdem damit solange falls wo".split())
_LINKS = frozenset("and but so because which that while where und aber weil dass et mais parce y pero".split())
_SUBJECTS = frozenset("it he she they we you er es wir ihr il elle ils elles nous vous ella ellos".split())
_PRONOUNS = frozenset("he she they we i er wir ich il elle ils elles on je nous ella ellos ellas nosotros yo".split())
"""Subjects that wait for their verb at the end of prose."""
_SALUTATION_END = re.compile(r"^[^.!?\n]{2,40}[,:]\s*$")
_NO_END = "Its last sentence has no end."
PHRASE = 8
"""Words within which a noun phrase comes to its preposition."""
_COPULAS = frozenset(("is", "are", "it's", "that's", "he's", "she's", "was", "be"))
_PREPOSITIONS = frozenset(("in", "with", "for", "from", "of", "on", "at", "by"))
_MEASURED = frozenset(("size", "weight", "capacity", "material", "volume", "diameter", "cover", "closure", "hand"))
"""Names of attributes that a small model takes for the thing itself ("it's a size for porridge")."""
_QUALITY_KEYS = frozenset(
    "material colour color scent fragrance notes flavour flavor roast glaze finish origin made_in made process cover"
    " parfum size key_ingredient".split()
)
HEADINGS = frozenset(("subject", "preheader", "cta"))
EXCLAIMED = 5
"""Letters of a word that may be called three times."""
LONG_SENTENCE = 7
"""Words from which an unpunctuated last sentence after punctuated ones counts as cut off."""
LONG_ALONE = 9
"""The same for the only sentence of a block."""


@rule("emoji.flood", when=has(Sign.EXOTIC, marks="©®"))
def emoji_flood(passage: Passage, world: World) -> Iterable[Finding]:
    """More than two emoji in a block, or one in a subject."""
    if max(passage.source, default="") < FIRST_EMOJI:
        return
    limit = MAX_EMOJI_SUBJECT if passage.name == "subject" else MAX_EMOJI
    found = emoji.emoji_list(passage.source)
    if len(found) > limit:
        kept = passage.source
        for item in reversed(found[limit:]):
            kept = kept[: item["match_start"]] + kept[item["match_end"] :]
        cleaned = re.sub(r"[ ]{2,}", " ", kept).strip()
        yield Finding((0, len(passage.text)), f"{len(found)} emoji; {limit} is the limit.", repaired=cleaned or None)


_SMALL = frozenset("the a an and of to your der die und le la de el y".split())
"""Words that nobody writes twice in a row; "die, die" begins a clause."""


@rule("repetition.loop")
def loop(passage: Passage, world: World) -> Iterable[Finding]:
    """A sentence said twice, three words three times, one word four times in a row."""
    yield from _sentences_twice(passage)
    yield from _runs(passage)


def _sentences_twice(passage: Passage) -> Iterable[Finding]:
    seen: list[str] = []
    for part in passage.sentences if len(passage.sentences) > 1 else ():
        said = key_of(passage.text[part.start : part.end])
        if any(is_same(said, other) for other in seen) and len(said.split()) >= 3:
            yield Finding((part.start, part.end), "It says the same twice.", repaired=_without(passage, part))
            return
        seen.append(said)


@lru_cache(maxsize=4096)
def key_of(sentence: str) -> str:
    """A sentence reduced to its folded words, in order."""
    return " ".join(re.findall(r"\w+", fold(sentence)))


def is_same(one: str, other: str) -> bool:
    """True when two keys are equal, or nearly so, or hold the same words in another order."""
    if one == other:
        return True
    short, long = (one, other) if len(one) <= len(other) else (other, one)
    alike, begins = len(short) >= len(long) * 0.8, long.startswith(short)
    if not (alike or begins) or (words := short.count(" ") + 1) < 4:
        return False
    if begins and long.count(" ") + 1 - words <= 2:
        return True
    return alike and (fuzz.ratio(one, other) >= SAME or sorted(one.split()) == sorted(other.split()))


def _without(passage: Passage, part: Sentence) -> str | None:
    start, end = passage.source_span(part.start, part.end)
    kept = (passage.source[:start].rstrip() + " " + passage.source[end:].lstrip()).strip()
    return kept or None


def _runs(passage: Passage) -> Iterable[Finding]:
    words = [token.word for token in passage.tokens]
    again = len(words) - len(passage.words)
    if not again:
        return
    for at in range(len(words) - 2) if any(map(eq, words, words[1:])) else ():
        if (words[at : at + 3] == [words[at]] * 3 and not _is_exclaimed(passage, at)) or (
            words[at] == words[at + 1] and words[at] in _SMALL and _is_stammered(passage, at)
        ):
            yield _run(passage, at, at + 2)
            return
    if again < 2:
        return
    grams = list(zip(words, words[1:], words[2:], strict=False))
    counts = Counter(grams)
    first = next((at for at, gram in enumerate(grams) if counts[gram] >= 3 and not _is_listed(grams, gram)), None)
    if first is not None:
        yield _run(passage, first, first + 3)


def _is_listed(grams: list[tuple[str, str, str]], gram: tuple[str, str, str]) -> bool:
    """ "One for the desk, one for the bed, one for the bag": each time another word follows."""
    behind = [after[-1] for found, after in pairwise(grams) if found == gram]
    return len(behind) == grams.count(gram) == len(set(behind))


def _is_stammered(passage: Passage, at: int) -> bool:
    """Two small words that are the same to the letter, with a space between: "là : la" are two."""
    one, other = passage.tokens[at : at + 2]
    return one.surface.lower() == other.surface.lower() and not passage.text[one.end : other.start].strip()


def _is_exclaimed(passage: Passage, at: int) -> bool:
    """ "Ho ho ho.", "Dot dot dot…": a short word three times and nothing else in its sentence."""
    sentence = passage.tokens[at].sentence
    whole = [token.word for token in passage.tokens if token.sentence == sentence]
    return whole == [passage.tokens[at].word] * 3 and len(passage.tokens[at].word) <= EXCLAIMED


def _run(passage: Passage, first: int, last: int) -> Finding:
    return Finding(
        (passage.tokens[first].start, passage.tokens[last - 1].end), "It repeats itself like a stuck record."
    )


@rule("text.truncated")
def truncated(passage: Passage, world: World) -> Iterable[Finding]:
    """A last sentence that stops in the middle, a bracket or quote left open, an article whose noun is missing."""
    text = passage.text.rstrip()
    if not passage.tokens:
        return
    if headless := _headless(passage, world):
        yield headless
    last = passage.sentences[-1]
    problem = _open_pair(passage) or _bad_ending(passage, world, text, last)
    if problem:
        # "Until soon, over a cup, all of us at the shop": a closing is signed, and a signature has no full stop.
        weight = Severity.WARN if problem == _NO_END and passage.name == "closing" else None
        yield Finding((last.start, last.end), problem, repaired=_without_last(passage, last), severity=weight)


def _open_pair(passage: Passage) -> str | None:
    for first, second in _PAIRS.items() if _OPENED.search(passage.source) else ():
        if first == "„" or passage.source.count(first) <= passage.source.count(second):
            continue
        if first == "(" and re.search(r"[:;]-?\(|<3", passage.source):
            continue
        if first == "“" and "„" in passage.source:
            continue  # In German it closes.
        return f"“{first}” is never closed."
    return "A quotation mark is never closed." if _has_odd_quotes(passage.text) else None


def _has_odd_quotes(text: str) -> bool:
    """Inch marks behind digits are no quotes, unless one closes a name that ends in a number („Herdkanne 3“)."""
    return text.count('"') % 2 == 1 and len(re.findall(r'(?<!\d)"', text)) % 2 == 1


def _bad_ending(passage: Passage, world: World, text: str, last: Sentence) -> str | None:
    token = passage.tokens[-1]
    tail = text[token.end :]
    if passage.urls and passage.urls[-1].end() >= len(text):
        return None
    dangling = word_list(f"dangling_{world.language}") if world.language in ("en", "de", "fr", "es") else frozenset()
    if text.endswith(("-", "–", "—", "&", "/", "$", "£")) and not text.endswith((",-", ",–", ",—")):
        return "It stops in the middle."
    if _is_whole_word(passage, token):
        dangling = frozenset()
    if not tail.strip() and token.word in dangling and not (_is_particle(passage, token) or _ends_clause(passage)):
        return f"It stops after “{token.surface}”."
    if passage.name in PROSE and not (tail.strip() or _is_whole_word(passage, token)) and _is_subject(passage, token):
        return f"It stops after “{token.surface}”."
    if (
        tail.strip() in (",", ";")
        and not _SALUTATION_END.match(text[last.start :])
        and passage.name not in ("subject",)
    ):
        return "It stops at a comma."
    if (
        tail.startswith(("...", "…"))
        and token.word in dangling
        and token.word in ("the", "a", "an", "of", "and", "und", "et", "y", "der", "la", "el")
    ):
        return "It trails off."
    return _unpunctuated(passage, text, last)


def _is_subject(passage: Passage, token: Token) -> bool:
    """ "It costs $38 and it": a pronoun that must be followed by a verb."""
    before = passage.tokens[-2].word if len(passage.tokens) > 1 else ""
    return token.word in _PRONOUNS or (before in _LINKS and token.word in _SUBJECTS)


def _is_whole_word(passage: Passage, token: Token) -> bool:
    """ "Vas-y", "dis-le-moi": a French imperative carries its pronoun behind a hyphen; "uñas" are no "unas"."""
    return passage.text[: token.start].endswith("-") or "ñ" in token.surface.lower()


def _ends_clause(passage: Passage) -> bool:
    """ "Nachschub, wenn Sie so weit sind": a German clause behind "wenn" or "dass" ends in its verb."""
    *before, last = [token.word for token in passage.tokens if token.sentence == passage.tokens[-1].sentence]
    return passage.world.language == "de" and last in _CLAUSE_VERBS and not _SUBORDINATORS.isdisjoint(before[:-1])


def _is_particle(passage: Passage, token: Token) -> bool:
    """English verbs may end in their particle ("come on in", "what it's for"): not after a full sentence's verb; "en
    plus", "de plus" and "en savoir plus" are complete, and so is "$17 even"."""
    before = passage.tokens[-2].word if len(passage.tokens) > 1 else ""
    if token.word == "plus" and before in ("en", "de", "au", "le", "non", "d", "savoir", "voir", "lire"):
        return True
    if token.word in ("both", "each") and before in word_list("particles_en"):
        return True  # "$51 for both"
    if token.word in ("even", "flat", "over") and any(item.end == token.start - 1 for item in passage.quantities):
        return True
    # "Das Christkind liest mit", "a rope to argue over": a heading ends as it likes, unless in the middle of "of the".
    ends = token.word in word_list("particles_en") or before not in word_list(f"dangling_{passage.world.language}")
    return passage.name in HEADINGS and ends


def _unpunctuated(passage: Passage, text: str, last: Sentence) -> str | None:
    """Prose whose long last sentence does not end: longer where there is no other one that does."""
    if passage.name not in PROSE or text[-1] in _END or text.endswith(TOKEN_NAME):
        return None
    line = text[last.start :].strip()
    listed = line.startswith(("-", "•", "*", "–")) or "\n" in text[max(0, last.start - 1) : last.start]
    words = passage.tokens_in(last.start, last.end)
    least = LONG_SENTENCE if len(passage.sentences) > 1 else LONG_ALONE
    if listed or len(words) < least:
        return None
    return _NO_END


def _without_last(passage: Passage, last: Sentence) -> str | None:
    """The text without its last sentence, when what is left can stand."""
    kept = passage.source[: passage.source_span(0, last.start)[1]].rstrip() if last.start else ""
    return kept if passage.name in PROSE and len(kept.split()) >= 4 and kept[-1] in ".!?" else None


def _headless(passage: Passage, world: World) -> Finding | None:
    """ "It is a hand-thrown in Stoke": an article, qualities of the product, no noun before the next preposition."""
    if world.language != "en" or not world.picks:
        return None
    tokens = passage.tokens
    for at, token in enumerate(tokens) if not passage.words.isdisjoint(_COPULAS) else ():
        opens = token.word in ("a", "an") and at > 0 and tokens[at - 1].word in _COPULAS
        behind = _noun_phrase(passage, at + 1) if opens else []
        field = behind and behind[-1].word in _FIELDS and " and a" not in passage.text[behind[-1].end :]
        if behind and not field and all(word.word in _qualities(world) for word in behind):
            return Finding((token.start, behind[-1].end), "A noun is missing after the article.")
    return None


_FIELDS = frozenset("size sizes colour color shape weight length width height capacity blend kind".split())
"""Names of fields are nouns: "a size for porridge"."""


def _noun_phrase(passage: Passage, first: int) -> list[Token]:
    """Words from `first` to the next preposition of the sentence, "and" and articles left out; else none."""
    found: list[Token] = []
    for token in passage.tokens[first : first + PHRASE]:
        if token.sentence != passage.tokens[first].sentence:
            return []
        if token.word in _PREPOSITIONS:
            return found
        if token.word not in ("and", "a", "an"):
            found.append(token)
    return []


@kept_with
def _qualities(world: World) -> frozenset[str]:
    """Words that say how a product is, and name no thing: its colour, scent, material, and how it was made."""
    values = (str(value) for pick in world.picks for key, value in _adjectives(pick.facts.attributes))
    names = folded_in(" ".join(pick.facts.name for pick in world.picks))
    return (union(folded_in(value) for value in values) | _MEASURED | word_list("processes_en")) - names


def _adjectives(attributes: dict[str, AttributeValue]) -> list[tuple[str, AttributeValue]]:
    return [(key, value) for key, value in attributes.items() if key in _QUALITY_KEYS]
