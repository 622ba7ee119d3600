"""Whatever happens in whatever order, each recipient of a run becomes final once, and the counts are those of the rows.

Two processes take chunks, store some of them (again, or late, after somebody else took over), crash and give back,
while the owner pauses, resumes, cancels and retries.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select, update

from composer.batch import Prepared, Written
from composer.contract import ComposeRequest
from composer.runs import chunks, service
from composer.runs.chunks import ChunkLost, Held
from composer.runs.model import RecipientStatus, Run, RunStatus
from composer.runs.outcomes import Outcome
from composer.runs.service import RunNotChangeable
from composer.runs.storing import leave_chunk, store_group
from composer.runs.tables import ChunkRow, RecipientRow
from composer.tables import EmailRow
from store import clock
from store.crypto import Keyring
from store.database import Database
from store.errors import PenfriendError
from tests.kit.database import SqliteFactory
from tests.kit.runs import customer, open_shop, start_run
from tests.kit.scripted_composing import ScriptedComposing

RECIPIENTS, CHUNK = 5, 2
Flush = tuple[str, str, list[tuple[int, str]]]
Action = tuple[str, str] | Flush

workers = st.sampled_from(["a", "b"])
kinds = st.sampled_from(["composed", "skipped", "failed", "deferred"])
flushes = st.tuples(st.just("flush"), workers, st.lists(st.tuples(st.integers(0, CHUNK - 1), kinds), min_size=1))
moves = st.tuples(st.sampled_from(["leave", "crash"]), workers)
owners = st.tuples(st.sampled_from(["pause", "resume", "cancel", "retry", "time", "tomorrow"]), st.just(""))
actions = st.lists(st.one_of(flushes, flushes, moves, owners), min_size=5, max_size=20)


@dataclass
class World:
    """A run, and what each process believes to hold."""

    database: Database
    run: Run
    holds: dict[str, Held] = field(default_factory=dict)
    finals: Counter[int] = field(default_factory=Counter)
    """How often each position became final since it was last pending."""

    async def do(self, action: Action) -> None:
        """One step; what its actor is told they cannot do, they do not do."""
        try:
            if len(action) == 3:
                await self._flush(action[1], action[2])
            elif action[0] in {"pause", "resume", "cancel", "retry"}:
                await self._owner(action[0])
            else:
                await self._process(action[0], action[1])
        except RunNotChangeable:
            pass
        except ChunkLost:
            self.holds.pop(action[1], None)

    async def _owner(self, name: str) -> None:
        change = {"retry": service.retry_failed}.get(name) or getattr(service, name)
        async with self.database.session() as session:
            failed = await self._positions(session, "failed")
            await change(session, self.run.id)
        if name == "retry":
            for position in failed:
                self.finals[position] -= 1

    async def _process(self, name: str, worker: str) -> None:
        async with self.database.session() as session:
            if name == "leave" and worker in self.holds:
                left = await leave_chunk(session, self.holds[worker], go_on=False)
                assert left in {"done", "returned"}
                del self.holds[worker]
            elif name == "crash":
                self.holds.pop(worker, None)
            elif name == "time":
                for chunk in (await session.execute(select(ChunkRow).where(ChunkRow.owner != ""))).scalars():
                    chunk.lease_until = clock.now() - timedelta(seconds=1)
            elif name == "tomorrow":
                for kind in (ChunkRow, RecipientRow):
                    past = update(kind).where(col(kind.not_before).is_not(None)).values(not_before=clock.now())
                    await session.execute(past)

    async def _flush(self, worker: str, said: list[tuple[int, str]]) -> None:
        held = self.holds.get(worker) or await self._taken(worker)
        if held is None:
            return
        composing = ScriptedComposing()
        outcomes = [await outcome(composing, held, offset, kind) for offset, kind in dict(said).items()]
        async with self.database.session() as session:
            finals = await store_group(session, composing, held, [one for one in outcomes if one is not None])
        self.finals.update(final.outcome.position for final in finals if final.status is not RecipientStatus.PENDING)

    async def _taken(self, worker: str) -> Held | None:
        async with self.database.session() as session:
            held = await chunks.take_fairest(session, worker=worker, lease_s=30)
        self.holds |= {worker: held} if held else {}
        return held

    async def _positions(self, session: AsyncSession, status: str) -> list[int]:
        query = select(RecipientRow.position).where(RecipientRow.status == status)
        return list((await session.execute(query)).scalars())

    async def check(self) -> Run:
        """What holds at every moment."""
        assert all(count <= 1 for count in self.finals.values())
        async with self.database.session(readonly=True) as session:
            run = await service.get(session, self.run.id)
            rows = (await session.execute(select(RecipientRow))).scalars().all()
            emails = set((await session.execute(select(EmailRow.id))).scalars())
        of = Counter(row.status for row in rows)
        tally = run.tally
        assert (tally.composed, tally.skipped, tally.failed, tally.cancelled) == tuple(
            of[status] for status in ("composed", "skipped", "failed", "cancelled")
        )
        assert tally.reasons == Counter(row.reason for row in rows if row.reason and row.status != "pending")
        waiting = [row for row in rows if row.not_before is not None]
        assert tally.deferred == len(waiting)
        assert {(row.status, row.reason) for row in waiting} <= {("pending", "capped")}
        assert {row.email_id for row in rows if row.status == "composed"} == emails
        assert of["pending"] == run.recipients - tally.done
        if run.status in service.FINAL:
            assert not of["pending"]
        return run

    async def finish(self) -> Run:
        """Whatever was left behind, somebody works it off."""
        await self.do(("resume", ""))
        await self.do(("time", ""))
        await self.do(("tomorrow", ""))
        for _ in range(RECIPIENTS):
            self.holds.clear()
            await self.do(("flush", "c", [(offset, "composed") for offset in range(CHUNK)]))
            await self.do(("leave", "c"))
        return await self.check()


async def outcome(composing: ScriptedComposing, held: Held, offset: int, kind: str) -> Outcome | None:
    """What a process made of one recipient of its chunk; None for one that the last chunk has not got."""
    if offset >= held.size:
        return None
    position = held.first + offset
    request = ComposeRequest(campaign="autumn", customer=customer(position))
    if kind == "failed":
        return Outcome(position, request.customer, 1, error=PenfriendError("It broke."))
    tomorrow = clock.now() + timedelta(days=1)
    answers: dict[str, str | datetime] = {"skipped": "no_consent", "deferred": tomorrow}
    said = answers.get(kind)
    composing.script = lambda name, before: said
    [prepared] = await composing.prepare([request], campaign_version=1, began=clock.now())
    assert isinstance(prepared, Prepared)
    written: Written = await composing.write(prepared)
    return Outcome(position, request.customer, 1, written=written)


@settings(max_examples=25)
@given(actions)
def test_everyone_becomes_final_once_and_is_counted_once(
    sqlite_factory: SqliteFactory, keyring: Keyring, actions: list[Action]
) -> None:
    async def play() -> None:
        database = Database.open(await sqlite_factory.url(), keyring, pool_size=1)
        try:
            await open_shop(database)
            world = World(database, await start_run(database, RECIPIENTS, chunk_size=CHUNK))
            for action in actions:
                await world.do(action)
                await world.check()
            run = await world.finish()
            assert run.status in service.FINAL
            async with database.session(readonly=True) as session:
                kinds = [event.kind for event in await service.events(session, run.id)]
            ends = [kind for kind in kinds if kind in {"completed", "cancelled"}]
            assert ends[-1] == run.status.value
            assert ends.count("completed") <= 1 + kinds.count("retried")
            assert run.status is RunStatus.CANCELLED or set(world.finals) == set(range(RECIPIENTS))
        finally:
            await database.close()

    asyncio.run(play())
