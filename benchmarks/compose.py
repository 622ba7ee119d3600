"""Our own time for one e-mail, and throughput against a bare client: `python -m benchmarks.compose`.

1. Own time: whole `compose()` calls over a big store with a writer that answers at once, so that everything but the
   model is in the figure: memory, picks, decision, closed world, checks of every block, rendering, checks of the
   message, the durable write. Beside it, in the same run, a bare durable write of rows of the same size.
2. Processor time for one e-mail at 100 in flight: one by one through `compose()`, and in batches as runs do it (50 read
   at once, written side by side, stored in groups of 25).
3. Throughput: the real writer against a model server with 200 ms latency in a process of its own, one by one and in
   batches, and a bare aiohttp client and bare LiteLLM sending prompts of the same size with as many in flight.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any
from zlib import crc32

import aiohttp
import numpy as np
from sqlalchemy import text

from benchmarks.shop import BigShop, big_shop
from composer.batch import Batch, Written
from composer.contract import ComposeRequest, ComposeResult
from composer.contract import Path as Way
from composer.litellm_transport import load_litellm
from composer.model_settings import ModelSettings
from composer.service import Composer
from composer.writers import open_writers
from composer.writing import Attempt, Candidate, WriteOutcome, Writer, WriteTask
from evals.verdict import Verdict
from prompts.library import Library

LATENCY_MS = 200
IN_FLIGHT = 100
CAMPAIGN = "newsletter"
DEADLINE_MS = 60_000
READ_AT_ONCE = 50
STORED_AT_ONCE = 25
PROMPT: dict[str, Any] = {"messages": [{"role": "user", "content": "word " * 900}], "max_tokens": 700}
Many = Callable[[Composer, BigShop, int, int, str], Coroutine[Any, Any, list[ComposeResult]]]
PITCHES = (
    "A plain and useful thing.",
    "Good to have at hand.",
    "Simple, and easy to like.",
    "One to look at twice.",
    "It may be just what you were looking for.",
    "Something for a quiet evening.",
)
"""A line for each product, all different: a line that is said twice is given back, and costs more than any model's."""
ANSWER = json.dumps(
    {
        "subject": "A few things for your shelf",
        "opening": "Here are a few things we thought of for you.",
        **{f"p{number}": line for number, line in enumerate(PITCHES, 1)},
    }
)


class InstantWriter:
    """Offers a sound line for every block without waiting for anything."""

    name = "instant"
    rounds = 1

    async def write(
        self,
        task: WriteTask,
        keys: Sequence[str],
        *,
        round_: int,
        notes: Mapping[str, Sequence[Verdict]],
        until: float,
    ) -> WriteOutcome:
        """Each product's own first sentence; plain words elsewhere."""
        about = {product.id: product.description.split(". ")[0].rstrip(".") + "." for product in task.snapshot.products}
        lines = {"subject": "A few things for your shelf", "opening": "Here are a few things we thought of for you."}
        texts = [about.get(key.partition(":")[2]) or lines.get(key) for key in keys]
        said = [(key, line) for key, line in zip(keys, texts, strict=True) if line]
        attempt = Attempt(writer=self.name, model=self.name, prompt="", keys=tuple(keys), round=round_, raw="")
        candidates = tuple(Candidate(key=key, text=line, attempt=0) for key, line in said)
        return WriteOutcome(candidates=candidates, attempts=(attempt,))


def composer(shop: BigShop, writers: Sequence[Writer]) -> Composer:
    """A composer over the shop."""
    return Composer(
        database=shop.database,
        keyring=shop.keyring,
        library=Library.load(),
        picker=shop.catalog,
        writers=writers,
    )


async def compose_many(
    one: Composer, shop: BigShop, count: int, in_flight: int, occasion: str
) -> tuple[list[float], list[ComposeResult]]:
    """Milliseconds of each call, and the e-mails; skips (no consent, capped …) are left out of both."""
    gate = asyncio.Semaphore(in_flight)
    times: list[float] = []
    results: list[ComposeResult] = []
    skipped: Counter[str] = Counter()

    async def single(number: int) -> None:
        request = _request(shop, number, occasion)
        async with gate:
            began = time.perf_counter()
            result = await one.compose(request)
            took = (time.perf_counter() - began) * 1000
        skipped[result.reason] += result.path is Way.SKIPPED
        if result.path is not Way.SKIPPED:
            times.append(took)
            results.append(result)

    await asyncio.gather(*(single(number) for number in range(count)))
    if len(results) < count / 2:
        raise SystemExit(f"Too many of the {count} e-mails were skipped to measure anything: {dict(skipped)}")
    return times, results


