"""Requests read off a connection by httptools, as uvicorn has it, but only what h11 would read too.

h11 keeps 64 KiB of a head that is not whole, and no request beyond the one it answers; httptools keeps whatever comes,
before anybody has shown a key. Of a request that asks for another protocol it leaves the body unread, and reads it as
the next request: Java's own client asks for HTTP/2 (`Upgrade: h2c`) with every first one. Its connection goes to h11.
"""

from __future__ import annotations

from httptools import HttpParserError, HttpParserUpgrade
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES = 64 * 1024
"""Of a request line and headers, of trailers, or of what stands before a chunk, beyond the read in which they began
(asyncio's: 256 KiB at most)."""
WAITING = 100
"""Requests that may wait behind the one being answered: whoever sends more without reading is hung up on."""
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
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except HttpParserUpgrade as upgrade:
            self._hand_over(data[upgrade.args[0] :])
        except HttpParserError:
            self.send_400_response("Invalid HTTP request received.")
        else:
            self._bound()

    def _bound(self) -> None:
        if self.transport.is_closing():
            return
        if self._unread > HEAD_BYTES:
            self.transport.write(_REFUSED)
            self.transport.close()
        elif len(self.pipeline) > WAITING:
            self.transport.close()

    def _hand_over(self, rest: bytes) -> None:
        """Have h11 read this request from its beginning, and all that come after it."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.transport.close()
            return
        head = [b"%s %s HTTP/%s" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())]
        head += [b"%s: %s" % header for header in self.headers]
        other = H11Protocol(self.config, self.server_state, self.app_state, self.loop)
        self.connections.discard(self)
        other.connection_made(self.transport)
        self.transport.set_protocol(other)
        other.data_received(b"\r\n".join((*head, b"", rest)))

    def _should_upgrade(self) -> bool:
        """Nothing that asks for it is answered here."""
        return True

    def on_message_begin(self) -> None:
        """A head begins."""
        self._unread = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """It is whole.

        Raises: ValueError, which is answered with 400, without its one `Host` (RFC 9112, 3.2).
        """
        self._unread = 0
        hosts = [name for name, _ in self.headers].count(b"host")
        if hosts != 1 and (hosts or self.parser.get_http_version() != "1.0"):
            raise ValueError("a request names its host once")
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._unread = 0
        super().on_body(body)
