"""Feeds come over the network as networks are: tagged, packed, redirected, slow, broken off, and from wrong places."""

from __future__ import annotations

import asyncio
import gzip
import io
import os
import socket
import time
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from catalog.feeds.download import Downloader, FeedForbidden, FeedRefused, FeedServerError, FeedUnreachable, Limits
from catalog.feeds.feed import Feed
from catalog.feeds.fetch import FeedChanging, Fetched, Fetcher, Validators
from catalog.feeds.source import FeedNotFound, FeedUnreadable
from catalog.feeds.unpack import FeedDamaged, FeedTooLarge
from store.addresses import AddressRefused
from store.errors import PenfriendError
from tests.kit.feed_server import Answer, FeedServer, feed_server, tagged
from tests.kit.patience import PATIENCE_S

CSV = b"id,title,link,price\np1,Tea,https://s.example/1,3 EUR\n"
PATIENT = Limits(
    max_bytes=1_000_000, connect_s=PATIENCE_S, silence_s=PATIENCE_S, total_s=PATIENCE_S, attempts=3, max_wait_s=60
)
HASTY = replace(PATIENT, silence_s=0.3)
"""For servers that are silent."""


class Waits:
    """Stands in for sleeping between attempts."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


class FixedNames(AbstractResolver):
    """A name service that answers the next of its addresses each time it is asked."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = list(addresses)
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        self.asked += 1
        address = self.addresses.pop(0) if len(self.addresses) > 1 else self.addresses[0]
        return [ResolveResult(hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=0)]

    async def close(self) -> None:
        pass


@pytest.fixture
async def server() -> AsyncIterator[FeedServer]:
    """A server that sends a small feed, until told otherwise."""
    async with feed_server() as running:
        running.answers = [Answer(CSV)]
        yield running


@pytest.fixture
def waits() -> Waits:
    """How long the fetcher wanted to wait between attempts."""
    return Waits()


@pytest.fixture
def fetcher(tmp_path: Path, waits: Waits) -> Fetcher:
    """May ask this machine."""
    return fetcher_of(tmp_path, waits, PATIENT)


def fetcher_of(folder: Path, waits: Waits, limits: Limits) -> Fetcher:
    return Fetcher(folder / "uploads", Downloader(private=True, limits=limits, sleep=waits), max_bytes=2_000_000)


async def fetch(
    fetcher: Fetcher, source: str | Path, known: Validators | None = None, **headers: str
) -> tuple[Fetched, bytes | None]:
    feed = Feed(id="shop", source=str(source), headers=headers)
    async with fetcher.fetch(feed, known or Validators()) as found:
        return found, found.path.read_bytes() if found.path else None


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def test_a_tagged_feed_is_sent_once(server: FeedServer, fetcher: Fetcher) -> None:
    server.handler = tagged(CSV, '"v1"')
    first, content = await fetch(fetcher, server.url)
    again, nothing = await fetch(fetcher, server.url, first.validators)
    assert (content, nothing) == (CSV, None)
    assert server.requests[1][1]["if-none-match"] == '"v1"'
    assert again.validators == first.validators


async def test_last_modified_is_asked_about_too(server: FeedServer, fetcher: Fetcher) -> None:
    at = "Sat, 21 Nov 2026 08:00:00 GMT"
    server.answers = [Answer(CSV, headers={"Last-Modified": at}), Answer(status="304 Not Modified")]
    first, _ = await fetch(fetcher, server.url)
    _, nothing = await fetch(fetcher, server.url, first.validators)
    assert server.requests[1][1]["if-modified-since"] == at
    assert nothing is None


async def test_the_same_content_under_a_new_tag_is_known_by_its_hash(server: FeedServer, fetcher: Fetcher) -> None:
    server.answers = [Answer(CSV, headers={"ETag": '"a"'}), Answer(gzip.compress(CSV), headers={"ETag": '"b"'})]
    first, _ = await fetch(fetcher, server.url)
    second, nothing = await fetch(fetcher, server.url, first.validators)
    assert nothing is None
    assert second.validators.etag == '"b"'


