"""Whom Penfriend talks to on somebody's word: the public internet, never this machine or the network it stands in.

The address of a feed or a webhook is typed by people, and a feed's is answered with redirects by strangers; without
this, either could reach what only this machine may, such as the metadata service of a cloud (CWE-918, server-side
request forgery). A name is looked up once and the connection goes to what was found and checked, so that it cannot mean
another machine a moment later.
"""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from store.errors import NotAllowed

_NAT64 = IPv6Network("64:ff9b::/96")
_FIX = (
    "Use an https address on the public internet, or allow private addresses in the settings "
    "(private_feeds, webhooks.private)."
)


class AddressRefused(NotAllowed):
    """The address leads to a machine that may not be asked."""

    reason = "address_refused"


def is_public(address: str) -> bool:
    """True for an address of the public internet, also where IPv6 wraps an IPv4 one. Raises ValueError."""
    found: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        found = _wrapped(found) or found
    return found.is_global and not found.is_multicast


def _wrapped(found: IPv6Address) -> IPv4Address | None:
    """The IPv4 address in a mapped, 6to4, Teredo or NAT64 one."""
    if found.ipv4_mapped or found.sixtofour:
        return found.ipv4_mapped or found.sixtofour
    if found.teredo:
        return found.teredo[1]
    return IPv4Address(int(found) & 0xFFFFFFFF) if found in _NAT64 else None


def check_url(url: URL) -> None:
    """Refuse what is not https, and addresses written as numbers, which no resolver is asked for.

    Raises: AddressRefused.
    """
    if url.scheme != "https":
        raise AddressRefused(f"{url.origin()} is not https.", fix=_FIX)
    try:
        public = is_public(url.host or "")
    except ValueError:
        return
    if not public:
        raise AddressRefused(f"{url.host} is not an address of the public internet.", fix=_FIX)


class PublicResolver(AbstractResolver):
    """Looks names up, and answers only if every address found is public."""

    def __init__(self, inner: AbstractResolver) -> None:
        self._inner = inner

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Raises: AddressRefused, OSError where the name is not known."""
        found = await self._inner.resolve(host, port, family)
        hidden = [one["host"] for one in found if not is_public(one["host"])]
        if hidden:
            raise AddressRefused(f"{host} leads to {hidden[0]}, which is not on the public internet.", fix=_FIX)
        return found

    async def close(self) -> None:
        """End the resolver inside."""
        await self._inner.close()
