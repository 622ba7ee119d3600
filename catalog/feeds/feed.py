"""A feed that is fetched again and again: where from, how often, how to read it, when to hold it back. Pure data."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit, urlunsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from catalog.feeds.guard import Guard
from catalog.feeds.mapping import FeedMapping
from catalog.feeds.options import DecimalMark, FeedOptions
from catalog.feeds.report import FeedFormat, ImportReport
from store.errors import PenfriendError

HIDDEN = "…"
"""Stands for a secret wherever a feed is shown; sent back in its place, it keeps the secret that is stored."""
FeedId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
State = Literal["active", "held", "failing", "paused"]
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_OURS = frozenset({"host", "accept-encoding", "if-none-match", "if-modified-since", "content-length", "range"})


class Feed(BaseModel):
    """One feed, as its owner describes it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: FeedId
    source: str = Field(min_length=1, max_length=2_000, description="An https address, or a path on the server.")
    mode: Literal["full", "delta"] = Field(
        default="full",
        description="full: what it no longer has goes off the shelf. delta: it brings only what is new or changed.",
    )
    format: FeedFormat | None = Field(default=None, description="Read off the feed where it is not given.")
    every_minutes: int = Field(default=60, ge=5, le=43_200)
    currency: str | None = Field(default=None, description="ISO 4217, for prices that name none.")
    shop_url: str | None = Field(default=None, max_length=500)
    timezone: str | None = Field(default=None, max_length=64)
    decimal: DecimalMark | None = None
    mapping: FeedMapping | None = Field(default=None, description="Which of its columns is which of our fields.")
    headers: dict[str, str] = Field(
        default_factory=dict, max_length=20, description=f"Sent along; kept encrypted, and shown as {HIDDEN}."
    )
    guard: Guard = Guard()

    @field_validator("source")
    @classmethod
    def _readable(cls, source: str) -> str:
        if not is_url(source):
            return source
        parts = urlsplit(source)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("write an address like https://shop.example/feed.xml, or a path")
        if parts.username or parts.password:
            raise ValueError("leave user and password out of the address; send a header Authorization")
        return urlunsplit(parts._replace(fragment=""))

    @field_validator("headers")
    @classmethod
    def _sendable(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, value in headers.items():
            if not _HEADER_NAME.fullmatch(name) or name.lower() in _OURS:
                raise ValueError(f"{name[:100]!r} is no header that can be sent along")
            if len(value) > 4_000 or not value.replace(HIDDEN, "").isprintable() or not _is_latin(value):
                raise ValueError(f"the value of {name} holds characters that no header can have")
        return headers

    @field_validator("currency", "shop_url", "timezone")
    @classmethod
    def _usable(cls, value: str | None, info: ValidationInfo) -> str | None:
        try:
            given: dict[str, Any] = {info.field_name or "": value}
            FeedOptions(**given)
        except PenfriendError as error:
            raise ValueError(f"{error.message} {error.fix or ''}".strip()) from error
        return value

    def options(self) -> FeedOptions:
        """How to read it. Raises: BadFeedOption, which the model has refused already."""
        options = FeedOptions(self.currency, self.shop_url, self.timezone, self.decimal)
        return options.mapped(self.mapping) if self.mapping else options

    def every(self) -> timedelta:
        """The time between two fetches."""
        return timedelta(minutes=self.every_minutes)

    def shown(self) -> Feed:
        """Without its secrets: header values, and what the address has behind the question mark."""
        return self.model_copy(update={"source": _hide(self.source), "headers": dict.fromkeys(self.headers, HIDDEN)})

    def with_secrets_of(self, stored: Feed) -> Feed:
        """What was sent back as it was shown stays what it is."""
        headers = {
            name: stored.headers.get(name, value) if value == HIDDEN else value for name, value in self.headers.items()
        }
        source = stored.source if self.source == _hide(stored.source) else self.source
        return self.model_copy(update={"headers": headers, "source": source})

    def reads_as(self, other: Feed) -> bool:
        """True where both would make the same products of the same source."""
        ignored: Any = {"every_minutes", "guard", "headers"}
        return self.model_dump(exclude=ignored) == other.model_dump(exclude=ignored)


class FeedStatus(BaseModel):
    """A feed and where it stands. Secrets are hidden."""

    feed: Feed
    state: State
    """`held`: its last good fetch waits for a person. `failing`: it could not be fetched or read lately."""
    failures: int
    """Fetches that failed since the last that did not."""
    running: bool
    next_at: datetime
    held_import_id: str | None = None
    last_import: ImportReport | None = None
    """Without its rows; `GET /v1/catalog/imports/{id}` has them."""


def is_url(source: str) -> bool:
    """True for an address, False for a path."""
    return "://" in source


def _hide(source: str) -> str:
    parts = urlsplit(source)
    return urlunsplit(parts._replace(query=HIDDEN)) if is_url(source) and parts.query else source


def _is_latin(value: str) -> bool:
    return value == HIDDEN or all(ord(character) < 256 for character in value)
