"""The studio over a real database, and browsers that are signed in to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from api.house import House
from api.settings import Settings
from api.studio import passwords
from api.studio.accounts import ROLES, Account, create_account, find_account
from api.studio.door import COOKIE, CSRF_HEADER
from api.studio.sessions import find_visitor, open_session
from tests.integration.api.conftest import Apps, apps, composer, house, settings

__all__ = ["apps", "composer", "house", "settings"]

Answer = httpx2.Response


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One pass over 8 KiB: what holds of passwords holds at any price."""
    cheap = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
    monkeypatch.setattr(passwords, "HASHER", cheap)
    passwords.nobody.cache_clear()
    yield
    passwords.nobody.cache_clear()


@dataclass(frozen=True)
class Browser:
    """A browser with its session."""

    client: httpx2.AsyncClient
    account: Account | None = None
    csrf: str = ""

    async def get(self, path: str, /, **options: Any) -> Answer:
        """Open a page."""
        return await self.client.get(f"/studio{path}", **options)

    async def post(self, path: str, data: dict[str, str] | None = None, /, **headers: str) -> Answer:
        """Send a form as a page of ours does: with the session's token."""
        token = {CSRF_HEADER: self.csrf} if self.csrf else {}
        return await self.client.post(f"/studio{path}", data=data or {}, headers={**token, **headers})


SignedIn = Callable[..., Awaitable[Browser]]


@pytest.fixture
async def app(settings: Settings, house: House, apps: Apps) -> AsyncIterator[FastAPI]:
    """The application."""
    async with apps.serving(settings, house) as served:
        yield served


@pytest.fixture
async def stranger(app: FastAPI) -> AsyncIterator[Browser]:
    """Signed in nowhere."""
    async with _client(app) as client:
        yield Browser(client)


@pytest.fixture
async def signed_in(app: FastAPI, house: House) -> AsyncIterator[SignedIn]:
    """Makes a browser of somebody with a role; each call another browser of the same person."""
    opened: list[httpx2.AsyncClient] = []

    async def make(role: str = "admin") -> Browser:
        assert role in ROLES
        async with house.database.session() as session:
            account = await find_account(session, f"{role}@shop.example")
            account = account or await create_account(session, f"{role}@shop.example", role.title(), role)
            cookie = await open_session(session, account.id)
        async with house.database.session(readonly=True) as session:
            visitor = await find_visitor(session, cookie)
        assert visitor is not None
        client = _client(app, cookies={COOKIE: cookie})
        opened.append(client)
        return Browser(client, account, visitor.csrf)

    yield make
    for client in opened:
        await client.aclose()


def _client(app: FastAPI, **options: Any) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://penfriend", **options)
