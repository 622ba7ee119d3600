"""A small shop and a run that is started and not begun: the same one is worked off twice, left alone and killed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from api.settings import CONFIG_NAME
from catalog.embedding import HashingEncoder
from catalog.products import upsert
from catalog.service import Catalog
from composer.campaigns import save_brand, save_campaign
from composer.runs import service
from composer.runs.audiences.model import Listed
from composer.runs.model import RunRequest, Tolerance
from demo import customers, documents, products
from memory.ingest import ingest
from store import clock
from store.crypto import Keyring, save_keyring
from store.database import Database

CAMPAIGN = "newsletter"
ENCODER = HashingEncoder(64)
DEADLINE_S = 20.0
"""Of an e-mail. A prompt that hangs costs it, so it is short; what a busy machine needs for one is far below it."""
_CONFIG = """\
database_url = "{url}"
log_level = "WARNING"

[model]
model = "{model}"
api_base = "{api_base}"
timeout = {timeout}
rounds = 1

[runs]
concurrency = {concurrency}
grace_s = 15
"""
_NEVER = Tolerance(model_failures=1, check_failures=1, fallback=1, failed=1)


@dataclass(frozen=True)
class Started:
    """A run that nobody has begun to work on."""

    run: str
    recipients: int


async def build(
    database: Database, index: Path, *, recipients: int, chunk: int, deadline_s: float = DEADLINE_S
) -> Started:
    """Fill an empty, migrated database with the demo shop, and start a run for `recipients` of its customers."""
    now = clock.now()
    async with database.session() as session:
        await save_brand(session, documents.brand())
        [campaign] = [one for one in documents.campaigns() if one.id == CAMPAIGN]
        await save_campaign(
            session, campaign.model_copy(update={"brief": campaign.brief.model_copy(update={"holdout": 0.0})})
        )
        await upsert(session, list(islice(products.products(now), 80)))
    calls = list(customers.events(now, recipients))
    async with database.session() as session:
        await ingest(session, calls, received_at=now)
    catalog = await Catalog.open(database, index, ENCODER)
    await catalog.refresh()
    known = tuple(dict.fromkeys(call["userId"] for call in calls if call["type"] == "identify"))
    request = RunRequest(audience=Listed(customers=known), deadline_ms=int(deadline_s * 1000), tolerance=_NEVER)
    async with database.session() as session:
        run = await service.start(session, CAMPAIGN, request, chunk_size=chunk)
    return Started(run.id, run.recipients)


def furnish(
    home: Path,
    keyring: Keyring,
    url: str,
    *,
    model: str,
    api_base: str,
    concurrency: int,
    deadline_s: float = DEADLINE_S,
) -> None:
    """The home folder of the processes that work on it. A model that hangs is given up just before the deadline."""
    home.mkdir(parents=True, exist_ok=True)
    save_keyring(home / "keys.json", keyring)
    text = _CONFIG.format(url=url, model=model, api_base=api_base, concurrency=concurrency, timeout=deadline_s - 1)
    (home / CONFIG_NAME).write_text(text, encoding="utf-8")
