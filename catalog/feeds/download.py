"""One file over HTTP into a file of bounded size, asked for again where that may help (tenacity).

Redirects are followed here, not by the library: each new address is checked, and credentials stay with the server
they were given for.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.resolver import ThreadedResolver
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception, stop_after_attempt, wait_random_exponential
from yarl import URL

from catalog.feeds.source import FeedNotFound
from catalog.feeds.unpack import FeedDamaged, FeedTooLarge
from store import clock
from store.addresses import PublicResolver, check_url
from store.errors import InvalidInput, NotAllowed, Unavailable

Progress = Callable[[int, int | None], None]
"""Called with the bytes that came so far, and all of them where the server said."""
PIECE = 1 << 18
REDIRECTS = 5
_MOVED = frozenset({301, 302, 303, 307, 308})
_AGENT = {"User-Agent": "Penfriend (product feed)", "Accept": "*/*", "Accept-Encoding": "gzip"}


class FeedUnreachable(Unavailable):
    """Nobody answered, not in time, or not in HTTP."""

    reason = "feed_unreachable"


class FeedServerError(Unavailable):
    """The server says that it cannot now."""

    reason = "feed_server_error"
    retry_after = 0.0
    """Seconds it wants to be left alone."""


class FeedForbidden(NotAllowed):
    """The server wants other credentials."""

    reason = "feed_forbidden"


class FeedRefused(InvalidInput):
    """The server answers something that is no feed, and will tomorrow too."""

    reason = "feed_refused"


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one download: bytes, seconds, attempts."""

    max_bytes: int = 4 << 30
    connect_s: float = 10
    silence_s: float = 30
    """Without a byte."""
    total_s: float = 900
    attempts: int = 4
    max_wait_s: float = 60
    """A server that wants to be left alone for longer is asked next time."""


@dataclass(frozen=True, slots=True)
class Tags:
    """What the server calls the version of a feed it gave us."""

    etag: str | None = None
    last_modified: str | None = None

    def conditions(self) -> dict[str, str]:
        """Headers that ask for the feed only if it is another version."""
        found = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in found.items() if value}


