"""Tables of the studio: who may sign in, who is signed in, and who tried."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlmodel import Field, SQLModel

from store.types import EncryptedText, UtcDateTime


class AccountRow(SQLModel, table=True):
    """Somebody who works in the studio. Their address is what they sign in with."""

    __tablename__: ClassVar[Any] = "studio_account"

    id: str = Field(primary_key=True, max_length=64)
    address: str = Field(sa_type=EncryptedText)
    address_key: str = Field(max_length=64, unique=True)
    """Keyed hash of the address, lower-cased: what it is found by."""
    name: str = Field(sa_type=EncryptedText)
    role: str = Field(max_length=16)
    password_hash: str = Field(default="", max_length=255)
    """Argon2id; empty for who only comes in by links."""
    created_at: datetime = Field(sa_type=UtcDateTime)
    disabled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    seen_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When a browser of theirs last asked for a page, to five minutes."""


class SessionRow(SQLModel, table=True):
    """One signed-in browser. Only the SHA-256 of its cookie is kept."""

    __tablename__: ClassVar[Any] = "studio_session"

    hash: str = Field(primary_key=True, max_length=64)
    account_id: str = Field(max_length=64, foreign_key="studio_account.id", index=True)
    csrf: str = Field(max_length=64)
    """What every form and every changing request of this session must bring."""
    browser: str = Field(default="", max_length=64)
    """In words that many share, as `Firefox on Linux`."""
    by_link: bool = False
    """Signed in by a link: for a while a password may be chosen without the old one."""
    created_at: datetime = Field(sa_type=UtcDateTime)
    seen_at: datetime = Field(sa_type=UtcDateTime)


class SignInLinkRow(SQLModel, table=True):
    """A link that signs somebody in once: for the terminal that started the studio, and for invitations."""

    __tablename__: ClassVar[Any] = "studio_link"

    hash: str = Field(primary_key=True, max_length=64)
    account_id: str = Field(max_length=64, foreign_key="studio_account.id", index=True)
    invitation: bool = False
    """An admin gave it away: it leads to the page on which a password is chosen."""
    expires_at: datetime = Field(sa_type=UtcDateTime)
    used_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class AttemptRow(SQLModel, table=True):
    """Wrong passwords of one client, for one address, or of one for the other. It names neither."""

    __tablename__: ClassVar[Any] = "studio_attempt"

    key: str = Field(primary_key=True, max_length=64)
    """Keyed hash of what is counted."""
    count: int
    since: datetime = Field(sa_type=UtcDateTime, index=True)
