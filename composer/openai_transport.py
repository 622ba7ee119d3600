"""An OpenAI-compatible server, spoken to directly: vLLM, llama.cpp, and whatever else speaks the protocol.

For these LiteLLM has nothing to translate, and its call costs ten times the processor time of this one: 4 ms of it, as
much as the rest of an e-mail (benchmarks/model_throughput.py). The protocol is OpenAI's "Create chat completion".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import aiohttp
import pydantic_core
from pydantic import SecretStr

from composer.model_errors import ModelError, error_of_response
from composer.transport import Answer


class OpenAITransport:
    """A `Transport` to one model of one server. Lives on one event loop; connections are reused."""

    def __init__(self, model: str) -> None:
        """`model` is the name under which the server knows it."""
        self._model = model
        self._session: aiohttp.ClientSession | None = None

    async def send(
        self, body: Mapping[str, Any], *, api_base: str | None, api_key: SecretStr | None, seconds: float
    ) -> Answer:
        """See `Transport.send`. Needs `api_base`."""
        asked = {"model": self._model, **{key: value for key, value in body.items() if value is not None}}
        headers = {"Content-Type": "application/json"}
        if api_key is not None:
            headers["Authorization"] = f"Bearer {api_key.get_secret_value()}"
        try:
            async with self._open().post(
                f"{(api_base or '').rstrip('/')}/chat/completions",
                data=pydantic_core.to_json(asked),
                headers=headers,
                timeout=aiohttp.ClientTimeout(total=seconds),
            ) as response:
                raw = await response.read()
        except TimeoutError as error:
            raise ModelError("model_timeout", f"No answer within {seconds:.1f} s.", retryable=True) from error
        except (aiohttp.ClientError, OSError) as error:
            raise ModelError("model_unreachable", type(error).__name__, retryable=True) from error
        if response.status != 200:
            told = {name.lower(): value for name, value in response.headers.items()}
            raise error_of_response(response.status, raw.decode(errors="replace"), told)
        return _read(raw)

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            # How many calls are out at once is the throttle's business.
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        return self._session


def _read(raw: bytes) -> Answer:
    """Raises ModelError `model_garbage` for what is not of the protocol."""
    try:
        document = pydantic_core.from_json(raw)
        choices = document.get("choices")
        usage = document.get("usage") or {}
        return Answer(
            text=choices[0]["message"].get("content") if choices else None,
            finish_reason=(choices[0].get("finish_reason") if choices else "") or "",
            input_tokens=int(usage.get("prompt_tokens") or 0),
            output_tokens=int(usage.get("completion_tokens") or 0),
            cost_usd=0.0,
        )
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise ModelError("model_garbage", "The server's answer is not a chat completion.", retryable=True) from error
