"""A canonical text read once, whoever it is for: sentences, words, phrases, dates, marks.

Nothing here depends on a snapshot, so equal texts (template lines, legal lines, product descriptions, the blocks of an
e-mail in its text part) are read once for all customers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from evals.signs import known_signs, signs_of_text
from evals.text import lexicon
from evals.text.dates import DateRef, find_dates
from evals.text.keeping import kept_when_met_again, once
from evals.text.phrases import Hit, without_exceptions
from evals.text.tokens import Sentence, Token, sentences, tokenise

URL = re.compile(
    r"(?:h(?:tt|xx)ps?\s?:\s?//|www\.)[^\s<>\"')\]]+|\b[^\W_][\w.-]*\.(?:com|net|org|io|co|uk|de|fr|es|eu|shop|"
    r"store|example|info|biz|xyz|ly|link|click|top|ru|cn)\b(?:/[^\s<>\"')\]]*)?",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")
_INNER_DOT = re.compile(r"\.(?=\S)")
_BUT = ("but", "aber", "mais", "pero", "sino", "sondern")
_CLAUSE_MARK = re.compile(r"[,;:.!?…()\n]|\s[-–—]\s")
_CLAUSE_END = re.compile(rf"{_CLAUSE_MARK.pattern}|\b(?:{'|'.join(_BUT)})\b", re.IGNORECASE)


class Reading:
    """What is found in a canonical text in one language. Positions are of the text."""

    def __init__(self, text: str, language: str) -> None:
        self.text = text
        self.language = language
        self._signs = (0, 0)

    @once
    def sentences(self) -> tuple[Sentence, ...]:
        """Sentences and lines, in reading order."""
        return sentences(self.text)

    @once
    def sentence_ends(self) -> list[int]:
        return [part.end for part in self.sentences]

    @once
    def tokens(self) -> tuple[Token, ...]:
        """Words, in reading order."""
        return tokenise(self.text, self.language, self.sentences)

    @once
    def token_starts(self) -> list[int]:
        return [token.start for token in self.tokens]

    @once
    def words(self) -> frozenset[str]:
        """The folded words, each once."""
        return frozenset([token.word for token in self.tokens])

    @once
    def hits(self) -> tuple[Hit, ...]:
        """Phrases of the lexicons in reading order, without those that an exception covers."""
        first, *others = self.text.split("\n")
        if not others or any(line[:1].isdigit() for line in others):
            # "7." is an ordinal where a text begins, and a sentence's end where a later line does.
            return tuple(without_exceptions(lexicon.matcher(self.language).find(self.tokens)))
        return tuple(_hits_by_line((first, *others), self.language))

    @once
    def has_digits(self) -> bool:
        """True when a digit stands anywhere."""
        return _DIGIT.search(self.text) is not None

    @once
    def dates(self) -> tuple[DateRef, ...]:
        """Dates, those inside product names among them."""
        return tuple(find_dates(self.text, self.tokens, self.language))

    @once
    def urls(self) -> tuple[re.Match[str], ...]:
        """Addresses of web pages, with or without a scheme."""
        looks_like = "//" in self.text or _INNER_DOT.search(self.text)
        return tuple(URL.finditer(self.text)) if looks_like else ()

    @once
    def clause_marks(self) -> tuple[list[int], list[int]]:
        """Where the marks between clauses begin, and where they end."""
        lowered = self.text.lower()
        pattern = _CLAUSE_END if any(word in lowered for word in _BUT) else _CLAUSE_MARK
        marks = [match.span() for match in pattern.finditer(self.text)]
        return [first for first, _ in marks], [last for _, last in marks]

    @property
    def signs(self) -> int:
        """The bits of the signs that the text shows by itself."""
        if self._signs[0] != known_signs():
            self._signs = (known_signs(), signs_of_text(self.text, self.words))
        return self._signs[1]


def _hits_by_line(lines: Iterable[str], language: str) -> Iterable[Hit]:
    """What `Reading.hits` finds in the lines joined: phrases stand within one sentence, so within one line."""
    start = words = 0
    for line in lines:
        hits, count = _hits_in(line, language)
        for hit in hits:
            yield hit._replace(
                start=hit.start + start, end=hit.end + start, first=hit.first + words, last=hit.last + words
            )
        start, words = start + len(line) + 1, words + count


@kept_when_met_again(maxsize=8192)
def _hits_in(line: str, language: str) -> tuple[tuple[Hit, ...], int]:
    """Phrases of one line, and how many words it has. Lists of products have the same lines again and again."""
    reading = Reading(line, language)
    return reading.hits, len(reading.tokens)


@kept_when_met_again(maxsize=1024)
def reading_of(text: str, language: str) -> Reading:
    """A text read; the last 1,024 of those that were read before are kept."""
    return Reading(text, language)
