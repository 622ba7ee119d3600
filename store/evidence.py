"""Looking for a person in bytes: what `api.file_search` does with files and `store.table_search` with rows.

An identifier is looked for as it may stand in a file: in UTF-8 and UTF-16, percent-encoded (RFC 3986), as a JSON
string with escapes (RFC 8259), and in base64 (RFC 4648) at each of its three alignments; upper and lower case are one
but for base64. Places are named, never what was found there: a report of a proof must not be a copy of the data.
"""

from __future__ import annotations

import base64
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Self
from urllib.parse import quote

SHORT = 6
"""Characters below which an identifier is looked for as a whole value only: `42` stands in every file."""
_INSIDE_BASE64 = 2
"""Characters at each end of an encoded text that also depend on what stands beside it."""
_TOKEN_BEGINS = 5
"""Bytes of an encrypted value that are looked for first: those of one key begin alike."""
_WORD = re.compile(rb"[0-9a-z]")

Form = Literal["utf-8", "utf-16-le", "utf-16-be", "percent", "json", "base64", "ciphertext", "whole value"]
Progress = Callable[[str, int, int | None], None]
"""Hears (what is being looked through, how far, of how much)."""


@dataclass(frozen=True, slots=True)
class Identifier:
    """Something a person can be found by."""

    kind: str
    """What it is, in words: `e-mail address`, `customer id` …"""
    text: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for."""

    identifiers: tuple[Identifier, ...]
    traces: tuple[str, ...] = ()
    """Ids that stand in rows as they are; looked for in files, in UTF-8."""
    tokens: frozenset[bytes] = frozenset()
    """How encrypted values begin that are gone (`store.crypto.TOKEN_PREFIX_BYTES`)."""

    def to_json(self) -> dict[str, Any]:
        """To keep, encrypted, until the proof is done."""
        identifiers = [[one.kind, one.text] for one in self.identifiers]
        return {
            "identifiers": identifiers,
            "traces": list(self.traces),
            "tokens": sorted(one.hex() for one in self.tokens),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`."""
        identifiers = tuple(Identifier(kind, text) for kind, text in document["identifiers"])
        return cls(identifiers, tuple(document["traces"]), frozenset(map(bytes.fromhex, document["tokens"])))


