"""What is wrong with a text beyond its words, said for the report: garbled letters, hidden characters, orders."""

from __future__ import annotations

import re
from typing import NamedTuple

from catalog.garbled import is_garbled
from catalog.markup import PROMPT_TAGS

_HIDDEN = re.compile("[\x00-\x08\x0e-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")
"""Control characters, marks that turn the direction of writing, tags: they make a text read other than it is."""
_PROMPT = re.compile(rf"</?(?:{'|'.join(sorted(PROMPT_TAGS))})\b", re.IGNORECASE)


class Finding(NamedTuple):
    """One thing that was mended in a text."""

    reason: str
    fix: str


GARBLED = Finding("Its letters were garbled, like CafÃ© for Café, and were mended.", "Export the feed as UTF-8.")
LOST = Finding("It holds characters that were lost before they came here.", "Export the feed as UTF-8.")
HIDDEN = Finding("It held hidden characters, which were taken out.", "Remove control and direction characters.")
PROMPT = Finding("It held tags of a prompt; they and what was in them were left out.", "Write about the product only.")


def findings(raw: object) -> list[Finding]:
    """What cleaning the text would mend, or cannot. Numbers and the like have no letters to be wrong."""
    if not isinstance(raw, str):
        return []
    found = [PROMPT] if "<" in raw and _PROMPT.search(raw) else []
    if raw.isascii() and raw.isprintable():
        return found
    found += [GARBLED] if is_garbled(raw) else []
    found += [LOST] if "\ufffd" in raw else []
    return [*found, HIDDEN] if _HIDDEN.search(raw) else found
