"""Is a small model's line about what it was asked to retell? The closed world, held at the level of words.

A model of 135 M parameters drifts: asked to retell "beans from Huila with apple and toffee" it may bring in Kenya, or
matcha, or start to stutter. Its line is offered only when it names the product once, each content word stems from its
notes, from the examples' own turns of phrase, or from plain words that claim nothing (`cup`, `enjoy`, `morning`),
and it is a sentence. Stronger models are held by the guard alone.
"""

from __future__ import annotations

import calendar
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from itertools import pairwise, takewhile

from prompts.model import Message

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+(?:[.,]\d+)*")
_ENDINGS = (
    "ations", "ation", "ingly", "ness", "ings", "edly", "ing", "ies", "ied", "est", "ers", "ely", "ed", "er", "es",
    "ly", "y", "s", "e",
)  # fmt: skip
_MIN_STEM = 3
_REPEAT = 4
"""Words in a row that may not come twice."""
PLAIN_WORDS = frozenset(
    """
    a about above across add after again all almost along already also always am among an and another any anyone
    are around as at away back be because become been before behind being below beside between both bring brings
    but by can choose come comes company cup day do does done down each easily easy either else enjoy enough even
    evening ever every everyday feel feels few find fit fits for found friend from get give gives go goes good got
    happy has have having he hello help helps her here him his hold holds home how i if in inside instead into
    is it its itself just keep keeps kitchen know last lend lends let lets like little live long look looks lot
    lovely many may me meet mine moment more morning most much my need needs next nice nicely
    note now of off often old on once one only onto or order other our out over own pair pairs part perhaps
    pick picks place plain please pleasure put quite rather reach ready really right sat say see seem set sets
    share shelf show simple simply sit sits small so some someone something sometimes soon stand stands start stay
    stays still such suit suits sure table take takes taste tastes than thank thanks that the their them then there
    these they thing things think this those through time to today together too touch treat try turn turns two
    under until up upon us very want warm way we week welcome well what when where which
    while who whole why will wish with within word work works would year yet you your yours yourself
    i'm it's that's you're you'll you've we've we're we'll here's there's they're
    """.split()
)
"""Words that claim nothing. Those that turn a statement round or into the past (not, without, was) have to be known."""
_VERBS = frozenset(
    """
    is are has have holds hold keeps keep comes come makes make takes take gives give sits sit stands stand fits fit
    tastes taste smells smell opens open stacks stack lasts last goes go works work lets let brings bring turns turn
    pours pour folds fold washes wash cuts cut dries dry stops stop lies lie stays stay does do will can
    """.split()
)

_SENTENCE = re.compile(r"[.!?:]\s+")
_VARIANT = re.compile(r"([A-Z]\w*,) ([A-Z]\w*)")
"""`Tea Towel, Ink`: the colour or size behind a product's name."""
_MONTH = f"(?:{'|'.join(name for name in calendar.month_name if name)})"
_DATE = re.compile(rf"\d+ {_MONTH}")
_BOUGHT = re.compile(rf"You bought (?:the )?(.+?)(?: (?:on \d+|in) {_MONTH})?\.")
_NOUNLESS = re.compile(
    r"\ban? [\w-]*(?:ed|thrown|sewn|woven|spun|cut|cast|built|bound|blown|grown|split)"
    r" (?:in|over|from|by|with|for|on)\b"
)
"""`is a hand-thrown in Stoke`."""
_WITHIN = re.compile(r" (?:of|with|in|for|on) ")
_GOES_ON = re.compile(r"[.!?] [a-z]")
_COUNTED = re.compile(r"(?:set|box|pack|pair|case|bag|tin)[ /]\d")
"""`set 12 colour pencils`, `set/6 candles`: one thing of many."""
_OF_ONE = (["is"], ["has"], ["was"], ["costs"])
"""What `the Bypass Secateurs` do not do."""
_OF_SEVERAL = (["are"], ["have"], ["were"], ["cost"])
_THEY = frozenset({"they", "them", "their", "they're"})
_LEADS: tuple[list[str], ...] = ([], ["is"], ["you", "get"])
"""What may stand between a name and the words of its note: `the Hand Trowel, a forged trowel`."""
_SEVERAL = frozenset("two three four five six seven eight nine ten twelve several".split())
KEPT = 0.5
"""Least share of a turn of phrase that a line keeps: of 654 written, sound ones kept 0.56 and more, bits 0.3."""
MAX_APART = 0.6
"""Good lines lie below a half, as `you get` and the turn of phrase around the notes count as apart too."""
_MONTHS = frozenset(name.casefold() for name in calendar.month_name if name)
_BOUNDARIES = frozenset("that which who with from of for in to and or made on at by it its so as but".split())


