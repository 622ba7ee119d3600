"""What a preflight tries: e-mails from templates for every locale, a few by the model, and where their links lead."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import Protocol

from selectolax.lexbor import LexborHTMLParser
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from composer.contract import ComposeRequest, ComposeResult, Path, Usage
from composer.documents import Brand
from composer.model_client import ModelError
from composer.model_writer import ModelWriter, probe
from composer.prices import FREE, Price, price_of
from composer.runs.model import RunRequest, Tally
from composer.runs.preflight.checks import ok, stop, warn
from composer.runs.preflight.model import Check, Estimate
from composer.runs.tables import ChunkRow, RunRow
from evals.checks.links import why_foreign
from store.errors import PenfriendError

LOCALES = 12
"""The most common ones are tried."""
TEMPLATED = 20
"""E-mails from templates at most."""
PROBE_SECONDS = 120.0
"""The first call of the embedded model loads it."""
EARLIER_EMAILS = 50
"""E-mails of earlier runs that tell more than samples do."""
EARLIER_CHUNKS = 40
EMBEDDED = "local/"
"""How the embedded model's writer is called."""


class Composes(Protocol):
    """Writes one e-mail."""

    async def compose(self, request: ComposeRequest) -> ComposeResult:
        """Raises PenfriendError."""
        ...


FollowLink = Callable[[str], Awaitable[str | None]]
"""Asks for a URL; why it cannot be had, or None when it can."""
PriceOf = Callable[[ModelWriter], Awaitable[Price | None]]


@dataclass(frozen=True)
class Tried:
    """One preview: the e-mail or skip, or what broke."""

    customer: str
    result: ComposeResult | None = None
    error: PenfriendError | None = None

    @property
    def written(self) -> ComposeResult | None:
        """The e-mail, if there is one."""
        return self.result if self.result is not None and self.result.path is not Path.SKIPPED else None


def spread(previewed: Mapping[str, Sequence[str]], limit: int) -> list[str]:
    """At most `limit` customers, one of each locale before a second of any."""
    by_turn = zip_longest(*islice(previewed.values(), LOCALES))
    return [customer for turn in by_turn for customer in turn if customer is not None][:limit]


async def try_all(composer: Composes, campaign: str, request: RunRequest, customers: Iterable[str]) -> list[Tried]:
    """A preview for each of them: claims nothing, counts for nothing."""
    return await asyncio.gather(*(_try(composer, campaign, request, customer) for customer in customers))


async def _try(composer: Composes, campaign: str, request: RunRequest, customer: str) -> Tried:
    wanted = ComposeRequest(
        campaign=campaign,
        customer=customer,
        step=request.step,
        occasion=request.occasion,
        deadline_ms=request.deadline_ms,
        preview=True,
    )
    try:
        return Tried(customer, result=await composer.compose(wanted))
    except PenfriendError as error:
        return Tried(customer, error=error)


def templates(tried: Sequence[Tried]) -> Iterator[Check]:
    """Whether e-mails come out, message checks and all, without any model."""
    if tried:
        yield _rendered(tried)


def _rendered(tried: Sequence[Tried]) -> Check:
    broken = next((one.error for one in tried if one.error is not None), None)
    if broken is not None:
        return stop("templates", f"An e-mail cannot be rendered: {broken.message}", broken.fix or "Correct the brand.")
    skipped = Counter(one.result.reason for one in tried if one.result is not None and one.written is None)
    if not skipped:
        return ok("templates", f"{len(tried)} sample e-mails render and pass every check.")
    reason, _ = skipped.most_common(1)[0]
    said = next(one.result.detail for one in tried if one.result is not None and one.result.reason == reason)
    detail = f"{skipped.total()} of {len(tried)} sample customers would be skipped, most as {reason}: {said}"
    fix = "Choose an audience that this flow has something to say to."
    return stop("templates", detail, fix) if skipped.total() == len(tried) else warn("templates", detail, fix)


@dataclass(frozen=True)
class Answering:
    """Whether one of the models answers, and the check that says so."""

    check: Check
    answers: bool


async def models(writers: Sequence[ModelWriter], *, templates_suffice: bool = False) -> Answering:
    """Ask each model for a word. Without an answer the run may only begin where templates are said to suffice."""
    if not writers:
        fix = "Set a model in penfriend.toml."
        return Answering(warn("model", "No model is set: every e-mail is written from templates.", fix), False)
    asked = [await _probe(writer) for writer in writers]
    said = " ".join(words for words, _ in asked)
    failed = [error for _, error in asked if error is not None]
    if not failed:
        return Answering(ok("model", said), True)
    fix, alive = failed[0].fix or "Run `penfriend doctor`.", len(failed) < len(writers)
    if alive:
        return Answering(warn("model", said, fix), True)
    if templates_suffice:
        return Answering(warn("model", f"{said} {_FROM_TEMPLATES}", fix), False)
    return Answering(stop("model", said, f"{fix} {_TEMPLATES_ARE_FINE}"), False)


