"""Wrong passwords, counted so that guessing ends: by client, by address, and by the two together.

Counted before the password is compared, so that tries side by side count too. The three limits are such that one
client alone can keep nobody else out: it is made to wait long before the limit of an address is reached. Whoever is
kept out by many clients still comes in by a link. (OWASP ASVS 5.0, 6.3.1; NIST SP 800-63B, 5.2.2.)

Nothing here tells whether anybody has the address: it is counted all the same.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import delete, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from api.studio.accounts import address_key
from api.studio.tables import AttemptRow
from store import clock
from store.types import keyring_of

WINDOW = timedelta(minutes=15)
"""Counting begins anew so long after the first wrong password."""
LIMITS = {"both": 5, "client": 30, "address": 100}
"""Wrong passwords in a window: of a client for an address, of a client for any, for an address from anywhere."""
_IPV6_NETWORK = 64
"""Bits of an IPv6 address that a provider gives to one customer."""


async def may_try(session: AsyncSession, address: str, client: str) -> bool:
    """Count one more try, and say whether it may be made. `client` is an IP address, or empty where unknown.

    One that may not be made does not count: else whoever goes on would use up what others have left.
    """
    await session.execute(delete(AttemptRow).where(col(AttemptRow.since) < clock.now() - WINDOW))
    keys = _keys(session, address, client)
    # In one order, so that tries side by side wait for one another and never crosswise.
    counts = {key: await _count(session, key) for key in sorted(keys.values())}
    if all(counts[key] <= LIMITS[kind] for kind, key in keys.items()):
        return True
    await _take_back(session, keys.values())
    return False


async def was_right(session: AsyncSession, address: str, client: str) -> None:
    """The try that was counted was none: the password was right, and this client may begin anew with it."""
    keys = _keys(session, address, client)
    await session.execute(delete(AttemptRow).where(col(AttemptRow.key) == keys.pop("both")))
    await _take_back(session, keys.values())


async def _count(session: AsyncSession, key: str) -> int:
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = insert(AttemptRow).values(key=key, count=1, since=clock.now())
    more = row.on_conflict_do_update(index_elements=["key"], set_={"count": col(AttemptRow.count) + 1})
    return int((await session.execute(more.returning(col(AttemptRow.count)))).scalar_one())


async def _take_back(session: AsyncSession, keys: Iterable[str]) -> None:
    for key in sorted(keys):
        less = update(AttemptRow).where(col(AttemptRow.key) == key).values(count=col(AttemptRow.count) - 1)
        await session.execute(less)


def _keys(session: AsyncSession, address: str, client: str) -> dict[str, str]:
    keyring = keyring_of(session)
    who, where = address_key(keyring, address), _network(client)
    return {
        "both": keyring.blind_index("studio attempt both", f"{who} {where}"),
        "client": keyring.blind_index("studio attempt client", where),
        "address": keyring.blind_index("studio attempt address", who),
    }


def _network(client: str) -> str:
    try:
        version = ipaddress.ip_address(client).version
    except ValueError:
        # A socket of this machine, or a test: one client.
        return client
    return client if version == 4 else str(ipaddress.ip_network(f"{client}/{_IPV6_NETWORK}", strict=False))
