"""How well the rules read what customers write: precision and recall against labelled texts, by language.

    python -m benchmarks.own_words [CORPUS.jsonl]

A line of a corpus: `id, language, source, text, rating, product, expected` ([[kind, value], …]; empty for a trap).
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from memory.events import parse
from memory.words.extract import read_event

CORPUS = Path(__file__).parents[1] / "evals" / "corpora" / "own_words.jsonl"
NOW = datetime(2026, 6, 1, tzinfo=UTC)
Said = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Read:
    """One labelled text and what was found in it."""

    id: str
    language: str
    text: str
    expected: Said
    found: Said


def read_corpus(path: Path) -> list[Read]:
    """Every text of a corpus, read as an event of its source."""
    return [_read(json.loads(line)) for line in path.read_text("utf-8").splitlines()]


def precision(reads: Iterable[Read]) -> float:
    """The share of what was found that is right; 1 when nothing was found."""
    right, found = _sums(reads, "found")
    return right / found if found else 1.0


def recall(reads: Iterable[Read]) -> float:
    """The share of what there was that was found; 1 when there was nothing."""
    right, there = _sums(reads, "expected")
    return right / there if there else 1.0


def _sums(reads: Iterable[Read], of: str) -> tuple[int, int]:
    reads = list(reads)
    return sum(len(one.found & one.expected) for one in reads), sum(len(getattr(one, of)) for one in reads)


def _read(case: dict[str, Any]) -> Read:
    found = read_event(parse(_message(case), NOW))
    said = frozenset((one.kind, one.value) for one in found)
    expected = frozenset((kind, value) for kind, value in case["expected"])
    return Read(case["id"], case["language"], case["text"], expected, said)


def _message(case: dict[str, Any]) -> dict[str, Any]:
    about = {"product_id": "p1", **case["product"]} if "product" in case else {}
    name, said = {
        "review": ("Product Reviewed", {"review_body": case["text"], "rating": case.get("rating")}),
        "survey": ("Survey Answered", {"question": "Anything else?", "answer": case["text"]}),
        "support": ("Support Ticket Created", {"body": case["text"]}),
    }[case["source"]]
    return {"type": "track", "event": name, "userId": "u1", "messageId": case["id"], "properties": {**about, **said}}


def _print(reads: list[Read]) -> None:
    counts = Counter(one.language for one in reads)
    print("language  texts  traps  precision  recall")
    for language in (*sorted(counts), "all"):
        these = [one for one in reads if language in (one.language, "all")]
        traps = sum(not one.expected for one in these)
        print(f"{language:8}  {len(these):5}  {traps:5}  {precision(these):9.3f}  {recall(these):6.3f}")
    for one in reads:
        if one.found != one.expected:
            print(f"{one.id}: wrong {sorted(one.found - one.expected)}, missed {sorted(one.expected - one.found)}")


if __name__ == "__main__":
    _print(read_corpus(Path(sys.argv[1]) if len(sys.argv) > 1 else CORPUS))