def known_words(messages: Sequence[Message], extra: Iterable[str] = ()) -> frozenset[str]:
    """Stems a retelling may use: those of the last user message and `extra`, and the examples' turns of phrase.

    An example's turn of phrase is what its answer adds to its question; its product and facts stay out.
    """
    questions = [message.content for message in messages if message.role == "user"]
    answers = [message.content for message in messages if message.role == "assistant"]
    borrowed = _stems(questions[:-1])
    return (_stems(answers) - borrowed) | _stems(questions[-1:]) | _stems(extra)


def turn_of_phrase(messages: Sequence[Message]) -> frozenset[str]:
    """The words that all answers of the examples have in common."""
    answers = [frozenset(_words(message.content)) for message in messages if message.role == "assistant"]
    return frozenset.intersection(*answers) if answers else frozenset()


def why_unfit(
    text: str,
    name: str,
    known: frozenset[str],
    *,
    about: str = "",
    fact: str = "",
    turn: frozenset[str] = frozenset(),
) -> str | None:
    """None when the line may be offered, else what is wrong, in words for the record.

    `name` is the product as it must be named; `about` the sentence a pitch retells, `fact` the one an opening
    retells (both empty for other blocks); `turn` the words of the examples' turn of phrase.
    """
    if (text[:1].islower() and not text.startswith(name)) or _GOES_ON.search(text):
        return "begins in the middle of a sentence"
    said = name.casefold()
    body = _spelling(name).sub(lambda _: said, " ".join(text.casefold().split()))
    if not 1 <= body.count(said) <= 1 + about.casefold().count(said) + fact.casefold().count(said):
        return "does not name the product once"
    if not about and len(turn & set(_words(text))) < KEPT * len(turn):
        return "leaves the turn of phrase"
    foreign = [word for word in _words(text) if word not in PLAIN_WORDS and _stem(word) not in known]
    if foreign:
        return f"not in its notes: {', '.join(foreign[:5])}"
    if _repeats(_words(text), [["the", *_words(name)], _words(fact)]):
        return "repeats itself"
    if not _names_of(fact) <= set(_words(text)):
        return "leaves out whom or what its fact is about"
    if not about and _mixes_numbers(said, *body.split(said, 1)):
        return "mixes singular and plural"
    if fact and (wrong := _why_no_opening(text, name, fact)):
        return wrong
    if about and not _capitals(_after_first(text)) <= _capitals(f"{name} {_after_first(about)}"):
        return "capitalises common words"
    return _why_no_retelling(body, said, about) if about else None


def _why_no_retelling(body: str, name: str, about: str) -> str | None:
    before, _, after = body.partition(name)
    following = _words(after)
    if _words(about) in (following, following[1:]) and not is_plural(name):
        return None  # The note as it stands, after the name or after "is".
    if before in ("", "the ") and following[:1] and following[0] not in _VERBS | _verbs_of(about):
        return "has no verb after the name"
    if any(_drops_article(following[len(lead) :], _words(about)) for lead in _LEADS if following[: len(lead)] == lead):
        return "drops the article"
    if _NOUNLESS.search(after) or _is_headless(name, following):
        return "has an article without a noun"
    if _disagrees(name, following) or _counts_otherwise(following, _words(about)):
        return "mixes singular and plural"
    if not _things(following, before=["and"]) <= _things(_words(about)):
        return "adds a thing"
    if any(not _could_follow_it(word) for word in _new_after_it(following, _words(about))):
        return "has no verb after it"
    if _can_do_what_you_can(following, _words(about)):
        return "shuffles its notes"
    source = [_stem(word) for word in _words(about)]
    told = [stem for stem in map(_stem, _content(after)) if stem in source and stem not in _stems([name])]
    if any(told.count(stem) > source.count(stem) for stem in told):
        return "repeats itself"
    # A retelling that jumps back has shuffled who does what: "a beech handle with a kettle".
    places = [source.index(stem) for stem in dict.fromkeys(told)]
    if _says_twice(following, _words(about)):
        return "repeats itself"
    if places != sorted(places) or _leaves_half(following, _words(about)):
        return "shuffles its notes"
    return "rewords its notes beyond recognition" if _apart(following, _words(about)) > MAX_APART else None


