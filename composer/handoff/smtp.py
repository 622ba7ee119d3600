"""Over SMTP, through a relay: connections that are kept open and used again, one answer for each recipient.

The one module that speaks to aiosmtplib, and that reads its errors.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.utils import parseaddr
from functools import lru_cache

import aiosmtplib

from composer.handoff.channel import Answer, ChannelNotSet, Parcel, Verdict
from composer.handoff.mime import BadAddress, Recipient, message, recipient
from composer.handoff.replies import Stage, accepted, read_reply
from composer.handoff.settings import SmtpSettings

_PER_CONNECTION = 500
"""E-mails over one connection: many relays close it themselves behind some hundred."""
_CERTIFICATE = "The relay has no certificate that can be trusted, or speaks no TLS on this port."
_NOT_OFFERED = "The relay does not offer what is set: STARTTLS, or a way to log in."


class NoRelay(ChannelNotSet):
    """The settings name no relay."""

    reason = "no_smtp_relay"


class _Failed(Exception):
    """Carries an answer up to `send`."""

    def __init__(self, answer: Answer, *, stale: bool = False) -> None:
        super().__init__(answer.reason)
        self.answer = answer
        self.stale = stale
        """A connection that had been used before, gone before the e-mail was on it: another one may do."""


class SmtpChannel:
    """A `Channel` over one relay."""

    needs_address = True
    sends = True

    def __init__(self, settings: SmtpSettings) -> None:
        """Connects with the first e-mail. Raises NoRelay."""
        if not settings.host:
            raise NoRelay("No SMTP relay is set.", fix="Set [smtp] host in penfriend.toml, or PENFRIEND_SMTP__HOST.")
        self.concurrency = settings.connections
        self.per_second = settings.per_second
        self._settings = settings
        self._idle: list[_Connection] = []
        self._hostname: str | None = None

    async def send(self, parcel: Parcel) -> Answer:
        """See `Channel.send`."""
        try:
            to = recipient(parcel.address or "")
        except BadAddress:
            return Answer(Verdict.REFUSED, "bad_address")
        content = message(parcel, to)
        while True:
            try:
                async with self._connection() as connection:
                    return await connection.send(self._sender(parcel), to, content, parcel.key)
            except _Failed as failed:
                if not failed.stale:
                    return failed.answer

    async def close(self) -> None:
        """Say goodbye on every connection."""
        idle, self._idle = self._idle, []
        await asyncio.gather(*(connection.close() for connection in idle))

    def _sender(self, parcel: Parcel) -> str:
        return self._settings.return_path or _address_in(parcel.document["headers"]["From"])

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[_Connection]:
        """One that nobody uses, or a new one; kept for the next if it is good for more."""
        connection = self._usable() or await self._connected()
        try:
            yield connection
        except BaseException:
            # Whatever it was in the middle of, the next e-mail must not continue it.
            connection.drop()
            raise
        if connection.good:
            self._idle.append(connection)
        else:
            await connection.close()

    def _usable(self) -> _Connection | None:
        """A relay may have closed an idle one meanwhile: that costs nothing but a new one."""
        while self._idle:
            connection = self._idle.pop()
            if connection.good:
                return connection
            connection.drop()
        return None

    async def _connected(self) -> _Connection:
        """Raises _Failed."""
        if self._hostname is None:
            self._hostname = await asyncio.to_thread(socket.getfqdn)
        settings = self._settings
        client = aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            username=settings.username or None,
            password=settings.password.get_secret_value() or None,
            local_hostname=self._hostname,
            timeout=settings.timeout_s,
            use_tls=settings.security == "tls",
            start_tls=settings.security == "starttls",
        )
        try:
            await client.connect()
            if client.is_ehlo_or_helo_needed:
                await _greet(client)
        except (aiosmtplib.SMTPException, OSError) as error:
            client.close()
            raise _Failed(connecting(error)) from error
        return _Connection(client, dsn=settings.dsn)


class _Connection:
    """One connection and the e-mails that went over it."""

    def __init__(self, client: aiosmtplib.SMTP, *, dsn: bool) -> None:
        self._client = client
        self._dsn = dsn
        self._used = 0

    @property
    def good(self) -> bool:
        """May another e-mail go over it?"""
        return self._client.is_connected and self._used < _PER_CONNECTION

    async def send(self, sender: str, to: Recipient, content: bytes, key: str) -> Answer:
        """One transaction (RFC 5321, 3.3). Raises _Failed where the connection is lost in it."""
        client = self._client
        if to.utf8 and not client.supports_extension("smtputf8"):
            return Answer(Verdict.REFUSED, "smtputf8_unsupported")
        self._used += 1
        stage: Stage = "mail"
        encoding = "utf-8" if to.utf8 else "ascii"
        try:
            await client.mail(sender, options=self._mail_options(to, content, key), encoding=encoding)
            stage = "rcpt"
            await client.rcpt(to.address, options=self._rcpt_options(), encoding=encoding)
            stage = "data"
            return accepted((await client.data(content)).message)
        except aiosmtplib.SMTPResponseException as error:
            return await self._refused(stage, error)
        except (aiosmtplib.SMTPException, OSError) as error:
            raise _Failed(lost(error), stale=stage == "mail" and self._used > 1) from error

    async def _refused(self, stage: Stage, error: aiosmtplib.SMTPResponseException) -> Answer:
        answer = read_reply(stage, error.code, error.message)
        try:
            # Or the next e-mail would be taken for a part of this one's transaction.
            await self._client.rset()
        except (aiosmtplib.SMTPException, OSError):
            self.drop()
        return answer

    def _mail_options(self, to: Recipient, content: bytes, key: str) -> list[str]:
        options = []
        if self._client.supports_extension("size"):
            options.append(f"SIZE={len(content)}")
        if to.utf8:
            options += ["SMTPUTF8", "BODY=8BITMIME"]
        if self._notifies:
            options += ["RET=HDRS", f"ENVID={key}"]
        return options

    def _rcpt_options(self) -> list[str]:
        return ["NOTIFY=FAILURE,DELAY"] if self._notifies else []

    @property
    def _notifies(self) -> bool:
        return self._dsn and self._client.supports_extension("dsn")

    async def close(self) -> None:
        """QUIT, politely; a connection that is gone already is gone."""
        try:
            if self._client.is_connected:
                await self._client.quit()
        except (aiosmtplib.SMTPException, OSError):
            self.drop()

    def drop(self) -> None:
        """Without a word."""
        self._client.close()


@lru_cache(maxsize=64)
def _address_in(header: str) -> str:
    """Kept: a run has one sender, and reading it takes as long as a reply of the relay."""
    return parseaddr(header)[1]


async def _greet(client: aiosmtplib.SMTP) -> None:
    """EHLO tells what the relay can do; one that does not know it can do nothing beside the plain protocol."""
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError:
        await client.helo()


def connecting(error: aiosmtplib.SMTPException | OSError) -> Answer:
    """What it means that no connection came about."""
    match error:
        case aiosmtplib.SMTPResponseException():
            return read_reply("connect", error.code, error.message)
        case ssl.SSLError() | aiosmtplib.SMTPConnectError(__cause__=ssl.SSLError()):
            return Answer(Verdict.HALT, "smtp_certificate", text=_CERTIFICATE)
        case aiosmtplib.SMTPTimeoutError() | TimeoutError():
            return Answer(Verdict.AWAY, "smtp_timeout")
        case OSError():
            return Answer(Verdict.AWAY, "smtp_unreachable")
        case _:
            return Answer(Verdict.HALT, "smtp_not_offered", text=_NOT_OFFERED)


def lost(error: aiosmtplib.SMTPException | OSError) -> Answer:
    """What it means that a connection was lost in the middle of an e-mail: perhaps the relay has it, perhaps not."""
    if isinstance(error, TimeoutError):
        return Answer(Verdict.LATER, "smtp_timeout")
    return Answer(Verdict.LATER, "smtp_connection_lost")
