"""Requests read off a connection by httptools, as uvicorn has it, but no head of a request without an end.

h11 keeps 64 KiB of a head that is not whole; httptools keeps whatever comes, before anybody has shown a key.
"""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES = 64 * 1024
"""Of a request line and headers, of trailers, or of what stands before a chunk, beyond the read in which they began
(asyncio's: 256 KiB at most)."""
_SAID = b"The head of this request is too long."
_REFUSED = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\n"
    b"content-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\n\r\n%s" % (len(_SAID), _SAID)
)


class BoundedHeads(HttpToolsProtocol):
    """One connection."""

    _unread = 0
    """Bytes since a message began, its head was whole, or a part of its body came."""

    def data_received(self, data: bytes) -> None:
        """Read on. What comes of a head beyond `HEAD_BYTES` is answered with 431, and the connection closed."""
        self._unread += len(data)
        super().data_received(data)
        if self._unread > HEAD_BYTES and not self.transport.is_closing():
            self.transport.write(_REFUSED)
            self.transport.close()

    def on_message_begin(self) -> None:
        """A head begins."""
        self._unread = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """It is whole."""
        self._unread = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._unread = 0
        super().on_body(body)
