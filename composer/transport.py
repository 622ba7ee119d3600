"""The wire to a model: one call out, one answer back. What waits, retries and judges is `model_client`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import SecretStr


@dataclass(frozen=True)
class Answer:
    """What came back, unread: `text` is whatever stood where the text should be, None where nothing did."""

    text: object
    finish_reason: str
    input_tokens: int
    output_tokens: int
    cost_usd: float
    """0 for a model without a price."""


class Transport(Protocol):
    """Sends one call."""

    async def send(
        self, body: Mapping[str, Any], *, api_base: str | None, api_key: SecretStr | None, seconds: float
    ) -> Answer:
        """The answer to OpenAI's parameters in `body`, within `seconds`. Raises ModelError and nothing else."""
        ...

    async def close(self) -> None:
        """End what is open."""
        ...
