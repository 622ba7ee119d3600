"""Headers and parts straight from the bytes, as they stand on the wire.

The standard library's parser unfolds, decodes and forgives before it answers, and takes as long as all looks at
the message together; what a strict receiver sees is wanted here. Sources: RFC 5322 (headers), RFC 2045 and 2046
(parts, transfer encodings, boundaries).
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import takewhile

from evals.text.keeping import once

_HEAD_END = re.compile(rb"\r?\n\r?\n")
_HEADER = re.compile(rb"^([!-9;-~]+):[ \t]*(.*(?:\r?\n[ \t].*)*)", re.MULTILINE)
_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_PARAMETER = re.compile(r";\s*([\w-]+)\s*=\s*(?:\"([^\"]*)\"|([^\s;\"]+))")
_DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "7bit": bytes,
    "8bit": bytes,
    "": bytes,
    "quoted-printable": binascii.a2b_qp,
    "base64": binascii.a2b_base64,
}


@dataclass(frozen=True, slots=True)
class Header:
    """One header as it stands: the name in lower case, the value with its folds."""

    name: str
    raw: bytes

    @property
    def value(self) -> str:
        """Unfolded; a byte above 127 becomes U+FFFD."""
        return _FOLD.sub(b"", self.raw).decode("ascii", "replace").strip()

    @property
    def is_folded(self) -> bool:
        """True when it goes over more than one line."""
        return b"\n" in self.raw


class Entity:
    """A message or one of its parts: headers in their order, and the body's bytes."""

    def __init__(self, raw: bytes) -> None:
        end = _HEAD_END.search(raw)
        head = raw[: end.start()] if end else raw
        self.body = raw[end.end() :] if end else b""
        self.head = head
        self.headers = tuple(Header(match[1].decode().lower(), match[2]) for match in _HEADER.finditer(head))

    def all(self, name: str) -> list[Header]:
        """Every header of this name, written in lower case."""
        return [header for header in self.headers if header.name == name]

    def value(self, name: str) -> str:
        """The first header's unfolded value; empty when it is missing."""
        return next((header.value for header in self.headers if header.name == name), "")

    @once
    def content_type(self) -> str:
        """E.g. `text/html`, in lower case, without parameters."""
        return self.value("content-type").split(";")[0].strip().lower()

    def parameter(self, name: str) -> str:
        """A parameter of the content type; empty when it is missing."""
        found = _PARAMETER.findall(self.value("content-type"))
        return next((quoted or plain for key, quoted, plain in found if key.lower() == name), "")

    @property
    def transfer_encoding(self) -> str:
        """In lower case; empty when none is named, which means 7bit."""
        return self.value("content-transfer-encoding").lower()

    @once
    def parts(self) -> tuple[Entity, ...]:
        """The parts of a multipart body; none when there is no boundary, or it never occurs."""
        boundary = self.parameter("boundary").encode()
        if not boundary:
            return ()
        marks = b"\n--" + boundary
        pieces = (b"\n" + self.body).split(marks)[1:]
        # What follows the boundary is `--` at the end of the last part, or the rest of the line and a part.
        inner = takewhile(lambda piece: not piece.startswith(b"--"), pieces)
        return tuple(Entity(_content(piece)) for piece in inner)

    @property
    def text(self) -> str:
        """The body as UTF-8 text with `\\n` line ends; empty when it cannot be read."""
        return self._read[0]

    @property
    def why_unreadable(self) -> str:
        """Why the body is not the text its headers say it is; empty when it is."""
        return self._read[1]

    @once
    def _read(self) -> tuple[str, str]:
        decode = _DECODERS.get(self.transfer_encoding)
        if decode is None:
            return "", f"the transfer encoding {self.transfer_encoding!r} is not one for text"
        try:
            return decode(self.body).decode("utf-8").replace("\r\n", "\n"), ""
        except (UnicodeDecodeError, binascii.Error) as error:
            return "", str(error)


def _content(piece: bytes) -> bytes:
    """A part without the rest of its boundary line, and without the line end that belongs to the next one."""
    return piece.lstrip(b" \t").removeprefix(b"\r").removeprefix(b"\n").removesuffix(b"\r")
