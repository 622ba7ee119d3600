"""First names: cleaned before use, and put where a block asks for one.

Anybody may type a first name. A sane one is letters with an apostrophe, a hyphen or a full stop between them, one to
three words, none of them a swear word or a word of an order. Whoever has another one is greeted without a name, which
costs little: what is in doubt is left out.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from catalog.untrusted import is_mixed, unmarked
from evals.text.lexicon import families, phrases_of, word_list
from evals.text.numerals import LANGUAGES

TOKEN = "{first_name}"  # noqa: S105 - a placeholder, no secret
_MAX_LENGTH = 40
_MAX_WORDS = 3
_SAME_LETTER = re.compile(r"([^\W\d_])\1{3}", re.IGNORECASE)
_INSIDE = frozenset("'’-. ·")
_AS_TYPED = str.maketrans({"`": "’", "´": "’", "‘": "’", "ʼ": "’", "‐": "-", "‑": "-"})
_NEVER_TYPED = re.compile("[\r\n\v\f\x85\u2028\u2029\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")
"""Ends of lines, and what turns letters around or hides them: no keyboard writes such a thing into a name."""
_JOINERS = frozenset("\u200c\u200d")
_DOMAIN = re.compile(r"\bwww\.|\w\.\w{2,}|\bhttps?\b", re.IGNORECASE)
_NO_NAMES = frozenset(
    """
    null none undefined nan test tester testing unknown guest customer client user username visitor member subscriber
    admin administrator root system assistant bot robot chatbot support service info contact anonymous firstname
    forename surname lastname fullname name vorname nachname prenom nombre apellido kunde kundin gast invite invitado
    cliente usuario utilisateur benutzer sir madam friend winner moderator webmaster staff owner manager
    developer sample
    example default object true false asdf qwerty xxx abc foobar lorem ipsum hitler nazi nazis satan kkk deleted
    redacted
    """.split()
)
"""What forms, exports and jokers leave in the field."""
_NO_WORDS = frozenset(
    """
    the your our this that these those with and from all every everyone now here not are was were have has must should
    claim click buy win won ignore disregard write say tell send visit call free get give reveal print reply respond
    subscribe unsubscribe delete drop select update insert hello dear valued prize reward offer discount sale price
    code order password account refund invoice money cash million bitcoin crypto majesty emperor subject email mail
    newsletter prompt instructions rules rule nobody somebody anybody kill die hate
    deez nuts gesperrt konto loschen spamalot
    ignoriere ignorieren alle jetzt hier gratis kostenlos und dein deine ihre bitte schreibe schreib klicke
    klick gewinner
    cliquez ici gratuit vous votre notre ecris ecrivez ignorez gagnant maintenant
    haz clic aqui usted escribe ignora ganador ahora todas todos
    """.split()
)
"""Words of sentences. Some are names too: one alone counts as a name where it is listed as one."""
_VILE = (
    "fuck", "cunt", "nigger", "nigga", "faggot", "wichser", "arschl", "fotze", "schlamp", "hurens", "encule", "connard",
    "connasse", "salope", "putain", "gilipo", "cabron", "mierd", "pendej", "bitch", "asshole", "arsehole", "shithead",
    "shitface", "bullshit", "dickhead", "dickface", "penis", "vagina", "whore", "porn", "dildo", "rapist", "siegheil",
    "pussy", "cumshot", "blowjob",
)  # fmt: skip
"""Swear words that stand in no name, also within longer words."""
_NAMES_ALL_THE_SAME = frozenset(
    "con dick fanny randy gay gaylord hureyre hureyra porntip pornthip pornchai pornsak pornpan cash".split()
)
"""Names that mean something else as well, and are in no list of names."""
_AT_START = re.compile(r"(^|[.!?…]\s+)\{first_name\}\s*[,:–—-]?\s*(\w?)")
_ANYWHERE = re.compile(r"\s*,?\s*\{first_name\}")


@lru_cache(maxsize=4096)
def clean_first_name(raw: str | None) -> str | None:
    """A name fit to greet with, or None when there is none or it is not a name.

    Invisible characters go, signs and pictures around it go, at most 40 characters stay, `ANNA` and `anna` become
    `Anna`.
    """
    normal = unicodedata.normalize("NFKC", (raw or "").strip().translate(_AS_TYPED))
    if _NEVER_TYPED.search(normal):
        return None
    shown = (char for char in normal if char in _JOINERS or char.isspace() or _visible(char))
    name = _stripped(" ".join("".join(shown).split()))
    if not _is_spelt_like_a_name(name) or not _is_meant_as_a_name(name):
        return None
    if len(name) > _MAX_LENGTH:
        name = name[:_MAX_LENGTH].rsplit(" ", 1)[0]
    return name.title() if name.islower() or (name.isupper() and len(name) > 3) else name


def fill_first_name(text: str, name: str | None) -> str:
    """`text` with the name in place of `{first_name}`; without a name the token goes with its comma and space."""
    if name is not None:
        return text.replace(TOKEN, name)
    text = _AT_START.sub(lambda match: match[1] + match[2].upper(), text)
    return _ANYWHERE.sub("", text)


def _visible(char: str) -> bool:
    return unicodedata.category(char) not in {"Cc", "Cf", "Co", "Cs", "Cn"}


def _stripped(name: str) -> str:
    """Without the signs and pictures that people set around their names; brackets and the like stay, and tell."""
    start, end = 0, len(name)
    while start < end and _is_ornament(name[start]):
        start += 1
    while end > start and _is_ornament(name[end - 1]):
        end -= 1
    return name[start:end]


def _is_ornament(char: str) -> bool:
    return char in " .,'’-!?…~♥♡" or unicodedata.category(char) in ("So", "Sk") or char == "\ufe0f"


def _is_spelt_like_a_name(name: str) -> bool:
    letters = (char in _INSIDE or char in _JOINERS or unicodedata.category(char)[0] in "LM" for char in name)
    return (
        all(letters)
        and any(char.isalpha() for char in name)
        and unmarked(name) == name
        and not _DOMAIN.search(name)
        and not _SAME_LETTER.search(name)
        and not any(is_mixed(word) or unicodedata.category(word[0])[0] == "M" for word in name.split())
        and len(name.split()) <= _MAX_WORDS
    )


def _is_meant_as_a_name(name: str) -> bool:
    """False for placeholders, for the words of a sentence, and for words that nobody is to be greeted with."""
    words = [_folded(word) for word in re.split(r"[\s.-]+", name) if word]
    alone = words[0] if len(words) == 1 else ""
    if name in ("na", "NA"):
        return False
    if alone in _NAMES_ALL_THE_SAME or (alone and alone in _listed() and alone not in _NO_NAMES):
        return True
    if not (_NO_NAMES | _NO_WORDS).isdisjoint(words):
        # "Nan" is somebody's name, "NaN" and "nan" are a spreadsheet's.
        return name == "Nan"
    whole, stems = _swear_words()
    vile = any(word in whole or word.startswith(stems) for word in words if word not in _NAMES_ALL_THE_SAME)
    return not vile and not any(swear in "".join(words) for swear in _VILE)


@lru_cache(maxsize=1)
def _listed() -> frozenset[str]:
    return word_list("first_names") | word_list("given_names")


@lru_cache(maxsize=1)
def _swear_words() -> tuple[frozenset[str], tuple[str, ...]]:
    """Single words of the lexicon in every language it has: those that are whole, and beginnings of others."""
    phrases = phrases_of(families()["profanity"], LANGUAGES)
    words = [one for phrase in phrases if " " not in phrase and phrase[0] != "!" for one in phrase.split("|")]
    whole = frozenset(one for one in words if not one.endswith("*"))
    return whole, tuple(one.removesuffix("*") for one in words if one.endswith("*"))


def _folded(word: str) -> str:
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    return "".join(char for char in decomposed if char.isalpha())
