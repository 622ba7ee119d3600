"""Before the first recipient: will it render, may it be sent, does the model answer, and what will it take?

Costs a few e-mails' worth of model calls and writes nothing. What it finds is for people to read; whoever starts the
run refuses to where a check says stop (`model.require_ready`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from catalog import products
from catalog.model import Limits
from catalog.view import CatalogView
from composer.campaigns import CampaignVersion, get_campaign
from composer.model_writer import ModelWriter
from composer.permission import errand_for
from composer.picking import limits_for, step_of
from composer.prices import FREE
from composer.runs.audiences.members import Members
from composer.runs.audiences.reading import Progress, silent
from composer.runs.audiences.report import PREVIEWED, READ_AT_ONCE, Described, describe
from composer.runs.preflight import checks, samples
from composer.runs.preflight.links import follow_link
from composer.runs.preflight.model import Check, Estimate, Level, PreflightReport, PreflightRequest
from composer.tables import EmailRow
from prompts.library import Library
from prompts.model import Flow
from store import clock
from store.database import Database


class Shelf(Protocol):
    """What a preflight needs of the catalog."""

    @property
    def view(self) -> CatalogView:
        """The products as they are picked from now."""
        ...

    def count(self, limits: Limits) -> int:
        """How many could be picked within these limits now."""
        ...


@dataclass(frozen=True)
class Preflight:
    """What looking needs. `templates` is a composer without models; `composer` has those of `writers`."""

    database: Database
    library: Library
    shelf: Shelf
    templates: samples.Composes
    composer: samples.Composes
    writers: Sequence[ModelWriter] = ()
    concurrency: int = 100
    """E-mails written at the same time, as far as the model allows."""
    price: samples.PriceOf = samples.listed_price
    follow: samples.FollowLink = follow_link
    """Asks for a link, where the request wants them followed."""

    async def look(
        self, campaign: str, request: PreflightRequest, members: Members, *, progress: Progress = silent
    ) -> PreflightReport:
        """Every check. `members` is the request's audience, resolved. Raises UnknownCampaign, InvalidInput (step)."""
        now = clock.now()
        async with self.database.session(readonly=True) as session:
            version = await get_campaign(session, campaign)
            flow = self.library.flow(version.campaign.flow)
            step = step_of(flow, request.step)
            errand = errand_for(version, flow).about(step, request.occasion).written_ahead(now + request.defer_for)
            described = await describe(session, members, errand, progress=progress)
            already = await _already(session, version, step, request.occasion, members)
            live = await products.count(session)
        report = described.report
        tried, estimate = await self._tried(request, version, described, members)
        sent = now + timedelta(seconds=estimate.seconds if estimate else 0)
        found = [
            *checks.audience(report),
            *checks.consent(report),
            *checks.contact_rules(report, request, version.brand),
            *checks.already_written(already, request),
            *checks.review(report, request),
            *checks.brand(version.brand),
            checks.languages(report, version.brand, flow, self.library, model=bool(self.writers)),
            *checks.message(version.campaign),
            *checks.offers(version.campaign, flow, now, max(request.send_by or sent, sent)),
            *self._shelved(version, flow, live),
            *tried,
            checks.budget(request, estimate),
        ]
        return PreflightReport(
            campaign=campaign,
            campaign_version=version.version,
            at=now,
            ready=all(check.level is not Level.STOP for check in found),
            checks=found,
            audience=report,
            estimate=estimate,
        )

    def _shelved(self, version: CampaignVersion, flow: Flow, live: int) -> Iterator[Check]:
        view = self.shelf.view
        fitting = self.shelf.count(limits_for(version, flow))
        return checks.products(live, view.live, len(view.waiting()), fitting, flow)

    async def _tried(
        self, request: PreflightRequest, version: CampaignVersion, described: Described, members: Members
    ) -> tuple[list[Check], Estimate | None]:
        """What e-mails for a few customers tell, from templates and by the model."""
        customers = samples.spread(described.previewed, samples.TEMPLATED)
        if not customers and not version.brand.consent_required:
            customers = members.sample(PREVIEWED)
        campaign = version.campaign.id
        plain = await samples.try_all(self.templates, campaign, request, customers)
        suffice = request.tolerance.templates_suffice
        answering = await samples.models(self.writers, templates_suffice=suffice)
        seen = await self._seen(campaign, request, customers, plain, answering.answers)
        estimate = None
        if seen is not None:
            price = await self.price(self.writers[0]) if self.writers else FREE
            emails = described.report.may_be_written_to
            estimate = samples.extrapolate(seen, emails=emails, price=price, concurrency=self.concurrency)
        follow = self.follow if request.follow_links else None
        looked = [*samples.templates(plain), answering.check, *await samples.links(plain, version.brand, follow)]
        return looked, estimate

    async def _seen(
        self,
        campaign: str,
        request: PreflightRequest,
        customers: Sequence[str],
        plain: Sequence[samples.Tried],
        answers: bool,
    ) -> samples.Seen | None:
        """What e-mails took: in earlier runs of the campaign where they tell enough; else in samples."""
        if not self.writers or (not answers and request.tolerance.templates_suffice):
            return samples.sampled(plain)
        if not answers:
            return None
        async with self.database.session(readonly=True) as session:
            seen = await samples.earlier(session, campaign, self.writers[0].name)
        if seen is not None:
            return seen
        written = await samples.try_all(self.composer, campaign, request, customers[: request.samples])
        return samples.sampled(written)


async def _already(session: AsyncSession, version: CampaignVersion, step: str, occasion: str, members: Members) -> int:
    """How many of them have this e-mail."""
    key = (
        EmailRow.campaign_id == version.campaign.id,
        EmailRow.campaign_version == version.version,
        EmailRow.step == step,
        EmailRow.occasion == occasion,
    )
    if (await session.execute(select(EmailRow.id).where(*key).limit(1))).first() is None:
        return 0
    found = 0
    for batch in members.batches(READ_AT_ONCE):
        query = select(func.count()).select_from(EmailRow).where(*key, col(EmailRow.customer).in_(batch))
        found += int(await session.scalar(query) or 0)
    return found
