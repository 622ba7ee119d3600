"""One process that works on the runs of a built shop: what `benchmarks.runs` starts and measures.

    python -m benchmarks.run_worker FOLDER DATABASE_URL MODEL_URL IN_FLIGHT

Works until SIGTERM, then prints one line of JSON: its processor seconds and the most memory it ever held.
"""

from __future__ import annotations

import asyncio
import resource
import signal
import sys
from pathlib import Path

import orjson

from benchmarks.compose import composer
from benchmarks.shop import built_shop
from composer.batch import Batch
from composer.model_settings import ModelSettings
from composer.runs.runner import Runner
from composer.runs.settings import RunSettings
from composer.writers import open_writers
from prompts.library import Library
from store.crypto import load_keyring

KEYS = "keys.json"


async def work(folder: Path, url: str, model: str, in_flight: int) -> None:
    """Until SIGTERM."""
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
        await runner.run()


def main() -> None:
    """Work, then tell what it took."""
    folder, url, model, in_flight = sys.argv[1:]
    asyncio.run(work(Path(folder), url, model, int(in_flight)))
    used = resource.getrusage(resource.RUSAGE_SELF)
    figures = {"cpu_s": used.ru_utime + used.ru_stime, "peak_mib": used.ru_maxrss / 1024}
    sys.stdout.write(orjson.dumps(figures).decode() + "\n")


if __name__ == "__main__":
    main()