_FROM_TEMPLATES = "As long as it does not, e-mails are written from templates."
_TEMPLATES_ARE_FINE = (
    "Or let templates write: `penfriend run start … --templates`, which is a `tolerance` of 1 (100 % in the studio) "
    "for `model_failures` and `fallback`."
)


async def _probe(writer: ModelWriter) -> tuple[str, ModelError | None]:
    try:
        took = await probe(writer, PROBE_SECONDS)
    except ModelError as error:
        return f"{writer.name} does not answer: {error.message}", error
    return f"{writer.name} answers in {took:,.0f} ms.", None


async def links(tried: Sequence[Tried], brand: Brand, follow: FollowLink | None) -> list[Check]:
    """Every link of the samples is of the shop's domain; with `follow` it also leads somewhere."""
    urls = sorted({url for one in tried if one.written for url in _urls(one.written.html)})
    if not urls:
        return []
    own = (brand.public_url.host or "",)
    foreign = [(url, why) for url in urls if (why := why_foreign(url, brand.domain, own_hosts=own))]
    if foreign:
        url, why = foreign[0]
        return [stop("links", f"The link {url} may not be sent: {why}.", "Correct the product's link, or the domain.")]
    if follow is None:
        return [ok("links", f"{len(urls)} links of the samples lead to {brand.domain} or to us.")]
    return [await _followed([url for url in urls if not url.startswith(str(brand.public_url))], follow)]


async def _followed(urls: Sequence[str], follow: FollowLink) -> Check:
    """Not the unsubscribe links: those are ours."""
    dead = [(url, why) for url in urls if (why := await follow(url))]
    if dead:
        url, why = dead[0]
        detail = f"{len(dead)} of {len(urls)} links lead nowhere, the first is {url}: {why}."
        return warn("links", detail, "Import the feed again, so that products that are gone leave.")
    return ok("links", f"{len(urls)} links of the samples were followed and answer.")


def _urls(html: str) -> Iterator[str]:
    for link in LexborHTMLParser(html).css("a[href]"):
        url = link.attributes.get("href")
        if url:
            yield url


@dataclass(frozen=True)
class Seen:
    """What so many e-mails took together, and how that is known."""

    emails: int
    usage: Usage
    source: str


async def earlier(session: AsyncSession, campaign: str, model: str) -> Seen | None:
    """The newest stretches of earlier runs that asked this model first; None where they tell too little."""
    query = (
        select(ChunkRow.tally)
        .join(RunRow, col(RunRow.id) == col(ChunkRow.run_id))
        .where(RunRow.campaign_id == campaign, col(ChunkRow.done))
        .order_by(col(RunRow.created_at).desc(), col(ChunkRow.number).desc())
        .limit(EARLIER_CHUNKS)
    )
    found = [Tally.model_validate(tally) for tally in (await session.execute(query)).scalars()]
    tallies = [tally for tally in found if tally.usage.model.split(", ")[0] == model]
    emails = sum(tally.composed for tally in tallies)
    if emails < EARLIER_EMAILS:
        return None
    return Seen(emails, _sum(tally.usage for tally in tallies), "earlier runs of this campaign")


def sampled(tried: Sequence[Tried]) -> Seen | None:
    """What the samples took that became e-mails; None where none did."""
    written = [one.written for one in tried if one.written is not None]
    if not written:
        return None
    return Seen(len(written), _sum(one.usage for one in written), f"{len(written)} sample e-mails")


def _sum(usages: Iterable[Usage]) -> Usage:
    total = Usage()
    for usage in usages:
        total.calls += usage.calls
        total.input_tokens += usage.input_tokens
        total.output_tokens += usage.output_tokens
        total.cost_usd += usage.cost_usd
        total.model_ms += usage.model_ms
        total.own_ms += usage.own_ms
    return total


def extrapolate(seen: Seen, *, emails: int, price: Price | None, concurrency: int) -> Estimate:
    """What `emails` take if they are like those `seen`: our own time one after the other, the model's side by side."""
    usage, times = seen.usage, emails / seen.emails
    own, waits = usage.own_ms / 1000 * times, usage.model_ms / 1000 * times
    return Estimate(
        based_on=seen.source,
        emails=emails,
        calls=round(usage.calls * times),
        input_tokens=round(usage.input_tokens * times),
        output_tokens=round(usage.output_tokens * times),
        cost_usd=_cost(usage, price, times),
        seconds=max(own, (own + waits) / min(concurrency, max(emails, 1))),
    )


def _cost(usage: Usage, price: Price | None, times: float) -> float | None:
    """What providers said it cost; else by the price list. None when neither knows."""
    if usage.cost_usd or not usage.calls:
        return usage.cost_usd * times
    if price is None:
        return None
    return (usage.input_tokens * price.input_usd + usage.output_tokens * price.output_usd) * times


async def listed_price(writer: ModelWriter) -> Price | None:
    """By LiteLLM's price list; the embedded model is free."""
    return FREE if writer.name.startswith(EMBEDDED) else await price_of(writer.model.endpoint)