@dataclass(frozen=True, slots=True)
class Found:
    """Something that was looked for and is there."""

    place: str
    """A file below the folder that was searched, or `table.column`."""
    kind: str
    form: Form
    count: int

    def to_json(self) -> dict[str, Any]:
        """As it is kept and shown."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Needle:
    kind: str
    form: Form
    pattern: bytes
    folded: bool = True
    """Upper and lower case are one."""
    digits_at_end: bool = False
    """`c-1` followed by another digit is another id."""


@dataclass(slots=True)
class Search:
    """`wanted`, ready to be looked for."""

    wanted: Wanted
    _needles: list[_Needle] = field(init=False)
    _whole: list[_Needle] = field(init=False)
    _beginnings: frozenset[bytes] = field(init=False)
    _token_sizes: frozenset[int] = field(init=False)

    def __post_init__(self) -> None:
        long = [one for one in self.wanted.identifiers if len(one.text) >= SHORT]
        self._needles = list(dict.fromkeys(needle for one in long for needle in _needles(one)))
        self._whole = [_Needle(o.kind, "whole value", o.text.lower().encode()) for o in self.wanted.identifiers]
        self._beginnings = frozenset(token[:_TOKEN_BEGINS] for token in self.wanted.tokens)
        self._token_sizes = frozenset(map(len, self.wanted.tokens))

    def in_bytes(self, data: bytes) -> Counter[tuple[str, Form]]:
        """(kind, form) of all that stands in `data`, counted: as raw as it is, whatever stands beside it."""
        found: Counter[tuple[str, Form]] = Counter()
        folded = data.lower()
        for needle in self._needles:
            count = _count(folded if needle.folded else data, needle)
            if count:
                found[needle.kind, needle.form] += count
        for trace in self.wanted.traces:
            needle = _Needle("message id", "utf-8", trace.lower().encode(), digits_at_end=trace[-1:].isdigit())
            if len(trace) >= SHORT and (count := _count(folded, needle)):
                found[needle.kind, needle.form] += count
        if count := self._tokens_in(data):
            found["encrypted value", "ciphertext"] += count
        return found

    def in_text(self, value: bytes) -> Counter[tuple[str, Form]]:
        """As `in_bytes`, in one value of a row: there `ada@…` inside `nada@…` is somebody else."""
        found: Counter[tuple[str, Form]] = Counter()
        folded = value.lower()
        for needle in self._needles:
            if needle.pattern not in (folded if needle.folded else value):
                continue
            if needle.form not in ("utf-8", "json", "percent") or _stands_alone(folded, needle.pattern):
                found[needle.kind, needle.form] += 1
        for needle in self._whole:
            quoted = b'"' + needle.pattern + b'"'
            if len(needle.pattern) < SHORT and (folded == needle.pattern or quoted in folded):
                found[needle.kind, needle.form] += 1
        return found

    def any_in(self, values: bytes) -> bool:
        """Is it worth looking at these values one by one?"""
        folded = values.lower()
        return any(n.pattern in (folded if n.folded else values) for n in self._needles) or any(
            needle.pattern in folded for needle in self._whole if len(needle.pattern) < SHORT
        )

    def _tokens_in(self, data: bytes) -> int:
        found = 0
        for beginning in self._beginnings:
            place = data.find(beginning)
            while place >= 0:
                found += any(data[place : place + size] in self.wanted.tokens for size in self._token_sizes)
                place = data.find(beginning, place + 1)
        return found

    @property
    def overlap(self) -> int:
        """Bytes by which two chunks of a file must overlap, so that nothing falls between them."""
        needles = (len(needle.pattern) for needle in self._needles)
        traces = (len(trace.encode()) for trace in self.wanted.traces)
        return max(*needles, *traces, *self._token_sizes, 0, 0) + 1


def _needles(identifier: Identifier) -> Iterator[_Needle]:
    text, kind = identifier.text, identifier.kind
    digits = text[-1:].isdigit()
    forms: Iterable[tuple[Form, bytes]] = (
        ("utf-8", text.lower().encode()),
        ("utf-16-le", text.lower().encode("utf-16-le")),
        ("utf-16-be", text.lower().encode("utf-16-be")),
        ("percent", quote(text, safe="").lower().encode()),
        ("json", json.dumps(text).strip('"').lower().encode()),
    )
    seen: set[bytes] = set()
    for form, pattern in forms:
        if pattern not in seen:
            seen.add(pattern)
            yield _Needle(kind, form, pattern, digits_at_end=digits and form in ("utf-8", "percent", "json"))
    for spelt in dict.fromkeys((text, text.lower(), text.upper())):
        yield from (_Needle(kind, "base64", pattern, folded=False) for pattern in _base64(spelt.encode()))


def _base64(data: bytes) -> Iterator[bytes]:
    """What of `data` is the same in every base64 text that holds it, for each place it may begin at, in both
    alphabets."""
    for shift in range(3):
        encoded = base64.b64encode(b"\x00" * shift + data).rstrip(b"=")
        inner = encoded[_INSIDE_BASE64 + shift : len(encoded) - _INSIDE_BASE64]
        if len(inner) >= SHORT:
            yield from dict.fromkeys((inner, inner.translate(bytes.maketrans(b"+/", b"-_"))))


def _count(data: bytes, needle: _Needle) -> int:
    if not needle.digits_at_end:
        return data.count(needle.pattern)
    found, place = 0, data.find(needle.pattern)
    while place >= 0:
        end = place + len(needle.pattern)
        found += not data[end : end + 1].isdigit()
        place = data.find(needle.pattern, end)
    return found


def _stands_alone(data: bytes, pattern: bytes) -> bool:
    place = data.find(pattern)
    while place >= 0:
        end = place + len(pattern)
        if not (_WORD.match(data[place - 1 : place]) if place else None) and not _WORD.match(data[end : end + 1]):
            return True
        place = data.find(pattern, place + 1)
    return False
