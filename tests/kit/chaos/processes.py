"""The processes of a run that are killed: workers, forked from one that has loaded everything, and a model's server."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import httpx2
import uvicorn

from api.app import create_app
from api.house import open_house
from api.logs import configure_logs
from api.settings import Settings, read_settings
from api.working import work
from composer.model_client import ModelClient
from evals.scripted_model.replies import Call, Hang
from tests.kit import forks
from tests.kit.chaos.shop import ENCODER
from tests.kit.factories import LIBRARY
from tests.kit.patience import PATIENCE_S
from tests.kit.ports import free_port

ENDED_S = 60.0
"""Within which a process told to end has ended."""

_PROBE = Call(body={"messages": [{"role": "user", "content": "Say hello."}]}, headers={}, reply=Hang()).key


def start_worker(home: Path) -> ForkServerProcess:
    """What `penfriend worker` does, in a process of its own; it logs to `worker.log` in its home."""
    return forks.start(_worker, home)


def start_api(home: Path, port: int) -> ForkServerProcess:
    """What `penfriend serve` does, in a process of its own; it logs as a worker does."""
    return forks.start(_serve, home, port)


def started_api(home: Path) -> tuple[ForkServerProcess, int]:
    """As `start_api`, at a free port, and it answers."""
    port = free_port()
    process = start_api(home, port)
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        try:
            if httpx2.get(f"http://127.0.0.1:{port}/healthz").is_success:
                return process, port
        except httpx2.TransportError:
            time.sleep(0.05)
    raise AssertionError((home / "worker.log").read_text())


def end(process: ForkServerProcess, code: int = 0) -> None:
    """SIGTERM, and wait; it must end with `code`."""
    process.terminate()
    came = forks.ended(process, ENDED_S)
    assert came == code, f"the process ended with {came}"


def _worker(home: Path) -> None:
    asyncio.run(_work(_settle(home)))


def _serve(home: Path, port: int) -> None:
    settings = _settle(home)
    house = partial(open_house, settings, encoder=ENCODER, library=LIBRARY, serving=True)
    uvicorn.run(create_app(settings, house), port=port, log_config=None, access_log=False)


def _settle(home: Path) -> Settings:
    """A forked process becomes one of this home."""
    log = os.open(home / "worker.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.dup2(log, 2)
    os.environ["PENFRIEND_ALLOW_MODEL_CALLS"] = "loopback"
    settings = read_settings(home)
    configure_logs(settings.log_level)
    return settings


async def _work(settings: Settings) -> None:
    async with open_house(settings, encoder=ENCODER, library=LIBRARY) as house:
        for writer in house.writers:
            # Whom an open breaker costs the model's text depends on what failed in the same second, and no two runs
            # would be alike.
            assert isinstance(writer.model, ModelClient)
            writer.model.breaker.threshold = sys.maxsize
        await work(house)


class Model:
    """The scripted model as a process of its own: what fails and hangs is a function of the prompt."""

    def __init__(self, process: subprocess.Popen[str], api_base: str) -> None:
        self.process = process
        self.api_base = api_base

    def asked(self) -> Counter[str]:
        """Calls for e-mails so far, by prompt: without the one that each new process makes to see the model answer."""
        with urllib.request.urlopen(self.api_base.removesuffix("/v1") + "/calls", timeout=PATIENCE_S) as answer:
            prompts = Counter(json.load(answer)["prompts"])
        del prompts[_PROBE]
        return prompts


@contextmanager
def model_server(*, latency_ms: float, fail_share: float, hang_share: float, seed: int) -> Iterator[Model]:
    """Serve until the end of the block; the same prompts go wrong wherever shares and seed are the same."""
    options = {"latency-ms": latency_ms, "fail-share": fail_share, "hang-share": hang_share, "seed": seed}
    arguments = [text for name, value in options.items() for text in (f"--{name}", str(value))]
    process = subprocess.Popen(
        [sys.executable, "-m", "evals.scripted_model", "--sound", *arguments], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield Model(process, process.stdout.readline().strip())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
