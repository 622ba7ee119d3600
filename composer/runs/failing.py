"""What failed, and whether to go on: the database's troubles are waited through, a recipient's become their reason."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from store.errors import PenfriendError, Unavailable
from store.failures import DatabaseUnavailable

log = structlog.get_logger("penfriend.runs")

T = TypeVar("T")

FIRST_LOOK_S = 0.1
LAST_LOOK_S = 3.0
"""Between two looks whether the database is back: doubled from the first to the last."""


class BrokenRecipient(PenfriendError):
    """Something in our own code broke on this recipient; what and where is in the log."""

    reason = "internal_error"


async def patiently(action: Callable[[], Awaitable[T]]) -> T:
    """The result of `action`, begun again as long as the database cannot be reached."""
    wait = FIRST_LOOK_S
    while True:
        try:
            return await action()
        except DatabaseUnavailable as error:
            if wait == FIRST_LOOK_S:
                log.warning("runs_wait_for_database", reason=error.reason, fix=error.fix)
        await asyncio.sleep(wait)
        wait = min(wait * 2, LAST_LOOK_S)


def as_failure(error: Exception) -> PenfriendError:
    """Our own error for any: an unexpected one is logged by type and place, for its message may quote a person."""
    if isinstance(error, PenfriendError):
        return error
    log.error("recipient_broke", where=where_it_broke(error))
    return BrokenRecipient(f"Penfriend broke on this recipient ({type(error).__name__}); the log says where.")


def may_pass(error: PenfriendError) -> bool:
    """Is it worth trying again?"""
    return isinstance(error, Unavailable) and error.retryable


def where_it_broke(error: BaseException) -> list[str]:
    """Its type, and file and line of its innermost frames. The message is left out: it may quote personal data."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    frames = traceback.extract_tb(error.__traceback__)
    return [type(error).__name__, *(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-8:])]
