"""Every sentence that a person is told of what is remembered about them: a file for each language."""

from __future__ import annotations

from pathlib import Path

from memory.phrases import ENGLISH, Phrasebook, phrasebook

_FOLDER = Path(__file__).parent


def words(tag: str) -> Phrasebook:
    """For a reader with this BCP 47 tag (`memory.phrases.language_of`)."""
    return phrasebook(_FOLDER, tag)


IN_ENGLISH = words(ENGLISH)
"""As the shop's own people read it, and programs."""
