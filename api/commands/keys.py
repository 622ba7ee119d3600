"""`penfriend keys`: API keys, and rotation of the encryption keys."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from api.console import Home, Json, emit, note, progress_bar, table
from api.databases import add_encryption_key, open_database, reencrypt
from api.keys import FEED, SCOPES, ApiKey, create_key, list_keys, revoke_key
from api.settings import Settings, read_settings
from composer.campaigns import get_campaign
from store.crypto import Keyring, dump_keyring

keys = typer.Typer(help="API keys, and rotation of the encryption keys.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the group to the command line."""
    app.add_typer(keys, name="keys")


@keys.command()
def create(
    name: Annotated[str, typer.Argument(help="What the key is for, for your own lists.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(help=f"Repeatable: {', '.join(SCOPES)}. [default: all but admin]"),
    ] = None,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Make an API key. Its token is shown once and kept nowhere."""
    scopes = scope or [known for known in SCOPES if known != "admin"]
    key, token = asyncio.run(_create(read_settings(home), name, scopes))

    def human(console: Console) -> None:
        console.print(f"[bold]{token}[/bold]", highlight=False)
        console.print(f"{key.name}: {', '.join(key.scopes)}. Keep it now: it is not shown again.", highlight=False)

    emit({**asdict(key), "token": token}, as_json, human)


@keys.command()
def feed(
    campaign: Annotated[str, typer.Argument(help="The campaign whose e-mails the URL opens.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Make a secret URL for a sender that can send no key: it opens this campaign's e-mails, one customer each.

    Shown once. Whoever has it can read them: `penfriend keys revoke` ends it.
    """
    key, url = asyncio.run(_feed(read_settings(home), campaign))

    def human(console: Console) -> None:
        console.print(url, highlight=False, soft_wrap=True, markup=False)
        console.print("Put the customer's id in the place of CUSTOMER. Keep it now: it is not shown again.")

    emit({**asdict(key), "url": url}, as_json, human)


@keys.command("list")
def list_(home: Home = None, as_json: Json = False) -> None:
    """All API keys, by prefix; tokens are not kept."""
    found = asyncio.run(_list(read_settings(home)))
    emit([asdict(key) for key in found], as_json, lambda console: console.print(_table(found)))


@keys.command()
def revoke(
    key: Annotated[str, typer.Argument(help="The id or the prefix, as `keys list` shows it.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Refuse an API key from now on."""
    revoked = asyncio.run(_revoke(read_settings(home), key))
    emit(
        asdict(revoked),
        as_json,
        lambda console: console.print(f"{revoked.prefix}… ({revoked.name}) is revoked."),
    )


@keys.command()
def generate(as_json: Json = False) -> None:
    """Print fresh encryption keys for PENFRIEND_KEYRING, where many processes share a database. Touches nothing."""
    # In one line, as files of variables want it.
    made = "".join(line.strip() for line in dump_keyring(Keyring.generate()).splitlines())
    note("Keep a copy where your backups are: without it nobody's name or address can be read again.", as_json)
    emit({"keyring": made}, as_json, lambda console: console.print(made, soft_wrap=True, highlight=False, markup=False))


@keys.command()
def rotate(
    finish: Annotated[bool, typer.Option("--finish", help="Re-encrypt everything, then drop the old keys.")] = False,
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Change the encryption keys: once to add a new one, then with --finish to leave the old ones behind.

    Restart running services between the two, so that they can read what the second step writes.
    """
    settings = read_settings(home)
    if finish:
        rewritten = asyncio.run(_reencrypt(settings))
        done = f"Values re-encrypted: {sum(rewritten.values())}. The old keys are gone."
        emit({"rewritten": rewritten}, as_json, lambda console: console.print(done, highlight=False))
        return
    add_encryption_key(settings)
    note(
        "New data is encrypted with a new key. Restart running services, then: penfriend keys rotate --finish",
        as_json,
    )
    emit({"key_added": True, "keys_file": str(settings.keys_file)}, as_json, lambda _: None)


async def _reencrypt(settings: Settings) -> dict[str, int]:
    rewritten: dict[str, int] = {}
    with progress_bar() as bar:
        task = bar.add_task("re-encrypting", total=None)
        async for progress in reencrypt(settings):
            # A plain str: the name SQLAlchemy gives is a subclass, which JSON keys may not be.
            rewritten[f"{progress.table}"] = progress.rewritten
            bar.update(task, description=f"re-encrypting {progress.table}", completed=progress.rows)
    return rewritten


async def _create(settings: Settings, name: str, scopes: list[str]) -> tuple[ApiKey, str]:
    async with open_database(settings) as database, database.session() as session:
        return await create_key(session, name, scopes)


async def _feed(settings: Settings, campaign: str) -> tuple[ApiKey, str]:
    async with open_database(settings) as database, database.session() as session:
        brand = (await get_campaign(session, campaign)).brand
        key, token = await create_key(session, f"feed of {campaign}", [f"{FEED}{campaign}"])
    return key, f"{str(brand.public_url).rstrip('/')}/c/{token}/CUSTOMER"


async def _list(settings: Settings) -> list[ApiKey]:
    async with open_database(settings) as database, database.session(readonly=True) as session:
        return await list_keys(session)


async def _revoke(settings: Settings, key: str) -> ApiKey:
    async with open_database(settings) as database, database.session() as session:
        return await revoke_key(session, key)


def _table(found: list[ApiKey]) -> Table:
    rows = [
        (
            f"{key.prefix}…",
            key.name,
            ", ".join(key.scopes),
            *(f"{at:%Y-%m-%d %H:%M}" if at else "–" for at in (key.created_at, key.last_used_at, key.revoked_at)),
        )
        for key in found
    ]
    return table(("prefix", "name", "scopes", "created", "last used", "revoked"), rows)
