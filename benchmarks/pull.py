"""Pulls of prepared e-mails, 200 a second: `python -m benchmarks.pull`.

An open loop: a request is due every 5 ms whatever became of those before it, and its time counts from when it was due.
The client is this process; the server is another one, with the whole application as `penfriend serve` runs it (only
that products are encoded by hashing, so that no model loads). Beside it, in the same run, a bare FastAPI route that
answers bytes of the same size.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import aiohttp
import numpy as np
import uvicorn
from fastapi import FastAPI, Response

from api.app import create_app
from api.databases import open_database
from api.house import collect_rarely, open_house
from api.logs import configure_logs
from api.run_process import NICE
from api.serving import request_parser
from api.settings import Settings
from api.setup import init_home
from api.working import work
from benchmarks.compose import ANSWER, CAMPAIGN, LATENCY_MS, InstantWriter, compose_many, composer, model_server
from benchmarks.shop import BigShop, build_shop, built_shop
from catalog.embedding import HashingEncoder
from composer.model_settings import ModelSettings
from composer.runs import service
from composer.runs.audiences.model import Everyone
from composer.runs.model import RunRequest, Tolerance
from composer.runs.settings import RunSettings

RATE = 200
DIMENSION = 384
START_S = 90.0
BEGUN = 100
"""E-mails a run has composed when the measuring begins."""
CASES = ("alone", "run in another process", "run in the same process")


class Prepared(NamedTuple):
    """What there is to pull."""

    home: Path
    token: str
    customers: list[str]
    size: int
    """Bytes of a typical answer."""


async def prepare(home: Path, arguments: argparse.Namespace) -> Prepared:
    """A home folder with a shop and e-mails that are written already."""
    settings = Settings(home=home, database_url=arguments.database)
    report = await init_home(settings)
    place = home, settings.database, settings.load_keyring()
    await build_shop(*place, customers_=arguments.customers, products=arguments.products, now=datetime.now(UTC))
    async with built_shop(*place, customers_=arguments.customers) as shop:
        emails = await _written(shop, arguments.emails)
    size = int(np.median([len(email.model_dump_json()) for email in emails]))
    return Prepared(home, report.admin_key or "", [email.customer for email in emails], size)


async def _written(shop: BigShop, count: int) -> list:  # type: ignore[type-arg]
    _, emails = await compose_many(composer(shop, [InstantWriter()]), shop, count, 8, "")
    return emails


@asynccontextmanager
async def process(*arguments: str) -> AsyncIterator[str]:
    """This module as another process that serves; yields its base URL once it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "benchmarks.pull", *arguments, "--port", str(port)]
    running = subprocess.Popen(command)  # noqa: ASYNC220 - nothing else runs yet
    base = f"http://127.0.0.1:{port}"
    try:
        await _answers(f"{base}/healthz")
        yield base
    finally:
        running.terminate()
        running.wait()


@asynccontextmanager
async def worker(*arguments: str) -> AsyncIterator[None]:
    """This module as another process that works on runs."""
    command = [sys.executable, "-m", "benchmarks.pull", *arguments]
    running = subprocess.Popen(command)  # noqa: ASYNC220 - nothing else runs yet
    try:
        yield
    finally:
        running.terminate()
        running.wait()


async def _answers(url: str) -> None:
    until = time.monotonic() + START_S
    async with aiohttp.ClientSession() as session:
        while time.monotonic() < until:
            try:
                async with session.get(url):
                    return
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.2)
    raise SystemExit(f"Nothing answers at {url}.")


async def load(urls: Sequence[str], token: str, seconds: float) -> tuple[list[float], Counter[str]]:
    """Milliseconds of each answer from when its request was due, and what was answered."""
    times: list[float] = []
    answers: Counter[str] = Counter()
    headers = {"Authorization": f"Bearer {token}"}

    async def one(session: aiohttp.ClientSession, due: float) -> None:
        async with session.get(random.choice(urls)) as response:
            await response.read()
        times.append((time.perf_counter() - due) * 1000)
        answers[response.headers.get("X-Penfriend-Path", str(response.status))] += 1

    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:
        began = time.perf_counter()
        tasks = []
        for number in range(int(seconds * RATE)):
            due = began + number / RATE
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            tasks.append(asyncio.create_task(one(session, due)))
        await asyncio.gather(*tasks)
    return times, answers


async def measure(name: str, base: str, prepared: Prepared, seconds: float) -> float:
    """Print one case; its p99 in ms."""
    urls = [f"{base}/v1/content/{CAMPAIGN}/{customer}" for customer in prepared.customers]
    await load(urls, prepared.token, 2)
    times, answers = await load(urls, prepared.token, seconds)
    p50, p99 = np.percentile(times, [50, 99])
    sys.stdout.write(
        f"{name:<34} p50 {p50:7.2f} ms   p99 {p99:7.2f} ms   max {max(times):7.2f} ms   "
        f"({len(times)} pulls, {dict(answers)})\n"
    )
    sys.stdout.flush()
    return float(p99)


