"""`penfriend hooks`: which e-mail service providers may report what became of e-mails."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncSession

from api.console import Home, Json, emit, table
from api.databases import open_database
from api.hooks import counts, secrets, trying
from api.hooks.model import IGNORED, MALFORMED, NOT_OURS
from api.hooks.receiving import REPEATED
from api.hooks.registry import PROVIDERS, provider_named
from api.settings import Settings, read_settings
from composer.campaigns import list_brands
from store import clock

T = TypeVar("T")
COUNTED = timedelta(days=30)
_BECAME = {
    "": "counted",
    IGNORED: "tells nothing of an outcome",
    NOT_OURS: "not about an e-mail of ours",
    MALFORMED: "could not be read",
    "token": "a call that came before",
    "unknown_email": "about an e-mail that is not here (any more)",
    "erased": "about somebody who was erased",
    "future_timestamp": "its time lies in the future",
    "bad_timestamp": "its time cannot be read",
}
"""What the reasons of `api.hooks.counts` mean; another one, of ingest, speaks for itself."""

hooks = typer.Typer(help="Webhooks of e-mail service providers: who may report opens and clicks.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="PROVIDER", help=f"One of {', '.join(PROVIDERS)}.")]
Url = Annotated[str, typer.Option("--url", help="Where Penfriend is reached from outside. [default: the brand's]")]


def register(app: typer.Typer) -> None:
    """Add the group to the command line."""
    app.add_typer(hooks, name="hooks")


@hooks.command()
def add(
    provider: Name,
    secret: Annotated[
        str, typer.Option(help="What its webhooks are verified with. [default: asked for, or made up]")
    ] = "",
    url: Url = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Believe a provider's webhooks from now on, and print what to enter there. Run again to exchange a secret."""
    found = provider_named(provider)
    if not secret and found.asks:
        secret = typer.prompt(f"{found.title}: {found.asks}", err=True)
    settings = read_settings(home)
    added, kept = _run(settings, lambda session: secrets.add(session, found, secret))
    address = f"{(url or _run(settings, _public_url) or settings.local_url()).rstrip('/')}/v1/hooks/{found.name}"
    guide = found.guide(address, kept)

    def human(console: Console) -> None:
        _say(console, f"{found.title} is believed from now on ({added.id}). There:")
        for number, step in enumerate(guide, 1):
            _say(console, f"  {number}. {step}")
        if not found.asks:
            _say(console, "Keep this now: the secret is not shown again.")

    emit({**added.model_dump(mode="json"), "url": address, "guide": guide}, as_json, human)


@hooks.command("list")
def list_(home: Home = None, as_json: Json = False) -> None:
    """All secrets by their last characters, and what came in the last 30 days, placed or not."""
    settings = read_settings(home)
    known = _run(settings, secrets.every)
    counted = _run(settings, lambda session: counts.since(session, (clock.now() - COUNTED).date()))

    def human(console: Console) -> None:
        if known:
            rows = [(one.id, one.provider, one.ends_with, f"{one.created_at:%Y-%m-%d %H:%M}") for one in known]
            console.print(table(("id", "provider", "secret ends with", "added (UTC)"), rows))
        else:
            _say(console, "No provider may report yet. Add yours with `penfriend hooks add PROVIDER`.")
        if counted:
            came = [(one.provider, one.kind, _became(one), f"{one.n:,}") for one in counted]
            console.print(table(("provider", "report", "what became of it", "in 30 days"), came))
        else:
            _say(console, "Nothing was reported in the last 30 days.")

    told = {"secrets": [one.model_dump(mode="json") for one in known], "counts": [one.model_dump() for one in counted]}
    emit(told, as_json, human)


@hooks.command()
def remove(
    secret: Annotated[str, typer.Argument(help="The id, as `hooks list` shows it.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Believe what is signed with it no more."""
    removed = _run(read_settings(home), lambda session: secrets.remove(session, secret))
    emit(removed, as_json, lambda console: _say(console, f"{removed.id} of {removed.provider} is believed no more."))


@hooks.command("test")
def try_(provider: Name, url: Url = "", home: Home = None, as_json: Json = False) -> None:
    """Post as the provider would, to the running service: once unsigned, and once signed where we hold the secret.

    Reports an e-mail that does not exist, so that nothing is counted for anybody.
    """
    found = provider_named(provider)
    settings = read_settings(home)
    known = _run(settings, lambda session: secrets.of(session, found.name))
    address = f"{(url or settings.local_url()).rstrip('/')}/v1/hooks/{found.name}"
    tried = asyncio.run(trying.try_out(found.name, address, known))

    def human(console: Console) -> None:
        console.print(table(("what was posted", "answered", "as it should be"), [tuple(one) for one in tried]))

    emit([one._asdict() for one in tried], as_json, human)
    if not all(one.right for one in tried):
        raise typer.Exit(1)


def _became(count: counts.HookCount) -> str:
    if count.kind == REPEATED.kind and not count.reason:
        return "known before, counted once"
    return _BECAME.get(count.reason, count.reason.replace("_", " "))


def _run(settings: Settings, do: Callable[[AsyncSession], Awaitable[T]]) -> T:
    async def run() -> T:
        async with open_database(settings) as database, database.session() as session:
            return await do(session)

    return asyncio.run(run())


async def _public_url(session: AsyncSession) -> str:
    return next((str(brand.public_url) for brand in await list_brands(session)), "")


def _say(console: Console, text: str) -> None:
    console.print(text, soft_wrap=True, highlight=False, markup=False)
