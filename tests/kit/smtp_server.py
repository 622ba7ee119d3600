"""A real SMTP server (aiosmtpd) that does what relays do: takes, refuses, greylists, is slow, hangs up."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.kit.patience import LOOK_S

KEY_HEADER = "X-Penfriend-Key"


@dataclass(frozen=True)
class Mail:
    """One e-mail that the server has taken."""

    sender: str
    to: str
    content: bytes
    options: tuple[str, ...]
    """Of MAIL and RCPT."""

    @property
    def message(self) -> Message:
        """Parsed."""
        return BytesParser(policy=default).parsebytes(self.content)

    @property
    def key(self) -> str:
        """The idempotency key it carries."""
        return str(self.message[KEY_HEADER])


@dataclass
class Mailbox:
    """What the server does, and what it took. The handler of aiosmtpd."""

    port: int = 0
    mails: list[Mail] = field(default_factory=list)
    connections: int = 0
    """Opened so far."""
    at_rcpt: dict[str, str] = field(default_factory=dict)
    """Replies to RCPT, by address."""
    at_mail: str = ""
    """Reply to every MAIL, where it refuses them."""
    at_data: str = ""
    """Reply to every message, where it refuses them."""
    greylists: bool = False
    """Each address is told to come back once."""
    hangs_up_before: int = 0
    """So many times it hangs up before it has taken a message."""
    hangs_up_after: int = 0
    """So many times it hangs up after it has taken a message, without a word."""
    delay_s: float = 0.0
    takes: int | None = None
    """So many it takes; those after them stay with whoever offers them, without an answer."""
    together: int = 0
    """It takes none before so many are offered at the same time."""
    offered: int = 0
    """At this moment."""
    known: set[str] = field(default_factory=set)
    when_asked: Callable[[], None] | None = None
    """Called with the first message."""

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's names
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Whoever writes."""
        envelope.mail_from, envelope.mail_options = address, options
        return self.at_mail or "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Whoever is written to."""
        if self.greylists and address not in self.known:
            self.known.add(address)
            return "451 4.7.1 Greylisted, come back"
        if address in self.at_rcpt:
            return self.at_rcpt[address]
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options = options
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """What is written."""
        asked, self.when_asked = self.when_asked, None
        if asked is not None:
            asked()
        await asyncio.sleep(self.delay_s)
        self.offered += 1
        try:
            while not self._may_take():  # noqa: ASYNC110 - tests tell it nothing, they change what is so
                await asyncio.sleep(LOOK_S)
        finally:
            self.offered -= 1
        return self._take(server, envelope)

    def _may_take(self) -> bool:
        if self.offered >= self.together:
            self.together = 0
        return not self.together and (self.takes is None or len(self.mails) < self.takes)

    def _take(self, server: SMTP, envelope: Envelope) -> str:
        if self.hangs_up_before:
            self.hangs_up_before -= 1
            return self._hang_up(server)
        if self.at_data:
            return self.at_data
        options = (*envelope.mail_options, *envelope.rcpt_options)
        content = bytes(envelope.content or b"")
        self.mails.append(Mail(str(envelope.mail_from), envelope.rcpt_tos[0], content, options))
        if self.hangs_up_after:
            self.hangs_up_after -= 1
            return self._hang_up(server)
        return f"250 2.0.0 Ok: queued as Q{len(self.mails)}"

    def _hang_up(self, server: SMTP) -> str:
        server.transport.abort()
        return "421 Gone"

    @property
    def keys(self) -> Counter[str]:
        """How often each key came."""
        return Counter(mail.key for mail in self.mails)

    @property
    def addressees(self) -> list[str]:
        """Who was written to, sorted."""
        return sorted(mail.to for mail in self.mails)


class _Server(SMTP):  # type: ignore[misc]  # aiosmtpd has no types
    """Counts connections; knows DSN, as relays do and aiosmtpd does not."""

    def __init__(self, mailbox: Mailbox, **options: Any) -> None:
        super().__init__(mailbox, **options)
        self._mailbox = mailbox

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A connection; after STARTTLS the same one comes again."""
        if self.transport is None:
            self._mailbox.connections += 1
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """aiosmtpd logs what a client that went away was in the middle of; some tests are about that."""
        super().connection_lost(None)


@asynccontextmanager
async def smtp_server(
    *, tls: ssl.SSLContext | None = None, password: str | None = None, utf8: bool = True, port: int = 0
) -> AsyncIterator[Mailbox]:
    """A server on a free port (or this one), for the length of the block. `tls` is for STARTTLS."""
    mailbox = Mailbox()

    def authenticator(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        right = isinstance(data, LoginPassword) and data.password == (password or "").encode()
        return AuthResult(success=right, handled=False)

    def make() -> _Server:
        return _Server(
            mailbox,
            hostname="relay.test",
            enable_SMTPUTF8=utf8,
            tls_context=tls,
            require_starttls=tls is not None,
            authenticator=authenticator if password else None,
            auth_required=password is not None,
            auth_require_tls=tls is not None,
            loop=asyncio.get_running_loop(),
        )

    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", port)
    mailbox.port = server.sockets[0].getsockname()[1]
    try:
        yield mailbox
    finally:
        server.close()
        await server.wait_closed()


@contextmanager
def smtp_thread() -> Iterator[Mailbox]:
    """As `smtp_server`, for tests that have no event loop of their own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = smtp_server()
    try:
        yield asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result()
        asyncio.run_coroutine_threadsafe(server.__aexit__(None, None, None), loop).result()
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