async def run(arguments: argparse.Namespace) -> None:
    """Build, measure, print."""
    with tempfile.TemporaryDirectory() as folder:
        prepared = await prepare(Path(folder) / "home", arguments)
        sys.stdout.write(f"{len(prepared.customers)} prepared e-mails, {prepared.size // 1024} KB each\n")
        async with process("--bare", str(prepared.size)) as base:
            bare = await measure("bare FastAPI route", base, prepared, arguments.seconds)
        for case in arguments.case or CASES:
            ours = await _case(case, prepared, arguments.seconds)
            sys.stdout.write(f"{'':<34} ratio to the bare route, p99: {ours / bare:.1f}\n")


async def _case(case: str, prepared: Prepared, seconds: float) -> float:
    home = str(prepared.home)
    if case == "alone":
        async with process("--serve", home, "--runs", "off") as base:
            return await measure(case, base, prepared, seconds)
    with model_server(LATENCY_MS, ANSWER) as model:
        run = await _start_run(prepared.home, case)
        if case == "run in the same process":
            async with process("--serve", home, "--runs", "on", "--model", model) as base:
                return await _while_composing(case, base, prepared, seconds, run)
        async with process("--serve", home, "--runs", "off") as base, worker("--work", home, "--model", model):
            return await _while_composing(case, base, prepared, seconds, run)


async def _while_composing(case: str, base: str, prepared: Prepared, seconds: float, run: str) -> float:
    """As `measure`, and how fast the run went beside it."""
    before = await _until_begun(prepared.home, run)
    began = time.perf_counter()
    p99 = await measure(case, base, prepared, seconds)
    done = await _done(prepared.home, run) - before
    took = time.perf_counter() - began
    sys.stdout.write(f"{'':<34} {done / took:.0f} e-mails composed a second beside it\n")
    return p99


async def _start_run(home: Path, occasion: str) -> str:
    async with open_database(Settings(home=home)) as database, database.session() as session:
        request = RunRequest(audience=Everyone(), occasion=occasion, tolerance=Tolerance(window=10_000))
        return (await service.start(session, CAMPAIGN, request)).id


async def _until_begun(home: Path, run: str) -> int:
    # The run is worked on by another process: it can only be looked at.
    while (done := await _done(home, run)) < BEGUN:  # noqa: ASYNC110
        await asyncio.sleep(0.5)
    return done


async def _done(home: Path, run: str) -> int:
    async with open_database(Settings(home=home)) as database, database.session(readonly=True) as session:
        return (await service.get(session, run)).tally.done


def settings_of(arguments: argparse.Namespace, home: Path) -> Settings:
    """Of the server and of the worker."""
    model = {"model": "hosted_vllm/scripted", "api_base": arguments.model, "style": "json", "rounds": 1}
    return Settings(
        home=home,
        model=ModelSettings.model_validate(model if arguments.model else {}),
        runs=RunSettings(embedded=arguments.runs),
        log_level="ERROR",
    )


def serve(settings: Settings, port: int) -> None:
    """The application, as `penfriend serve`."""
    configure_logs(settings.log_level)
    app = create_app(settings, lambda: open_house(settings, encoder=HashingEncoder(DIMENSION), serving=True))
    uvicorn.run(app, port=port, log_config=None, access_log=False, http=request_parser())


async def work_on_runs(settings: Settings) -> None:
    """As the process beside a service on SQLite."""
    configure_logs(settings.log_level)
    os.nice(NICE)
    async with open_house(settings, encoder=HashingEncoder(DIMENSION)) as house:
        collect_rarely()
        await work(house)


def serve_bare(size: int, port: int) -> None:
    """One route that answers `size` bytes."""
    app, body = FastAPI(), b"x" * size

    @app.get("/{path:path}")
    async def answer(path: str) -> Response:
        return Response(body, media_type="application/json")

    uvicorn.run(app, port=port, log_config=None, access_log=False, http=request_parser())


def main(argv: list[str] | None = None) -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=5_000)
    parser.add_argument("--products", type=int, default=8_000)
    parser.add_argument("--emails", type=int, default=1_000)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--case", choices=CASES, action="append", help="[default: all]")
    parser.add_argument("--database", default=None, help="URL of an empty database; SQLite in a temporary folder else")
    for name, kind in (("serve", Path), ("work", Path), ("model", str), ("bare", int), ("port", int)):
        parser.add_argument(f"--{name}", type=kind, help=argparse.SUPPRESS)
    parser.add_argument("--runs", default="off", help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    if arguments.serve:
        serve(settings_of(arguments, arguments.serve), arguments.port)
    elif arguments.work:
        asyncio.run(work_on_runs(settings_of(arguments, arguments.work)))
    elif arguments.bare:
        serve_bare(arguments.bare, arguments.port)
    else:
        asyncio.run(run(arguments))


if __name__ == "__main__":
    main()
