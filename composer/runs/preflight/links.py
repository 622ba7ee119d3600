"""Whether a link leads somewhere: one HEAD request, and only to the public internet."""

from __future__ import annotations

from http import HTTPStatus

import aiohttp
from yarl import URL

from store.addresses import AddressRefused, PublicResolver, check_url

TIMEOUT = aiohttp.ClientTimeout(total=10)
GONE = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})


async def follow_link(url: str, *, private: bool = False) -> str | None:
    """Why `url` cannot be had, or None when it can. `private` also asks this machine and its network.

    A redirect leads somewhere, and is not followed: where it leads is the shop's server's word (CWE-918). A server that
    refuses robots or knows no HEAD is taken to have the page.
    """
    resolver = aiohttp.ThreadedResolver()
    try:
        if not private:
            check_url(URL(url))
        connector = aiohttp.TCPConnector(resolver=resolver if private else PublicResolver(resolver))
        async with (
            aiohttp.ClientSession(connector=connector, timeout=TIMEOUT) as client,
            client.head(url, allow_redirects=False) as answer,
        ):
            return _why_not(answer.status)
    except AddressRefused as error:
        return str(error.message).rstrip(".")
    except (TimeoutError, aiohttp.ClientError, ValueError) as error:
        return f"no answer ({type(error).__name__})"


def _why_not(status: int) -> str | None:
    missing = status in GONE or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return f"the server answers {status}" if missing and status != HTTPStatus.NOT_IMPLEMENTED else None
