"""Several that ask one model at once, against a server that counts."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from composer.model_client import ALLOW_VARIABLE, ModelClient
from composer.model_settings import Endpoint, Limits
from composer.throttle import Throttle, calling_for
from evals.scripted_model import ScriptedModel
from prompts.model import Message
from tests.kit.patience import PATIENCE_S


@pytest.fixture(autouse=True)
def _loopback_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ALLOW_VARIABLE, "loopback")


def asking(server: ScriptedModel, throttle: Throttle) -> ModelClient:
    return ModelClient(Endpoint(model="hosted_vllm/scripted", api_base=server.api_base), throttle=throttle)


async def run_of(client: ModelClient, name: str, count: int, seconds: float = PATIENCE_S) -> None:
    """`count` e-mails at once, as a run asks for them."""

    async def one(number: int) -> None:
        until = asyncio.get_running_loop().time() + seconds
        await client.complete([Message(role="user", content=f"{name} {number}")], max_tokens=5, until=until)

    with calling_for(name):
        await asyncio.gather(*(one(number) for number in range(count)))


def before_the_last_of(server: ScriptedModel, name: str) -> Counter[str]:
    """Calls by run, up to the last one of `name`."""
    runs = [call.prompt.split()[0] for call in server.calls]
    return Counter(runs[: len(runs) - runs[::-1].index(name)])


async def test_a_small_run_beside_a_large_one_gets_every_other_call() -> None:
    async with ScriptedModel("Here.", latency_ms=5) as server:
        us = asking(server, Throttle(Limits(max_concurrency=4)))
        await asyncio.gather(run_of(us, "large", 200), run_of(us, "small", 40))
        counts = before_the_last_of(server, "small")
    assert counts["small"] == 40
    assert counts["large"] <= 40 + 4 + 4


async def test_a_person_who_waits_does_not_stand_behind_a_run() -> None:
    async with ScriptedModel("Here.", latency_ms=5) as server:
        us = asking(server, Throttle(Limits(max_concurrency=2)))
        run = asyncio.ensure_future(run_of(us, "run", 100))
        await asyncio.sleep(0.05)
        already = len(server.calls)
        await run_of(us, "person", 1)
        assert before_the_last_of(server, "person").total() <= already + 2 + 2
        await run


async def test_what_a_server_refuses_teaches_the_rate_and_loses_no_call() -> None:
    # So few a second that whoever asks for all of them at once asks for too many, on the slowest machine.
    async with ScriptedModel("Here.", requests_per_minute=600) as server:
        us = asking(server, Throttle())
        await run_of(us, "run", 30)
        assert server.asked.total() == 30
        assert 0 < server.refused <= 30
        assert us.throttle.rate is not None
        assert us.throttle.rate <= 15


async def test_a_rate_from_the_settings_is_never_exceeded() -> None:
    """Twenty-five may be saved up, twenty-five more take a second at least: on a slow machine only longer."""
    async with ScriptedModel("Here.") as server:
        us = asking(server, Throttle(Limits(requests_per_minute=1_500)))
        began = asyncio.get_running_loop().time()
        await run_of(us, "run", 51)
        assert asyncio.get_running_loop().time() - began >= 1.0
        assert server.asked.total() == 51
