"""The scripted model as a process of its own. Prints its base URL as the first line; `GET /calls` tells the counts."""

from __future__ import annotations

import argparse
import asyncio
import sys

from evals.scripted_model import Answer, ScriptedModel
from evals.scripts import sound


async def _serve(arguments: argparse.Namespace) -> None:
    answer: Answer = sound if arguments.sound else arguments.answer
    model = ScriptedModel(
        answer,
        latency_ms=arguments.latency_ms,
        fail_share=arguments.fail_share,
        hang_share=arguments.hang_share,
        faults_once=arguments.faults_once,
        requests_per_minute=arguments.requests_per_minute,
        remember=False,
        seed=arguments.seed,
    )
    await model.start(arguments.port)
    sys.stdout.write(model.api_base + "\n")
    sys.stdout.flush()
    try:
        await asyncio.Event().wait()
    finally:
        await model.stop()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m evals.scripted_model", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--latency-ms", type=float, default=0.0)
    parser.add_argument("--fail-share", type=float, default=0.0, help="share of prompts answered with a 500")
    parser.add_argument("--hang-share", type=float, default=0.0, help="share of prompts never answered")
    parser.add_argument("--faults-once", action="store_true", help="only the first call with a prompt goes wrong")
    parser.add_argument("--requests-per-minute", type=float, help="beyond it calls get a 429 with Retry-After")
    parser.add_argument("--seed", type=int, default=0, help="other seeds, other prompts that go wrong")
    says = parser.add_mutually_exclusive_group()
    says.add_argument("--answer", default="A plain sentence about a plain thing.", help="the same for every prompt")
    says.add_argument("--sound", action="store_true", help="retell the prompt's notes, as a careful model would")
    return parser


def main(argv: list[str] | None = None) -> None:
    """Serve until interrupted."""
    try:
        asyncio.run(_serve(_parser().parse_args(argv)))
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
