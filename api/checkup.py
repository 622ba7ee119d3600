"""`penfriend doctor`: looks at everything an installation needs, and says of each what to do."""

from __future__ import annotations

import asyncio
import platform
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from ipaddress import ip_address
from urllib.parse import urlsplit

import aiohttp

from api.databases import open_database
from api.feeds import standing
from api.models import probed
from api.readiness import Check, attempt
from api.settings import Settings
from catalog import products
from catalog.embedding import Encoder
from catalog.encoders.errors import ModelUnusable
from catalog.encoders.opening import open_encoder
from catalog.feeds import register
from catalog.service import Catalog
from composer.campaigns import list_brands
from composer.documents import Brand
from composer.facts.updating import left_out
from composer.writers import open_writers
from prompts.library import Library
from store.database import Database
from store.errors import PenfriendError, Unavailable

PYTHON = (3, 11)
FREE_BYTES = 500 * 1024 * 1024
"""Room for a database, an index and the embedded model's log, before anything grows."""
REACH_S = 5.0
PROBE = "a gift for somebody who likes green tea"


class NoRoom(Unavailable):
    """The disk of the home folder is nearly full."""

    reason = "disk_nearly_full"


async def examine(settings: Settings) -> AsyncIterator[Check]:
    """One check after the other, so that a person sees how far it is; later ones need what earlier ones found."""
    yield _python()
    yield await attempt("disk", asyncio.to_thread(_disk, settings), f"{settings.home} is writable, with room")
    yield await attempt("keys", asyncio.to_thread(settings.load_keyring), "the encryption keys can be read")
    brands: list[Brand] = []
    try:
        async with open_database(settings) as database:
            yield Check(name="database", ok=True, detail=f"{database.dialect}, migrated, and ours to open")
            async for check in _index(settings, database):
                yield check
            async with database.session(readonly=True) as session:
                brands = await list_brands(session)
                for status in await register.page(session, limit=1_000):
                    yield standing(status)
                yield _counted(await left_out(session))
    except PenfriendError as error:
        yield Check(name="database", ok=False, detail=error.message, fix=error.fix)
    async for check in _models(settings):
        yield check
    for brand in brands:
        yield await _unsubscribe(brand)
        yield _sender(brand)


def _counted(left: int) -> Check:
    """What came of the e-mails: whoever could not be counted in the last pass stands in results as before it."""
    again = "The log says why, under customer_left_out; mend that, then: penfriend attribution recompute."
    whom = "1 customer" if left == 1 else f"{left} customers"
    detail = f"{whom} could not be counted last time" if left else "everybody was counted last time"
    return Check(name="results", ok=not left, detail=detail, fix=again if left else None, required=False)


def _python() -> Check:
    fine = sys.version_info >= PYTHON
    fix = None if fine else "Use Python 3.11 or newer."
    return Check(name="python", ok=fine, detail=platform.python_version(), fix=fix)


def _disk(settings: Settings) -> None:
    settings.home.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.NamedTemporaryFile(dir=settings.home) as file:
            file.write(b"penfriend")
    except OSError as error:
        raise Unavailable(
            f"{settings.home} cannot be written to: {error.strerror}.", fix="Give this user write access to it."
        ) from error
    free = shutil.disk_usage(settings.home).free
    if free < FREE_BYTES:
        raise NoRoom(f"Only {free // 2**20} MB are free at {settings.home}.", fix="Free at least 500 MB.")


async def _index(settings: Settings, database: Database) -> AsyncIterator[Check]:
    """The index, and the model behind it."""
    try:
        encoder = await asyncio.to_thread(open_encoder, settings.embedding, settings.models_dir)
        yield await _opened(settings, database, encoder)
    except PenfriendError as error:
        yield Check(name="index", ok=False, detail=error.message, fix=error.fix)
        return
    try:
        yield await asyncio.to_thread(_encodes, encoder)
    except ModelUnusable as error:
        yield Check(name="embedding model", ok=False, detail=error.message, fix=error.fix, required=False)


async def _opened(settings: Settings, database: Database, encoder: Encoder) -> Check:
    async with database.session(readonly=True) as session:
        count = await products.count(session)
    catalog = await Catalog.open(database, settings.index_dir, encoder)
    how = f"; it was rebuilt ({catalog.opened.rebuilt})" if catalog.opened.rebuilt and count else ""
    if catalog.unwritten:
        how += f"; it is served from memory, the disk refused it ({catalog.unwritten})"
    empty = None if count else "Import products: penfriend import products FILE."
    detail = f"{count} products{how}; {catalog.view.plan.sentence}; ranking: {catalog.ranking.detail}"
    refused = f"Make room in {settings.index_dir}, then: penfriend reindex." if catalog.unwritten else None
    return Check(name="index", ok=refused is None, detail=detail, fix=refused or empty, required=False)


def _encodes(encoder: Encoder) -> Check:
    """Loads the model with one text, and times the next: what a search query waits for. Raises ModelUnusable."""
    encoder.encode_query([PROBE])
    began = time.perf_counter()
    encoder.encode_query([PROBE])
    ms = (time.perf_counter() - began) * 1000
    detail = f"{encoder.model_id}, {encoder.dimension} dimensions, {ms:.0f} ms a query"
    return Check(name="embedding model", ok=True, detail=detail, required=False)


async def _models(settings: Settings) -> AsyncIterator[Check]:
    try:
        async with open_writers(settings.model, Library.load(), settings.home) as writers:
            for writer in writers:
                yield await probed(writer)
    except PenfriendError as error:
        yield Check(name="model", ok=False, detail=error.message, fix=error.fix, required=False)


async def _unsubscribe(brand: Brand) -> Check:
    """Mailbox providers post to this address (RFC 8058): it must be https and answer from outside."""
    url = str(brand.public_url).rstrip("/")
    name = f"unsubscribe URL of {brand.id}"
    host = urlsplit(url).hostname or ""
    if _is_local(host):
        fix = "Before sending, set the brand's public_url to the https address Penfriend has from outside."
        return Check(name=name, ok=False, detail=f"{url} works on this machine only", fix=fix, required=False)
    if not url.startswith("https://"):
        fix = "Set the brand's public_url to an https address: RFC 8058 asks for one."
        return Check(name=name, ok=False, detail=f"{url} is not https", fix=fix, required=False)
    return await attempt(name, _reach(f"{url}/healthz"), f"{url} answers", required=False)


async def _reach(url: str) -> None:
    timeout = aiohttp.ClientTimeout(total=REACH_S)
    try:
        async with aiohttp.ClientSession(timeout=timeout) as client, client.get(url) as answer:
            status = answer.status
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise Unavailable(
            f"{url} cannot be reached ({type(error).__name__}).",
            fix="Start `penfriend serve` and check that your proxy leads there.",
        ) from error
    if status != 200:
        raise Unavailable(f"{url} answers {status}.", fix="Check that this address leads to `penfriend serve`.")


def _sender(brand: Brand) -> Check:
    """DMARC wants the From domain aligned with what is signed; a foreign domain is the usual mistake."""
    name, domain = f"sender of {brand.id}", brand.sender.email.partition("@")[2].lower()
    related = domain == brand.domain or domain.endswith(f".{brand.domain}") or brand.domain.endswith(f".{domain}")
    if related:
        detail = f"{brand.sender.email}: have SPF, DKIM and DMARC set for {domain}"
        return Check(name=name, ok=True, detail=detail, required=False)
    fix = f"Send from an address at {brand.domain}, or check that DKIM signs for {domain}."
    return Check(
        name=name, ok=False, detail=f"{domain} is not the brand's domain {brand.domain}", fix=fix, required=False
    )


def _is_local(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".local", ".localhost", ".internal"))
