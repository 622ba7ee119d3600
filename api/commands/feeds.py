"""`penfriend feeds`: feeds that are fetched again and again, and held back when they break."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Literal

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from api.commands.feed_options import Currency, Decimal, Format, Mapping, ShopUrl, Timezone
from api.commands.feed_reports import refresh, show_import, summary
from api.console import FAILED, Home, Json, emit, progress_bar, table
from api.databases import open_database
from api.feeds import changes, open_feeds
from api.house import open_house
from api.settings import Settings, read_settings
from catalog.feeds import register as shelf
from catalog.feeds import reports
from catalog.feeds.feed import Feed, FeedStatus, is_url
from catalog.feeds.mapping import load_mapping
from catalog.feeds.report import ImportReport
from catalog.feeds.runner import Feeds, Progress
from store.errors import InvalidInput

feeds = typer.Typer(help="Feeds that keep the shop's products up to date.", no_args_is_help=True)

FeedId = Annotated[str, typer.Argument(help="The feed's name, as `feeds list` shows it.")]


class BadFeed(InvalidInput):
    """Something about a feed cannot be so."""

    reason = "bad_feed"


def register(app: typer.Typer) -> None:
    """Add the group to the command line."""
    app.add_typer(feeds, name="feeds")


@feeds.command()
def add(
    feed_id: Annotated[str, typer.Argument(help="A short name of your choice: lower case, digits, - and _.")],
    source: Annotated[str, typer.Argument(help="An https address, or the path of a file. gzip and zip are unpacked.")],
    every: Annotated[int, typer.Option(help="Minutes between two fetches.")] = 60,
    mode: Annotated[
        Literal["full", "delta"],
        typer.Option(help="full: what it no longer has goes off the shelf. delta: only what is new or changed."),
    ] = "full",
    format_: Format = None,
    currency: Currency = None,
    shop_url: ShopUrl = None,
    timezone: Timezone = None,
    decimal: Decimal = None,
    mapping: Mapping = None,
    header: Annotated[list[str] | None, typer.Option(help='Repeatable: "Authorization: Bearer …".')] = None,
    max_drop_share: Annotated[float, typer.Option(help="Hold it back if more of its products would go.")] = 0.3,
    max_drop: Annotated[int, typer.Option(help="So many products may go in any case.")] = 20,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Add a feed, or change one. It is fetched by `penfriend serve`, or by `feeds run --due` from cron."""
    feed = _feed(
        id=feed_id,
        source=source if is_url(source) else str(Path(source).absolute()),
        every_minutes=every,
        mode=mode,
        format=format_,
        currency=currency,
        shop_url=shop_url,
        timezone=timezone,
        decimal=decimal,
        mapping=load_mapping(mapping) if mapping else None,
        headers=dict(_header(text) for text in header or []),
        guard={"max_drop_share": max_drop_share, "max_drop": max_drop},
    )
    status = asyncio.run(_save(read_settings(home), feed))
    emit(status, as_json, lambda console: console.print(f"Feed {feed_id} is kept.", highlight=False))


@feeds.command("list")
def list_(home: Home = None, as_json: Json = False) -> None:
    """All feeds and where they stand."""
    found = asyncio.run(_list(read_settings(home)))
    emit([one.model_dump(mode="json") for one in found], as_json, lambda console: console.print(_table(found)))


@feeds.command()
def show(feed_id: FeedId, home: Home = None, as_json: Json = False) -> None:
    """One feed, its last import, and the first rows that were left out."""
    status, last = asyncio.run(_show(read_settings(home), feed_id))
    shown = {"feed": status.model_dump(mode="json"), "report": last and last.model_dump(mode="json")}
    emit(shown, as_json, lambda console: _print_feed(console, status, last))


