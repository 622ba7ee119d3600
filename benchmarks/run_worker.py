"""One process that works on the runs of a built shop: what `benchmarks.runs` starts and measures.

    python -m benchmarks.run_worker FOLDER DATABASE_URL MODEL_URL IN_FLIGHT

Works until SIGTERM, then prints one line of JSON: processor seconds until it could begin and from then on, and the
most memory it ever held.
"""

from __future__ import annotations

import asyncio
import resource
import signal
import sys
import time
from pathlib import Path

import orjson

from api.house import collect_as_runs_want
from benchmarks.compose import composer
from benchmarks.shop import built_shop
from composer.batch import Batch
from composer.litellm_transport import load_litellm
from composer.model_settings import ModelSettings
from composer.runs.runner import Runner
from composer.runs.settings import RunSettings
from composer.writers import open_writers
from prompts.library import Library
from store.crypto import load_keyring

KEYS = "keys.json"


async def work(folder: Path, url: str, model: str, in_flight: int) -> float:
    """Until SIGTERM. Processor seconds that it took until it could begin."""
    settings = ModelSettings.model_validate(
        {
            "model": "hosted_vllm/scripted",
            "api_base": model,
            "style": "json",
            "rounds": 1,
            "max_concurrency": in_flight,
        }
    )
    async with (
        open_writers(settings, Library.load(), folder) as writers,
        built_shop(folder, url, load_keyring(folder / KEYS), customers_=0) as shop,
    ):
        runner = Runner(
            shop.database, Batch(shop.database, composer(shop, writers).steps), RunSettings(concurrency=in_flight)
        )
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, runner.stop)
        load_litellm()
        collect_as_runs_want()
        ready_s = time.process_time()
        await runner.run()
        return ready_s


def main() -> None:
    """Work, then tell what it took."""
    folder, url, model, in_flight = sys.argv[1:]
    ready_s = asyncio.run(work(Path(folder), url, model, int(in_flight)))
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures = {"ready_s": ready_s, "cpu_s": time.process_time() - ready_s, "peak_mib": peak_mib}
    sys.stdout.write(orjson.dumps(figures).decode() + "\n")


if __name__ == "__main__":
    main()
