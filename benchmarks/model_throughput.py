"""Calls a second through our model client against a bare aiohttp client and bare LiteLLM, in one run; and tokens a
second of the embedded server through us against straight HTTP.

    python -m benchmarks.model_throughput --calls 1000 --in-flight 100 --latency-ms 200
    python -m benchmarks.model_throughput --local
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

import aiohttp

from composer.litellm_transport import load_litellm
from composer.local_model import LocalModelServer
from composer.model_client import ModelClient
from composer.model_settings import Endpoint, Limits, ModelSettings
from composer.throttle import Throttle
from prompts.model import Message

PROMPT = "You write one line about a product for a shop's letter. " * 12
TURNS = 3
Call = Callable[[int], Awaitable[int]]
"""Makes one call with this seed and returns the tokens it wrote."""


async def rate(call: Call, calls: int, in_flight: int, first: int = 0) -> tuple[float, float]:
    """(calls, tokens) a second, after one warm-up call. `first` is the first seed: other seeds, other prompts."""
    await call(first)
    gate = asyncio.Semaphore(in_flight)

    async def one(seed: int) -> int:
        async with gate:
            return await call(seed)

    began = perf_counter()
    tokens = await asyncio.gather(*(one(seed) for seed in range(first, first + calls)))
    seconds = perf_counter() - began
    return calls / seconds, sum(tokens) / seconds


def over_aiohttp(session: aiohttp.ClientSession, base: str) -> Call:
    async def call(seed: int) -> int:
        body = {"model": "m", "messages": _raw(seed), "max_tokens": 48, "temperature": 0.3, "seed": seed}
        async with session.post(f"{base}/chat/completions", json=body) as response:
            return int((await response.json())["usage"]["completion_tokens"])

    return call


def over_litellm(litellm: Any, model: str, base: str) -> Call:
    async def call(seed: int) -> int:
        answer = await litellm.acompletion(
            model=model, api_base=base, api_key="none", messages=_raw(seed), max_tokens=48, temperature=0.3, seed=seed
        )
        return int(answer.usage.completion_tokens)

    return call


def over_us(client: ModelClient) -> Call:
    async def call(seed: int) -> int:
        messages = [Message(role="user", content=message["content"]) for message in _raw(seed)]
        until = asyncio.get_running_loop().time() + 600
        return (await client.complete(messages, max_tokens=48, temperature=0.3, seed=seed, until=until)).output_tokens

    return call


def _raw(seed: int) -> list[dict[str, str]]:
    return [{"role": "user", "content": f"{PROMPT}Product number {seed}: a brass bell."}]


@contextmanager
def scripted_server(latency_ms: float) -> Iterator[str]:
    """The base URL of a scripted model in a process of its own, so that it does not share our core."""
    command = [sys.executable, "-m", "evals.scripted_model", "--latency-ms", str(latency_ms)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


async def against_scripted(calls: int, in_flight: int, latency_ms: float) -> None:
    """Print calls a second of each client and their ratios."""
    with scripted_server(latency_ms) as base:
        litellm = load_litellm()
        endpoint = Endpoint(model="hosted_vllm/m", api_base=base)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
            clients: dict[str, Call] = {
                "bare aiohttp": over_aiohttp(session, base),
                "LiteLLM, openai/": over_litellm(litellm, "openai/m", base),
                "LiteLLM, hosted_vllm/": over_litellm(litellm, "hosted_vllm/m", base),
                "penfriend": over_us(ModelClient(endpoint, throttle=Throttle(Limits(max_concurrency=in_flight)))),
            }
            rates = {name: (await rate(call, calls, in_flight))[0] for name, call in clients.items()}
    _print(rates, f"calls/s at {latency_ms:g} ms with {in_flight} in flight", "bare aiohttp")


async def against_local(calls: int) -> None:
    """Print tokens a second of the embedded server."""
    settings = ModelSettings()
    with tempfile.TemporaryDirectory() as home, LocalModelServer(settings, Path(home)) as server:
        base = server.start()
        client = ModelClient(
            Endpoint(model=f"hosted_vllm/{server.name}"),
            locate=server.locate,
            throttle=Throttle(Limits(max_concurrency=server.slots)),
            timeout=600,
        )
        rates: dict[str, float] = {"straight HTTP": 0.0, "penfriend": 0.0}
        async with aiohttp.ClientSession() as session:
            clients = {"straight HTTP": over_aiohttp(session, base), "penfriend": over_us(client)}
            # In turns and each with prompts of its own, so that neither finds the other's in the server's cache.
            for turn in range(TURNS):
                for place, (name, call) in enumerate(clients.items()):
                    first = (turn * len(clients) + place) * calls + 1
                    rates[name] += (await rate(call, calls, server.slots, first))[1] / TURNS
    _print(rates, f"tokens/s of {server.name}", "straight HTTP")


def _print(rates: dict[str, float], title: str, reference: str) -> None:
    print(title)
    for name, value in rates.items():
        print(f"  {name:<24}{value:8.1f}   {value / rates[reference]:.2f} of {reference}")


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--in-flight", type=int, default=100)
    parser.add_argument("--latency-ms", type=float, default=200.0)
    parser.add_argument("--local", action="store_true", help="measure the embedded server instead")
    arguments = parser.parse_args()
    if arguments.local:
        asyncio.run(against_local(min(arguments.calls, 64)))
    else:
        asyncio.run(against_scripted(arguments.calls, arguments.in_flight, arguments.latency_ms))


if __name__ == "__main__":
    main()