@feeds.command()
def run(
    feed_id: Annotated[str | None, typer.Argument(help="The feed to fetch now.")] = None,
    due: Annotated[bool, typer.Option("--due", help="Every feed whose time has come: for cron.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Fetch now. Exit code 1 when a feed failed or is held back."""
    if (feed_id is None) is not due:
        raise BadFeed("Name one feed, or say --due.", fix="penfriend feeds run ID, or penfriend feeds run --due")
    done = asyncio.run(_run(read_settings(home), feed_id))
    emit([one.model_dump(mode="json") for one in done], as_json, lambda console: _print_runs(console, done))
    if any(report.status not in ("done", "unchanged") for report in done):
        raise typer.Exit(FAILED)


@feeds.command()
def release(feed_id: FeedId, home: Home = None, as_json: Json = False) -> None:
    """Apply the import that was held back, exactly as its report says."""
    report = asyncio.run(_release(read_settings(home), feed_id))
    emit(report, as_json, lambda console: show_import(console, report))


@feeds.command()
def pause(feed_id: FeedId, home: Home = None, as_json: Json = False) -> None:
    """Fetch it no more by itself. Its products stay in the shop."""
    _set_paused(read_settings(home), feed_id, True, as_json)


@feeds.command()
def resume(feed_id: FeedId, home: Home = None, as_json: Json = False) -> None:
    """Fetch it again, from now on."""
    _set_paused(read_settings(home), feed_id, False, as_json)


@feeds.command()
def remove(feed_id: FeedId, home: Home = None, as_json: Json = False) -> None:
    """Forget a feed and its imports. Its products stay in the shop, and belong to no feed."""
    asyncio.run(_remove(read_settings(home), feed_id))
    emit({"removed": feed_id}, as_json, lambda console: console.print(f"{feed_id} is removed.", highlight=False))


def _feed(**fields: object) -> Feed:
    try:
        return Feed.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        message = first["msg"].removeprefix("Value error, ")
        pointer = "/" + "/".join(str(part) for part in first["loc"])
        raise BadFeed(
            f"The feed cannot be kept: {message}.", pointer=pointer, fix="Correct it and try again."
        ) from error


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon:
        raise BadFeed(f"{name[:40]!r} is no header.", pointer="--header", fix='Write "Name: value".')
    return name.strip(), value.strip()


async def _save(settings: Settings, feed: Feed) -> FeedStatus:
    async with open_database(settings) as database:
        await open_feeds(settings, database).save(feed)
        async with database.session(readonly=True) as session:
            return await shelf.status(session, feed.id)


async def _list(settings: Settings) -> list[FeedStatus]:
    async with open_database(settings) as database, database.session(readonly=True) as session:
        return await shelf.page(session, limit=10_000)


async def _show(settings: Settings, feed_id: str) -> tuple[FeedStatus, ImportReport | None]:
    async with open_database(settings) as database, database.session(readonly=True) as session:
        status = await shelf.status(session, feed_id)
        # The one that waits for a word is the one to look at, also where later fetches brought nothing new.
        wanted = status.held_import_id or (status.last_import and status.last_import.id)
        return status, await reports.get(session, wanted) if wanted else None


async def _run(settings: Settings, feed_id: str | None) -> list[ImportReport]:
    async with open_house(settings) as house:
        work = open_feeds(settings, house.database)
        with progress_bar() as bar:
            task = bar.add_task("fetching", total=None)

            def tell(what: str, done: int, total: int | None) -> None:
                bar.update(task, description=what, completed=done, total=total)

            done = await _fetch(work, feed_id, tell)
        if any(changes(report) for report in done):
            await refresh(house)
    return done


async def _fetch(work: Feeds, feed_id: str | None, tell: Progress) -> list[ImportReport]:
    return await work.run_due(tell) if feed_id is None else [await work.run(feed_id, tell)]


async def _release(settings: Settings, feed_id: str) -> ImportReport:
    async with open_house(settings) as house:
        report = await open_feeds(settings, house.database).release(feed_id)
        await refresh(house)
    return report


def _set_paused(settings: Settings, feed_id: str, paused: bool, as_json: bool) -> None:
    async def change() -> FeedStatus:
        async with open_database(settings) as database, database.session() as session:
            await shelf.pause(session, feed_id, paused)
            return await shelf.status(session, feed_id)

    status = asyncio.run(change())
    emit(status, as_json, lambda console: console.print(f"{feed_id} is {status.state}.", highlight=False))


async def _remove(settings: Settings, feed_id: str) -> None:
    async with open_database(settings) as database, database.session() as session:
        await shelf.remove(session, feed_id)


def _table(found: list[FeedStatus]) -> Table:
    rows = [
        (
            one.feed.id,
            one.state,
            one.feed.mode,
            f"every {one.feed.every_minutes} min",
            f"{one.next_at:%Y-%m-%d %H:%M}",
            summary(one.last_import) if one.last_import else "–",
            one.feed.source,
        )
        for one in found
    ]
    return table(("feed", "state", "mode", "rhythm", "next (UTC)", "last import", "source"), rows)


def _print_feed(console: Console, status: FeedStatus, last: ImportReport | None) -> None:
    console.print(_table([status]))
    if last is None:
        console.print("It was never fetched.", highlight=False)
        return
    console.print(f"{last.id}: {last.status}, {last.started_at:%Y-%m-%d %H:%M} UTC", highlight=False)
    show_import(console, last)
    if status.held_import_id:
        console.print(f"To apply it all the same: penfriend feeds release {status.feed.id}", highlight=False)


def _print_runs(console: Console, done: list[ImportReport]) -> None:
    if not done:
        console.print("No feed is due.", highlight=False)
    for report in done:
        console.print(f"{report.feed_id}: {report.status}", highlight=False)
        show_import(console, report)
