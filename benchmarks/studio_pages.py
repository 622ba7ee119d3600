"""Every page of the studio over a large shop: 1,000,000 customers, a run of 200,000 e-mails, a year of outcomes.

    python -m benchmarks.studio_pages [--customers 1000000] [--emails 200000] [--episodes 200000] [--folder PATH]

The demo shop and its e-mails through the front door; customers, e-mails and outcomes then multiplied as rows. Each page
is asked for as a browser asks, over the whole application in this process. Milliseconds: processor time of the first
open, which compiles templates and statements, and the median of the others. `--folder` keeps the shop for another look.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

import httpx2
from sqlalchemy import text

from api import reviewing
from api.demonstration import load_shop
from api.house import House, open_house
from api.settings import Settings
from api.setup import init_home
from api.studio.door import PATH
from benchmarks import big_memory, reports
from benchmarks.studio import browser_of
from catalog.embedding import HashingEncoder
from composer.contract import ComposeRequest
from composer.model_settings import ModelSettings
from composer.runs.model import CHUNK_SIZE
from demo.customers import showcase
from store.database import Database
from tests.kit.large_runs import add_large_run

RUN = "run_large"
DEMO_CUSTOMERS = 40
AT_ONCE = 20_000
_COPIED = {
    "id": "'msg_large' || n.i",
    "customer": "printf('c-%07d', n.i)",
    "run_id": f"'{RUN}'",
    "campaign_id": "'autumn'",
    "occasion": "'large'",
    "risk": "abs(random() % 1000) / 1000.0",
    "stratum": "stratum || (n.i % 7)",
    "held": "''",
}
"""What differs from one copy of an e-mail to the next; all of them rest on one record."""


async def fill(house: House, customers: int, emails: int, episodes: int) -> None:
    """The shop, in an empty home."""
    at = await load_shop(house, DEMO_CUSTOMERS, lambda what, done, total: None)
    made = [
        await house.composer.compose(ComposeRequest(campaign=flow, customer=customer))
        for flow, customer in showcase(at)
    ]
    await reports.fill(house.database, episodes)
    await big_memory.fill(house.database, customers)
    await add_large_run(house.database, RUN, emails // CHUNK_SIZE)
    await _copy(house.database, next(one.id for one in made if one.id), emails)
    async with house.database.session() as session:
        await reviewing.draw_of_run(session, RUN)


async def _copy(database: Database, email_id: str, count: int) -> None:
    async with database.session() as session:
        columns = [row[0] for row in await session.execute(text("SELECT name FROM pragma_table_info('email')"))]
        values = ", ".join(_COPIED.get(name, f"email.{name}") for name in columns)
        for first in range(0, count, AT_ONCE):
            numbers = "WITH RECURSIVE n(i) AS (SELECT :first UNION ALL SELECT i + 1 FROM n WHERE i < :last) "
            copied = f"INSERT INTO email ({', '.join(columns)}) SELECT {values} FROM n, email WHERE email.id = :of"
            last = min(first + AT_ONCE, count) - 1
            await session.execute(text(numbers + copied), {"first": first, "last": last, "of": email_id})
        written = "UPDATE recipient SET email_id = 'msg_large' || position WHERE run_id = :run AND status = 'composed'"
        await session.execute(text(written), {"run": RUN})


async def pages(database: Database) -> list[str]:
    """Paths below `/studio`."""
    async with database.session(readonly=True) as session:
        anybody = "SELECT external_id FROM customer WHERE external_id IS NOT NULL LIMIT 1 OFFSET 3333"
        customer = quote((await session.execute(text(anybody))).scalar_one(), safe="")
        sample = (await session.execute(text("SELECT id FROM review_sample LIMIT 1"))).scalar_one()
    run = [f"/runs/{RUN}{more}" for more in ("", "?status=failed", "?reason=no_consent", "/sending")]
    people = ["/customers", f"/customers?q={customer}", "/customers?q=nobody@x.example", f"/customers/{customer}"]
    told = ["/reports", "/reports?by=arm", "/reports/campaigns/autumn", "/reports/power", "/experiments", "/compare"]
    written = ["/campaigns", "/campaigns/newsletter", "/campaigns/newsletter/versions", "/brand/hollin-row"]
    rest = ["/emails/msg_large100", "/lessons", "/lessons/outcomes", "/audit", "/runs/new"]
    return ["", "/runs", *run, "/review", f"/review/{sample}", *people, *told, *written, *rest]


async def took(client: httpx2.AsyncClient, path: str, opens: int) -> tuple[float, float]:
    """Milliseconds of processor time: of the first open, and the median of the others."""
    measured = []
    for _ in range(1 + opens):
        began = time.process_time()
        answer = await client.get(f"{PATH}{path}")
        if answer.status_code != 200:
            raise SystemExit(f"{path} answered {answer.status_code}.")
        measured.append((time.process_time() - began) * 1000)
    return measured[0], statistics.median(measured[1:])


async def measure(home: Path, arguments: argparse.Namespace, *, new: bool) -> None:
    """All pages; of a `new` home, once it is filled."""
    settings = Settings(home=home, model=ModelSettings(model="openai/none"))
    if new:
        await init_home(settings)
    async with open_house(settings, encoder=HashingEncoder()) as house:
        if new:
            await fill(house, arguments.customers, arguments.emails, arguments.episodes)
        async with browser_of(house, "admin") as client:
            for path in await pages(house.database):
                first, usual = await took(client, path, arguments.opens)
                print(f"{path or '/':<60}first {first:8.1f} ms   then {usual:8.1f} ms", flush=True)


def main(arguments: argparse.Namespace) -> None:
    """In a folder that is kept, or in one that is not."""
    print(f"{arguments.customers:,} customers, {arguments.emails:,} e-mails of a run, {arguments.episodes:,} episodes")
    if arguments.folder:
        asyncio.run(measure(arguments.folder, arguments, new=not arguments.folder.exists()))
        return
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder) / "home", arguments, new=True))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--emails", type=int, default=200_000)
    parser.add_argument("--episodes", type=int, default=200_000)
    parser.add_argument("--opens", type=int, default=5)
    parser.add_argument("--folder", type=Path)
    main(parser.parse_args())
