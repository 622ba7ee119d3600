"""What the edge itself refuses, in words for whoever sits before the page."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from api.studio.wording import title
from store.errors import PenfriendError

NO_SUCH_PAGE = "There is no such page."
WRONG_FIELDS = "The form cannot be used as it was sent."
SIGNED_OUT = "You were signed out."
SIGN_IN_ELSEWHERE = "Sign in in another tab, then try again here: nothing you typed is lost."
_STATUS: Mapping[int, tuple[str, str]] = {
    HTTPStatus.BAD_REQUEST: ("The form cannot be read.", "Load the page again, and send it once more."),
    HTTPStatus.METHOD_NOT_ALLOWED: (
        "This address is for a button on another page.",
        "Go to that page, and press the button there.",
    ),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("This is too much for one form.", "Shorten the text, or send it in parts."),
    HTTPStatus.INTERNAL_SERVER_ERROR: (
        "Something went wrong on our side.",
        "Try again. If it stays, tell whoever runs Penfriend the number below: the log has it.",
    ),
}
_FIELD: Mapping[str, str] = {
    "missing": "{name} is missing.",
    "string_too_long": "{name} is longer than {max_length} characters.",
    "string_too_short": "{name} needs at least {min_length} characters.",
    "int_parsing": "{name} is not a whole number.",
    "float_parsing": "{name} is not a number.",
}


def in_words(status: int) -> PenfriendError:
    """What a status says, and what to do."""
    other = ("Penfriend cannot answer this.", "Load the page again, and try once more.")
    message, fix = _STATUS.get(status, other)
    return PenfriendError(message, fix=fix)


def field_problem(wrong: Mapping[str, Any]) -> str:
    """One of pydantic's errors about a form's field: `Name is missing.`"""
    name = title(str(wrong["loc"][-1]))
    said = _FIELD.get(wrong["type"])
    if said is None:
        return f"{name}: {str(wrong['msg']).removeprefix('Value error, ').rstrip('.')}."
    return said.format(name=name, **wrong.get("ctx", {}))
