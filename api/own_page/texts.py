"""Every word of the page but what is remembered, in the reader's language: `words/en.yaml`, `words/de.yaml` …"""

from __future__ import annotations

from pathlib import Path

from memory.phrases import Phrasebook, phrasebook

WORDS = Path(__file__).parent / "words"


def words(tag: str) -> Phrasebook:
    """For a reader with this BCP 47 tag (`memory.phrases.language_of`)."""
    return phrasebook(WORDS, tag)
