"""Whether a link leads somewhere, asked of a real server."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from composer.runs.preflight.links import follow_link

pytestmark = pytest.mark.anyio


async def answer(request: web.Request) -> web.Response:
    """The status that the path names."""
    asked.append((request.method, request.path))
    return web.Response(status=int(request.match_info["status"]), headers={"Location": "http://127.0.0.1:1/"})


asked: list[tuple[str, str]] = []


@pytest.fixture
async def server() -> AsyncIterator[TestServer]:
    """A shop's server on this machine."""
    asked.clear()
    app = web.Application()
    app.router.add_route("*", "/{status}", answer)
    running = TestServer(app)
    await running.start_server()
    yield running
    await running.close()


@pytest.mark.parametrize("status", [200, 301, 403, 405, 501])
async def test_a_page_that_may_be_there_is_there(server: TestServer, status: int) -> None:
    assert await follow_link(str(server.make_url(f"/{status}")), private=True) is None
    assert asked == [("HEAD", f"/{status}")]


@pytest.mark.parametrize("status", [404, 410, 500, 503])
async def test_a_page_that_is_gone_is_told_by_its_status(server: TestServer, status: int) -> None:
    assert await follow_link(str(server.make_url(f"/{status}")), private=True) == f"the server answers {status}"


async def test_a_server_that_is_not_there_gives_no_answer() -> None:
    assert await follow_link("http://127.0.0.1:1/", private=True) == "no answer (ClientConnectorError)"


async def test_this_machine_is_not_asked_unless_it_may_be(server: TestServer) -> None:
    assert "not https" in str(await follow_link(str(server.make_url("/200"))))
    assert "not an address of the public internet" in str(await follow_link("https://127.0.0.1/200"))
    assert "not on the public internet" in str(await follow_link("https://localhost/200"))
    assert asked == []
