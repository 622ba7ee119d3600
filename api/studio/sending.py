"""Hand-offs of a run as its page tells them: how far each is, what did not leave and why, what can be done now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from api.studio import run_words
from composer.handoff import service
from composer.handoff.model import Delivery, DeliveryStatus, Handoff, HandoffStatus
from composer.outliving import ERASED

SHOWN = 20
"""E-mails that did not leave, of each hand-off."""
MOVING_S = 2
WAITING_S = 20
"""A night of quiet hours is long, and each look counts every e-mail that waits."""
_NOT_SENT: Mapping[str, str] = {
    DeliveryStatus.REFUSED: "Refused",
    DeliveryStatus.FAILED: "Failed",
    DeliveryStatus.SUPPRESSED: "Held back",
}
_REASONS: Mapping[str, str] = {
    "smtp_address_unknown": "their mailbox does not exist; they get no more e-mails",
    "smtp_mailbox_disabled": "their mailbox is switched off",
    "smtp_mailbox_full": "their mailbox is full",
    "smtp_too_large": "the relay found it too large",
    "smtp_refused": "the relay refused it",
    "smtp_temporary": "the relay put it off each time it was tried",
    "smtp_timeout": "the relay did not answer in time",
    "smtp_connection_lost": "the relay hung up each time",
    "smtputf8_unsupported": "the relay cannot write to an address with letters such as ü",
    "bad_address": "there is something wrong with the address",
    "no_address": "no e-mail address is known of them",
    "unknown_email": "the e-mail is not kept any more",
    "too_large": "it was too large for the webhook",
    "not_released": "it was not released in time",
    "rejected": "a reviewer rejected it",
    "stale": "what it shows had changed, and it could not be rebuilt",
}


@dataclass(frozen=True, slots=True)
class NotSent:
    """One e-mail that did not leave."""

    delivery: Delivery
    what: str
    """`Refused`, `Failed`, `Held back`."""
    why: str

    @property
    def erased(self) -> bool:
        """Neither the customer nor the e-mail is there any more."""
        return self.delivery.email_id.startswith(f"{ERASED}:")


@dataclass(frozen=True, slots=True)
class Sending:
    """One hand-off."""

    handoff: Handoff
    not_sent: Sequence[NotSent]
    """The first of them, in the run's order."""
    retryable: int = 0
    """How many of those that failed can be tried again."""

    @property
    def more(self) -> int:
        """How many of them are not shown."""
        tally = self.handoff.tally
        return tally.refused + tally.failed + tally.suppressed - len(self.not_sent)

    @property
    def moves(self) -> bool:
        """Worth looking again?"""
        return self.handoff.status is HandoffStatus.RUNNING

    @property
    def waits(self) -> bool:
        """Nothing leaves before quiet hours or caps let it."""
        return self.handoff.tally.pending == self.handoff.deferred

    @property
    def steps(self) -> list[tuple[str, str]]:
        """(what to do, words) of what can be done with it now."""
        found = {
            HandoffStatus.RUNNING: [("pause", "Pause sending"), ("cancel", "Cancel sending")],
            HandoffStatus.PAUSED: [("resume", "Go on sending"), ("cancel", "Cancel sending")],
        }.get(self.handoff.status, [])
        return [*found, ("retry", f"Try {self.retryable:,} that failed again")] if self.retryable else found


def every(sendings: Sequence[Sending]) -> int:
    """Seconds until its reader wants to know anew; 0 where nothing changes by itself."""
    moving = [one for one in sendings if one.moves]
    if not moving:
        return 0
    return WAITING_S if all(one.waits for one in moving) else MOVING_S


async def of_run(session: AsyncSession, run_id: str) -> list[Sending]:
    """The newest first. Raises UnknownRun."""
    return [await _sending(session, one) for one in await service.of_run(session, run_id)]


async def _sending(session: AsyncSession, handoff: Handoff) -> Sending:
    tally = handoff.tally
    if not tally.refused + tally.failed + tally.suppressed:
        return Sending(handoff, ())
    found = await service.not_sent(session, handoff.id, limit=SHOWN)
    told = [NotSent(one, _NOT_SENT[one.status], _why(one.reason)) for one in found]
    open_still = tally.failed and handoff.status is not HandoffStatus.CANCELLED
    return Sending(handoff, told, await service.retryable(session, handoff.id) if open_still else 0)


def _why(reason: str) -> str:
    return _REASONS.get(reason) or run_words.reason(reason)
