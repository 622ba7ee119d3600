"""llama.cpp's OpenAI server in a process of its own: `python -m composer.local_server --model FILE.gguf …`.

Speaks to its parent over two pipes: the first line on stdout is the base URL, printed once the model is loaded;
the end of stdin means the parent is gone (also after kill -9), and the process leaves at once. Everything that
llama.cpp says goes to stderr.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

from composer.processes import take_stdout

HOST = "127.0.0.1"
PROMPT_CACHE_MIB = 256
"""Memory for finished prompts' states. The few-shot part of a prompt is the same in every call, so a slot that
last served another block restores it from here instead of reading it again."""


def main(argv: list[str] | None = None) -> None:
    """Serve until stdin ends."""
    arguments = _parse(argv)
    report = take_stdout()
    server = _serve(arguments)
    with report:
        report.write(f"{server.listening_address}/v1\n".encode())
    sys.stdin.buffer.read()
    # The server's threads may be deep in a decode; nothing here needs unwinding.
    os._exit(0)


def _parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m composer.local_server", description="Serve one GGUF file.")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--slots", type=int, default=4)
    parser.add_argument("--slot-tokens", type=int, default=1024)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    return parser.parse_args(argv)


def _serve(arguments: argparse.Namespace) -> Any:
    # 100 MB of native code, wanted in this process only.
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(arguments.model)
    params.hostnames = [HOST]
    params.port = arguments.port
    params.n_parallel = arguments.slots
    params.n_ctx = arguments.slots * arguments.slot_tokens
    for cpu in (params.cpuparams, params.cpuparams_batch):
        cpu.n_threads = arguments.threads
        # Threads that spin while they wait for each other starve on a busy machine: 4 tokens/s against 18 without,
        # measured on two cores with a load of 4.
        cpu.poll = 0
    params.cont_batching = True
    params.cache_prompt = True
    params.cache_ram_mib = PROMPT_CACHE_MIB
    params.ui = False
    params.endpoint_slots = False
    return xllamacpp.Server(params)


if __name__ == "__main__":
    main()