async def own_time(shop: BigShop, count: int) -> None:
    """Print p50 and p99 of whole calls, one at a time, and the bare write beside it."""
    one = composer(shop, [InstantWriter()])
    await compose_many(one, shop, 20, 1, "warm")
    times, results = await compose_many(one, shop, count, 1, "timed")
    size = int(np.mean([len(result.model_dump_json()) for result in results]))
    bare = await bare_writes(shop, len(times), size)
    p50, p99 = np.percentile(times, [50, 99])
    b50, b99 = np.percentile(bare, [50, 99])
    model = np.mean([result.path is Way.MODEL for result in results])
    sys.stdout.write(
        f"own time per e-mail   p50 {p50:6.1f} ms   p99 {p99:6.1f} ms   ({len(times)} e-mails, {model:.0%} with "
        f"accepted writer text)\n"
        f"bare durable write    p50 {b50:6.1f} ms   p99 {b99:6.1f} ms   ({size // 1024} KB a row, one commit each)\n"
        f"ratio to bare write   p50 {p50 / b50:6.1f}      p99 {p99 / b99:6.1f}\n"
    )


async def processor_time(shop: BigShop, count: int) -> None:
    """Print milliseconds of this process an e-mail, one by one and in batches."""
    for name, many in (("one by one", one_by_one), ("in batches", in_batches)):
        one = composer(shop, [InstantWriter()])
        await many(one, shop, IN_FLIGHT, IN_FLIGHT, f"warm {name}")
        began = time.process_time()
        results = await many(one, shop, count, IN_FLIGHT, f"counted {name}")
        each = (time.process_time() - began) * 1000 / len(results)
        sys.stdout.write(f"processor time        {each:6.1f} ms an e-mail {name}, {IN_FLIGHT} in flight\n")


async def one_by_one(one: Composer, shop: BigShop, count: int, in_flight: int, occasion: str) -> list[ComposeResult]:
    """The e-mails of single calls."""
    return (await compose_many(one, shop, count, in_flight, occasion))[1]