@pytest.mark.parametrize("at_a_path", [False, True])
async def test_a_feed_that_was_judged_by_an_earlier_version_is_read_again(
    server: FeedServer, fetcher: Fetcher, tmp_path: Path, at_a_path: bool
) -> None:
    """Links that it had read wrongly would stay so until the shop changed something."""
    server.handler = tagged(CSV, '"v1"')
    file = tmp_path / "shop.csv"
    file.write_bytes(CSV)
    source = str(file) if at_a_path else server.url
    first, _ = await fetch(fetcher, source)
    assert (await fetch(fetcher, source, first.validators))[1] is None
    earlier = first.validators.model_copy(update={"reads": 0})
    assert (await fetch(fetcher, source, earlier))[1] == CSV


async def test_a_304_that_nobody_asked_for_is_no_feed(server: FeedServer, fetcher: Fetcher) -> None:
    server.answers = [Answer(status="304 Not Modified")]
    with pytest.raises(FeedRefused, match="304"):
        await fetch(fetcher, server.url)


async def test_nothing_is_left_behind(server: FeedServer, fetcher: Fetcher, tmp_path: Path) -> None:
    await fetch(fetcher, server.url)
    assert names_in(tmp_path / "uploads") == set()


async def test_what_a_killed_process_left_is_cleared_away_a_day_later(fetcher: Fetcher, tmp_path: Path) -> None:
    folder = tmp_path / "uploads"
    for name, hours in (("feed-old", 25), ("feed-new", 1)):
        (folder / name).mkdir(parents=True)
        at = time.time() - hours * 3_600
        os.utime(folder / name, (at, at))
    (tmp_path / "feed.csv").write_bytes(CSV)
    await fetch(fetcher, tmp_path / "feed.csv")
    assert names_in(folder) == {"feed-new"}


def zipped(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, CSV)
    return file.getvalue()


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (gzip.compress(CSV), {"Content-Encoding": "gzip"}),
        (gzip.compress(CSV), {}),
        (gzip.compress(gzip.compress(CSV)), {"Content-Encoding": "gzip"}),
        (zipped("feed.csv", "__MACOSX/._feed.csv"), {}),
    ],
    ids=["encoded", "gz", "gz encoded again", "zip"],
)
async def test_packed_feeds_are_unpacked(
    server: FeedServer, fetcher: Fetcher, body: bytes, headers: dict[str, str]
) -> None:
    server.answers = [Answer(body, headers=headers)]
    _, content = await fetch(fetcher, server.url)
    assert content == CSV


BOMB = gzip.compress(b"0" * 3_000_000)


@pytest.mark.parametrize(
    ("answer", "error", "attempts"),
    [
        (Answer(status="404 Not Found"), FeedNotFound, 1),
        (Answer(status="403 Forbidden"), FeedForbidden, 1),
        (Answer(status="418 Teapot"), FeedRefused, 1),
        (Answer(b"x" * 1_000_001), FeedTooLarge, 1),
        (Answer(b"x" * 10, length=2_000_000), FeedTooLarge, 1),
        (Answer(b"x" * 1_000_001, length=-1), FeedTooLarge, 1),
        (Answer(BOMB, headers={"Content-Encoding": "gzip"}), FeedTooLarge, 1),
        (Answer(CSV, headers={"Content-Encoding": "br"}), FeedRefused, 1),
        (Answer(gzip.compress(CSV * 50)[:-20]), FeedDamaged, 1),
        (Answer(zipped("a.csv", "b.csv")), FeedUnreadable, 1),
        (Answer(b"PK\x03\x04 no archive"), FeedDamaged, 1),
        (Answer(CSV, length=len(CSV) + 9), FeedDamaged, 3),
        (Answer(silent_after_head=True, length=9), FeedUnreachable, 3),
        (Answer(status="500 Internal Server Error"), FeedServerError, 3),
    ],
    ids=lambda value: getattr(value, "__name__", None) or getattr(value, "status", None),
)
async def test_every_failure_has_a_type_and_only_passing_ones_are_tried_again(
    server: FeedServer, waits: Waits, tmp_path: Path, answer: Answer, error: type[PenfriendError], attempts: int
) -> None:
    server.answers = [answer]
    fetcher = fetcher_of(tmp_path, waits, HASTY if answer.silent_after_head else PATIENT)
    with pytest.raises(error) as caught:
        await fetch(fetcher, server.url)
    assert caught.value.fix
    assert len(server.requests) == attempts


async def test_silence_is_told_apart_from_a_refused_connection(
    server: FeedServer, waits: Waits, tmp_path: Path
) -> None:
    fetcher = fetcher_of(tmp_path, waits, HASTY)
    server.answers = [Answer(silent_after_head=True, length=9)]
    with pytest.raises(FeedUnreachable) as silent:
        await fetch(fetcher, server.url)
    with pytest.raises(FeedUnreachable) as refused:
        await fetch(fetcher, "http://127.0.0.1:1/feed")
    assert (silent.value.reason, refused.value.reason) == ("feed_timeout", "feed_unreachable")


async def test_a_server_that_stumbles_is_asked_again_when_it_says(
    server: FeedServer, fetcher: Fetcher, waits: Waits
) -> None:
    server.answers = [Answer(status="503 Busy", headers={"Retry-After": "7"}), Answer(CSV)]
    _, content = await fetch(fetcher, server.url)
    assert content == CSV
    assert waits.seconds == [7]


async def test_a_server_that_wants_an_hour_gets_it(server: FeedServer, fetcher: Fetcher, waits: Waits) -> None:
    server.answers = [Answer(status="429 Too Many Requests", headers={"Retry-After": "3600"})]
    with pytest.raises(FeedServerError) as caught:
        await fetch(fetcher, server.url)
    assert (caught.value.retry_after, waits.seconds, len(server.requests)) == (3600, [], 1)


async def test_redirects_are_followed_and_secrets_stay_with_their_server(server: FeedServer, fetcher: Fetcher) -> None:
    async with feed_server() as other:
        other.answers = [Answer(CSV)]
        server.answers = [
            Answer(status="302 Found", headers={"Location": "/moved"}),
            Answer(status="307 Temporary Redirect", headers={"Location": f"{other.url}/feed"}),
        ]
        _, content = await fetch(fetcher, server.url, Authorization="Bearer secret")
        assert content == CSV
        assert [headers.get("authorization") for _, headers in server.requests] == ["Bearer secret"] * 2
        assert "authorization" not in other.requests[0][1]


async def test_redirects_in_a_circle_end(server: FeedServer, fetcher: Fetcher) -> None:
    server.answers = [Answer(status="302 Found", headers={"Location": "/again"})]
    with pytest.raises(FeedRefused, match="redirects"):
        await fetch(fetcher, server.url)
    assert len(server.requests) == 6


def public_only(folder: Path, names: AbstractResolver | None = None) -> Fetcher:
    return Fetcher(folder, Downloader(limits=PATIENT, resolver=names, sleep=Waits()))


@pytest.mark.parametrize(
    "source",
    [
        "http://shop.example/feed.csv",
        "https://127.0.0.1/feed.csv",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/feed.csv",
        "https://[::ffff:10.0.0.1]/feed.csv",
        "https://[64:ff9b::7f00:1]/feed.csv",
        "https://[2002:7f00:1::]/feed.csv",
    ],
)
async def test_without_leave_only_https_and_the_public_internet_are_asked(tmp_path: Path, source: str) -> None:
    names = FixedNames("93.184.216.34")
    with pytest.raises(AddressRefused) as caught:
        await fetch(public_only(tmp_path, names), source)
    assert "private_feeds" in str(caught.value)
    assert names.asked == 0


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.1.2.3", "192.168.0.9", "169.254.169.254", "100.64.0.1", "0.0.0.0"]
)
async def test_a_name_that_leads_to_a_private_address_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(AddressRefused, match=address):
        await fetch(public_only(tmp_path, FixedNames(address)), "https://shop.example/feed.csv")


