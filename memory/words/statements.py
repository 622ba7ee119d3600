"""The statements of one customer as they stand at a moment, off the folded state."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import datetime
from typing import Any

from memory.state import Entry, State, micros, moment_of
from memory.words.model import LASTS, MICROSECONDS, Choice, Folded, Statement

SHOWN = 16
"""Statements at most, newest first."""
_OF_TASTE = frozenset({"likes", "prefers", "dislikes"})
_OF_A_PRODUCT = frozenset({"fit", "too_much"})


def statements_of(state: State, as_of: datetime, choices: Collection[Choice] = frozenset()) -> tuple[Statement, ...]:
    """What they said last of each thing and is still believed, newest first, at most `SHOWN`.

    `choices`: answers that several customers gave alike.
    """
    now = micros(as_of)
    found: dict[str, Statement] = {}
    for entry in state["words"]:
        for said in entry[6]:
            if entry[0] + MICROSECONDS[said[0]] <= now:
                continue
            key = _subject(said, entry[4])
            if key not in found:
                found[key] = _statement(key, said, entry, choices)
                if len(found) == SHOWN:
                    return tuple(found.values())
    return tuple(found.values())


def _subject(said: Folded, product_id: str | None) -> str:
    """What a statement is about: a later one about the same takes its place, whichever way it goes."""
    kind, value, about = said[:3]
    if kind in _OF_TASTE:
        return f"taste={value}"
    if kind in _OF_A_PRODUCT:
        return f"{kind}={product_id}" if kind == "fit" else f"{kind}={value}={product_id}"
    return f"{kind}={about}" if kind == "answered" else f"{kind}={value}"


def statement_id(said: Folded, product_id: str | None) -> str:
    """What a statement is found by; a later one about the same has the same."""
    return _id(_subject(said, product_id))


def _id(key: str) -> str:
    return hashlib.blake2b(key.encode(), digest_size=6).hexdigest()


def _statement(key: str, said: Folded, entry: Entry, choices: Collection[Choice]) -> Statement:
    kind, value, about, field, start, end, text = said
    time, _, source, reader, product_id, event_id, _ = entry
    learned = moment_of(time)
    values: dict[str, Any] = {
        "id": _id(key),
        "kind": kind,
        "value": value,
        "about": about,
        "is_choice": kind == "answered" and (about, value) in choices,
        "product_id": product_id,
        "source": source,
        "reader": reader,
        "event_id": event_id,
        "field": field,
        "start": start,
        "end": end,
        "text": text,
        "learned_at": learned,
        "expires_at": learned + LASTS[kind],
    }
    return Statement(**values)
