"""`python -m benchmarks.handoff [E_MAILS]`: e-mails a second over SMTP, beside a bare aiosmtplib loop.

Both send the same messages to the same aiosmtpd (a process of its own) over the same number of connections. Ours also
asks consent, prices and stock again before each, builds the message from the stored e-mail, and writes the answer down.
CPU is this process's alone (`time.process_time`), so that a busy machine does not change it.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import aiosmtplib

from composer.handoff.dispatcher import Dispatcher
from store.crypto import Keyring
from store.database import Database
from tests.kit.handoffs import HandoffShop, relay
from tests.kit.smtp_server import smtp_server

CONNECTIONS = 4
E_MAILS = 500


class Measured(NamedTuple):
    """One way to send."""

    name: str
    seconds: float
    cpu_s: float


def _serve(pipe: Connection) -> None:
    asyncio.run(_serve_until_told(pipe))


async def _serve_until_told(pipe: Connection) -> None:
    async with smtp_server() as mailbox:
        pipe.send(mailbox.port)
        await asyncio.to_thread(pipe.recv)
        pipe.send(len(mailbox.mails))


@contextmanager
def server() -> Iterator[int]:
    """A relay in a process of its own; yields its port."""
    ours, theirs = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    yield ours.recv()
    ours.send(None)
    print(f"  the relay took {ours.recv()} messages")
    process.join()


async def bare(port: int, messages: Sequence[tuple[str, bytes]]) -> None:
    """Nothing but aiosmtplib."""
    waiting = list(messages)

    async def work() -> None:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
            while waiting:
                to, content = waiting.pop()
                await client.sendmail("hello@harbourleaf.example", [to], content)

    await asyncio.gather(*(work() for _ in range(CONNECTIONS)))


async def timed(name: str, work: Callable[[], Awaitable[object]]) -> Measured:
    """Wall and CPU seconds of one way."""
    began, cpu = time.perf_counter(), time.process_time()
    await work()
    return Measured(name, time.perf_counter() - began, time.process_time() - cpu)


async def main(count: int) -> None:
    """Prepare, send both ways, print."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database.open(f"sqlite:///{Path(folder) / 'shop.db'}", Keyring.generate())
        await database.migrate()
        print(f"composing {count} e-mails …")
        shop = await HandoffShop.open(database, customers=count)
        messages = [
            (f"{email.customer}@post.example", await shop.shop.composer.message(email.id)) for email in shop.emails
        ]
        handoff = await shop.start()
        found = []
        with server() as port:
            found.append(await timed("aiosmtplib alone", lambda: bare(port, messages)))
        with server() as port:
            channels = shop.channels(smtp=relay(port, connections=CONNECTIONS))
            dispatcher = Dispatcher(database, shop.shop.freshness, channels)
            found.append(await timed("hand-off", lambda: dispatcher.deliver(handoff.id, lambda _: None)))
        await database.close()
    for one in found:
        rate, cpu = count / one.seconds, one.cpu_s / count * 1000
        print(f"{one.name:18} {rate:8.0f} e-mails/s  {cpu:6.2f} ms CPU an e-mail")
    print(f"ratio of the rates {found[0].seconds / found[1].seconds:.2f}")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else E_MAILS))
