"""API keys of callers that ask hundreds of times a second: not looked up, and not written to, at every request."""

from __future__ import annotations

import asyncio
import hashlib

from api.background import Background
from api.keys import ApiKey, is_stale, touch, verify
from composer.pace import Bucket
from store.database import Database

TRUSTED_S = 1.0
"""How long a key that was good counts as good without a look: so long can one that was revoked still be used."""
_MOST_KEPT = 1_000
FEED_RATE = 400.0
"""Pulls a second through one URL: more than a sender needs, few enough that nobody tries out all customer ids."""


class KnownKeys:
    """One for each process that serves; end it with `close`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._background = Background()
        # Under a digest: a token is kept nowhere, not even in memory.
        self._good: dict[bytes, tuple[ApiKey, float]] = {}
        self._feeds: dict[str, Bucket] = {}

    async def get(self, token: str) -> ApiKey:
        """The key behind a token, looked up at most once a second. Raises Unauthenticated."""
        digest, now = hashlib.sha256(token.encode()).digest(), asyncio.get_running_loop().time()
        key, until = self._good.get(digest, (None, 0.0))
        if key is None or now >= until:
            key = await self._verified(token)
            if len(self._good) >= _MOST_KEPT:
                self._good.clear()
            self._good[digest] = (key, now + TRUSTED_S)
        return key

    def admits(self, key: ApiKey) -> bool:
        """Whether this key may open another e-mail now; counted where it may."""
        now = asyncio.get_running_loop().time()
        bucket = self._feeds.setdefault(key.id, Bucket(FEED_RATE, now))
        if bucket.wait(1, now) > 0:
            return False
        bucket.take(1, now)
        return True

    async def close(self) -> None:
        """Leave nothing running."""
        await self._background.close()

    async def _verified(self, token: str) -> ApiKey:
        async with self._database.session(readonly=True) as session:
            key = await verify(session, token)
        if is_stale(key):
            # Whoever asks does not wait for a writer: on SQLite there is one at a time, and a run may be it.
            self._background.start("touch_key", self._touch(key))
        return key

    async def _touch(self, key: ApiKey) -> None:
        async with self._database.session() as session:
            await touch(session, key)
