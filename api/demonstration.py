"""The demo: an invented shop with a year of customers, loaded once, and e-mails for customers in different flows.

The shop is loaded as of a moment, which is kept: a second run finds the same carts as fresh as the first one left
them, and the same e-mails.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from api.house import House
from api.learning import learn
from catalog.feeds.importer import import_feed
from catalog.feeds.report import FeedFormat
from composer.campaigns import save_brand, save_campaign
from composer.contract import ComposeRequest, ComposeResult
from demo import customers, documents, pictures
from demo import products as shop
from memory.ingest import ingest
from store import clock

BATCH = 1_000
DEADLINE_MS = 120_000
"""A demo on a small machine may wait for its small model."""

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
    return moment.at


async def compose_showcase(house: House, at: datetime, count: int, progress: Progress) -> list[ComposeResult]:
    """One e-mail each for the first `count` flows of the showcase, side by side."""
    wanted = customers.showcase(at)[:count]
    done = 0

    async def one(flow: str, customer: str) -> ComposeResult:
        nonlocal done
        request = ComposeRequest(campaign=flow, customer=customer, deadline_ms=DEADLINE_MS)
        result = await house.composer.compose(request)
        done += 1
        progress("writing e-mails", done, len(wanted))
        return result

    progress("writing e-mails", 0, len(wanted))
    with clock.frozen_at(at):
        return await asyncio.gather(*(one(flow, customer) for flow, customer in wanted))


async def _documents(house: House) -> None:
    async with house.database.session() as session:
        await save_brand(session, documents.brand())
        for campaign in documents.campaigns():
            await save_campaign(session, campaign)


async def _products(house: House, file: Path, at: datetime, progress: Progress) -> None:
    await asyncio.to_thread(shop.write_feed, file, at)
    async with house.database.session() as session:
        await import_feed(
            session, file, FeedFormat.NDJSON, progress=lambda done, total: progress("loading products", done, total)
        )


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
