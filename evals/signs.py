"""What a text shows before it is read closely, and what a rule needs to see before it is run.

Most rules look for something that most texts don't hold: a percent sign, a word for delivery, a capital letter in an
odd place. Each names such signs (`@rule(…, when=has(…))`), and a text that shows none of them passes the rule unread.
Signs are found once for all rules, and kept as one integer with a bit a sign, so that skipping a rule costs next to
nothing. They are necessary conditions: a sign more is a rule run for nothing, a sign less is a breach not seen, and a
test runs every labelled case with and without them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import Protocol


class Sign(Enum):
    """Signs that are more than a word or a mark."""

    DIGIT = auto()
    MIXED = auto()
    """A letter beside a digit, as in "sh1t"."""
    CAPITALS = auto()
    """Two letters or digits of which neither is small, side by side or a mark apart ("A.B.", "4×4")."""
    NON_ASCII = auto()
    EXOTIC = auto()
    """A character that is neither Latin nor one of the commonest marks: another script, an emoji, an accent alone."""
    UNPRINTED = auto()
    """Control characters, line breaks among them, and spaces but the plain one."""
    NUMBER = auto()
    """A quantity, in digits or words."""
    NAME = auto()
    """The name of a product we know, or a word of it."""
    URL = auto()
    CODE = auto()
    """The code of the offer."""


Atom = tuple[str, str] | Sign
"""(`family`, `mark` or `word`, the text), or one of the signs above."""

ALWAYS = 1
EVERYTHING = -1
"""All bits set: shown by a text that could not be looked through."""


@dataclass(frozen=True, slots=True)
class Signs:
    """Any of some signs, as bits."""

    mask: int


class Read(Protocol):
    """A text by itself, as `evals.reading.Reading` has it."""

    @property
    def signs(self) -> int: ...


class Shown(Protocol):
    """A text in the world of an e-mail, as `evals.passage.Passage` has it."""

    source: str
    text: str

    @property
    def reading(self) -> Read: ...
    @property
    def families(self) -> Iterable[str]: ...
    @property
    def quantities(self) -> Sequence[object]: ...
    @property
    def mentions(self) -> Sequence[object]: ...
    @property
    def urls(self) -> Sequence[object]: ...
    @property
    def code(self) -> str: ...


_CAPITALS = re.compile(r"[^\Wa-zà-ÿ](?:[^\Wa-zà-ÿ]|[ .×-][^\Wa-zà-ÿ]|--)")
_MIXED = re.compile(r"[^\W\d_]\d|\d[^\W\d_]")
_DIGIT = re.compile(r"\d")
_EXOTIC = re.compile("[^\x00-\u02ff‘’“”„–—…€•]")
_TWO_FACED = frozenset("ıİſ\u212a")
"""Letters that a pattern regardless of case takes for i, s and k, and that lower case does not turn into them."""
_bits: dict[Atom, int] = {}
_IN_TEXT: Mapping[Sign, Callable[[str], object]] = {
    Sign.DIGIT: _DIGIT.search,
    Sign.MIXED: _MIXED.search,
    Sign.CAPITALS: _CAPITALS.search,
    Sign.NON_ASCII: lambda text: not text.isascii(),
    Sign.EXOTIC: _EXOTIC.search,
    Sign.UNPRINTED: lambda text: not text.isprintable(),
}
_IN_WORLD: Mapping[Sign, Callable[[Shown], object]] = {
    Sign.NUMBER: lambda shown: shown.quantities,
    Sign.NAME: lambda shown: shown.mentions,
    Sign.URL: lambda shown: shown.urls,
    Sign.CODE: lambda shown: shown.code and shown.code in shown.text,
}


def has(*signs: Sign, families: Iterable[str] = (), marks: Iterable[str] = (), words: Iterable[str] = ()) -> Signs:
    """Any of these: signs, families of phrases, marks, words.

    A family that ends in `.` or `:` stands for all that begin so. A mark is a piece of text in lower case, found
    anywhere; a word is a whole one, folded as `evals.text.canonical.fold` does.
    """
    atoms: list[Atom] = [*signs]
    for kind, texts in (("family", families), ("mark", marks), ("word", words)):
        atoms += [(kind, text) for text in texts]
    mask = 0
    for atom in atoms:
        mask |= _bits.setdefault(atom, ALWAYS << (len(_bits) + 1))
    _catalogue.cache_clear()
    return Signs(mask)


@dataclass(frozen=True, slots=True)
class _Catalogue:
    """The signs that any rule has asked for, by how they are looked up."""

    in_text: Sequence[tuple[Callable[[str], object], int]]
    in_world: Sequence[tuple[Callable[[Shown], object], int]]
    characters: re.Pattern[str]
    """One of the marks that have a single character."""
    marks: Mapping[str, int]
    long_marks: Sequence[tuple[str, int]]
    words: Mapping[str, int]
    families: Mapping[str, int]
    seen: dict[str, int]
    """The bits of families that came up."""

    def of_family(self, family: str) -> int:
        """The bits of a family: its own, and those of what its name begins with."""
        if family not in self.seen:
            bits = [bit for name, bit in self.families.items() if name.endswith((".", ":")) and family.startswith(name)]
            self.seen[family] = sum(bits, self.families.get(family, 0))
        return self.seen[family]


@lru_cache(maxsize=1)
def _catalogue() -> _Catalogue:
    named: dict[str, dict[str, int]] = {"family": {}, "mark": {}, "word": {}}
    for atom, bit in _bits.items():
        if not isinstance(atom, Sign):
            named[atom[0]][atom[1]] = bit
    single = "".join(re.escape(mark) for mark in named["mark"] if len(mark) == 1)
    return _Catalogue(
        in_text=[(look, _bits[sign]) for sign, look in _IN_TEXT.items() if sign in _bits],
        in_world=[(look, _bits[sign]) for sign, look in _IN_WORLD.items() if sign in _bits],
        characters=re.compile(f"[{single}]" if single else "(?!)"),
        marks=named["mark"],
        long_marks=[(mark, bit) for mark, bit in named["mark"].items() if len(mark) > 1],
        words=named["word"],
        families=named["family"],
        seen={},
    )


def known_signs() -> int:
    """How many signs rules have asked for: where there are more than before, texts are looked through anew."""
    return len(_bits)


def signs_of_text(text: str, words: frozenset[str]) -> int:
    """The bits of the signs that a text shows by itself. `words` are its folded words."""
    if not text.isascii() and not _TWO_FACED.isdisjoint(text):
        return EVERYTHING
    catalogue, lowered, found = _catalogue(), text.lower(), ALWAYS
    for look, bit in catalogue.in_text:
        if look(text):
            found |= bit
    for mark in catalogue.characters.findall(lowered):
        found |= catalogue.marks[mark]
    for mark, bit in catalogue.long_marks:
        if mark in lowered:
            found |= bit
    for word in words & catalogue.words.keys():
        found |= catalogue.words[word]
    return found


def signs_of(shown: Shown) -> int:
    """The bits of all signs that a text shows in its world."""
    catalogue = _catalogue()
    found = shown.reading.signs
    if shown.source != shown.text:
        # Rules on the form of a block read its source: some marks are others in the canonical text.
        found |= signs_of_text(shown.source, frozenset())
    for look, bit in catalogue.in_world:
        if look(shown):
            found |= bit
    for family in shown.families:
        found |= catalogue.of_family(family)
    return found
