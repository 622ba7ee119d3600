"""A model that sounds sensible and answers when the test lets it: what is in the middle of its work stays there."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from threading import Lock

from aiohttp import web

from evals.scripted_model import Call, Reply, Say, ScriptedModel
from evals.scripts import sound
from tests.kit.patience import LOOK_S

HELLO = "Say hello."
"""What a process asks when it starts, to see the model answer: it is never held."""


@dataclass(frozen=True)
class Letter(Say):
    """Something for an e-mail."""


class HeldModel(ScriptedModel):
    """Answers at once until it is told to hold; then as many calls as it is let.

    May be told from any thread.
    """

    def __init__(self, *, latency_ms: float = 0.0) -> None:
        super().__init__(self._said, latency_ms=latency_ms, seed=1)
        self._lock = Lock()
        self._left: int | None = None
        self.letters = 0
        """Calls for e-mails so far."""

    def hold(self) -> None:
        """Answer nothing for now."""
        with self._lock:
            self._left = 0

    def let(self, calls: int) -> None:
        """Answer so many more."""
        with self._lock:
            assert self._left is not None
            self._left += calls

    def release(self) -> None:
        """Answer all there are and all that come."""
        with self._lock:
            self._left = None

    def _said(self, call: Call) -> Reply:
        if call.prompt == HELLO:
            return Say("Hello.")
        self.letters += 1
        said = sound(call)
        assert isinstance(said, Say)
        return Letter(said.text, said.finish_reason)

    async def _respond(self, request: web.Request, reply: Reply) -> web.StreamResponse:
        while isinstance(reply, Letter) and not self._may():  # noqa: ASYNC110 - it is told from another thread
            await asyncio.sleep(LOOK_S)
        return await super()._respond(request, reply)

    def _may(self) -> bool:
        with self._lock:
            if self._left is None:
                return True
            if self._left == 0:
                return False
            self._left -= 1
            return True
