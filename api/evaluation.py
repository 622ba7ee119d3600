"""The bench of the eval suites: temporary installations, made and opened exactly as the product's own are.

Each shop a suite opens is a copy of a home folder that is made once, so that no suite sees what another did.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlmodel import col, select

from api.demonstration import Moment, load_shop
from api.house import House, open_house
from api.models import warm_up
from api.settings import Settings
from api.setup import init_home
from catalog.embedding import HashingEncoder
from catalog.feeds.importer import import_feed
from catalog.feeds.report import FeedFormat
from composer import contract
from composer.campaigns import save_brand, save_campaign
from composer.contract import ComposeRequest, ComposeResult
from composer.model_client import ModelError
from composer.model_settings import ModelSettings
from composer.record import load_record
from composer.service import Composer
from demo import documents
from evals.harness.bench import (
    DEFAULT_DEADLINE_MS,
    OBEDIENT,
    SCRIPTED,
    Bench,
    Recipient,
    Shop,
    ShopName,
    WrittenBlock,
    WrittenEmail,
)
from evals.scripted_model import Answer, ScriptedModel
from evals.scripts import Obedient, sound, unreliable
from evals.verdict import Status
from memory.ingest import ingest
from memory.tables import Customer
from prompts.library import Library
from store import clock
from store.errors import InvalidInput, Unavailable

STANDS_AT = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
"""The moment of every shop: the same customers have the same past, and the same facts, in every run."""
TRIES_PER_FLOW = 250
"""Customers looked at before a flow is taken to have no more recipients."""


class ModelSilent(Unavailable):
    """The model that is to be evaluated does not answer: every e-mail would be a template, and every suite pass."""

    reason = "model_silent"


class RefusedData(InvalidInput):
    """A suite brought data that the product does not take."""

    reason = "refused_data"


@asynccontextmanager
async def open_bench(models: ModelSettings, model: str = SCRIPTED) -> AsyncIterator[Bench]:
    """A bench whose shops are written for by `model`: `scripted`, `obedient`, or as LiteLLM names it.

    `models` is where a real model is reached: key, address, limits. Raises ModelSilent when it does not answer.
    """
    with tempfile.TemporaryDirectory(prefix="penfriend-eval-") as folder:
        yield _Bench(Path(folder), models, model)


class _Bench:
    """See `evals.harness.bench.Bench`."""

    def __init__(self, folder: Path, models: ModelSettings, model: str) -> None:
        self._folder = folder
        self._models = models
        self._model = model
        self._made: dict[tuple[ShopName, int], Path] = {}
        self._libraries: dict[Path | None, Library] = {}
        self._making = asyncio.Lock()

    @property
    def model(self) -> str:
        """See `Bench.model`."""
        return self._model

    def prompts_version(self, prompts: Path | None = None) -> str:
        """See `Bench.prompts_version`."""
        manifest = json.dumps(self._library(prompts).manifest(), sort_keys=True)
        return hashlib.sha256(manifest.encode()).hexdigest()[:12]

    def shop(
        self,
        name: ShopName,
        *,
        customers: int = 0,
        model: str | None = None,
        prompts: Path | None = None,
        garbage_share: float = 0.0,
    ) -> AbstractAsyncContextManager[Shop]:
        """See `Bench.shop`. Raises ModelSilent, and what a wrong prompt folder raises."""
        return self._open(name, customers, model or self._model, prompts, garbage_share)

    @asynccontextmanager
    async def _open(
        self, name: ShopName, customers: int, model: str, prompts: Path | None, garbage_share: float
    ) -> AsyncIterator[Shop]:
        made = await self._home(name, customers)
        home = Path(tempfile.mkdtemp(dir=self._folder))
        await asyncio.to_thread(shutil.copytree, made, home, dirs_exist_ok=True)
        library = self._library(prompts)
        obedient = Obedient()
        scripts: dict[str, Answer] = {SCRIPTED: unreliable(sound, garbage_share), OBEDIENT: obedient}
        try:
            async with (
                self._settings(home, model, scripts.get(model)) as settings,
                open_house(settings, encoder=HashingEncoder(), library=library) as house,
            ):
                await _wake(house, model)
                yield _Shop(house, library, obedient if model == OBEDIENT else None)
        finally:
            await asyncio.to_thread(shutil.rmtree, home)

    async def _home(self, name: ShopName, customers: int) -> Path:
        async with self._making:
            key = (name, customers)
            if key not in self._made:
                self._made[key] = await self._make(name, customers)
            return self._made[key]

    async def _make(self, name: ShopName, customers: int) -> Path:
        home = self._folder / f"{name}-{customers}"
        moment = home / "demo" / "shop.json"
        moment.parent.mkdir(parents=True)
        moment.write_text(Moment(at=STANDS_AT).model_dump_json(), encoding="utf-8")
        async with self._settings(home, SCRIPTED, sound) as settings:
            await init_home(settings)
            # Words hashed instead of encoded: no suite judges how good picks are, and torch takes ten seconds.
            async with open_house(settings, encoder=HashingEncoder(), library=self._library(None)) as house:
                if name == "demo":
                    await load_shop(house, customers, lambda what, done, total: None)
                else:
                    await _bring_documents(house)
        return home

    def _library(self, prompts: Path | None) -> Library:
        """Read once: that takes as long as all else an opening does."""
        if prompts not in self._libraries:
            self._libraries[prompts] = Library.load(prompts)
        return self._libraries[prompts]

    @asynccontextmanager
    async def _settings(self, home: Path, model: str, script: Answer | None) -> AsyncIterator[Settings]:
        """Nothing of the caller's installation but its way to the model: above all not its database."""
        if script is None:
            yield _settings(home, self._models.model_copy(update={"model": model}))
            return
        async with ScriptedModel(script) as server:
            yield _settings(home, ModelSettings(model="hosted_vllm/scripted", api_base=server.api_base))