class Downloader:
    """Fetches files. `private` lets it ask machines that are not on the public internet, and without TLS."""

    def __init__(
        self,
        *,
        private: bool = False,
        limits: Limits = Limits(),
        resolver: AbstractResolver | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._private = private
        self._limits = limits
        self._resolver = resolver
        self._sleep = sleep

    async def get(
        self, url: str, headers: Mapping[str, str], known: Tags, target: Path, progress: Progress | None = None
    ) -> Tags | None:
        """Write what is at `url` into `target`. Returns its tags, or None where it is still what `known` says.

        Raises: AddressRefused, FeedUnreachable, FeedServerError, FeedForbidden, FeedNotFound, FeedRefused,
        FeedTooLarge, FeedDamaged.
        """
        attempts = AsyncRetrying(
            sleep=self._sleep,
            stop=stop_after_attempt(self._limits.attempts),
            wait=self._wait,
            retry=retry_if_exception(self._may_help),
            reraise=True,
        )
        async for attempt in attempts:
            with attempt:
                async with self._answer(url, headers, known) as answer:
                    return await self._take(answer, known, target, progress)
        raise AssertionError("tenacity returns or raises")

    def check(self, address: URL) -> None:
        """Asked before every request, also after redirects. Raises: AddressRefused."""
        if not self._private:
            check_url(address)

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after if isinstance(error, FeedServerError) else 0.0
        return asked or wait_random_exponential(multiplier=1, max=self._limits.max_wait_s)(state)

    def _may_help(self, error: BaseException) -> bool:
        if isinstance(error, FeedServerError) and error.retry_after > self._limits.max_wait_s:
            return False
        return isinstance(error, Unavailable) and error.retryable

    @asynccontextmanager
    async def _answer(self, url: str, headers: Mapping[str, str], known: Tags) -> AsyncIterator[aiohttp.ClientResponse]:
        """The first answer that is no redirect."""
        with _translated(url):
            async with AsyncExitStack() as stack:
                session = await stack.enter_async_context(self._session())
                yield await self._follow(stack, session, URL(url), dict(headers), known)

    async def _follow(
        self, stack: AsyncExitStack, session: aiohttp.ClientSession, address: URL, own: dict[str, str], known: Tags
    ) -> aiohttp.ClientResponse:
        for _ in range(REDIRECTS + 1):
            self.check(address)
            request = session.get(address, headers=own | _AGENT | known.conditions(), allow_redirects=False)
            answer = await stack.enter_async_context(request)
            if answer.status not in _MOVED:
                return answer
            moved = address.join(URL(answer.headers.get("Location", "")))
            own = own if moved.origin() == address.origin() else {}
            address = moved
        raise FeedRefused(f"More than {REDIRECTS} redirects.", fix="Use the address they lead to.")

    def _session(self) -> aiohttp.ClientSession:
        limits, inner = self._limits, self._resolver or ThreadedResolver()
        resolver = inner if self._private else PublicResolver(inner)
        return aiohttp.ClientSession(
            # Without a cache of names: what was checked is what is connected to, each time.
            connector=aiohttp.TCPConnector(resolver=resolver, use_dns_cache=False),
            timeout=aiohttp.ClientTimeout(
                total=limits.total_s, sock_connect=limits.connect_s, sock_read=limits.silence_s
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            # Unpacked later, and counted while it is.
            auto_decompress=False,
        )

    async def _take(
        self, answer: aiohttp.ClientResponse, known: Tags, target: Path, progress: Progress | None
    ) -> Tags | None:
        if answer.status == HTTPStatus.NOT_MODIFIED and known.conditions():
            return None
        if answer.status != HTTPStatus.OK:
            raise _refusal(answer)
        if answer.headers.get("Content-Encoding", "identity").lower() not in ("identity", "gzip", "x-gzip"):
            raise FeedRefused(
                f"The feed comes as {answer.headers['Content-Encoding'][:40]}, which was not asked for.",
                fix="Let the server send gzip, or the feed as it is.",
            )
        await self._write(answer, target, progress)
        return Tags(answer.headers.get("ETag"), answer.headers.get("Last-Modified"))

    async def _write(self, answer: aiohttp.ClientResponse, target: Path, progress: Progress | None) -> None:
        total, written = answer.content_length, 0
        if total is not None and total > self._limits.max_bytes:
            raise self._too_large()
        file = await asyncio.to_thread(target.open, "wb")
        try:
            async for piece in answer.content.iter_chunked(PIECE):
                written += len(piece)
                if written > self._limits.max_bytes:
                    raise self._too_large()
                await asyncio.to_thread(file.write, piece)
                if progress:
                    progress(written, total)
        finally:
            await asyncio.to_thread(file.close)

    def _too_large(self) -> FeedTooLarge:
        return FeedTooLarge(
            f"The feed has more than {self._limits.max_bytes:,} bytes.", fix="Split it into several feeds."
        )


def _refusal(answer: aiohttp.ClientResponse) -> Exception:
    """The error for an answer without a feed."""
    status, said = answer.status, f"The server answered {answer.status} {answer.reason or ''}".strip()
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return FeedForbidden(f"{said}.", fix="Check the feed's headers: it wants other credentials.")
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        return FeedNotFound(f"{said}.", fix="Check the feed's address.")
    if status >= 500 or status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.REQUEST_TIMEOUT):
        busy = FeedServerError(f"{said}.", fix="It is asked again; if it stays, ask the people who run it.")
        busy.retry_after = _seconds(answer.headers.get("Retry-After", ""))
        return busy
    return FeedRefused(f"{said}.", fix="Check that the address leads to a feed.")


def _seconds(text: str) -> float:
    """`Retry-After` is seconds or a date (RFC 9110, 10.2.3); what is neither asks for nothing."""
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - clock.now()).total_seconds())


@contextmanager
def _translated(url: str) -> Iterator[None]:
    """The library's errors as ours. Only host and path are told: what is behind the question mark may be a secret."""
    place = url.partition("?")[0]
    again = "It is asked again; if it stays, check the address and the server."
    try:
        yield
    except TimeoutError as error:
        raise FeedUnreachable(f"{place} did not answer in time.", fix=again, reason="feed_timeout") from error
    except aiohttp.ClientPayloadError as error:
        raise FeedDamaged(f"{place} broke off on the way.", fix=again) from error
    except aiohttp.ClientSSLError as error:
        raise FeedUnreachable(f"{place} has no certificate that can be trusted.", fix="Renew it.") from error
    except aiohttp.ClientError as error:
        raise FeedUnreachable(f"{place} cannot be reached ({type(error).__name__}).", fix=again) from error
    except ValueError as error:
        raise FeedRefused(f"{place} is no address, or leads to none.", fix="Check the address.") from error
