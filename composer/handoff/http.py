"""POST to somebody else's server, and what its answer means. No redirects and no cookies.

Whom it may ask is up to who makes it: `PublicResolver` for addresses that users type.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import aiohttp
from aiohttp.resolver import ThreadedResolver
from yarl import URL

from composer.handoff.channel import Answer, Verdict, words
from store import clock
from store.addresses import AddressRefused, PublicResolver, check_url

_READ = 2_000
"""Bytes of an answer that are looked at."""
_MAX_WAIT_S = 86_400.0
_TEMPORARY = frozenset(
    {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_EARLY, HTTPStatus.INTERNAL_SERVER_ERROR}
)
_AWAY = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
_SETTINGS = frozenset(
    {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}
)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: a status and a few words, or why nothing did."""

    status: int = 0
    """0 where nothing came back."""
    reason: str = ""
    """For status 0: `timeout`, `unreachable`, `certificate`, `address_refused`."""
    text: str = ""
    retry_after_s: float | None = None

    @property
    def ok(self) -> bool:
        """Any 2xx."""
        return 200 <= self.status < 300

    @property
    def code(self) -> str:
        """Of the reason: `http_503`, or why nothing came back."""
        return f"http_{self.status}" if self.status else self.reason


class Poster:
    """Keeps connections open between POSTs. Of one event loop; `close` it."""

    def __init__(self, *, private: bool, timeout_s: float, connections: int) -> None:
        """`private` lets it ask machines that are not on the public internet, and without TLS."""
        self._private = private
        names = ThreadedResolver()
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=names if private else PublicResolver(names), use_dns_cache=False, limit=connections
            ),
            timeout=aiohttp.ClientTimeout(total=timeout_s),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": "Penfriend", "Content-Type": "application/json"},
        )

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """One request. Whatever goes wrong on the way is a reply too."""
        try:
            if not self._private:
                check_url(URL(url))
            async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
                text = (await answer.content.read(_READ)).decode(errors="replace")
                return Reply(
                    answer.status, text=words(text), retry_after_s=read_wait(answer.headers.get("Retry-After"))
                )
        except AddressRefused:
            return Reply(reason="address_refused")
        except TimeoutError:
            return Reply(reason="timeout")
        except aiohttp.ClientSSLError:
            return Reply(reason="certificate")
        except (aiohttp.ClientError, OSError, ValueError):
            # A ValueError is an address that is none.
            return Reply(reason="unreachable")

    async def close(self) -> None:
        """End every connection."""
        await self._session.close()


def judged(reply: Reply) -> Answer:
    """What a reply means for an e-mail that was posted (RFC 9110, 15)."""
    shown = str(reply.status) if reply.status else ""
    if reply.ok:
        return Answer(Verdict.SENT, code=shown, text=reply.text)
    if reply.reason in ("address_refused", "certificate"):
        return Answer(Verdict.HALT, reply.reason, text=_WRONG[reply.reason])
    if reply.status == 0 or reply.status in _AWAY:
        return Answer(Verdict.AWAY, reply.code, shown, reply.text, reply.retry_after_s)
    if reply.status in _SETTINGS or 300 <= reply.status < 400:
        return Answer(Verdict.HALT, reply.code, shown, f"The far side answered {reply.status}: check address and key.")
    if reply.status == HTTPStatus.GONE:
        return Answer(Verdict.HALT, reply.code, shown, "The far side answered 410: it wants nothing more.")
    if reply.status in _TEMPORARY or reply.status > HTTPStatus.INTERNAL_SERVER_ERROR:
        return Answer(Verdict.LATER, reply.code, shown, reply.text, reply.retry_after_s)
    return Answer(Verdict.REFUSED, reply.code, shown, reply.text)


_WRONG = {
    "address_refused": "The address is not on the public internet, or not https (setting webhooks.private).",
    "certificate": "The far side has no certificate that can be trusted.",
}


def read_wait(header: str | None) -> float | None:
    """`Retry-After` is seconds or a date (RFC 9110, 10.2.3); what is neither asks for nothing. A day at most."""
    if header is None:
        return None
    if header.isascii() and header.isdigit():
        return min(float(header), _MAX_WAIT_S)
    try:
        at = parsedate_to_datetime(header)
    except ValueError:
        return None
    seconds = (at.replace(tzinfo=at.tzinfo or UTC) - clock.now()).total_seconds()
    return min(max(0.0, seconds), _MAX_WAIT_S)
