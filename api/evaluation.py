"""The bench of the eval suites: temporary installations, made and opened exactly as the product's own are.

Each shop a suite opens is a copy of a home folder that is made once, so that no suite sees what another did. That
home holds the demo shop, or a copy of somebody's own.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import SecretStr

from api.demonstration import Moment, load_shop
from api.eval_shop import OpenShop
from api.house import House, open_house
from api.models import warm_up
from api.own_shop import copy_shop
from api.settings import Settings
from api.setup import init_home
from catalog.embedding import Encoder, HashingEncoder
from composer.campaigns import save_brand, save_campaign
from composer.model_client import ModelError
from composer.model_settings import ModelSettings
from demo import documents
from evals.harness.bench import OBEDIENT, SCRIPTED, Bench, Shop, ShopName
from evals.scripted_model import Answer, ScriptedModel
from evals.scripts import Obedient, sound, unreliable
from prompts.library import Library
from store import clock
from store.errors import Unavailable

STANDS_AT = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
"""The moment of every shop: the same customers have the same past, and the same facts, in every run."""


OWN_SERIES = "eval"
"""Occasion of e-mails in a copy of somebody's own shop."""


@dataclass(frozen=True)
class Template:
    """A home folder that is copied for each opening."""

    home: Path
    now: datetime
    """The moment at which its copies stand still."""
    keyring: SecretStr | None
    """None: in the folder."""
    encoder: Encoder | None
    """None: the product's own."""
    series: str
    """See `OpenShop`."""
    judges: tuple[str, ...] = ()
    """See `Settings.judges`."""


class ModelSilent(Unavailable):
    """The model that is to be evaluated does not answer: every e-mail would be a template, and every suite pass."""

    reason = "model_silent"


@asynccontextmanager
async def open_bench(
    models: ModelSettings, model: str = SCRIPTED, *, own: Settings | None = None
) -> AsyncIterator[Bench]:
    """A bench whose shops are written for by `model`: `scripted`, `obedient`, or as LiteLLM names it.

    `models` is where a real model is reached: key, address, limits. Its shop is the demo's, or a copy of `own`.
    Opening a shop raises ModelSilent when the model does not answer, and what `copy_shop` raises.
    """
    with tempfile.TemporaryDirectory(prefix="penfriend-eval-") as folder:
        yield _Bench(Path(folder), models, model, own)


class _Bench:
    """See `evals.harness.bench.Bench`."""

    def __init__(self, folder: Path, models: ModelSettings, model: str, own: Settings | None) -> None:
        self._folder = folder
        self._models = models
        self._model = model
        self._own = own
        self._made: dict[tuple[ShopName, int], Template] = {}
        self._libraries: dict[Path | None, Library] = {}
        self._making = asyncio.Lock()

    @property
    def model(self) -> str:
        """See `Bench.model`."""
        return self._model

    @property
    def is_own(self) -> bool:
        """See `Bench.is_own`."""
        return self._own is not None

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
        made = await self._template(name, customers)
        home = Path(tempfile.mkdtemp(dir=self._folder))
        await asyncio.to_thread(shutil.copytree, made.home, home, dirs_exist_ok=True)
        library = self._library(prompts)
        obedient = Obedient()
        scripts: dict[str, Answer] = {SCRIPTED: unreliable(sound, garbage_share), OBEDIENT: obedient}
        try:
            async with (
                self._settings(home, model, scripts.get(model), made) as settings,
                open_house(settings, encoder=made.encoder, library=library) as house,
            ):
                await _wake(house, model)
                whispered = obedient if model == OBEDIENT else None
                yield OpenShop(house, library, whispered, now=made.now, series=made.series)
        finally:
            await asyncio.to_thread(shutil.rmtree, home)

    async def _template(self, name: ShopName, customers: int) -> Template:
        async with self._making:
            key = (name, 0 if self.is_own else customers)
            if key not in self._made:
                own = self._own if name == "demo" else None
                self._made[key] = await (self._copy(own) if own else self._make(name, customers))
            return self._made[key]

    async def _copy(self, own: Settings) -> Template:
        settings = await asyncio.to_thread(copy_shop, own, self._folder / "own")
        # Opened once, so that the index is built once and not for every suite.
        async with open_house(settings):
            return Template(settings.home, clock.now(), settings.keyring, None, OWN_SERIES, own.judges)

    async def _make(self, name: ShopName, customers: int) -> Template:
        home = self._folder / f"{name}-{customers}"
        moment = home / "demo" / "shop.json"
        moment.parent.mkdir(parents=True)
        moment.write_text(Moment(at=STANDS_AT).model_dump_json(), encoding="utf-8")
        # Words hashed instead of encoded: no suite judges how good picks are, and torch takes ten seconds.
        template = Template(home, STANDS_AT, None, HashingEncoder(), "")
        async with self._settings(home, SCRIPTED, sound, template) as settings:
            await init_home(settings)
            async with open_house(settings, encoder=template.encoder, library=self._library(None)) as house:
                if name == "demo":
                    await load_shop(house, customers, lambda what, done, total: None)
                else:
                    await _bring_documents(house)
        return template

    def _library(self, prompts: Path | None) -> Library:
        """Read once: that takes as long as all else an opening does."""
        if prompts not in self._libraries:
            self._libraries[prompts] = Library.load(prompts)
        return self._libraries[prompts]

    @asynccontextmanager
    async def _settings(
        self, home: Path, model: str, script: Answer | None, template: Template
    ) -> AsyncIterator[Settings]:
        """Nothing of the caller's installation but its way to the model: above all not its database."""
        if script is None:
            yield _settings(home, self._models.model_copy(update={"model": model}), template)
            return
        async with ScriptedModel(script) as server:
            yield _settings(home, ModelSettings(model="hosted_vllm/scripted", api_base=server.api_base), template)


def _settings(home: Path, models: ModelSettings, template: Template) -> Settings:
    return Settings(
        home=home,
        database_url=f"sqlite:///{home / 'penfriend.db'}",
        keyring=template.keyring,
        judges=template.judges,
        model=models,
    )


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
