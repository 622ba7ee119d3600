"""HTML and header injection, and formats that leak into plain text (Markdown, JSON, entities)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from evals.draft import BlockName
from evals.passage import Passage
from evals.rules import Finding, rule
from evals.signs import has
from evals.world import World

HEADERS: frozenset[BlockName] = frozenset(("subject", "preheader"))
_TAG = re.compile(
    r"</?[a-zA-Z!?][^>\n]{0,200}>?|<\s+/?(?:script|style|iframe|img|svg|a|b|i|div|p|br|form|input|object|embed)\b|&(?:lt|#0*60|#x0*3c);?\s*/?[a-z!]",
    re.IGNORECASE,
)
_SCRIPT = re.compile(
    r"javascript\s*:|vbscript\s*:|\bon[a-z]{3,15}\s*=\s*[\"'\w]|data:text/html|expression\s*\(", re.IGNORECASE
)
_HEADER = re.compile(r"[\r\n]|%0[ad]", re.IGNORECASE)
_HEADER_NAME = re.compile(
    r"(?:^|[\r\n])\s*(?:bcc|cc|to|from|reply-to|content-type|mime-version|x-[a-z-]+)\s*:\s", re.IGNORECASE
)
_MARKDOWN = (
    re.compile(r"(?P<mark>\*\*|__)(?=\S)(?P<inner>.+?)(?<=\S)(?P=mark)"),
    re.compile(r"!?\[(?P<inner>[^\]\n]+)\]\([^)\n]*\)"),
    re.compile(r"`+(?P<inner>[^`\n]+)`+"),
    re.compile(r"(?m)^\s{0,3}#{1,6}\s+(?P<inner>.+)$"),
    re.compile(r"(?<![\w*])\*(?=[^\s*])(?P<inner>[^*\n]+)(?<=\S)\*(?![\w*])"),
)
_FENCE = re.compile(r"```[a-z]*\n?|~~~")
_JSON = re.compile(r"^\s*[{\[]\s*\"|\"\s*:\s*\"|\"\s*,\s*\"\w+\"\s*:|^\s*[\]}]\s*$|\{\s*'\w+'\s*:")
_ESCAPE = re.compile(r"\\[nrt\"'](?![a-z])|\\n|\\u[0-9a-f]{4}")
_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{2,5}|#x[0-9a-fA-F]{2,5});")
_RULE_LINE = re.compile(r"(?m)^\s*(?:-{3,}|={3,}|\*{3,}|#{2,})\s*$")
_LABEL = re.compile(
    r"^\s*[\"'*_]*(?:subject(?: line)?|preheader|preview(?: text)?|opening|pitch|closing|cta|call to action|body"
    r"|headline|title|e-?mail|text|message|output|response|answer|betreff(?:zeile)?|vorschau|objet|asunto|t[ií]tulo"
    r"|button|greeting)"
    r"[\"'*_]*\s*:\s*",
    re.IGNORECASE,
)


@rule("html.injection", when=has(marks="<&:=("))
def html_injection(passage: Passage, world: World) -> Iterable[Finding]:
    """A tag, an escaped tag or a script address. Blocks are plain text."""
    if "<" in passage.text or "&" in passage.text:
        for match in _TAG.finditer(passage.text):
            if not re.fullmatch(r"<\s?(?:[A-Z]|3)", match.group()):
                yield Finding(match.span(), "It holds HTML; blocks are plain text.")
    for match in _SCRIPT.finditer(passage.text) if any(mark in passage.text for mark in ":=(") else ():
        yield Finding(match.span(), "It holds script code.")


@rule("header.injection", blocks=HEADERS, when=has(marks=("\r", "\n", "%0", ":")))
def header_injection(passage: Passage, world: World) -> Iterable[Finding]:
    """A line break in what becomes a header (RFC 5322 section 2.2), raw or percent-encoded, or a header's name."""
    for pattern in (_HEADER, _HEADER_NAME):
        if match := pattern.search(passage.source):
            yield Finding(match.span(), "A line break here would start another mail header.")


@rule("format.leak", when=has(marks=("--", "==", *"`~*_[]{}#\\&:\"'“”„«»")))
def format_leak(passage: Passage, world: World) -> Iterable[Finding]:
    """Markdown, JSON, escapes, entities, labels and quotes around the whole: undone where that is safe."""
    cleaned = plain(passage.source)
    if cleaned != passage.source and not _is_title_in_quotes(passage, cleaned):
        yield Finding(
            (0, len(passage.text)),
            "It holds formatting that a reader would see as symbols.",
            repaired=cleaned if cleaned and not _JSON.search(cleaned) else None,
        )
    elif match := _JSON.search(passage.text):
        yield Finding(match.span(), "It is a piece of JSON.")


def _is_title_in_quotes(passage: Passage, inner: str) -> bool:
    """ "„Verdammt gute Suppen“": the quotation marks are those of a title, not a model's around its answer."""
    whole = passage.source.strip()
    marks = 2 if whole[1:-1].strip() == inner else 0
    return marks > 0 and any(mention.end - mention.start + marks + 1 >= len(whole) for mention in passage.mentions)


def plain(text: str) -> str:
    """Text without Markdown, fences, labels, escapes, entities and wrapping quotes."""
    text = _FENCE.sub("", text) if "`" in text or "~" in text else text
    for pattern in _MARKDOWN if any(mark in text for mark in "*_[`#") else ():
        text = pattern.sub(lambda match: match["inner"], text)
    text = _RULE_LINE.sub("", text) if any(mark in text for mark in ("--", "==", "**", "##")) else text
    text = _ESCAPE.sub(" ", text) if "\\" in text else text
    if "&" in text and _ENTITY.search(text):
        text = html.unescape(html.unescape(text))
    text = _LABEL.sub("", text) if ":" in text else text
    return _unquoted(text)


def _unquoted(text: str) -> str:
    """Without the quotes a model puts around its whole answer. Guillemets are an author's: models put none."""
    stripped = text.strip()
    pairs = (('"', '"'), ("“", "”"), ("'", "'"), ("„", "“"))
    for first, last in pairs:
        if len(stripped) > 2 and stripped[0] == first and stripped[-1] == last:
            inner = stripped[1:-1]
            if first not in inner and last not in inner:
                return inner.strip()
    return text
