"""Makes an e-mail safe to look at from a file: local pictures inside, everything else shut out."""

from __future__ import annotations

import base64
import io
import re
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from PIL import Image

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
_SOURCE = re.compile(r"""(\bsrc\s*=\s*)(["'])(.*?)\2""", re.IGNORECASE | re.DOTALL)
_HEAD = re.compile(r"<head\b[^>]*>", re.IGNORECASE)
_NAME = re.compile(r"[\w.-]{1,120}")
_THUMB_SIDE = 160


class Pictures:
    """The folder of product pictures, as data URIs. None stands for a shop without pictures."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def of_url(self, url: str) -> str | None:
        """The picture an e-mail refers to, found by the last part of its URL."""
        return self._read(unquote(urlsplit(url).path).rpartition("/")[2])

    def thumb(self, product_id: str) -> str | None:
        """A small one, for lists."""
        path = self._path(f"{product_id}.jpg")
        return _thumb(path) if path else None

    def _read(self, name: str) -> str | None:
        path = self._path(name)
        return _data_uri(path.read_bytes()) if path else None

    def _path(self, name: str) -> Path | None:
        """Only plain names: a URL is no way out of the folder."""
        if self._folder is None or not _NAME.fullmatch(name) or name.startswith("."):
            return None
        path = self._folder / name
        return path if path.is_file() else None


def framed(html: str, pictures: Pictures) -> str:
    """The e-mail's HTML for a sandboxed `srcdoc`: known pictures inline, and a policy that forbids all requests.

    Links open nowhere, because the sandbox allows neither pop-ups nor scripts.
    """

    def inline(match: re.Match[str]) -> str:
        before, quote, url = match.groups()
        return f"{before}{quote}{pictures.of_url(url) or 'data:,'}{quote}"

    guard = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}"><base target="_blank">'
    closed = _SOURCE.sub(inline, html)
    head = _HEAD.search(closed)
    at = head.end() if head else 0
    return closed[:at] + guard + closed[at:]


@lru_cache(maxsize=512)
def _thumb(path: Path) -> str:
    with Image.open(path) as picture:
        picture.thumbnail((_THUMB_SIDE, _THUMB_SIDE))
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=82)
    return _data_uri(buffer.getvalue())


def _data_uri(content: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(content).decode()}"
