"""A campaign run against a model server with 200 ms latency: e-mails a second, processor time, memory.

    python -m benchmarks.runs [--sizes 1000 20000] [--customers N] [--processes 2] [--postgres] [--folder FOLDER]

Workers, model server and this script are processes of their own on the same machine. In the same run a bare aiohttp
client and bare LiteLLM send prompts of the usual length with as many in flight. Memory is the most that a worker ever
held, and what workers held when so many recipients were done: one long run tells whether it levels off. 20,000 take
some six minutes where nothing else runs:

    python -m benchmarks.runs --sizes 20000

The shop has a quarter more customers than its largest run, unless `--customers` says how many. `--folder` keeps it for
the next time; `--postgres` needs the development dependencies.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import orjson

from benchmarks.compose import ANSWER, bare_client, model_server
from benchmarks.model_throughput import over_litellm, rate
from benchmarks.run_worker import KEYS
from benchmarks.shop import SEED_CUSTOMERS, build_shop
from composer.litellm_transport import load_litellm
from composer.runs import service
from composer.runs.audiences.model import Everyone
from composer.runs.model import Run, RunRequest, RunStatus
from store.crypto import Keyring, load_keyring, save_keyring
from store.database import Database
from tests.kit.database import PostgresFactory

LATENCY_MS = 200
CAMPAIGN = "newsletter"
SHOP = "shop.json"
LOOK_S = 0.5
MARKS = (1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000)
"""Recipients done at which memory is looked at."""


@dataclass(frozen=True)
class Figures:
    """What one run came to."""

    run: Run
    seconds: float
    """From the first recipient that was done."""
    ready_s: Sequence[float]
    """Processor seconds of each worker until it could begin."""
    cpu_s: float
    """Of all workers from then on."""
    peaks_mib: Sequence[float]
    resident_mib: Mapping[int, Sequence[float]]
    """What each worker held, by recipients done (the first look at or after one of `MARKS`)."""

    @property
    def rate(self) -> float:
        """E-mails a second."""
        return self.run.tally.composed / self.seconds


async def measure(
    database: Database, folder: Path, url: str, model: str, size: int, options: argparse.Namespace
) -> Figures:
    """Start a run for `size` customers that had none yet, and watch workers work it off."""
    occasion = datetime.now(UTC).isoformat()
    request = RunRequest(audience=Everyone(limit=size, draw=occasion), occasion=occasion)
    async with database.session() as session:
        run = await service.start(session, CAMPAIGN, request)
    began = time.perf_counter()
    workers = [_worker(folder, url, model, options.in_flight // options.processes) for _ in range(options.processes)]
    first, resident = None, dict[int, list[float]]()
    while run.status is RunStatus.RUNNING:
        await asyncio.sleep(LOOK_S)
        async with database.session(readonly=True) as session:
            run = await service.get(session, run.id)
        if first is None and run.tally.done:
            first = time.perf_counter()
        if (passed := sum(run.tally.done >= mark for mark in MARKS)) > len(resident):
            resident |= {mark: _resident(workers) for mark in MARKS[len(resident) : passed]}
        sys.stderr.write(f"\r{run.tally.done:>8,} of {run.recipients:,}  {run.rate:6.1f}/s ")
    seconds = time.perf_counter() - began
    ended = [orjson.loads(_ended(worker)) for worker in workers]
    if run.status is not RunStatus.COMPLETED:
        raise SystemExit(f"The run {run.status.value}: {run.reason} {run.detail}")
    opening = (first or began) - began
    ready, cpu_s = [one["ready_s"] for one in ended], sum(one["cpu_s"] for one in ended)
    return Figures(run, seconds - opening, ready, cpu_s, [one["peak_mib"] for one in ended], resident)


def _worker(folder: Path, url: str, model: str, in_flight: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "benchmarks.run_worker", str(folder), url, model, str(in_flight)]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def _resident(workers: Sequence[subprocess.Popen[bytes]]) -> list[float]:
    """MiB that each holds now."""
    pages = [int(Path(f"/proc/{worker.pid}/statm").read_text().split()[1]) for worker in workers]
    return [count * resource.getpagesize() / 2**20 for count in pages]


def _ended(worker: subprocess.Popen[bytes]) -> bytes:
    worker.terminate()
    said, _ = worker.communicate()
    return said.splitlines()[-1]


async def bare(model: str, in_flight: int) -> tuple[float, float]:
    """Calls a second of aiohttp and of LiteLLM, each alone in this process."""
    calls = in_flight * 10
    over_aiohttp = await bare_client(model, calls)
    async with aiohttp.ClientSession():
        over = over_litellm(load_litellm(), "hosted_vllm/scripted", model)
        return over_aiohttp, (await rate(over, calls, in_flight))[0]


def show(figures: Figures, over_aiohttp: float, over_litellm_: float) -> None:
    """One run's lines."""
    run = figures.run
    model = sum(count for rung, count in run.tally.rungs.items() if not rung.startswith("template"))
    peaks = ", ".join(f"{peak:.0f}" for peak in figures.peaks_mib)
    ready = ", ".join(f"{ready_s:.1f}" for ready_s in figures.ready_s)
    print(
        f"{run.recipients:>8,} recipients  {figures.rate:6.1f} e-mails/s  "
        f"{figures.rate / over_aiohttp:.2f} of bare aiohttp, {figures.rate / over_litellm_:.2f} of bare LiteLLM  "
        f"{figures.cpu_s / run.tally.composed * 1000:5.1f} ms processor an e-mail (and {ready} s until workers began)  "
        f"peak {peaks} MiB\n"
        f"          {run.tally.composed:,} composed ({model:,} blocks by the model), {run.tally.skipped:,} skipped, "
        f"{run.tally.failed:,} failed, {run.tally.usage.calls:,} calls, {figures.seconds:.0f} s"
    )
    for done, held in figures.resident_mib.items():
        print(f"          after {done:>7,} recipients: {', '.join(f'{mib:.0f}' for mib in held)} MiB")


