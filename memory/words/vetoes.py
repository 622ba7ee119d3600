"""What is not taken at its word: questions, wishes, hearsay, irony, other people's tastes, orders to a machine.

Nothing rather than something wrong: a veto drops the sentence, and what speaks to a machine, of another's address, or
of a sensitive topic drops the whole text. GDPR art. 9 and design rules 2 and 4 are why.
"""

from __future__ import annotations

import re
import unicodedata

from memory.sensitive import sensitive_topic
from memory.words.reading import Sentence

UNREAL = frozenset(
    "if would wish hope hoped hoping expect expected should could might wanted want thought supposed maybe "
    "perhaps d ll unless wenn falls wurde wurden ware waren hatte hatten konnte mochte hoffte hoffe wollte dachte "
    "vielleicht ob soll sollte si serait aurait voulais pensais esperais aimerais voudrais pourrait peut seria "
    "queria pensaba esperaba gustaria ojala quizas podria hubiera fuera".split()
)
"""Conditions, wishes and expectations: what was not."""
OTHERS = frozenset(
    "husband wife son daughter mum mom mother dad father sister brother friend friends boyfriend girlfriend "
    "partner boss colleague colleagues neighbour cat dog he she his her people some others everyone everybody "
    "anyone nobody someone mann frau sohn tochter mutter mama vater papa schwester bruder freund freunde freundin "
    "freundinnen kollegin kollege nachbarin oma opa manche andere anderen leute viele jeder keiner niemand katze "
    "hund mari femme fils fille mere pere maman soeur frere ami amie amis copain copine gens certains autres chat "
    "chien marido mujer esposa esposo hijo hija madre padre mama hermana hermano amigo amiga amigos novio novia "
    "gente otros otras gato perro jemand on".split()
)
"""Somebody else's taste, or everybody's."""
HEARSAY = frozenset(
    "says say said told claims claimed claim advertised description according reviews reviewer apparently "
    "supposedly sagt sagte sagen laut angeblich beschreibung bewertungen dit disent disait parait selon "
    "description avis dice dicen decia segun descripcion supuestamente".split()
)
IRONY = frozenset(
    "oh wow yeah sure right lol haha bravo klar na naja natuerlich tja vaya claro evidemment seriously".split()
)
COMPARED = frozenset(
    "old previous other former last usual usually used better worse than instead most anymore longer before "
    "except apart besides another alte alten alter vorherige andere anderes fruher sonst besser lieber mehr "
    "ausser statt meisten ancien ancienne autre avant mieux sauf plupart plus anterior anteriores antes otro otra "
    "mejor salvo excepto resto normalmente viejo vieja unlike ya".split()
)
"""It may be the other thing, or an earlier time, that is spoken of."""
_UNSURE = UNREAL | HEARSAY | IRONY
_ELSEWHERE = OTHERS | COMPARED
_IRONIC_SIGNS = re.compile(r"/s\b|🙄|🙃|😒|\bnot!|\.\.\.|…|\b[A-Z]{5,}\b")
_TO_A_MACHINE = re.compile(
    r"""[{}<>\\`] | \[\[ | \]\] | \#{3,} | \$\{ | https?: | \bwww\. | \S@\S
    | \b[\w-]+\.(?:example|com|net|org|io|shop)\b
    | \b(?:system|assistant|user|human|developer|instruction|instructions|prompt|prompts|chatbot|bot|llm|gpt)\b
    | (?-i:\b(?:A\.?I|KI|IA)\b)
    | \b(?:ignore|disregard|override|forget|pretend|ignoriere|vergiss|ignorez|oubliez?|ignora|ignorar|olvida)\b
    | \b(?:sprachmodell|anweisung\w*|consignes?|instrucci[oó]n\w*|mod[eè]le\s+de\s+langage|modelo\s+de\s+lenguaje)\b
    | \b(?:the|every|next|this|your|note\ to|to\ the)\s+(?:e-?mails?|subject|writer|newsletter|reader|model)\b
    | \b(?:write|say|mention|print|output|repeat|translate|reveal|append|promise)\b\s*(?:[:"“'‘]|that\b|the\s+words?\b)
    | \b(?:schreibe?|sage?|erw[aä]hne|[eé]cris|[eé]crivez|dites|mentionne[zr]?|escribe|di\s+que|menciona)\b\s*[:"“'‘«„]
    | \b(?:address|call|sign)\s+(?:me|it|off|as)\b | \bas\ an?\ (?:ai|assistant)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_NUMBER = re.compile(r"\d(?:[\s().-]*\d){4,}")
"""Telephone, order and card numbers; a review of a kettle needs none."""


def unfit(text: str) -> str | None:
    """Why nothing of this text is taken: `machine`, `number`, `script` or a sensitive topic; None when it may be."""
    if _TO_A_MACHINE.search(text):
        return "machine"
    if _NUMBER.search(text):
        return "number"
    if _mixed_scripts(text):
        return "script"
    return sensitive_topic(text)


def is_modal(sentence: Sentence) -> bool:
    """A question, a wish, hearsay or irony: no statement about how something is."""
    if "?" in sentence.text or _IRONIC_SIGNS.search(sentence.text):
        return True
    return any(word.form in _UNSURE for word in sentence.words)


def is_foreign(sentence: Sentence) -> bool:
    """About another person's taste, another thing or another time."""
    return any(word.form in _ELSEWHERE for word in sentence.words)


def _mixed_scripts(text: str) -> bool:
    """A word in letters of two scripts is a look-alike, written to pass a filter."""
    if text.isascii():
        return False
    return any(len(_scripts(word)) > 1 for word in text.split() if not word.isascii())


def _scripts(word: str) -> set[str]:
    names = (unicodedata.name(char, "").split(" ", 1)[0] for char in word if char.isalpha())
    return {name for name in names if name in ("LATIN", "CYRILLIC", "GREEK")}
