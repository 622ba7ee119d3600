"""The same run twice, from copies of one database: left alone, and killed all the way. What it must not change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from store.crypto import Keyring
from store.database import Database
from tests.kit.chaos import shop
from tests.kit.chaos.disaster import Blow, Damage, Disaster, Moment, moments
from tests.kit.chaos.processes import Model, model_server
from tests.kit.chaos.world import World, differences, look_at
from tests.kit.database import DatabaseFactory, PostgresFactory

ASKED_DIRECTLY = "hosted_vllm/scripted"


@dataclass(frozen=True)
class Scale:
    """How large, and how bad."""

    recipients: int = 80
    chunk: int = 16
    workers: int = 1
    concurrency: int = 8
    latency_ms: float = 40
    blows: Sequence[Blow] = ("worker",) * 4
    seed: int = 1


@dataclass(frozen=True)
class Outcome:
    """Of an experiment."""

    undisturbed: World
    disturbed: World
    damage: Damage
    asked: Counter[str]
    """Calls of the undisturbed run, by prompt."""
    asked_again: Counter[str]
    """Of the disturbed one."""

    @property
    def differences(self) -> list[str]:
        """None, if nothing was lost, doubled or changed."""
        return differences(self.undisturbed, self.disturbed)

    @property
    def repeated(self) -> float:
        """Recipients whose call was made once more, each as often as it was."""
        return sum(max(0.0, self.asked_again[prompt] / self.asked[prompt] - 1) for prompt in self.asked)

    @property
    def most_repeated(self) -> float:
        """How often the same recipient's was made once more, at most."""
        return max((self.asked_again[prompt] / self.asked[prompt] - 1 for prompt in self.asked), default=0.0)


class Experiment:
    """One shop in one kind of database."""

    def __init__(self, folder: Path, factory: DatabaseFactory, keyring: Keyring, scale: Scale) -> None:
        self._folder = folder
        self._factory = factory
        self._keyring = keyring
        self._scale = scale
        self._home = folder / "home"
        """One for both runs: the index on disk is the same, and which database is in its settings."""

    async def run(self) -> Outcome:
        """Build, copy, work off twice, look."""
        original = await self._factory.url()
        database = Database.open(original, self._keyring)
        size = self._scale
        started = await shop.build(database, self._home / "index", recipients=size.recipients, chunk=size.chunk)
        await database.close()
        copy = await self._factory.copy(original)
        with model_server(latency_ms=size.latency_ms, seed=size.seed) as model:
            undisturbed, _ = await self._work_off(original, started.run, model, ())
            asked = model.asked()
            blows = moments(size.seed, started.recipients, size.blows)
            disturbed, damage = await self._work_off(copy, started.run, model, blows)
            asked_again = model.asked() - asked
        return Outcome(undisturbed, disturbed, damage, asked, asked_again)

    async def _work_off(self, url: str, run: str, model: Model, at: Sequence[Moment]) -> tuple[World, Damage]:
        database = Database.open(url, self._keyring)
        shop.furnish(
            self._home,
            self._keyring,
            url,
            model=ASKED_DIRECTLY,
            api_base=model.api_base,
            concurrency=self._scale.concurrency,
        )
        server = self._factory if isinstance(self._factory, PostgresFactory) else None
        try:
            disaster = Disaster(database, run, self._home, workers=self._scale.workers, server=server)
            damage = await disaster.strike(at)
            return await look_at(database, run), damage
        finally:
            await database.close()
