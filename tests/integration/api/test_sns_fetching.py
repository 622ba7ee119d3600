"""What is fetched of SNS: from a real server, with limits, and no redirects followed."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from api.hooks.sns import SnsAway, fetch_from_amazon

pytestmark = pytest.mark.anyio


async def _answer(request: web.Request) -> web.Response:
    match request.path:
        case "/fine":
            return web.Response(body=b"x" * 60_000)
        case "/large":
            return web.Response(body=b"x" * 70_000)
        case "/elsewhere":
            raise web.HTTPFound("/fine")
        case _:
            return web.Response(status=500)


@pytest.fixture
async def server() -> AsyncIterator[TestServer]:
    """In the place of Amazon's."""
    app = web.Application()
    app.router.add_get("/{tail:.*}", _answer)
    made = TestServer(app)
    async with made:
        yield made


async def test_a_certificate_is_fetched_whole(server: TestServer) -> None:
    assert len(await fetch_from_amazon(str(server.make_url("/fine")))) == 60_000


@pytest.mark.parametrize("path", ["/large", "/elsewhere", "/broken"])
async def test_what_is_too_large_moved_or_broken_is_asked_for_again_later(server: TestServer, path: str) -> None:
    with pytest.raises(SnsAway):
        await fetch_from_amazon(str(server.make_url(path)))


async def test_a_host_that_is_away_is_asked_again_later(server: TestServer) -> None:
    await server.close()
    with pytest.raises(SnsAway):
        await fetch_from_amazon("http://127.0.0.1:9/fine")
