"""`penfriend users`: who may sign in to the studio, for whoever owns the machine."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncSession

from api.console import Home, Json, emit, table
from api.databases import open_database
from api.settings import Settings, read_settings
from api.studio import team
from api.studio.accounts import ROLES, Account
from api.studio.door import PATH

T = TypeVar("T")

users = typer.Typer(help="People who may sign in to the studio, and what they may do there.", no_args_is_help=True)
Address = Annotated[str, typer.Argument(help="The e-mail address that they sign in with.")]
Url = Annotated[str, typer.Option("--url", help="Where they reach it. [default: this machine's own address]")]


def register(app: typer.Typer) -> None:
    """Add the group to the command line."""
    app.add_typer(users, name="users")


@users.command()
def add(
    address: Address,
    name: Annotated[str, typer.Option(help="What colleagues call them. [default: what is before the @]")] = "",
    role: Annotated[str, typer.Option(help=f"One of {', '.join(ROLES)}.")] = "reviewer",
    url: Url = "",
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Make an account, and a link to pass on by which its owner comes in. Nothing is mailed."""
    settings = read_settings(home)
    called = name or address.partition("@")[0]
    account, token = _run(settings, lambda session: team.invite(session, address, called, role))
    _emit_link(account, _link(settings, url, token), as_json)


@users.command("list")
def list_(home: Home = None, as_json: Json = False) -> None:
    """Everybody, disabled people last."""
    found = _run(read_settings(home), team.members)
    rows = [
        (
            member.account.address,
            member.account.name,
            "disabled" if member.account.disabled else member.account.role,
            f"{member.account.seen_at:%Y-%m-%d %H:%M}" if member.account.seen_at else "never",
            member.browsers,
        )
        for member in found
    ]
    columns = ("address", "name", "role", "last seen", "browsers")
    told = [{**_told(member.account), "browsers": member.browsers} for member in found]
    emit(told, as_json, lambda console: console.print(table(columns, rows)))


@users.command()
def role(
    address: Address,
    role: Annotated[str, typer.Argument(help=f"One of {', '.join(ROLES)}.")],
    home: Home = None,
    as_json: Json = False,
) -> None:
    """Change what somebody may do."""
    _change(home, address, lambda session, account: team.set_role(session, account.id, role), as_json)


@users.command()
def disable(address: Address, home: Home = None, as_json: Json = False) -> None:
    """Sign somebody out everywhere, and let them in no more."""
    _change(home, address, lambda session, account: team.disable(session, account.id), as_json)


@users.command()
def enable(address: Address, home: Home = None, as_json: Json = False) -> None:
    """Let somebody in again."""
    _change(home, address, lambda session, account: team.enable(session, account.id), as_json)


@users.command()
def link(address: Address, url: Url = "", home: Home = None, as_json: Json = False) -> None:
    """Make a new link for somebody who lost theirs or forgot a password; older ones no longer work."""
    settings = read_settings(home)

    async def make(session: AsyncSession) -> tuple[Account, str]:
        return await team.new_link(session, (await team.account_named(session, address)).id)

    account, token = _run(settings, make)
    _emit_link(account, _link(settings, url, token), as_json)


def _change(
    home: Home, address: str, change: Callable[[AsyncSession, Account], Awaitable[Account]], as_json: bool
) -> None:
    async def do(session: AsyncSession) -> Account:
        return await change(session, await team.account_named(session, address))

    account = _run(read_settings(home), do)
    state = "disabled" if account.disabled else account.role
    emit(_told(account), as_json, lambda console: _say(console, f"{account.name} ({account.address}): {state}"))


def _run(settings: Settings, do: Callable[[AsyncSession], Awaitable[T]]) -> T:
    async def run() -> T:
        async with open_database(settings) as database, database.session() as session:
            return await do(session)

    return asyncio.run(run())


def _link(settings: Settings, url: str, token: str) -> str:
    return f"{(url or settings.local_url()).rstrip('/')}{PATH}/link/{token}"


def _emit_link(account: Account, address: str, as_json: bool) -> None:
    def human(console: Console) -> None:
        _say(console, address)
        _say(console, f"For {account.name}, {account.role}: signs in once, within three days. Not shown again.")

    emit({**_told(account), "link": address}, as_json, human)


def _say(console: Console, text: str) -> None:
    console.print(text, soft_wrap=True, highlight=False, markup=False)


def _told(account: Account) -> dict[str, Any]:
    return asdict(account)
