"""An open shop of the eval suites: what they may ask of it (`evals.harness.bench.Shop`), by the product's own means."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from sqlmodel import col, select

from api.benches import templates_only
from api.house import House
from catalog.feeds.importer import import_feed
from catalog.feeds.report import FeedFormat
from composer import contract
from composer.campaigns import get_campaign, save_brand, save_campaign
from composer.contract import ComposeRequest, ComposeResult
from composer.permission import Question, errand_for, permissions
from composer.record import load_record
from composer.tables import CampaignRow
from demo import documents
from evals.harness.bench import DEFAULT_DEADLINE_MS, Recipient, WrittenBlock, WrittenEmail
from evals.scripts import Obedient
from evals.verdict import Status
from memory.ingest import ingest
from memory.recall import recall
from memory.tables import Customer
from prompts.library import Library
from store import clock
from store.errors import InvalidInput

TRIES_PER_CAMPAIGN = 250
"""Customers with consent looked at before a campaign is taken to have no more recipients."""
LOOKED_AT = 5_000
"""Customers of whom it is asked whether they may be written to."""


class RefusedData(InvalidInput):
    """A suite brought data that the product does not take."""

    reason = "refused_data"


class OpenShop:
    """See `evals.harness.bench.Shop`."""

    def __init__(self, house: House, library: Library, obedient: Obedient | None, now: datetime, series: str) -> None:
        """`series` goes into each e-mail's occasion: no e-mail that a copied shop holds is taken for ours."""
        self._house = house
        self._obedient = obedient
        self._now = now
        self._series = series
        self._feeds = 0
        self._templates_only = templates_only(house.settings, house.database, library, house.catalog)

    @property
    def now(self) -> datetime:
        """See `Shop.now`."""
        return self._now

    async def campaigns(self, flows: Sequence[str]) -> dict[str, str]:
        """See `Shop.campaigns`."""
        async with self._house.database.session(readonly=True) as session:
            query = select(CampaignRow.flow, CampaignRow.id).order_by(col(CampaignRow.id).desc())
            known = {row.flow: row.id for row in await session.execute(query)}
        return {flow: known[flow] for flow in flows if flow in known}

    async def products(self, count: int, seed: int) -> list[str]:
        """See `Shop.products`."""
        view = self._house.catalog.view
        rows = view.alive.nonzero()[0].tolist()
        random.Random(seed).shuffle(rows)  # noqa: S311 - a draw that repeats, no secret
        sold = (product for product in map(view.product, rows) if product.availability == "in_stock")
        return [product.id for product in islice(sold, count)]

    async def recipients(self, flows: Sequence[str], per_flow: int, seed: int) -> list[Recipient]:
        """See `Shop.recipients`. Nobody is named twice, so that no frequency cap gets in the way."""
        known = await self._known()
        chosen: list[Recipient] = []
        for flow, campaign in (await self.campaigns(flows)).items():
            left = [name for name in known if name not in {one.customer for one in chosen}]
            random.Random(f"{seed}:{flow}").shuffle(left)  # noqa: S311 - a draw that repeats, no secret
            chosen += await self._suiting(campaign, left, per_flow)
        return chosen

    async def _known(self) -> list[str]:
        """Everybody with an id of the shop's, in order."""
        async with self._house.database.session(readonly=True) as session:
            query = select(Customer.external_id).where(col(Customer.external_id).is_not(None))
            return sorted(str(found) for found in (await session.execute(query)).scalars())

    async def _suiting(self, campaign: str, customers: Sequence[str], wanted: int) -> list[Recipient]:
        """The first who may be written to and to whom the campaign has something to say."""
        found: list[Recipient] = []
        tries = 0
        for customer in customers[:LOOKED_AT]:
            if len(found) == wanted or tries == TRIES_PER_CAMPAIGN:
                break
            if await self._may_write(campaign, customer):
                tries += 1
                found += (
                    [Recipient(customer=customer, campaign=campaign)] if await self._has(campaign, customer) else []
                )
        return found

    async def _may_write(self, campaign: str, customer: str) -> bool:
        """Consent, holdout and cap, as for an e-mail that is meant to be sent."""
        with clock.frozen_at(self._now):
            async with self._house.database.session(readonly=True) as session:
                version = await get_campaign(session, campaign)
                memory = await recall(session, customer)
                if memory is None:
                    return False
                flow = self._house.library.flow(version.campaign.flow)
                errand = errand_for(version, flow).written_ahead(None)
                asked = await permissions(session, errand, {customer: Question(memory)})
        return asked[customer].granted

    async def _has(self, campaign: str, customer: str) -> bool:
        """Whether there is something to say, by templates alone: no model is asked."""
        request = ComposeRequest(campaign=campaign, customer=customer, preview=True)
        with clock.frozen_at(self._now):
            result = await self._templates_only.compose(request)
        return result.path is not contract.Path.SKIPPED

    async def stock(self, rows: Sequence[Mapping[str, Any]], *, may_refuse: Collection[str] = ()) -> None:
        """See `Shop.stock`. Raises RefusedData naming the first row that was not taken."""
        self._feeds += 1
        file = self._house.settings.home / f"feed-{self._feeds}.ndjson"
        text = "".join(json.dumps(row) + "\n" for row in rows)
        await asyncio.to_thread(file.write_text, text, encoding="utf-8")
        with clock.frozen_at(self._now):
            report = await import_feed(self._house.database, file, FeedFormat.NDJSON)
            await self._house.catalog.refresh()
        refused = [issue for issue in report.rejected if issue.product_id not in may_refuse]
        if refused:
            first = refused[0]
            raise RefusedData(f"A product was not taken: {first.reason}", pointer=first.field, fix=first.fix)

    async def tell(self, calls: Sequence[Mapping[str, Any]]) -> None:
        """See `Shop.tell`. Raises RefusedData naming the first call that was not taken."""
        async with self._house.database.session() as session:
            report = await ingest(session, list(calls), received_at=self._now, enrich=self._house.enrich)
        if report.rejected:
            first = report.rejected[0]
            raise RefusedData(f"A call was not taken: {first.message}", pointer=first.pointer, fix=first.fix)

    async def campaign(
        self,
        id_: str,
        flow: str,
        *,
        brand: Mapping[str, Any] | None = None,
        brief: Mapping[str, Any] | None = None,
    ) -> None:
        """See `Shop.campaign`."""
        shop = documents.brand()
        base = next(campaign for campaign in documents.campaigns() if campaign.flow == flow)
        own = type(shop).model_validate({**shop.model_dump(mode="json"), **(brand or {}), "id": f"{id_}-brand"})
        said = {**base.brief.model_dump(mode="json"), **(brief or {})}
        changed = {**base.model_dump(mode="json"), "id": id_, "brand": own.id, "brief": said}
        async with self._house.database.session() as session:
            await save_brand(session, own)
            await save_campaign(session, type(base).model_validate(changed))

    def whisper(self, text: str) -> None:
        """See `Shop.whisper`."""
        if self._obedient is None:
            raise InvalidInput("Only the obedient model can be whispered to.", fix="Open the shop with model=OBEDIENT.")
        self._obedient.told = text

    async def compose(
        self, recipient: Recipient, *, occasion: str = "", deadline_ms: int = DEFAULT_DEADLINE_MS
    ) -> WrittenEmail:
        """See `Shop.compose`."""
        request = ComposeRequest(
            campaign=recipient.campaign,
            customer=recipient.customer,
            occasion=f"{self._series}{occasion}",
            deadline_ms=deadline_ms,
        )
        began = time.perf_counter()
        with clock.frozen_at(self._now):
            result = await self._house.composer.compose(request)
        total_ms = (time.perf_counter() - began) * 1000
        email = _written(result, recipient).model_copy(update={"deadline_ms": deadline_ms, "total_ms": total_ms})
        return email if email.is_skipped else await self._traced(email, result)

    async def _traced(self, email: WrittenEmail, result: ComposeResult) -> WrittenEmail:
        """With what only the record and the wire know."""
        async with self._house.database.session(readonly=True) as session:
            record, _ = await load_record(session, result.record)
        return email.model_copy(
            update={
                "raw": await self._house.composer.message(result.id),
                "snapshot": record.task.snapshot,
                "postal_address": record.brand.postal_address,
                "own_hosts": (record.brand.public_url.host or "",),
            }
        )


def _written(result: ComposeResult, recipient: Recipient) -> WrittenEmail:
    blocks = ((block.key, block.text, block.rung.value, block.reason) for block in result.blocks)
    return WrittenEmail(
        recipient=recipient,
        id=result.id,
        flow=result.flow,
        path=result.path.value,
        reason=result.reason,
        detail=result.detail,
        subject=result.subject,
        preheader=result.preheader,
        html=result.html,
        text=result.text,
        headers=result.headers,
        blocks=tuple(WrittenBlock(key=key, text=text, rung=rung, reason=reason) for key, text, rung, reason in blocks),
        picks=tuple(pick.product_id for pick in result.picks),
        decision=result.decision,
        verdicts=tuple(verdict for verdict in result.verdicts if verdict.status is Status.FAIL),
        own_ms=result.usage.own_ms,
        calls=result.usage.calls,
        input_tokens=result.usage.input_tokens,
        output_tokens=result.usage.output_tokens,
        cost_usd=result.usage.cost_usd,
    )
