"""What a claim word needs before it holds a text back: that something is asserted, and asserted of the goods.

A pitch is about its pick. An opening tells of the weather, a subject plays with words, a question leaves the answer
open and an "if" supposes: there, a word that could be a claim is one only where something says what it is said of.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from evals.licences import ProductView
from evals.passage import Passage
from evals.text.canonical import fold
from evals.text.phrases import Hit
from evals.text.tokens import Sentence

_IF = re.compile(
    r"\W*(?:(?:and|but|so|or|then|und|aber|oder|et|mais|ou|y|pero|o)\s)?(?:even\s|auch\s|même\s|incluso\s)?"
    r"(?:if|unless|whether|in case|should you|should your|imagine|picture|suppose|wenn|falls|ob"
    r"|stell(?:en sie)? (?:dir|sich)|si|s'il|s'ils|au cas où|imagine[zs]?|por si|imagina|imagínate|cuando|quand"
    r"|lorsque|when|whenever|until|till)\s",
    re.IGNORECASE,
)
"""How a clause begins that supposes something."""
_YES = re.compile(
    r"\W*(?:yes|yep|yeah|sure|of course|absolutely|always|naturally|indeed|you bet|it (?:is|does|can|has)"
    r"|they (?:are|do|can|have)|this one (?:is|does|has)|ja\b|jawohl|klar|natürlich|aber ja|doch|sicher"
    r"|ist (?:er|sie|es)|oui|bien sûr|évidemment|absolument|il l'est|elle l'est|sí\b|claro|por supuesto|desde luego"
    r"|lo es)",
    re.IGNORECASE,
)
_TOLD = re.compile(
    r"\b(?:did you know|have you heard|guess|wusst(?:e|est|en)|schon gewusst|savez|saviez|sais-tu|sabes|sabías|sabía"
    r"|sabéis)\b",
    re.IGNORECASE,
)
"""A question that tells."""


_HEADINGS = frozenset(("subject", "preheader", "cta"))
"""They play with words, and name what the pitch below them describes."""


_SMALL_TALK = frozenset(("opening", "closing"))
"""There "it" is anything, and only a name or a kind says that a product is meant."""


def is_loose(passage: Passage, hit: Hit, kind: Mapping[str, object]) -> bool:
    """What is asked, supposed, said of nothing or said in a heading is pointed out only. A certificate holds back
    wherever it stands."""
    if kind.get("weight") == "certificate":
        return False
    if passage.name in _HEADINGS or is_only_asked(passage, hit.start) or is_supposed(passage, hit.start, hit.end):
        return True
    if passage.name in _SMALL_TALK and not _names_goods(passage, passage.sentence_at(hit.start)):
        return True
    return not is_of_goods(passage, hit.start, hit.end)


def is_only_asked(passage: Passage, position: int) -> bool:
    """ "Made for rain? Ask us in April": a question that nobody answers with yes claims nothing."""
    if "?" not in passage.text:
        return False
    part = passage.sentence_at(position)
    said = passage.text[part.start : part.end].rstrip(" \"')\n")
    if not said.endswith("?") or _TOLD.search(said):
        return False
    return _YES.match(passage.text, part.end) is None


def is_supposed(passage: Passage, start: int, end: int) -> bool:
    """ "If you like it smoky", "wenn das Leder nass wird": what stands in a clause that supposes is not asserted."""
    first, _ = passage.clause_at(start, end)
    return _IF.match(passage.text, first, start) is not None


_RAIN = re.compile(
    r"\b(?:rain|showers?|splash\w*|regen\w*|schauer|spritzwasser|pluies?|averses?|éclaboussures|lluvias?|chaparr\w+"
    r"|aguaceros?|salpicaduras)\b",
    re.IGNORECASE,
)
_GRADE = re.compile(r"\bIP(?:X[3-9]|\d[3-9])\b", re.IGNORECASE)
"""Grades from spraying water on (IEC 60529)."""
NEXT = 10
"""Characters behind a claim within which its grade may stand, whatever mark is between."""


def is_graded(passage: Passage, hit: Hit, picks: Sequence[ProductView]) -> bool:
    """ "Aguanta la lluvia con IPX6": the clause names the grade that says so, and the facts of the pick hold it."""
    if hit.family not in ("attribute:waterproof", "attribute:water_resistant"):
        return False
    start, end = passage.clause_at(hit.start, hit.end)
    end = max(end, min(hit.end + NEXT, passage.sentence_at(hit.start).end))  # "résiste à la pluie : IPX6"
    grades = [match.group().lower() for match in _GRADE.finditer(passage.text, start, end)]
    rain = _RAIN.search(passage.text, hit.start, hit.end) is not None
    return rain and bool(grades) and any(all(one in fold(pick.hard_text) for one in grades) for pick in picks)


_THAN = re.compile(
    r"(?<!more )(?<!less )(?<!rather )(?:\bthan|\bals|\bque)\s(?:(?:the|an?|any|your|le|la|les|l'|un|une|el|los|las"
    r"|una|die|der|das|den|dem|ein|eine|einen|einem)\s)?(?:\w+\s)?$",
    re.IGNORECASE,
)
_COMPARED = re.compile(
    r"\b\w+er\b|\b(?:more|less|moins|plus|más|menos|mejor|weniger|mehr|same|as|autant|aussi|tan|igual)\b", re.IGNORECASE
)


def is_other_side(passage: Passage, hit: Hit) -> bool:
    """ "Lighter than the cast iron your grandmother swore by": what the thing is measured against is not what it is."""
    than = _THAN.search(passage.text, max(0, hit.start - 32), hit.start)
    first, _ = passage.clause_at(hit.start, hit.end)
    return than is not None and _COMPARED.search(passage.text, first, than.start()) is not None


_THINGS = {
    "en": frozenset(
        "it its it's it'll they they're they've their them this these those ours one ones each every".split()
    ),
    "de": frozenset(
        "er ihn ihm es sie sich dieser diese dieses diesem diesen unser unsere unserer unseren unserem".split()
    ),
    "fr": frozenset("il elle ils elles ce cet cette ces c notre nos celui celle ceux celles".split()),
}
"""Words by which a sentence takes up a thing. Spanish needs none ("Huele a canela")."""
_NO_THINGS = frozenset(
    "week weekend morning evening night month year spring summer autumn fall winter time day days season sunday monday "
    "tuesday wednesday thursday friday saturday january february march april may june july august september october "
    "november december email letter note afternoon christmas easter pleut fait faut neige y gele vente".split()
)
"""Behind those: "this week", "il pleut"."""


def is_of_goods(passage: Passage, start: int, end: int) -> bool:
    """True where a sign says that `[start, end)` speaks of a product: the pitch itself, a name or a kind of the picks,
    or a word that takes one up."""
    if passage.name == "pitch":
        return True
    part = passage.sentence_at(start)
    if _names_goods(passage, part):
        return True
    # A letter tells of much besides: there "it" is a product only where its paragraph names one.
    told = passage.name != "whole" or _names_goods(passage, paragraph_of(passage, part))
    return told and _takes_up(passage, part)


def _names_goods(passage: Passage, part: Sentence) -> bool:
    """A name or a kind of what is shown; where nothing is, nothing tells what is sold."""
    if not passage.world.picks:
        return True
    if any(part.start <= mention.start < part.end and mention.strength for mention, _ in passage.picks_named_in(*part)):
        return True
    return any(part.start <= hit.start < part.end for hit in passage.hits(*passage.world.shown_types))


def paragraph_of(passage: Passage, part: Sentence) -> Sentence:
    """The lines between two line feeds that hold a sentence."""
    begins = passage.text.rfind("\n", 0, part.start) + 1
    ends = passage.text.find("\n", max(part.start + 1, part.end - 1))
    return Sentence(begins, ends if ends > 0 else len(passage.text))


def _takes_up(passage: Passage, part: Sentence) -> bool:
    things = _THINGS.get(passage.world.language)
    if things is None:
        return True
    tokens = passage.tokens_in(part.start, part.end)
    behind = [*(token.word for token in tokens[1:]), ""]
    return any(
        token.word in things and after not in _NO_THINGS and token.surface != "Sie"
        for token, after in zip(tokens, behind, strict=True)
    )