def _settings(home: Path, models: ModelSettings) -> Settings:
    return Settings(home=home, database_url=f"sqlite:///{home / 'penfriend.db'}", keyring=None, model=models)


async def _wake(house: House, model: str) -> None:
    try:
        await warm_up(house.writers)
    except ModelError as error:
        raise ModelSilent(
            f"The model {model!r} does not answer: {error.message}.",
            fix="Check its name, key and address with `penfriend doctor`, or leave out --model.",
        ) from error


async def _bring_documents(house: House) -> None:
    async with house.database.session() as session:
        await save_brand(session, documents.brand())
        for campaign in documents.campaigns():
            await save_campaign(session, campaign)


class _Shop:
    """See `evals.harness.bench.Shop`."""

    def __init__(self, house: House, library: Library, obedient: Obedient | None) -> None:
        self._house = house
        self._obedient = obedient
        self._feeds = 0
        self._templates_only = Composer(
            database=house.database,
            keyring=house.database.keyring,
            library=library,
            picker=house.catalog,
            writers=(),
        )

    @property
    def now(self) -> datetime:
        """See `Shop.now`."""
        return STANDS_AT

    async def recipients(self, flows: Sequence[str], per_flow: int, seed: int) -> list[Recipient]:
        """See `Shop.recipients`. Nobody is named twice, so that no frequency cap gets in the way."""
        async with self._house.database.session(readonly=True) as session:
            query = select(Customer.external_id).where(col(Customer.external_id).is_not(None))
            known = sorted(str(found) for found in (await session.execute(query)).scalars())
        chosen: list[Recipient] = []
        for flow in flows:
            left = [name for name in known if name not in {one.customer for one in chosen}]
            random.Random(f"{seed}:{flow}").shuffle(left)  # noqa: S311 - a draw that repeats, no secret
            chosen += await self._suiting(flow, left[:TRIES_PER_FLOW], per_flow)
        return chosen

    async def _suiting(self, flow: str, customers: Sequence[str], wanted: int) -> list[Recipient]:
        """The first to whom the flow has something to say, by templates alone: no model is asked."""
        found: list[Recipient] = []
        for customer in customers:
            if len(found) == wanted:
                break
            request = ComposeRequest(campaign=flow, customer=customer, preview=True)
            with clock.frozen_at(STANDS_AT):
                result = await self._templates_only.compose(request)
            if result.path is not contract.Path.SKIPPED:
                found.append(Recipient(customer=customer, campaign=flow))
        return found

    async def stock(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """See `Shop.stock`. Raises RefusedData naming the first row that was not taken."""
        self._feeds += 1
        file = self._house.settings.home / f"feed-{self._feeds}.ndjson"
        text = "".join(json.dumps(row) + "\n" for row in rows)
        await asyncio.to_thread(file.write_text, text, encoding="utf-8")
        with clock.frozen_at(STANDS_AT):
            async with self._house.database.session() as session:
                report = await import_feed(session, file, FeedFormat.NDJSON)
            await self._house.catalog.refresh()
        if report.rejected:
            first = report.rejected[0]
            raise RefusedData(f"A product was not taken: {first.reason}", pointer=first.field, fix=first.fix)

    async def tell(self, calls: Sequence[Mapping[str, Any]]) -> None:
        """See `Shop.tell`. Raises RefusedData naming the first call that was not taken."""
        async with self._house.database.session() as session:
            report = await ingest(session, list(calls), received_at=STANDS_AT, enrich=self._house.enrich)
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
            campaign=recipient.campaign, customer=recipient.customer, occasion=occasion, deadline_ms=deadline_ms
        )
        began = time.perf_counter()
        with clock.frozen_at(STANDS_AT):
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
