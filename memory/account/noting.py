"""Ids that give nothing away, and what was noted for the shop's own people."""

from __future__ import annotations

import hashlib

from memory.phrases import Phrasebook


def hashed(text: str) -> str:
    """A short id of something that is not to be read in an address."""
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def noted(reason: str, say: Phrasebook) -> str:
    """Reasons are written for the shop's people, in English; behind a sentence."""
    return " " + say.say("noted", reason=reason)
