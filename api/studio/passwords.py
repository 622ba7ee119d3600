"""Passwords: Argon2id through pwdlib, in threads, few at a time, and the same effort for nobody.

The parameters are pwdlib's recommended ones, which are RFC 9106's second choice: 64 MiB, 3 passes, 4 lanes.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

from pwdlib import PasswordHash

from store.errors import InvalidInput

SHORTEST_PASSWORD = 12
"""Characters; NIST SP 800-63B asks for 8 at least and for no rules about which."""
LONGEST_PASSWORD = 1_024
_FEWEST_DIFFERENT = 5
_AT_ONCE = 2
"""Comparisons side by side: each holds 64 MiB and a core for a tenth of a second."""
HASHER = PasswordHash.recommended()


class BadPassword(InvalidInput):
    """A password that nobody may choose."""

    reason = "bad_password"


async def hashed(password: str) -> str:
    """Raises BadPassword for one that is too short, too long, or the same few characters."""
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise BadPassword(
            f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD:,} characters.",
            pointer="/password",
            fix="Four words in a row are long enough, and easy to keep in mind.",
        )
    if len(set(password)) < _FEWEST_DIFFERENT:
        raise BadPassword(
            "This password is too easy to guess: it repeats a few characters.",
            pointer="/password",
            fix="Four words in a row are hard to guess, and easy to keep in mind.",
        )
    return await asyncio.get_running_loop().run_in_executor(_threads(), HASHER.hash, password)


async def compare(password: str, kept: str) -> tuple[bool, str | None]:
    """Whether the password is the one of this hash, and a new hash where the kept one has older parameters.

    An empty hash is nobody's: compared all the same, so that the time a refusal takes tells nothing.
    """
    return await asyncio.get_running_loop().run_in_executor(_threads(), _compare, password, kept)


def _compare(password: str, kept: str) -> tuple[bool, str | None]:
    unused = nobody()
    right, newer = HASHER.verify_and_update(password, kept or unused)
    return (right, newer) if kept else (False, None)


@lru_cache(maxsize=1)
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_AT_ONCE, "passwords")


@lru_cache(maxsize=1)
def nobody() -> str:
    """The hash of a password that opens nothing; made before every first comparison, whoever it is for."""
    return HASHER.hash("nobody signs in with this")
