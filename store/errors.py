"""The one root of everything Penfriend raises on purpose.

    PenfriendError
    ├── InvalidInput      the caller can mend it: names the field and the fix
    ├── NotFound          the named thing does not exist; lists what does
    ├── Conflict          it exists already, or changed meanwhile
    ├── NotAllowed        a key, a scope, a signature is missing or wrong
    └── Unavailable       something outside failed (model, disk, database); `retryable` says if trying again helps

Rooms subclass these beside the code that raises them and set `reason`, a stable snake_case code that
lands in records, ledgers and API answers. Only `api/` turns them into HTTP.
"""

from __future__ import annotations


class PenfriendError(Exception):
    """An expected failure: what happened, where, and what to do about it."""

    reason = "error"

    def __init__(
        self, message: str, *, pointer: str | None = None, fix: str | None = None, reason: str | None = None
    ) -> None:
        """`pointer` is a JSON pointer (RFC 6901) or `line N`; `fix` a sentence that says what to do."""
        super().__init__(message)
        self.message = message
        self.pointer = pointer
        self.fix = fix
        if reason is not None:
            self.reason = reason

    def __str__(self) -> str:
        where = f" (at {self.pointer})" if self.pointer else ""
        fix = f" {self.fix}" if self.fix else ""
        return f"{self.message}{where}{fix}"


class InvalidInput(PenfriendError):
    """The caller's mistake, mendable by the caller."""

    reason = "invalid_input"


class NotFound(PenfriendError):
    """The named thing does not exist."""

    reason = "not_found"


class Conflict(PenfriendError):
    """It exists already, or changed since it was read."""

    reason = "conflict"


class NotAllowed(PenfriendError):
    """Authentication, scope or signature is missing or wrong."""

    reason = "not_allowed"


class Unavailable(PenfriendError):
    """Something outside our control failed."""

    reason = "unavailable"
    retryable = True
