"""First names: cleaned before use, and put where a block asks for one."""

from __future__ import annotations

import re
import unicodedata

from catalog.untrusted import unmarked

TOKEN = "{first_name}"  # noqa: S105 - a placeholder, no secret
_MAX_LENGTH = 40
_MAX_WORDS = 3
# Markup, links, addresses, templates and digits: somebody typed something else into the name field.
_NOT_A_NAME = re.compile(r"[<>{}\[\]()@/\\|=:;*_#$%&\"“”+\d]|\bwww\.|\w\.\w{2,}|https?", re.IGNORECASE)
_PLACEHOLDERS = frozenset({"null", "none", "undefined", "nan", "n/a", "na", "test", "unknown", "guest", "customer"})
_AT_START = re.compile(r"(^|[.!?…]\s+)\{first_name\}\s*[,:–—-]?\s*(\w?)")
_ANYWHERE = re.compile(r"\s*,?\s*\{first_name\}")


def clean_first_name(raw: str | None) -> str | None:
    """A name fit to greet with, or None when there is none or it is not a name.

    Control and invisible characters go, at most 40 characters stay, `ANNA` and `anna` become `Anna`.
    """
    normal = unicodedata.normalize("NFC", raw or "")
    visible = "".join(" " if char.isspace() else char for char in normal if _visible(char) or char.isspace())
    name = " ".join(visible.split()).strip(" .,'’-")
    wrong = (
        _NOT_A_NAME.search(name)
        or unmarked(name) != name
        or name.casefold() in _PLACEHOLDERS
        or len(name.split()) > _MAX_WORDS
    )
    if wrong or not any(char.isalpha() for char in name):
        return None
    if len(name) > _MAX_LENGTH:
        name = name[:_MAX_LENGTH].rsplit(" ", 1)[0]
    return name.title() if name.islower() or (name.isupper() and len(name) > 3) else name


def fill_first_name(text: str, name: str | None) -> str:
    """`text` with the name in place of `{first_name}`; without a name the token goes with its comma and space."""
    if name is not None:
        return text.replace(TOKEN, name)
    text = _AT_START.sub(lambda match: match[1] + match[2].upper(), text)
    return _ANYWHERE.sub("", text)


def _visible(char: str) -> bool:
    return unicodedata.category(char) not in {"Cc", "Cf", "Co", "Cs", "Cn"}
