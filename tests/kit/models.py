"""A model without a network, for writers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from composer.model_client import Completion, ModelError
from composer.model_settings import Endpoint
from prompts.model import Message


@dataclass(frozen=True)
class Asked:
    """One call as it reached the model."""

    messages: tuple[Message, ...]
    max_tokens: int
    temperature: float | None
    seed: int | None
    schema: Mapping[str, Any] | None
    until: float

    @property
    def question(self) -> str:
        """The last message."""
        return self.messages[-1].content

    @property
    def everything(self) -> str:
        """All messages, to search in."""
        return "\n".join(message.content for message in self.messages)


class ScriptedClient:
    """Answers with `say(asked)`: a text, or a ModelError to raise. `seconds(asked)` is how long it takes."""

    def __init__(
        self,
        say: Callable[[Asked], str | ModelError],
        *,
        finish_reason: str = "stop",
        seconds: Callable[[Asked], float] = lambda asked: 0.0,
    ) -> None:
        self.endpoint = Endpoint(model="scripted")
        self.asked: list[Asked] = []
        self._say = say
        self._finish_reason = finish_reason
        self._seconds = seconds

    async def complete(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        until: float,
        temperature: float | None = None,
        seed: int | None = None,
        stop: Sequence[str] = (),
        schema: Mapping[str, Any] | None = None,
    ) -> Completion:
        """As `composer.model_client.ModelClient.complete`."""
        asked = Asked(tuple(messages), max_tokens, temperature, seed, schema, until)
        self.asked.append(asked)
        try:
            async with asyncio.timeout_at(until):
                await asyncio.sleep(self._seconds(asked))
        except TimeoutError as error:
            raise ModelError("deadline", "too slow") from error
        answer = self._say(asked)
        if isinstance(answer, ModelError):
            raise answer
        return Completion(answer, self._finish_reason, 10, 5, 0.0, 1.0, "scripted")