def _why_no_opening(text: str, name: str, fact: str) -> str | None:
    """`The Tea Towel, Ink on Your Wish List, is back`; `the Tea Towel, and the Mustard`; a date said twice."""
    inside = {word for sentence in _SENTENCE.split(text) for word in _WORD.findall(sentence)[1:] if word[0].isupper()}
    if not inside <= _capitals(f"{fact} {name}"):
        return "capitalises common words"
    if any(" ".join(pair) not in text for pair in _VARIANT.findall(fact) if pair[1] in _capitals(text)):
        return "tears a name apart"
    more = re.search(rf"\b{re.escape(_words(fact)[-1])} (?:and|or)\b", text.casefold())
    if more and more[0] not in f"{fact} {name}".casefold():
        return "adds to its fact"
    dates = _DATE.findall(text)
    if len(dates) > len(set(dates)):
        return "repeats itself"
    return _why_no_reason(text, name, fact)


def _why_no_reason(text: str, name: str, fact: str) -> str | None:
    """What was bought comes whole and first, and then what is shown: "after the one, here is the other", not round."""
    told = _BOUGHT.fullmatch(fact)
    if told is None or _words(told[1]) == _words(name):
        return None
    bought = _spelling(told[1]).search(text.casefold())
    if bought is None:
        return "leaves out whom or what its fact is about"
    shown = _spelling(name).search(text.casefold(), bought.end())
    return None if shown else "swaps what was bought with what is shown"


def _mixes_numbers(name: str, before: str, after: str) -> bool:
    """`Here is the Secateurs`, `the Secateurs is back`; `the Blackberry and Bay Candle are still in your cart`."""
    next_word = _words(after)[:1]
    if number_of(name) is not False and (before.endswith("here is the ") or next_word in _OF_ONE):
        return True
    of_several = before.endswith("here are the ") or next_word in _OF_SEVERAL or not _THEY.isdisjoint(_words(after))
    return of_several and not is_plural(name)


def _is_headless(name: str, following: Sequence[str]) -> bool:
    """`The Blackberry and Bay Candle is a blackberry and bay with …`: the name again, without what it is."""
    if following[:2] not in (["is", "a"], ["is", "an"]):
        return False
    words = _words(name)
    said = list(takewhile(words.__contains__, following[2:]))
    after = following[2 + len(said) :][:1]
    return bool(said) and words[-1] not in said and (not after or after[0] in _BOUNDARIES)


def _things(words: Sequence[str], before: Sequence[str] | None = None) -> set[str]:
    """Words behind "a" or "an", where a word of `before` stands before that: `knife` of `… and a knife`."""
    triples = zip(["", *words], words, words[1:], strict=False)
    return {word for one, article, word in triples if article in ("a", "an") and (before is None or one in before)}


def _new_after_it(told: Sequence[str], source: Sequence[str]) -> set[str]:
    """Words after "it" that do not follow it in the notes: "people who mean it about breakfast" does."""
    after, before = ({word for one, word in pairwise(words) if one == "it"} for words in (told, source))
    return after - before


def _could_follow_it(word: str) -> bool:
    """`and it size for porridge`."""
    return word in _VERBS or word.endswith(("s", "ed", "'ll")) or word in _BOUNDARIES


def _says_twice(told: Sequence[str], source: Sequence[str]) -> bool:
    """`a small cup of savoury, for a small cup`: two words together that the notes have once."""
    pairs, known = list(pairwise(told)), list(pairwise(source))
    long_enough = (pair for pair in pairs if max(map(len, pair)) > 4)
    return any(pairs.count(pair) > max(1, known.count(pair)) for pair in long_enough)


def _leaves_half(told: Sequence[str], source: Sequence[str]) -> bool:
    """`is one that suits the stove` of `one that suits the shed as well as the stove`: where the words stand as in the
    notes, what is left out in the middle is a phrase of its own, up to the next one, as `from Anxi` is."""
    same = SequenceMatcher(None, source, told, autojunk=False).get_matching_blocks()[:-1]
    if len(told) - sum(one.size for one in same) > 1:
        return False
    gaps = ((one.a + one.size, two.a) for one, two in pairwise(same))
    return any(end - start > 1 and not {source[start], source[end]} <= _BOUNDARIES for start, end in gaps)


def _apart(told: Sequence[str], source: Sequence[str]) -> float:
    """Share of neighbouring words that are no neighbours in the notes: an honest retelling keeps its phrases."""
    pairs = list(pairwise(told))
    known = set(pairwise(source))
    return sum(pair not in known for pair in pairs) / len(pairs) if pairs else 0.0


def _after_first(text: str) -> str:
    """A sentence without its first word, which has its capital anyway."""
    return text.partition(" ")[2]


def _capitals(text: str) -> set[str]:
    return {word for word in _WORD.findall(text) if word[0].isupper()}


