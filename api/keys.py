"""API keys: random tokens with scopes, of which only the SHA-256 is kept.

A token has 190 bits of randomness, so a plain hash is enough and costs under a microsecond; slow
password hashes are for secrets that people choose.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, or_, select

from api import audit
from api.errors import Unauthenticated, UnknownKey
from api.tables import ApiKeyRow
from store import clock
from store.errors import InvalidInput
from store.ids import new_key_id

Scope = Literal["ingest", "read", "write", "compose", "metrics", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)

FEED = "feed:"
"""What stands before a campaign's id in the scope of a key that opens this campaign's e-mails, and nothing else."""
LABEL = "pf_live_"
_ALPHABET = string.ascii_letters + string.digits
_PREFIX_LENGTH = len(LABEL) + 8
_SECRET_LENGTH = 32
_TOUCH_EVERY = timedelta(minutes=1)
"""`last_used_at` is written at most this often: a write a request would cost more than the request."""


@dataclass(frozen=True)
class ApiKey:
    """What the rest of the edge may know of a key."""

    id: str
    name: str
    prefix: str
    scopes: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None

    def may(self, scope: Scope) -> bool:
        """True when the key has this scope; `admin` has all."""
        return scope in self.scopes or "admin" in self.scopes

    @property
    def campaign(self) -> str | None:
        """The campaign whose e-mails it opens, where it is a key for a URL."""
        return next((scope.removeprefix(FEED) for scope in self.scopes if scope.startswith(FEED)), None)


async def create_key(session: AsyncSession, name: str, scopes: Sequence[str]) -> tuple[ApiKey, str]:
    """Make a key. Returns it with its token, which is not kept anywhere and cannot be shown again.

    Raises InvalidInput for an unknown scope.
    """
    unknown = sorted(scope for scope in set(scopes) - set(SCOPES) if not scope.startswith(FEED))
    if unknown or not scopes:
        raise InvalidInput(
            f"There is no scope {unknown[0]!r}." if unknown else "A key needs at least one scope.",
            pointer="/scopes",
            fix=f"Scopes are: {', '.join(SCOPES)}.",
        )
    token = LABEL + "".join(secrets.choice(_ALPHABET) for _ in range(_SECRET_LENGTH))
    row = ApiKeyRow(
        id=new_key_id(),
        name=name,
        prefix=token[:_PREFIX_LENGTH],
        hash=_digest(token),
        scopes=list(dict.fromkeys(scopes)),
        created_at=clock.now(),
    )
    session.add(row)
    await session.flush()
    await audit.append(session, "key.create", row.id, after=row.scopes)
    return _read(row), token


async def list_keys(session: AsyncSession) -> list[ApiKey]:
    """All keys, revoked ones too, oldest first."""
    rows = (await session.execute(select(ApiKeyRow).order_by(col(ApiKeyRow.id)))).scalars()
    return [_read(row) for row in rows]


async def revoke_key(session: AsyncSession, id_or_prefix: str) -> ApiKey:
    """Refuse this key from now on. Revoking twice keeps the first moment. Raises UnknownKey."""
    query = select(ApiKeyRow).where(or_(col(ApiKeyRow.id) == id_or_prefix, col(ApiKeyRow.prefix) == id_or_prefix))
    row = (await session.execute(query)).scalar_one_or_none()
    if row is None:
        raise UnknownKey(f"There is no API key {id_or_prefix!r}.", fix="`penfriend keys list` shows ids and prefixes.")
    if row.revoked_at is None:
        row.revoked_at = clock.now()
        await session.flush()
        await audit.append(session, "key.revoke", row.id)
    return _read(row)


async def verify(session: AsyncSession, token: str) -> ApiKey:
    """The key behind a token; reads only. Raises Unauthenticated, in the same words whatever is wrong with it."""
    query = select(ApiKeyRow).where(col(ApiKeyRow.prefix) == token[:_PREFIX_LENGTH])
    row = (await session.execute(query)).scalar_one_or_none()
    # Compared even when no row was found, and in constant time: how long a refusal takes tells nothing.
    right = hmac.compare_digest(row.hash if row else _digest(""), _digest(token))
    if row is None or not right or row.revoked_at is not None:
        raise Unauthenticated("This API key is unknown or revoked.", fix="Make one with `penfriend keys create NAME`.")
    return _read(row)


def is_stale(key: ApiKey) -> bool:
    """True when `last_used_at` wants writing again."""
    return key.last_used_at is None or clock.now() - key.last_used_at > _TOUCH_EVERY


async def touch(session: AsyncSession, key: ApiKey) -> None:
    """Write that the key was used now."""
    row = await session.get(ApiKeyRow, key.id)
    if row is not None:
        row.last_used_at = clock.now()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _read(row: ApiKeyRow) -> ApiKey:
    return ApiKey(
        id=row.id,
        name=row.name,
        prefix=row.prefix,
        scopes=tuple(row.scopes),
        created_at=row.created_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )
