"""Runs once kept no tally of their own. Whoever comes from there finds each run's: the sum of its chunks."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from composer.runs.model import Tally
from composer.runs.service import get
from store import schema
from store.crypto import Keyring
from store.database import Database
from store.types import JsonDocument, UtcDateTime
from tests.kit.database import DatabaseFactory

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
_RUN = sa.table(
    "run",
    *(sa.column(name) for name in ("id", "campaign_id", "campaign_version", "status", "reason", "detail")),
    sa.column("recipients"),
    sa.column("request", JsonDocument()),
    *(sa.column(name, UtcDateTime()) for name in ("created_at", "updated_at", "ended_at")),
)
_CHUNK = sa.table(
    "run_chunk",
    *(sa.column(name) for name in ("run_id", "number", "first", "size", "turn", "done", "owner", "takes")),
    sa.column("tally", JsonDocument()),
    sa.column("pace", JsonDocument()),
)


def _before(connection: sa.Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "0029_results")
    for run_id, composed in (("run_1", [3, 4, 5]), ("run_2", [6]), ("run_3", [])):
        connection.execute(
            _RUN.insert().values(
                id=run_id, campaign_id="autumn", campaign_version=1, status="completed", reason="", detail="",
                recipients=sum(composed), request={"audience": {"kind": "everyone"}}, created_at=AT, updated_at=AT,
                ended_at=AT,
            )
        )  # fmt: skip
        for number, count in enumerate(composed):
            tally = Tally(composed=count, rungs={"model": 2 * count}).model_dump(mode="json")
            connection.execute(
                _CHUNK.insert().values(
                    run_id=run_id, number=number, first=number * 10, size=10, turn=number, done=True, owner="",
                    takes=1, tally=tally, pace={},
                )
            )  # fmt: skip


async def test_a_run_of_before_is_the_sum_of_its_chunks(database_factory: DatabaseFactory, keyring: Keyring) -> None:
    database = Database.open(await database_factory.url(migrated=False), keyring)
    async with database.session() as session:
        await (await session.connection()).run_sync(_before)
    await database.migrate()
    async with database.session(readonly=True) as session:
        found = [(await get(session, run_id)).tally for run_id in ("run_1", "run_2", "run_3")]
    assert [(tally.composed, tally.rungs) for tally in found] == [(12, {"model": 24}), (6, {"model": 12}), (0, {})]
    await database.close()
