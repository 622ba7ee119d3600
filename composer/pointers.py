"""Where in a document a validation error lies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Step = str | int


def pointer_to(location: Sequence[Step], document: Any, *, missing: bool = False) -> str:
    """The JSON pointer (RFC 6901) of pydantic's `loc`, as whoever wrote `document` can follow it.

    Pydantic names the branch of a union it took (`/audience/rule/where/all/all/0`): what the document does not have is
    left out, but for the last step where the error says that it is `missing`.
    """
    here, path = document, list[Step]()
    for number, step in enumerate(location, start=1):
        if _has(here, step):
            here = here[step]
            path.append(step)
        elif missing and number == len(location):
            path.append(step)
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path) or "/"


def _has(here: Any, step: Step) -> bool:
    if isinstance(here, dict):
        return step in here
    return isinstance(here, list | tuple) and isinstance(step, int) and step < len(here)
