"""A web server that does with feeds what web servers do: tags, redirects, errors, silence, half answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Answer:
    """One answer, byte for byte. `length` is what it claims to have; None: what it has, negative: it does not say."""

    body: bytes = b""
    status: str = "200 OK"
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    silent_after_head: bool = False

    def head(self) -> bytes:
        """Status line and headers."""
        length = len(self.body) if self.length is None else self.length
        sent = {"Connection": "close"} | ({"Content-Length": str(length)} if length >= 0 else {})
        lines = [f"{name}: {value}" for name, value in (sent | self.headers).items()]
        return "\r\n".join([f"HTTP/1.1 {self.status}", *lines, "", ""]).encode()


Handler = Callable[[str, dict[str, str]], Answer]
"""An answer to a path and the request's headers, names in lower case."""


class FeedServer:
    """Answers what the test tells it to, and remembers what it was asked."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.answers: list[Answer] = []
        """One a request; the last one again and again."""
        self.handler: Handler | None = None

    def answer(self, path: str, headers: dict[str, str]) -> Answer:
        """The next one."""
        self.requests.append((path, headers))
        if self.handler is not None:
            return self.handler(path, headers)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@asynccontextmanager
async def feed_server() -> AsyncIterator[FeedServer]:
    """A server on a free port, for the length of the block."""
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            found = served.answer(request.split(" ")[1], headers)
            writer.write(found.head())
            if found.silent_after_head:
                await ended.wait()
            writer.write(found.body)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            # The client went away, which some tests are about.
            return
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    served = FeedServer(server.sockets[0].getsockname()[1])
    async with server:
        yield served
        ended.set()


def tagged(body: bytes, tag: str) -> Handler:
    """A server that knows its version: 304 to whoever has it."""

    def handle(_: str, headers: dict[str, str]) -> Answer:
        if headers.get("if-none-match") == tag:
            return Answer(status="304 Not Modified", headers={"ETag": tag})
        return Answer(body, headers={"ETag": tag})

    return handle
