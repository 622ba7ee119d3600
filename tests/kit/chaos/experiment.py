"""The same run several times, from copies of one database: left alone, and in every kind of trouble."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from store.crypto import Keyring
from store.database import Database
from tests.kit.chaos import shop
from tests.kit.chaos.disaster import Blow, Damage, Disaster, moments
from tests.kit.chaos.processes import Model, model_server
from tests.kit.chaos.world import World, differences, look_at
from tests.kit.database import DatabaseFactory, PostgresFactory

ASKED_DIRECTLY = "hosted_vllm/scripted"
FAIL_SHARE, HANG_SHARE = 0.10, 0.02
"""Of prompts; the same ones for the same seed."""


@dataclass(frozen=True)
class Scale:
    """How large a run, and worked on by how many."""

    recipients: int = 80
    chunk: int = 16
    workers: int = 1
    concurrency: int = 8
    latency_ms: float = 40
    deadline_s: float = shop.DEADLINE_S
    seed: int = 1


@dataclass(frozen=True)
class Told:
    """A run that was worked off: what it left behind, what was done to it, how often the model was asked what."""

    world: World
    damage: Damage
    asked: Counter[str]


@dataclass(frozen=True)
class Outcome:
    """A run in trouble beside the same run without."""

    calm: Told
    troubled: Told

    @property
    def differences(self) -> list[str]:
        """None, if nothing was lost, doubled or changed."""
        return differences(self.calm.world, self.troubled.world)

    @property
    def repeats(self) -> list[float]:
        """For each prompt, how often it was asked over again: 1 is once more, each time as often as in calm."""
        calm, troubled = self.calm.asked, self.troubled.asked
        return [max(0.0, troubled[prompt] / calm[prompt] - 1) for prompt in calm]


async def experiment(
    folder: Path, factory: DatabaseFactory, keyring: Keyring, scale: Scale, troubles: Mapping[str, Sequence[Blow]]
) -> dict[str, Outcome]:
    """Build a shop, start a run, copy the database for each of `troubles`, and work them all off, one by one."""
    original = await factory.url()
    database = Database.open(original, keyring)
    index = folder / "home" / "index"
    started = await shop.build(
        database, index, recipients=scale.recipients, chunk=scale.chunk, deadline_s=scale.deadline_s
    )
    await database.close()
    copies = {name: await factory.copy(original) for name in troubles}
    with _model(scale, hang_share=0.0) as calm_model, _model(scale, hang_share=HANG_SHARE) as model:
        lab = _Lab(folder / "home", factory, keyring, scale, started.run)
        calm = await lab.work_off(original, calm_model, ())
        outcomes = {}
        for name, blows in troubles.items():
            killed = any(blow is not Blow.RESTART_WORKER for blow in blows)
            outcomes[name] = Outcome(calm, await lab.work_off(copies[name], model if killed else calm_model, blows))
    return outcomes


def _model(scale: Scale, *, hang_share: float) -> AbstractContextManager[Model]:
    """All prompts that ever go wrong go wrong: one that does not hang fails, which ends in the same e-mail, sooner."""
    fail_share = FAIL_SHARE + HANG_SHARE - hang_share
    return model_server(latency_ms=scale.latency_ms, fail_share=fail_share, hang_share=hang_share, seed=scale.seed)


@dataclass(frozen=True)
class _Lab:
    home: Path
    factory: DatabaseFactory
    keyring: Keyring
    scale: Scale
    run: str

    async def work_off(self, url: str, model: Model, blows: Sequence[Blow]) -> Told:
        before = model.asked()
        shop.furnish(
            self.home,
            self.keyring,
            url,
            model=ASKED_DIRECTLY,
            api_base=model.api_base,
            concurrency=self.scale.concurrency,
            deadline_s=self.scale.deadline_s,
        )
        server = self.factory if isinstance(self.factory, PostgresFactory) else None
        database = Database.open(url, self.keyring)
        try:
            disaster = Disaster(database, self.run, self.home, workers=self.scale.workers, server=server)
            damage = await disaster.strike(moments(self.scale.seed, self.scale.recipients, blows))
            world = await look_at(database, self.run)
        finally:
            await database.close()
        return Told(world, damage, model.asked() - before)
