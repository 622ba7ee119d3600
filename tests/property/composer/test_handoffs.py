"""Whatever happens in whatever order, an e-mail is on its way or sent at most once, and what is sent stays sent.

Two dispatchers take deliveries of two hand-offs of one run, answer for some (also late, after somebody else took over)
and fall silent, while the owner pauses, resumes, cancels, retries and starts a second hand-off.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import select

from composer.handoff import deliveries, service
from composer.handoff.deliveries import Settled, Taken
from composer.handoff.model import DeliveryStatus, HandoffStatus, OverSmtp
from composer.handoff.tables import DeliveryRow
from composer.runs.tables import RecipientRow
from store import clock
from store.crypto import Keyring
from store.database import Database
from store.errors import Conflict
from tests.kit.database import SqliteFactory
from tests.kit.runs_rows import add_run

E_MAILS = 4
LEASE = timedelta(seconds=60)
FINAL = frozenset({"sent", "refused", "suppressed", "cancelled"})

workers = st.sampled_from(["a", "b"])
handoffs = st.integers(0, 1)
takes = st.tuples(st.just("take"), workers, handoffs, st.integers(1, E_MAILS))
answers = st.sampled_from(["sent", "refused", "failed", "suppressed", "pending"])
settles = st.tuples(st.just("settle"), workers, handoffs, st.lists(answers, min_size=1, max_size=E_MAILS))
owners = st.tuples(
    st.sampled_from(["pause", "resume", "cancel", "retry_failed", "start", "silence", "complete", "sweep"]),
    st.just(""),
    handoffs,
    st.just(0),
)
actions = st.lists(st.one_of(takes, settles, settles, owners), min_size=5, max_size=25)
Action = tuple[str, str, int, int] | tuple[str, str, int, list[str]]


@dataclass
class World:
    """A run that is composed, its hand-offs, and what each dispatcher believes to hold."""

    database: Database
    handoffs: list[str] = field(default_factory=list)
    holds: dict[tuple[str, int], list[Taken]] = field(default_factory=dict)
    ended: dict[tuple[str, int], str] = field(default_factory=dict)
    late: timedelta = timedelta(0)

    async def do(self, action: Action) -> None:
        """One step; what its actor is told they cannot do, they do not do."""
        name, worker, number, detail = action
        with clock.frozen_at(clock.now() + self.late):
            if name == "silence":
                self.late += 2 * LEASE
            elif name == "start" or number < len(self.handoffs):
                try:
                    await self._do(name, worker, number, detail)
                except Conflict:
                    return

    async def _do(self, name: str, worker: str, number: int, detail: int | list[str]) -> None:
        async with self.database.session() as session:
            if name == "start":
                self.handoffs.append((await service.start(session, "run_1", OverSmtp(channel="smtp"))).id)
                return
            id_ = self.handoffs[number]
            if name == "take" and isinstance(detail, int):
                self.holds[worker, number] = await deliveries.take(session, id_, worker, detail, LEASE)
            elif name == "settle" and isinstance(detail, list):
                held = self.holds.get((worker, number), [])
                said = [Settled(one.position, DeliveryStatus(word)) for one, word in zip(held, detail, strict=False)]
                await deliveries.settle(session, id_, worker, said)
            elif name == "complete":
                await deliveries.complete(session, id_)
            elif name == "sweep":
                await deliveries.sweep(session)
            else:
                await getattr(service, name)(session, id_)

    async def check(self) -> None:
        """What holds after each step."""
        async with self.database.session(readonly=True) as session:
            rows = (await session.execute(select(DeliveryRow))).scalars().all()
        under_way = Counter(row.email_id for row in rows if row.status in ("pending", "sent"))
        assert all(count == 1 for count in under_way.values())
        now = {(row.handoff_id, row.position): row.status for row in rows}
        for key, status in self.ended.items():
            assert now[key] == status
        self.ended = {key: status for key, status in now.items() if status in FINAL}


@given(actions)
@settings(max_examples=25)
def test_an_e_mail_is_under_way_at_most_once_and_what_has_ended_stays(
    sqlite_factory: SqliteFactory, keyring: Keyring, steps: list[Action]
) -> None:
    asyncio.run(_play(sqlite_factory, keyring, steps))


async def _play(factory: SqliteFactory, keyring: Keyring, steps: list[Action]) -> None:
    database = Database.open(await factory.url(), keyring)
    await _compose(database)
    world = World(database)
    await world.do(("start", "", 0, 0))
    for step in steps:
        await world.do(step)
        await world.check()
    await _finish(world)
    await database.close()


async def _compose(database: Database) -> None:
    await add_run(database, "run_1", chunks=1, status="completed")
    async with database.session() as session:
        for position in range(E_MAILS):
            session.add(
                RecipientRow(
                    run_id="run_1", position=position, chunk=0, customer=f"c-{position}", status="composed",
                    email_id=f"msg_{position}", updated_at=clock.now(),
                )
            )  # fmt: skip


async def _finish(world: World) -> None:
    """When everybody has fallen silent and one dispatcher goes on, nothing that may be sent is left."""
    await world.do(("silence", "", 0, 0))
    for number in range(len(world.handoffs)):
        await world.do(("resume", "", number, 0))
        await world.do(("take", "last", number, E_MAILS))
        await world.do(("settle", "last", number, ["sent"] * E_MAILS))
        await world.do(("complete", "", number, 0))
    await world.do(("sweep", "", 0, 0))
    await world.check()
    async with world.database.session(readonly=True) as session:
        found = [await service.get(session, handoff) for handoff in world.handoffs]
    assert all(one.tally.pending == 0 for one in found)
    assert {one.status for one in found} <= {HandoffStatus.COMPLETED, HandoffStatus.CANCELLED}
    assert all(one.tally.done == one.emails for one in found)
