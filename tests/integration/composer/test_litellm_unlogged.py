"""What LiteLLM keeps of a call that went through us: its price, and no log."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from composer.litellm_transport import Answer, load_litellm, send
from evals.scripted_model import ScriptedModel
from tests.kit.patience import until

BODY = {"messages": [{"role": "user", "content": "Write a line about a bell."}], "max_tokens": 20}


@pytest.fixture
async def server() -> AsyncIterator[ScriptedModel]:
    await asyncio.to_thread(load_litellm)
    async with ScriptedModel("A bell you can hear.") as model:
        yield model


@pytest.fixture
def heard(server: ScriptedModel) -> Iterator[list[str]]:
    """The models of which a listener of LiteLLM's is told that they answered."""
    from litellm.integrations.custom_logger import CustomLogger

    told: list[str] = []

    class Listener(CustomLogger):  # type: ignore[misc]  # LiteLLM has no types
        async def async_log_success_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
            told.append(kwargs["model"])

    litellm, listener = load_litellm(), Listener()
    litellm.callbacks.append(listener)
    yield told
    litellm.callbacks.remove(listener)


async def ask(server: ScriptedModel, model: str = "gpt-4o-mini") -> Answer:
    return await send(f"openai/{model}", BODY, api_base=server.api_base, api_key=None, seconds=20)


async def test_no_log_is_made_of_our_calls_and_others_keep_theirs(
    server: ScriptedModel, heard: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    await asyncio.gather(*(ask(server) for _ in range(3)))
    await load_litellm().acompletion(model="openai/gpt-4o", api_base=server.api_base, **BODY)
    await until(lambda: bool(heard))
    assert heard == ["gpt-4o"]


async def test_a_priced_model_is_still_accounted_for(server: ScriptedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    answer = await ask(server)
    prices = load_litellm().model_cost["gpt-4o-mini"]
    spent = (
        answer.input_tokens * prices["input_cost_per_token"] + answer.output_tokens * prices["output_cost_per_token"]
    )
    assert answer.cost_usd == pytest.approx(spent)
    assert answer.cost_usd > 0


async def test_a_model_on_a_server_of_ones_own_costs_nothing_unless_it_has_a_price(
    server: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    litellm = load_litellm()
    # LiteLLM goes by the name that the server answers with; other tests have made that one free.
    monkeypatch.delitem(litellm.model_cost, "hosted_vllm/scripted", raising=False)
    litellm.register_model(
        {
            "hosted_vllm/rented": {
                "litellm_provider": "hosted_vllm",
                "mode": "chat",
                "input_cost_per_token": 0.5,
                "output_cost_per_token": 2.0,
            }
        }
    )
    own, rented = [
        await send(f"hosted_vllm/{model}", BODY, api_base=server.api_base, api_key=None, seconds=20)
        for model in ("own", "rented")
    ]
    assert (own.text, own.cost_usd) == (rented.text, 0.0)
    assert rented.cost_usd == pytest.approx(rented.input_tokens * 0.5 + rented.output_tokens * 2.0)
    assert litellm.get_model_info("hosted_vllm/own")["input_cost_per_token"] == 0.0, "it need not be looked for"
