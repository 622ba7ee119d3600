"""The demo: an invented shop with a year of customers, loaded once, and e-mails for customers in different flows.

The shop is loaded as of a moment, which is kept: a second run finds the same carts as fresh as the first one left
them, and the same e-mails.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from api import audit
from api.house import House
from api.learning import learn
from api.models import warm_up
from catalog.feeds.importer import import_feed
from catalog.feeds.report import FeedFormat
from composer.campaigns import save_brand, save_campaign
from composer.contract import ComposeRequest, ComposeResult
from composer.model_client import ModelError
from composer.reviews.model import ReviewTerms
from composer.reviews.reading import samples
from composer.reviews.sampling import NothingToReview, Source, draw
from demo import customers, documents, pictures
from demo import products as shop
from memory.due.news import Announced, announce
from memory.ingest import ingest
from memory.recall import recall_many
from store import clock

BATCH = 1_000
SHOWCASE_S = 110.0
"""The whole demo, installation included, has five minutes; the model gets this much of them."""
SHORTEST_S = 5.0
SIDE_BY_SIDE = 3
"""E-mails composed at once: enough to keep the slots of the embedded model full."""

Progress = Callable[[str, int, int | None], None]
"""Hears (what is being done, how far, of how much)."""


class Moment(BaseModel):
    """When the demo shop stands still, and how many customers have been loaded as of then."""

    at: datetime
    customers: int = 0


async def load_shop(house: House, count: int, progress: Progress) -> datetime:
    """Bring the demo shop in, unless it is there. Safe to repeat and to interrupt. Returns its moment."""
    place = house.settings.home / "demo" / "shop.json"
    moment = await asyncio.to_thread(_moment, place)
    if moment.customers >= count:
        return moment.at
    with clock.frozen_at(moment.at):
        await _documents(house)
        await _products(house, place.with_name("products.ndjson"), moment.at, progress)
        # Side by side: one waits for the database, the other two work in threads.
        async with asyncio.TaskGroup() as group:
            group.create_task(asyncio.to_thread(_draw, house.settings.pictures_dir, moment.at))
            group.create_task(_understand(house, progress))
            group.create_task(_events(house, moment.at, count, progress))
        progress("learning what is bought together", 0, None)
        await learn(house.database)
        await house.catalog.reload()
    await asyncio.to_thread(_keep, place, moment.model_copy(update={"customers": count}))
    progress("waking the model", 0, None)
    await _wake(house)
    return moment.at


async def compose_showcase(house: House, at: datetime, count: int, progress: Progress) -> list[ComposeResult]:
    """One e-mail each for the first `count` flows of the showcase, a few side by side, within `SHOWCASE_S` in all."""
    wanted = customers.showcase(at)[:count]
    ends = asyncio.get_running_loop().time() + SHOWCASE_S
    turns = asyncio.Semaphore(SIDE_BY_SIDE)
    done = 0

    async def one(flow: str, customer: str) -> ComposeResult:
        nonlocal done
        async with turns:
            deadline = _share(ends, len(wanted) - done)
            result = await house.composer.compose(
                ComposeRequest(campaign=flow, customer=customer, deadline_ms=deadline)
            )
            done += 1
            progress("writing e-mails", done, len(wanted))
            return result

    progress("writing e-mails", 0, len(wanted))
    with clock.frozen_at(at):
        return await asyncio.gather(*(one(flow, customer) for flow, customer in wanted))


async def lay_out_for_review(house: House) -> int:
    """Draw a sample of the showcase, for the studio's first visitor; how many e-mails wait in it."""
    async with house.database.session() as session:
        if not await samples(session, status="open", limit=1):
            # Where everything was reviewed before, nothing waits.
            with suppress(NothingToReview):
                await draw(session, Source(), ReviewTerms(), by=audit.ITSELF)
        return sum(one.emails - one.read for one in await samples(session, status="open"))


async def names_of(house: House, ids: Iterable[str]) -> dict[str, str]:
    """What the previews may call these invented people."""
    async with house.database.session(readonly=True) as session:
        found = await recall_many(session, list(ids))
    return {
        external_id: " ".join(filter(None, (memory.profile.first_name, memory.profile.last_name))) or external_id
        for external_id, memory in found.items()
    }


def _share(ends: float, left: int) -> int:
    """Milliseconds the next e-mail may take, so that the `left` ones, itself included, are done by `ends`."""
    rounds = max(1, math.ceil(left / SIDE_BY_SIDE))
    seconds = (ends - asyncio.get_running_loop().time()) / rounds
    return int(max(seconds, SHORTEST_S) * 1000)


async def _documents(house: House) -> None:
    async with house.database.session() as session:
        await save_brand(session, documents.brand(), saved_by=audit.actor())
        for campaign in documents.campaigns():
            await save_campaign(session, campaign, saved_by=audit.actor())


async def _products(house: House, file: Path, at: datetime, progress: Progress) -> None:
    await asyncio.to_thread(shop.write_feed, file, at)
    await import_feed(
        house.database,
        file,
        FeedFormat.NDJSON,
        progress=lambda done, total: progress("loading products", done, total),
    )
    yesterday = at - timedelta(days=1)
    async with house.database.session() as session:
        await announce(session, [Announced(product, "back_in_stock") for product in shop.RESTOCKED], yesterday)


async def _wake(house: House) -> None:
    """Load the model before the e-mails' time runs. A failure is not hidden: each block of each e-mail will name it."""
    with suppress(ModelError):
        await warm_up(house.writers)


async def _understand(house: House, progress: Progress) -> None:
    progress("understanding products", 0, None)
    await house.catalog.refresh(lambda done, total: progress("understanding products", done, total))


async def _events(house: House, at: datetime, count: int, progress: Progress) -> None:
    stream = customers.events(at, count)
    seen = 0
    while batch := await asyncio.to_thread(_next, stream):
        async with house.database.session() as session:
            await ingest(session, batch, received_at=at, enrich=house.enrich)
        seen += len(batch)
        progress("letting customers live a year", seen, None)


def _next(stream: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
    return list(islice(stream, BATCH))


def _draw(folder: Path, at: datetime) -> None:
    pictures.write_all((product for product in shop.products(at) if not _drawn(folder, product.id)), folder)


def _drawn(folder: Path, product_id: str) -> bool:
    return (folder / f"{product_id}.jpg").is_file()


def _moment(place: Path) -> Moment:
    """The kept moment, or a new one, kept at once: an interrupted load goes on as of the same moment."""
    if place.is_file():
        return Moment.model_validate_json(place.read_text(encoding="utf-8"))
    moment = Moment(at=clock.now())
    _keep(place, moment)
    return moment


def _keep(place: Path, moment: Moment) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(moment.model_dump_json(), encoding="utf-8")
