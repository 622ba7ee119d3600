"""What a model costs, by the price list that is installed."""

from __future__ import annotations

import pytest

from composer.model_settings import Endpoint
from composer.prices import price_of

pytestmark = pytest.mark.anyio


async def test_a_hosted_model_has_its_price_whatever_its_providers_prefix() -> None:
    named, bare = [await price_of(Endpoint(model=model)) for model in ("openai/gpt-4o-mini", "gpt-4o-mini")]
    assert named == bare
    assert named is not None
    assert 0 < named.input_usd < named.output_usd < 0.001


async def test_a_model_nobody_has_priced_is_not_taken_for_free() -> None:
    assert await price_of(Endpoint(model="openai/our-own", api_base="https://models.example/v1")) is None


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "10.0.0.7", "[::1]"])
async def test_a_model_on_ones_own_network_costs_nothing_by_the_token(host: str) -> None:
    price = await price_of(Endpoint(model="hosted_vllm/qwen", api_base=f"http://{host}:8000/v1"))
    assert price is not None
    assert price.input_usd == price.output_usd == 0