async def main_(options: argparse.Namespace, folder: Path, url: str) -> None:
    """Build the shop unless it is there, and measure each size."""
    if not (folder / SHOP).exists():
        keyring = Keyring.generate()
        save_keyring(folder / KEYS, keyring)
        sizes = {"customers_": options.customers or _enough(options.sizes), "products": options.products}
        await build_shop(folder, url, keyring, now=datetime.now(UTC), **sizes)
        (folder / SHOP).write_bytes(orjson.dumps(sizes))
    shop = orjson.loads((folder / SHOP).read_bytes())
    database = Database.open(url, load_keyring(folder / KEYS))
    print(
        f"{shop['customers_']:,} customers, {shop['products']:,} products on {database.dialect}; {options.processes} "
        f"workers, {options.in_flight} in flight together, {LATENCY_MS} ms a call"
    )
    try:
        with model_server(LATENCY_MS, ANSWER) as model:
            over_aiohttp, over_litellm_ = await bare(model, options.in_flight)
            print(f"bare clients, one process: aiohttp {over_aiohttp:.0f} calls/s, LiteLLM {over_litellm_:.0f} calls/s")
            for size in options.sizes:
                show(await measure(database, folder, url, model, size, options), over_aiohttp, over_litellm_)
    finally:
        await database.close()


def _enough(sizes: Sequence[int]) -> int:
    """Customers for a run of the largest size, of whom some may not be written to: a quarter more, in whole copies."""
    return (max(sizes) * 5 // 4 // SEED_CUSTOMERS + 1) * SEED_CUSTOMERS


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """A server of its own, durable as in production."""
    (folder / SHOP).unlink(missing_ok=True)
    factory = PostgresFactory(Keyring.generate(), durable=True)
    try:
        yield asyncio.run(factory.url(migrated=False))
    finally:
        factory.close()


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 5_000])
    parser.add_argument("--customers", type=int, default=0)
    parser.add_argument("--products", type=int, default=2_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--in-flight", type=int, default=100, dest="in_flight")
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--folder", type=Path, default=None, help="where the shop is kept for the next time")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (options.folder or Path(temporary)).absolute()
        folder.mkdir(parents=True, exist_ok=True)
        if options.postgres:
            with postgres(folder) as url:
                asyncio.run(main_(options, folder, url))
        else:
            asyncio.run(main_(options, folder, f"sqlite:///{folder / 'runs.db'}"))


if __name__ == "__main__":
    main()
