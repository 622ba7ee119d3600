"""What a hand-off needs of a way to send: hand one e-mail over, and say what the far side answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from store.errors import InvalidInput

MAX_ANSWER = 300


class ChannelNotSet(InvalidInput):
    """The settings of this process have no such channel; another process's may."""

    reason = "channel_not_set"


class Verdict(StrEnum):
    """What an answer means for the e-mail and for those behind it."""

    SENT = "sent"
    REFUSED = "refused"
    """Not this one, ever."""
    LATER = "later"
    """Not this one now; the others may go on."""
    AWAY = "away"
    """Nothing now: the far side is down, or wants to be left alone. Costs the e-mail no attempt."""
    HALT = "halt"
    """Nothing until a person has mended it: credentials, a setting. Costs the e-mail no attempt."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of handing one e-mail over."""

    verdict: Verdict
    reason: str = ""
    """Stable code: `smtp_mailbox_unknown`, `timeout` …"""
    code: str = ""
    """The far side's answer code, at most 16 characters."""
    text: str = ""
    """The far side's own words; may name the address, so never for a log."""
    wait_s: float | None = None
    """How long the far side wants to be left alone, where it said."""
    dead_address: bool = False
    """The address is wrong for good: nothing should be sent there again."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One e-mail, ready to be handed over."""

    key: str
    """The idempotency key: the e-mail's id."""
    run: str
    address: str | None
    """The customer's; None where memory has none."""
    document: Mapping[str, Any]
    """The `ComposeResult` as JSON."""


class Channel(Protocol):
    """One way to send, open for a while. `send` may be called from `concurrency` tasks at once."""

    concurrency: int
    per_second: float | None
    """E-mails a second at most, in this process; None: as fast as it goes."""
    needs_address: bool
    sends: bool
    """Is an e-mail that was taken on its way to its recipient? Else whoever took it sends it, and reports that."""

    async def send(self, parcel: Parcel) -> Answer:
        """Hand one e-mail over. What goes wrong on the way is an answer, not an exception."""
        ...

    async def close(self) -> None:
        """Give connections back."""
        ...


def words(text: str) -> str:
    """What the far side said, on one line of bounded length."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:MAX_ANSWER]
