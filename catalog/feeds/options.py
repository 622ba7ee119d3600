"""What a shop says about its feed once, because no row of the feed says it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from catalog.feeds.mapping import FeedMapping
from store.errors import InvalidInput

DecimalMark = Literal[".", ","]


class BadFeedOption(InvalidInput):
    """An option of an import that cannot be used."""

    reason = "bad_feed_option"


@dataclass(frozen=True, slots=True)
class FeedOptions:
    """How to read what a feed leaves open. What a row says itself always comes first."""

    currency: str | None = None
    """ISO 4217, for prices that name none."""
    shop_url: str | None = None
    """`https://shop.example`: where links and images begin that are not whole, and where products of a format without
    links (Shopify CSV, WooCommerce CSV) are found."""
    timezone: str | None = None
    """IANA name: the clock of dates that name no offset; None is UTC."""
    decimal: DecimalMark | None = None
    """The decimal mark of all prices; None reads it off each price."""
    mapping: FeedMapping | None = None
    """Which of their columns is which of our fields, for a feed with names of its own."""

    def __post_init__(self) -> None:
        """Raises: BadFeedOption."""
        if self.currency is not None and not re.fullmatch(r"[A-Z]{3}", self.currency):
            raise BadFeedOption(f"{self.currency!r} is no currency.", pointer="/currency", fix="Write EUR, USD …")
        if self.shop_url is not None and not re.fullmatch(r"https?://[^\s/]+(?:/\S*)?", self.shop_url):
            raise BadFeedOption(
                f"{self.shop_url!r} is no address.", pointer="/shop_url", fix="Write https://shop.example"
            )
        if self.decimal not in (None, ".", ","):
            raise BadFeedOption(f"{self.decimal!r} is no decimal mark.", pointer="/decimal", fix='Write "." or ",".')
        try:
            self.zone()
        except (ZoneInfoNotFoundError, ValueError):
            raise BadFeedOption(
                f"{self.timezone!r} is no time zone.", pointer="/timezone", fix="Write an IANA name: Europe/Berlin …"
            ) from None

    def zone(self) -> ZoneInfo:
        """The clock of dates that name no offset."""
        return ZoneInfo(self.timezone or "UTC")

    def mapped(self, mapping: FeedMapping) -> FeedOptions:
        """These options with `mapping`, which says what they leave open. Raises: BadFeedOption."""
        return FeedOptions(
            currency=self.currency or mapping.currency,
            shop_url=self.shop_url or mapping.shop_url,
            timezone=self.timezone or mapping.timezone,
            decimal=self.decimal or mapping.decimal,
            mapping=mapping,
        )

    def address(self, path: str) -> str | None:
        """The whole address of `path` in the shop; None where the shop's address is not known."""
        return f"{self.shop_url.rstrip('/')}/{path.lstrip('/')}" if self.shop_url else None


DEFAULTS = FeedOptions()
