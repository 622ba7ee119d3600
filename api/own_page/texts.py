"""Every word of the page but what is remembered, in the reader's language: `words/en.yaml`, `words/de.yaml` …"""

from __future__ import annotations

from pathlib import Path

from fastapi import Request

from memory.phrases import Phrasebook, language_of, phrasebook

WORDS = Path(__file__).parent / "words"


def words(tag: str) -> Phrasebook:
    """For a reader with this BCP 47 tag (`memory.phrases.language_of`)."""
    return phrasebook(WORDS, tag)


def heard(request: Request) -> str:
    """The browser's language, where a link tells nothing: a tag for `words`."""
    listed = request.headers.get("accept-language", "")
    return language_of(*(one.partition(";")[0].strip() for one in listed.split(",")[:10]))
