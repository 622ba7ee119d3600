"""Merge fields and gaps that were never filled. `{first_name}` is the one field a block may hold."""

from __future__ import annotations

import re
from collections.abc import Iterable

from evals.passage import Passage
from evals.rules import Finding, rule
from evals.signs import Sign, has
from evals.text.lexicon import word_list
from evals.world import World

_FIELDS = re.compile(
    r"""\{\{.*?\}\}|\{%.*?%\}|\$\{[^}]*\}|\{[^}\n]*\}|<%.*?%>          # Jinja, Liquid, JavaScript, format, ERB
      |\*\|[^|\n]*\|\*|%%[^%\n]+%%|%[A-Z][A-Z_]{2,}%|\[%[^\]]*%\]      # Mailchimp, AMPscript, ESP macros
      |\[(?!\d)[^\]\n]{1,60}\](?!\()                                   # [Your Name]
      |<(?:[A-Z][A-Z _-]{2,}|(?i:your|first|customer|product|insert|vorname|name|kund(?:e|in)|pr[ée]nom|nom|nombre
        |cliente?|price|preis|prix|precio)[ _a-z]*)>                      # <PRICE>, <your name>
      |(?<![\w/.@-])[a-z]{2,}(?:_[a-z]{2,})+(?![\w/.@=-])                # customer_name
      |_{3,}|\bX{3,}\b|[$£€]\s?(?:X{2,}|x{2,}|(?<!\d[$£€])(?<!\d\s[$£€])\?{1,3}|_+|\#+)(?!\w)|\bX{2,}[.,]?X*\s?[€£$%]|(?<!\w)@@\w+@@|%[sd]\b|\#\{[^}]*\}
    """,
    re.VERBOSE,
)
_WORDS = re.compile(
    r"\b(?:[A-Z]{2,}(?:_[A-Z0-9]+)+|TODO|TBD|TBC|FIXME|XXX"
    r"|INSERT|PLACEHOLDER|FNAME|FIRSTNAME|FIRST_NAME|LNAME|undefined|NaN|lorem ipsum"
    r"|\[object Object\]|insert (?:your |the )?(?:name|product|price|link|text|date|code)\b.{0,20}"
    r"|(?:your|product|customer|first|last|brand|company) name here)(?=\b|\W|$)"
)
_NULL = re.compile(
    r"(?:\b(?:hi|hello|hey|dear|hola|hallo|liebe[r]?|bonjour|salut|estimad[oa]|querid[oa]|for|at|of|your|just|only)\s+)"
    r"(?P<null>null|None|nil|N/A|nan|NULL|undefined)\b|^(?P<bare>null|None|nil|NULL|N/A)\b(?=[\s,.!:]|$)"
    r"|(?P<price>[$£€]\s?(?:null|None|nan|NaN|undefined|--|\?\?))",
    re.IGNORECASE,
)
_ASIDES = frozenset(
    "again still really quite rather almost nearly yes no not always never ever sic also too sorry thankfully please "
    "perhaps maybe only just even well twice once often sometimes actually".split()
)
_GAPS = frozenset(("your", "here"))
"""Small words that stand for something: "[your]", "[here]"."""
_ADVERB = re.compile(r"[a-z]{3,}ly")
_LEGAL = "{first_name}"
_FIELD_MARK = re.compile(r"[{\[<*%_#X@]|[$£€]\s?[x?]")
_TWO_CAPITALS = re.compile(r"[A-Z]{2}")
_NULLS = ("null", "none", "nil", "n/a", "nan", "undefined", "--", "??")
_WORD_MARKS = ("undefined", "nan", "lorem", "[", "insert ", "name here")
_NOTHINGS = has(marks=_NULLS)
_GAP_WORDS = has(marks=_WORD_MARKS)
"""What the words of a gap hold, but those that have two capitals in a row."""
_SIGNS = has(Sign.CAPITALS, Sign.UNPRINTED, marks=(*"{[<*%_$#@", "xx", "£?", "£ ?", "€?", "€ ?", *_NULLS, *_WORD_MARKS))


@rule("placeholder.leftover", when=_SIGNS)
def leftover(passage: Passage, world: World) -> Iterable[Finding]:
    """Template syntax, bracketed instructions, and the empty values of programming languages."""
    text, shown = passage.text, passage.reading.signs
    for match in _FIELDS.finditer(text) if _FIELD_MARK.search(text) else ():
        inner = match.group()[1:-1]
        licensed = inner in _known_brackets(world) or (match.group()[0] == "[" and _is_aside(inner))
        if (match.group() != _LEGAL or world.snapshot.is_finished) and not licensed:
            yield _finding(match.span(), match.group())
    for match in _WORDS.finditer(text) if shown & _GAP_WORDS.mask or _TWO_CAPITALS.search(text) else ():
        yield _finding(match.span(), match.group())
    for match in _NULL.finditer(text) if shown & _NOTHINGS.mask else ():
        if (
            match["price"]
            or match["bare"]
            or match["null"] in ("null", "None", "nil", "N/A", "nan", "NULL", "undefined")
        ):
            yield _finding(match.span(), match.group())


def _is_aside(inner: str) -> bool:
    """ "A [very] short note", "[No. 9, that is]": small words and adverbs in brackets stand for nothing else."""
    words = re.findall(r"[^\W_]+(?:['’][^\W_]+)?", inner.lower())
    small = word_list("function_words_en") | _ASIDES
    return (
        bool(words)
        and _GAPS.isdisjoint(words)
        and all(word in small or word.isdigit() or _ADVERB.fullmatch(word) for word in words)
    )


def _known_brackets(world: World) -> tuple[str, ...]:
    """Bracketed words that are part of a product's name."""
    return tuple(match for thing in world.things for match in re.findall(r"\[([^\]]+)\]", thing.title))


def _finding(span: tuple[int, int], found: str) -> Finding:
    return Finding(span, f"“{found}” was never filled in.")
