"""What a model's tokens cost, by LiteLLM's price list as it was released: nothing is fetched."""

from __future__ import annotations

import asyncio
import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from composer.litellm_transport import load_litellm
from composer.model_settings import Endpoint


@dataclass(frozen=True)
class Price:
    """US dollars a token."""

    input_usd: float
    output_usd: float

    @property
    def free(self) -> bool:
        """Costs nothing by the token, as a model on a machine of one's own."""
        return self.input_usd == self.output_usd == 0


FREE = Price(0.0, 0.0)


async def price_of(endpoint: Endpoint) -> Price | None:
    """The price of a model; None when nobody knows it. Loads LiteLLM the first time, in a thread."""
    if _is_own_machine(endpoint.api_base):
        return FREE
    return await asyncio.to_thread(_listed, endpoint.model)


def _listed(model: str) -> Price | None:
    costs = load_litellm().model_cost
    # `openai/gpt-5-mini` stands there as `gpt-5-mini`, `azure/…` with its provider.
    entry = costs.get(model) or costs.get(model.partition("/")[2])
    if entry is None or "input_cost_per_token" not in entry:
        return None
    return Price(float(entry["input_cost_per_token"]), float(entry.get("output_cost_per_token") or 0.0))


def _is_own_machine(api_base: str | None) -> bool:
    host = urlsplit(api_base or "").hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_private
    except ValueError:
        return False