async def in_batches(one: Composer, shop: BigShop, count: int, in_flight: int, occasion: str) -> list[ComposeResult]:
    """The e-mails, made the way runs make them."""
    batch, began = Batch(shop.database, one.steps), datetime.now(UTC)
    numbers = iter(range(count))
    results: list[ComposeResult] = []

    async def in_turn() -> None:
        while requests := [_request(shop, number, occasion) for number in islice(numbers, READ_AT_ONCE)]:
            prepared = await batch.prepare(requests, campaign_version=1, began=began)
            written = await asyncio.gather(*(batch.write(one) for one in prepared))
            results.extend(await _stored(batch, shop, written))

    await asyncio.gather(*(in_turn() for _ in range(in_flight // READ_AT_ONCE)))
    return results


async def _stored(batch: Batch, shop: BigShop, written: Sequence[Written]) -> list[ComposeResult]:
    emails: list[ComposeResult] = []
    for start in range(0, len(written), STORED_AT_ONCE):
        async with shop.database.session() as session:
            found = await batch.store(session, written[start : start + STORED_AT_ONCE])
        emails += [one for one in found if isinstance(one, ComposeResult) and one.path is not Way.SKIPPED]
    return emails


def _request(shop: BigShop, number: int, occasion: str) -> ComposeRequest:
    # Other people for each measurement: nobody gets more than a few e-mails a week.
    customer = shop.customer(crc32(occasion.encode()) % shop.customers + number)
    return ComposeRequest(campaign=CAMPAIGN, customer=customer, occasion=occasion, deadline_ms=DEADLINE_MS)


async def bare_writes(shop: BigShop, count: int, size: int) -> list[float]:
    """Milliseconds of single-row commits of this size on the same database."""
    async with shop.database.session() as session:
        await session.execute(text("CREATE TABLE IF NOT EXISTS bench_bare (id INTEGER PRIMARY KEY, body TEXT)"))
    times = []
    for number in range(count):
        began = time.perf_counter()
        async with shop.database.session() as session:
            row = {"id": number, "body": "x" * size}
            await session.execute(text("INSERT INTO bench_bare (id, body) VALUES (:id, :body)"), row)
        times.append((time.perf_counter() - began) * 1000)
    return times


@contextmanager
def model_server(latency_ms: int, answer: str) -> Iterator[str]:
    """The scripted server in its own process; yields its base URL."""
    command = [sys.executable, "-m", "evals.scripted_model", "--latency-ms", str(latency_ms), "--answer", answer]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


async def throughput(shop: BigShop, count: int, home: Path) -> None:
    """Print e-mails a second of a run of single composes, and calls a second of a bare client."""
    with model_server(LATENCY_MS, ANSWER) as base:
        settings = ModelSettings.model_validate(
            {"model": "hosted_vllm/scripted", "api_base": base, "style": "json", "rounds": 1}
        )
        async with open_writers(settings, Library.load(), home) as writers:
            one = composer(shop, writers)
            rates = {
                "one by one": await _rate(one_by_one, one, shop, count),
                "in batches": await _rate(in_batches, one, shop, count),
            }
        bare, litellm = await bare_client(base, count), await bare_litellm(base, count)
    sys.stdout.write(
        f"bare aiohttp client   {bare:6.1f} calls/s, {IN_FLIGHT} in flight, {LATENCY_MS} ms model latency\n"
        f"bare LiteLLM          {litellm:6.1f} calls/s\n"
    )
    for name, rate in rates.items():
        sys.stdout.write(
            f"e-mails {name}    {rate:6.1f} e-mails/s   {rate / bare:.2f} of bare, {rate / litellm:.2f} of LiteLLM\n"
        )


async def _rate(many: Many, one: Composer, shop: BigShop, count: int) -> float:
    await many(one, shop, IN_FLIGHT, IN_FLIGHT, f"warm throughput {many.__name__}")
    began = time.perf_counter()
    results = await many(one, shop, count, IN_FLIGHT, f"throughput {many.__name__}")
    return len(results) / (time.perf_counter() - began)


async def bare_client(base: str, count: int) -> float:
    """Calls a second of aiohttp with prompts of the usual size and nothing around it."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=IN_FLIGHT)) as session:

        async def call() -> None:
            async with session.post(f"{base}/chat/completions", json={"model": "scripted", **PROMPT}) as response:
                await response.json()

        return await _calls_a_second(call, count)


async def bare_litellm(base: str, count: int) -> float:
    """The same through LiteLLM."""
    litellm = load_litellm()

    async def call() -> None:
        await litellm.acompletion(model="hosted_vllm/scripted", api_base=base, api_key="none", **PROMPT)

    return await _calls_a_second(call, count)


async def _calls_a_second(call: Callable[[], Awaitable[None]], count: int) -> float:
    gate = asyncio.Semaphore(IN_FLIGHT)

    async def in_turn() -> None:
        async with gate:
            await call()

    await asyncio.gather(*(in_turn() for _ in range(IN_FLIGHT)))
    began = time.perf_counter()
    await asyncio.gather(*(in_turn() for _ in range(count)))
    return count / (time.perf_counter() - began)


async def run(arguments: argparse.Namespace) -> None:
    """Build the shop, measure, print."""
    now = datetime.now(UTC)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        url = arguments.database or f"sqlite:///{place / 'bench.db'}"
        began = time.perf_counter()
        sizes = {"customers_": arguments.customers, "products": arguments.products}
        async with big_shop(place, url, now=now, **sizes) as shop:
            sys.stdout.write(
                f"{shop.customers:,} customers, {len(shop.catalog.view):,} products on {shop.database.dialect} "
                f"(built in {time.perf_counter() - began:.0f} s)\n"
            )
            await own_time(shop, arguments.emails)
            await processor_time(shop, arguments.emails)
            await throughput(shop, arguments.calls, place)


def main(argv: list[str] | None = None) -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--products", type=int, default=8_000)
    parser.add_argument("--emails", type=int, default=300)
    parser.add_argument("--calls", type=int, default=600)
    parser.add_argument("--database", default=None, help="URL of an empty database; SQLite in a temporary folder else")
    asyncio.run(run(parser.parse_args(argv)))


if __name__ == "__main__":
    main()
