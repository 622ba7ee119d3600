"""One canonical form for everything we compare, with a way back to the source.

Compatibility characters are folded (NFKC), the apostrophes, quotes, hyphens and spaces of all
typographies become one of each, and characters that show nothing are dropped. Rules read the canonical
text; verdicts point into the source.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

ZERO_WIDTH = frozenset("\u200b\u200c\u200d\u2060\ufeff\u180e\u00ad\ufe0e\ufe0f\u200e\u200f")
"""Characters that show nothing. The soft hyphen and the variation selectors are among them: both are legal."""
_UNIFIED = {
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u02bc\u02b9\u0060\u00b4\u2032\uff07", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\uff02", '"'),
    **dict.fromkeys("\u2010\u2011\u00ad\u2212\ufe63\uff0d", "-"),
    **dict.fromkeys("\u00a0\u2007\u202f\u2009\u200a\u2008\u2002\u2003\u2005\u2006\u205f\u3000\t", " "),
}
_VARIANT = re.compile(f"[{''.join(map(re.escape, _UNIFIED))}]")


@dataclass(frozen=True, slots=True)
class Canonical:
    """Canonical text and, for each of its characters, the index in the source it came from."""

    text: str
    source_length: int
    origin: tuple[int, ...] | None = None
    """None when the two are the same, character by character."""

    def source_span(self, start: int, end: int) -> tuple[int, int]:
        """The half-open source range that became `text[start:end]`."""
        if self.origin is None:
            return start, end
        first = self.origin[start] if start < len(self.origin) else self.source_length
        last = self.origin[end] if end < len(self.origin) else self.source_length
        return first, max(first, last)


def canonicalise(source: str) -> Canonical:
    """Fold `source` character cluster by character cluster, keeping the way back."""
    unified = _unified(source)
    if source.isascii() or _keeps_its_places(source, unified):
        return Canonical(unified, len(source))
    pieces: list[str] = []
    origin: list[int] = []
    for start, cluster in _clusters(source):
        folded = _fold_cluster(cluster)
        pieces.append(folded)
        origin.extend([start] * len(folded))
    return Canonical("".join(pieces), len(source), tuple(origin))


def _unified(source: str) -> str:
    """One of each apostrophe, quote, hyphen and space. By a pattern: few characters need it, and `str.translate`
    looks up every one."""
    return _VARIANT.sub(lambda match: _UNIFIED[match[0]], source)


def _keeps_its_places(source: str, unified: str) -> bool:
    """True when folding would change no length: nothing to compose, to decompose or to drop."""
    return ZERO_WIDTH.isdisjoint(source) and unicodedata.is_normalized("NFKC", unified)


def _clusters(source: str) -> list[tuple[int, str]]:
    """Base characters with the combining marks that follow them, with their start."""
    found: list[tuple[int, str]] = []
    for index, char in enumerate(source):
        if found and unicodedata.combining(char):
            start, cluster = found[-1]
            found[-1] = (start, cluster + char)
        else:
            found.append((index, char))
    return found


def _fold_cluster(cluster: str) -> str:
    if cluster[0] in ZERO_WIDTH:
        return ""
    # Spaces and quotes go first: NFKC would turn U+00B4 into a space and a combining accent.
    return _unified(unicodedata.normalize("NFKC", _unified(cluster)))


@lru_cache(maxsize=16384)
def fold(word: str) -> str:
    """Case, accents and ligatures removed: the key under which words are compared."""
    if word.isascii():
        return word.lower()
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))
