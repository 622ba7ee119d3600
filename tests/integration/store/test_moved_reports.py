"""Import reports were kept in two places once. Whoever comes from there finds each in the one place, once."""

from __future__ import annotations

from datetime import UTC, datetime

import orjson
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, TextClause, bindparam, text

from catalog.feeds import reports
from store import schema
from store.crypto import Keyring
from store.database import Database
from store.types import UtcDateTime
from tests.kit.database import DatabaseFactory

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
ISSUE = {"line": 3, "product_id": "p2", "field": "title", "reason": "There is no title.", "fix": "Write one."}
COUNTS = {"imported": 2, "changed": 1, "unchanged": 0, "rejected_count": 1, "mended_count": 0}
DONE = {"id": "imp_inner", "format": "csv", **COUNTS, "rejected": [ISSUE], "mended": []}
FAILED = {"reason": "feed_unreadable", "detail": "The feed is empty.", "fix": "Send one."}


def _at(statement: str) -> TextClause:
    return text(statement).bindparams(bindparam("at", type_=UtcDateTime()))


def _before(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "0006_compare_at_basis")
    for report_id in ("imp_inner", "imp_cli"):
        connection.execute(
            _at(f"INSERT INTO import_report VALUES (:id, 'csv', :at, :at, {', '.join(':' + n for n in COUNTS)})"),
            {"id": report_id, "at": AT, **COUNTS},
        )
        connection.execute(
            text("INSERT INTO rejected_row VALUES (:id, 0, true, :line, :product_id, :field, :reason, :fix)"),
            {"id": report_id, **ISSUE},
        )
    for import_id, status, document in (
        ("imp_told", "done", DONE),
        ("imp_failed", "failed", FAILED),
        ("imp_running", "running", {}),
    ):
        connection.execute(
            _at("INSERT INTO catalog_import VALUES (:id, :status, 'csv', :report, :at)"),
            {"id": import_id, "status": status, "report": orjson.dumps(document).decode(), "at": AT},
        )


async def test_every_report_is_kept_once_under_the_id_that_was_told(
    database_factory: DatabaseFactory, keyring: Keyring
) -> None:
    database = Database.open(await database_factory.url(migrated=False), keyring)
    async with database.session() as session:
        await (await session.connection()).run_sync(_before)
    await database.migrate()
    async with database.session(readonly=True) as session:
        ids = (await session.execute(text("SELECT id FROM feed_import"))).scalars().all()
        found = {import_id: await reports.get(session, import_id) for import_id in ids}
    await database.close()
    assert {import_id: report.status for import_id, report in found.items()} == {
        "imp_cli": "done", "imp_told": "done", "imp_failed": "failed", "imp_running": "interrupted"
    }  # fmt: skip
    for import_id in ("imp_cli", "imp_told"):
        report = found[import_id]
        assert (report.imported, report.changed, report.rejected_count) == (2, 1, 1)
        assert report.started_at == AT
        assert [issue.model_dump() for issue in report.rejected] == [ISSUE]
    failure = found["imp_failed"].failure
    assert failure is not None
    assert failure.model_dump() == FAILED