def _drops_article(told: Sequence[str], source: Sequence[str]) -> bool:
    """`slate grey plate` for `A slate grey plate`."""
    return source[:1] in (["a"], ["an"]) and told[:1] == source[1:2]


def _disagrees(name: str, following: Sequence[str]) -> bool:
    """`the digestives is …`, `… is a crumbly oat biscuits half-dipped in …`."""
    if following[:1] == ["is"] and is_plural(name):
        return True
    if following[:2] in (["are", "a"], ["are", "an"]):
        return True
    if following[1:2] not in (["a"], ["an"]):
        return False
    phrase = following[2:]
    end = next((place for place, word in enumerate(phrase) if word in _BOUNDARIES), len(phrase))
    heads = zip(phrase[:end], [*phrase[1:end], "of"], strict=True)
    return any(is_plural(word) and (after in _BOUNDARIES or after.endswith(("ed", "half"))) for word, after in heads)


def _counts_otherwise(told: Sequence[str], source: Sequence[str]) -> bool:
    """`The Wrapping Paper is a block-printed …` of a note that begins with three sheets."""
    return told[:2] in (["is", "a"], ["is", "an"]) and not _SEVERAL.isdisjoint(source[:1])


def _can_do_what_you_can(told: Sequence[str], source: Sequence[str]) -> bool:
    """`a spring that can replace` of a spring you can replace."""
    able, before = ({one for one, word in pairwise(words) if word == "can"} for words in (told, source))
    return "you" in before and not able <= before


def _verbs_of(about: str) -> set[str]:
    """`fills` of `a pot that fills three cups`, and of `fills three cups`: a note without its subject."""
    words = _words(about)
    first = words[:1] if about[:1].islower() else []
    return {*first, *(word for before, word in pairwise(words) if before in ("that", "which", "it"))}


def number_of(name: str) -> bool | None:
    """Whether a product is named in the plural; None where its name, in small letters, does not tell.

    "Secateurs" are several and a salad bowl is one. Of two words the first may be the thing, as in "doormat hearts";
    "60 cake cases vintage christmas" has it in the middle; and rooibos only looks like several.
    """
    head = _WITHIN.split(name, maxsplit=1)[0]
    if _COUNTED.match(head):
        return False
    *before, last = head.split() or [""]
    counted = any(word.isdecimal() or word in _SEVERAL for word in before[:1])
    if is_plural(last) and (counted or not before) and not last.endswith("os"):
        return True
    return None if counted or any(map(is_plural, [*before, last])) else False


def is_plural(name: str) -> bool:
    """Of a word, or of a name by its head, in small letters: a box of crackers is one box."""
    head = _WITHIN.split(name, maxsplit=1)[0]
    if _COUNTED.match(head):
        return False
    return head.endswith("s") and not head.endswith(("ss", "us", "is", "as", "'s"))


def _names_of(fact: str) -> set[str]:
    """Capitalised words after the first, months left out: what the fact is about, which nothing may stand in for."""
    _, _, rest = fact.partition(" ")
    return {word for name in rest.split() if name[0].isupper() for word in _words(name)} - _MONTHS


def _repeats(words: Sequence[str], names: Iterable[Sequence[str]] = ()) -> bool:
    """A run of words that comes again, unless two of the `names` share it: "Gift Wrap Set" in both."""
    stutter = any(one == two == three for one, two, three in zip(words, words[1:], words[2:], strict=False))
    runs, known = Counter(_runs(words)), Counter(run for name in names for run in _runs(name))
    return stutter or any(times > max(1, known[run]) for run, times in runs.items())


def _runs(words: Sequence[str]) -> list[tuple[str, ...]]:
    return [tuple(words[start : start + _REPEAT]) for start in range(len(words) - _REPEAT + 1)]


def _spelling(name: str) -> re.Pattern[str]:
    """The words of a name, whatever stands between them: a model sets the comma or the space that a feed left out."""
    words = [re.escape(word).replace("'", "['’]") for word in _words(name)]
    apart = r"[\W_]*".join(words) or re.escape(name.casefold())
    return re.compile(rf"(?<!\w){apart}(?!\w)")


def _content(text: str) -> list[str]:
    return [word for word in _words(text) if word not in PLAIN_WORDS]


def _words(text: str) -> list[str]:
    return [word.replace("’", "'") for word in _WORD.findall(text.casefold())]


def _stems(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(_stem(word) for text in texts for word in _words(text))


def _stem(word: str) -> str:
    word = word.removesuffix("'s")
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _MIN_STEM:
            return word.removesuffix(ending)
    return word
