"""A finished message with what it is judged by. Each view of it is made once, when a rule first asks."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header, make_header

from evals.preflight.mime import Entity
from evals.preflight.outline import page_of
from evals.preflight.page import Page
from evals.text.keeping import once
from evals.world import World

_URL = re.compile(r"https?://[^\s<>\"')\]]+")
_SIGNATURE = "\n-- \n"
"""Above what is the shop's own (RFC 3676, section 4.3)."""


@dataclass(frozen=True)
class Message:
    """The bytes, the closed world they were written in, and what the shop wants to find in them."""

    raw: bytes
    world: World
    own_hosts: Collection[str]
    """Hosts beside the brand's domain that links may have."""
    postal_address: str | None
    wanted_subject: str | None
    pictures: Collection[str] = frozenset()
    """Addresses of pictures beside those of its products: the logo, wherever it lies."""

    @once
    def entity(self) -> Entity:
        return Entity(self.raw)

    @once
    def html_part(self) -> Entity | None:
        return self._part("text/html")

    @once
    def text_part(self) -> Entity | None:
        return self._part("text/plain")

    @once
    def html(self) -> str:
        """Decoded; empty when there is no such part, or it cannot be read."""
        return self.html_part.text if self.html_part else ""

    @once
    def text(self) -> str:
        """Decoded; empty when there is no such part, or it cannot be read."""
        return self.text_part.text if self.text_part else ""

    @once
    def page(self) -> Page:
        return page_of(self.html)

    @once
    def seen(self) -> str:
        """What the HTML part shows, a line a box."""
        return self.page.text

    @once
    def seen_line(self) -> str:
        """`seen` on one line."""
        return " ".join(self.seen.split())

    @once
    def text_line(self) -> str:
        """`text` on one line."""
        return " ".join(self.text.split())

    @once
    def written(self) -> str:
        """The text part without its links: a sealed link may spell anything by chance."""
        return _URL.sub("", self.text)

    @once
    def body_text(self) -> str:
        """`written` down to the signature, behind which the shop's own lines stand."""
        return self.written.rpartition(_SIGNATURE)[0] or self.written

    @once
    def footer_text(self) -> str:
        """`written` from the signature on, without the postal address; empty when there is no signature."""
        footer = self.written.rpartition(_SIGNATURE)[2] if _SIGNATURE in self.written else ""
        return footer.replace(self.postal_address, "") if self.postal_address else footer

    @once
    def text_urls(self) -> list[str]:
        """Addresses in the text part, in their order."""
        return [url.rstrip(".,;:!?") for url in _URL.findall(self.text)]

    @once
    def subject(self) -> str:
        """The subject header, decoded; its raw value when it cannot be."""
        return decoded_header(self.entity.value("subject"))

    def _part(self, content_type: str) -> Entity | None:
        return next((part for part in self.entity.parts if part.content_type == content_type), None)


def decoded_header(value: str) -> str:
    """RFC 2047 words as text; the value itself when they cannot be read."""
    if "=?" not in value:
        return value
    try:
        return str(make_header(decode_header(value)))
    except (HeaderParseError, UnicodeDecodeError, LookupError):
        return value
