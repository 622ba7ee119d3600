"""A head of a request has an end, whoever sends it; what reads requests is told where it is the slow one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from structlog.testing import capture_logs

from api import serving
from api.request_heads import HEAD_BYTES, WAITING
from api.serving import bound, request_parser
from tests.kit.patience import PATIENCE_S

READ_BYTES = 256 * 1024
"""The most that asyncio hands over at once: what begins in one read counts from the next one on."""
TOO_MUCH = b"x: " + b"y" * (READ_BYTES + 2 * HEAD_BYTES)


async def _echo(scope: Scope, receive: Receive, send: Send) -> None:
    body = await Request(scope, receive).body()
    await PlainTextResponse(f"{scope['method']} {scope['path']} {len(body)}\n")(scope, receive, send)


@asynccontextmanager
async def _served() -> AsyncIterator[int]:
    config = uvicorn.Config(_echo, log_config=None, lifespan="off", http=request_parser(), timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    with bound("127.0.0.1", 0) as had:
        # As in another thread, where signals are not this server's.
        serving = asyncio.create_task(server._serve([had]))
        try:
            yield had.getsockname()[1]
        finally:
            server.should_exit = True
            await serving


async def _answer(*sent: bytes) -> bytes:
    """All that comes back until the other side closes the connection."""
    async with _served() as port, asyncio.timeout(PATIENCE_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for part in sent:
            writer.write(part)
            # The other side may have hung up by now.
            try:
                await writer.drain()
            except ConnectionError:
                break
        found = b""
        try:
            while part := await reader.read(READ_BYTES):
                found += part
        except ConnectionError:
            pass
        writer.close()
        return found


@pytest.mark.anyio
async def test_a_request_and_a_long_body_are_read() -> None:
    head = b"POST /a%20b HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 2000000\r\n\r\n"
    said = await _answer(head, b"b" * 1_000_000, b"b" * 1_000_000)
    assert said.startswith(b"HTTP/1.1 200 OK")
    assert said.endswith(b"POST /a b 2000000\n")


@pytest.mark.anyio
async def test_a_head_just_within_the_limit_is_read_however_it_is_cut() -> None:
    value = b"y" * (HEAD_BYTES - 100)
    head = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\nx: " + value + b"\r\n\r\n"
    said = await _answer(*(head[start : start + 5_000] for start in range(0, len(head), 5_000)))
    assert said.endswith(b"GET / 0\n")


@pytest.mark.anyio
@pytest.mark.parametrize(
    "begun",
    [
        b"GET / HTTP/1.1\r\nhost: x\r\n",
        b"GET /",
        b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n",
        b"POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n1;",
    ],
    ids=["headers", "path", "trailers", "what stands before a chunk"],
)
async def test_a_head_without_an_end_is_refused_and_its_connection_closed(begun: bytes) -> None:
    # Nothing that ends it ever comes: the answer is to what is there.
    said = await _answer(begun, TOO_MUCH.replace(b": ", b"") if begun.endswith((b"/", b";")) else TOO_MUCH)
    assert said == b"" or said.startswith(b"HTTP/1.1 431 ")


@pytest.mark.anyio
@pytest.mark.parametrize(
    "body",
    [(b"content-length: 3\r\n\r\nabc",), (b"transfer-encoding: chunked\r\n\r\n", b"3\r\nabc\r\n0\r\n\r\n")],
    ids=["with its head", "after it"],
)
async def test_a_request_that_asks_for_another_protocol_keeps_its_body_and_so_does_the_next(
    body: tuple[bytes, ...],
) -> None:
    head = b"POST /1 HTTP/1.1\r\nhost: x\r\nconnection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\n"
    then = b"POST /2 HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 2\r\n\r\nde"
    said = await _answer(head + body[0], *body[1:], then)
    assert [line for line in said.splitlines() if line.startswith(b"POST")] == [b"POST /1 3", b"POST /2 2"]


@pytest.mark.anyio
@pytest.mark.parametrize("hosts", [b"", b"host: x\r\nhost: y\r\n"], ids=["none", "two"])
async def test_a_request_without_its_one_host_is_refused(hosts: bytes) -> None:
    said = await _answer(b"GET / HTTP/1.1\r\n" + hosts + b"\r\n")
    assert said.startswith(b"HTTP/1.1 400 ")


@pytest.mark.anyio
async def test_requests_sent_ahead_are_answered_in_their_order_and_only_so_many_wait() -> None:
    ahead = b"".join(b"GET /%d HTTP/1.1\r\nhost: x\r\n\r\n" % number for number in range(WAITING))
    last = b"GET /last HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    paths = [line.split()[1] for line in (await _answer(ahead + last)).splitlines() if line.startswith(b"GET")]
    assert paths == [*(b"/%d" % number for number in range(WAITING)), b"/last"]
    assert b"GET /last" not in await _answer(ahead + ahead + last)


def test_where_httptools_cannot_be_loaded_the_slow_reader_serves_and_the_log_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serving, "find_spec", lambda _: None)
    with capture_logs() as logged:
        assert request_parser() == "h11"
    assert [(one["event"], one["log_level"]) for one in logged] == [("requests_read_slowly", "warning")]
