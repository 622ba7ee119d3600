"""Chance that repeats: pure functions of stable ids, so that the same request meets the same dice."""

from __future__ import annotations

import hashlib


def unit(*parts: object) -> float:
    """A number in [0, 1), uniform over SHA-256 of the parts."""
    return seed(*parts) / 2**63


def seed(*parts: object) -> int:
    """An integer in [0, 2**63) from the parts. Parts are length-prefixed: ("ab", "c") differs from ("a", "bc")."""
    digest = hashlib.sha256()
    for part in parts:
        data = str(part).encode()
        digest.update(len(data).to_bytes(4, "big") + data)
    return int.from_bytes(digest.digest()[:8], "big") >> 1
