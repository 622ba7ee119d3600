"""What only the edge can refuse: credentials, scopes, sizes, media types, idempotency keys."""

from __future__ import annotations

from store.errors import Conflict, InvalidInput, NotAllowed, NotFound, PenfriendError


class Unauthenticated(NotAllowed):
    """No key, an unknown key, or a revoked one."""

    reason = "unauthenticated"


class MissingScope(NotAllowed):
    """The key is good, but not for this."""

    reason = "missing_scope"


class TooLarge(InvalidInput):
    """The body, or one message in it, is over its limit."""

    reason = "too_large"


class WrongMediaType(InvalidInput):
    """The body is not of a type this route reads."""

    reason = "wrong_media_type"


class MalformedBody(InvalidInput):
    """The body cannot be parsed at all."""

    reason = "malformed_body"


class KeyReused(InvalidInput):
    """An `Idempotency-Key` came again with another payload."""

    reason = "idempotency_key_reused"


class TooManyAtOnce(PenfriendError):
    """As much of this as one process takes on is being worked on."""

    reason = "too_many_at_once"

    def __init__(self, message: str, *, pointer: str, fix: str, wait_s: int) -> None:
        """`wait_s`: when asking again may help."""
        super().__init__(message, pointer=pointer, fix=fix)
        self.wait_s = wait_s


class StillInFlight(Conflict):
    """The first request with this `Idempotency-Key` has not been answered yet."""

    reason = "idempotency_key_in_flight"


class UnknownKey(NotFound):
    """No API key has this id or prefix."""

    reason = "unknown_key"