class OursIsPublic(Downloader):
    """Takes the test's own server for one on the public internet."""

    port = 0

    def check(self, address: URL) -> None:
        if address.port != self.port:
            super().check(address)


async def test_a_redirect_to_a_private_address_is_refused(server: FeedServer, tmp_path: Path) -> None:
    server.answers = [Answer(status="302 Found", headers={"Location": "https://169.254.169.254/secret"})]
    downloader = OursIsPublic(limits=PATIENT)
    downloader.port = URL(server.url).port or 0
    with pytest.raises(AddressRefused, match=r"169\.254"):
        await fetch(Fetcher(tmp_path, downloader), server.url)
    assert len(server.requests) == 1


async def test_a_name_is_looked_up_once_a_request_and_that_address_is_asked(server: FeedServer, tmp_path: Path) -> None:
    names = FixedNames("127.0.0.1", "10.0.0.1")
    fetcher = Fetcher(tmp_path, Downloader(private=True, limits=PATIENT, resolver=names))
    _, content = await fetch(fetcher, server.url.replace("127.0.0.1", "shop.example"))
    assert content == CSV
    assert names.asked == 1


async def test_a_file_is_read_once_until_its_content_changes(fetcher: Fetcher, tmp_path: Path) -> None:
    file = tmp_path / "feed.csv"
    file.write_bytes(CSV)
    first, content = await fetch(fetcher, file)
    same, untouched = await fetch(fetcher, file, first.validators)
    # A file system may tell times apart that are some milliseconds apart, and no less.
    later = (first.validators.mtime_ns or 0) + 1_000_000_000
    os.utime(file, ns=(later, later))
    touched, still = await fetch(fetcher, file, first.validators)
    file.write_bytes(CSV + CSV)
    _, changed = await fetch(fetcher, file, touched.validators)
    assert (content, untouched, still, changed) == (CSV, None, None, CSV + CSV)
    assert touched.validators.mtime_ns != same.validators.mtime_ns


async def test_a_file_of_the_same_size_and_time_is_not_read_again(fetcher: Fetcher, tmp_path: Path) -> None:
    file = tmp_path / "feed.csv"
    file.write_bytes(CSV)
    first, _ = await fetch(fetcher, file)
    file.write_bytes(CSV[::-1])
    os.utime(file, ns=(0, first.validators.mtime_ns or 0))
    assert (await fetch(fetcher, file, first.validators))[1] is None


async def test_a_packed_file_is_unpacked_beside_it(fetcher: Fetcher, tmp_path: Path) -> None:
    file = tmp_path / "feed.csv.gz"
    file.write_bytes(gzip.compress(CSV))
    assert (await fetch(fetcher, file))[1] == CSV
    assert names_in(tmp_path) == {"feed.csv.gz", "uploads"}


async def test_a_file_that_is_written_to_while_it_is_read_is_no_feed(fetcher: Fetcher, tmp_path: Path) -> None:
    file = tmp_path / "feed.csv"
    file.write_bytes(CSV)
    with pytest.raises(FeedChanging):
        async with fetcher.fetch(Feed(id="shop", source=str(file)), Validators()):
            await asyncio.to_thread(file.write_bytes, CSV + b"p2")


async def test_what_is_no_file_is_named(fetcher: Fetcher, tmp_path: Path) -> None:
    with pytest.raises(FeedNotFound, match="nowhere"):
        await fetch(fetcher, tmp_path / "nowhere.csv")
    with pytest.raises(FeedUnreadable, match="no file"):
        await fetch(fetcher, tmp_path)
