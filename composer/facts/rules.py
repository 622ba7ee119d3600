"""Attribution rules: which e-mail an order is given to, for how long what counts, as a document with a version."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from functools import cached_property
from typing import Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field

from store.errors import InvalidInput

Model = Literal["last_click", "first_click"]
LATE = timedelta(days=2)
"""After everything is over: reports of it may still be on their way."""
COUNTED_WITHIN = timedelta(days=2)
"""The rest of the day on which the last of it may happen, and a day for the count itself."""
_VERSION_LENGTH = 12


class BeyondRetention(InvalidInput):
    """What attribution rules look at is deleted before it has counted."""

    reason = "rules_beyond_retention"


class AttributionRules(BaseModel):
    """What an e-mail is given credit for.

    An order is given to one e-mail at most, whole. Clicks and opens of machines count for nothing. Orders in another
    currency than the brand's are counted, their money is not. What comes back is subtracted from the order it is of,
    and so from the e-mail that the order was given to; an order can come to nothing, never to less.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: Model = "last_click"
    """Of several e-mails that were clicked, the one that was clicked last before the order, or first."""
    click_days: int = Field(default=5, ge=0, le=14)
    """An order so many days after a click may be given to the e-mail; 0: clicks give none."""
    open_days: int = Field(default=0, ge=0, le=14)
    """The same after an open by a person, where no e-mail was clicked; 0: opens give none."""
    delivered_only: bool = False
    """Only e-mails that the sender reported as delivered are given orders."""
    window_days: int = Field(default=7, ge=1, le=14)
    """Days after a campaign came to somebody in which what they do counts (against those held out), and in which a
    click or open counts for the e-mail."""
    returns_days: int = Field(default=14, ge=0, le=60)
    """Days after an order in which what comes back, is cancelled or is changed counts."""
    margin_percent: int = Field(default=40, ge=0, le=100)
    """Of the price before discounts: what is left of it to the shop where the cost of goods is unknown. Where all of
    an order's costs are known those are taken instead. Offers are judged by what is left (`composer.bandit.reward`)."""

    @cached_property
    def version(self) -> str:
        """Of the content: the same rules have the same version in every shop."""
        document = orjson.dumps(self.model_dump(mode="json"), option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(document).hexdigest()[:_VERSION_LENGTH]

    @cached_property
    def click(self) -> timedelta:
        """How long after a click an order may be given to its e-mail."""
        return timedelta(days=self.click_days)

    @cached_property
    def open(self) -> timedelta:
        """The same after an open."""
        return timedelta(days=self.open_days)

    @cached_property
    def window(self) -> timedelta:
        """See `window_days`."""
        return timedelta(days=self.window_days)

    @cached_property
    def returns(self) -> timedelta:
        """See `returns_days`."""
        return timedelta(days=self.returns_days)

    @cached_property
    def settled(self) -> timedelta:
        """After an e-mail was sent: everything that counts for it has happened and been reported."""
        return self.window + max(self.click, self.open) + self.returns + LATE

    def refuse_beyond(self, events_days: int | None) -> None:
        """Raises BeyondRetention where events are deleted, after so many days, before they have counted."""
        needed = (self.settled + COUNTED_WITHIN).days
        if events_days is not None and events_days < needed:
            raise BeyondRetention(
                f"These rules look at events for {needed} days, and retention.events deletes them after {events_days}: "
                "what comes back later would not be subtracted.",
                pointer="/returns_days",
                fix=f"Lower returns_days, window_days or click_days, or set retention.events to {needed} or more.",
            )
