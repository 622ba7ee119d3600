"""What a customer says while a model writes to them is heard before the e-mail is handed out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.erasing import Eraser
from api.settings import Settings
from composer.contract import Path as Way
from composer.writing import WriteOutcome, WriteTask
from evals.verdict import Verdict
from memory.ingest import ingest
from store import clock
from store.database import Database
from tests.kit.contacts import decisions
from tests.kit.prepared import PreparedShop
from tests.kit.writers import ScriptedWriter

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 9, 2, 12, tzinfo=UTC)


class InterruptedWriter(ScriptedWriter):
    """While it writes for the first time, something happens."""

    def __init__(self) -> None:
        super().__init__(lambda key, round_: None)
        self.meanwhile: list[Callable[[], Awaitable[object]]] = []

    async def write(
        self,
        task: WriteTask,
        keys: Sequence[str],
        *,
        round_: int,
        notes: Mapping[str, Sequence[Verdict]],
        until: float,
    ) -> WriteOutcome:
        """As scripted, afterwards."""
        while self.meanwhile:
            await self.meanwhile.pop()()
        return await super().write(task, keys, round_=round_, notes=notes, until=until)


async def interrupted(database: Database) -> tuple[PreparedShop, InterruptedWriter]:
    writer = InterruptedWriter()
    return await PreparedShop.open(database, writers=[writer]), writer


async def says(database: Database, **said: object) -> None:
    message = {"type": "track", "event": "Consent Changed", "userId": "c-1", "messageId": f"says-{said}"}
    async with database.session() as session:
        report = await ingest(session, [message | {"properties": {"method": "form", **said}}])
    assert not report.rejected


async def test_who_unsubscribes_while_a_model_writes_gets_no_e_mail_and_the_ledger_says_so(database: Database) -> None:
    shop, writer = await interrupted(database)
    writer.meanwhile.append(lambda: shop.unsubscribe("c-1"))
    result = await shop.compose()
    assert (result.path, result.reason, result.html, result.id) == (Way.SKIPPED, "unsubscribed", "", "")
    assert await decisions(database) == [("skipped", "unsubscribed")]
    assert (await shop.compose()).reason == "unsubscribed"


async def test_who_is_erased_while_a_model_writes_gets_no_e_mail(database: Database, tmp_path: Path) -> None:
    shop, writer = await interrupted(database)
    writer.meanwhile.append(lambda: Eraser(Settings(home=tmp_path), database).ask("c-1"))
    result = await shop.compose()
    assert (result.path, result.reason, result.html) == (Way.SKIPPED, "erased", "")
    assert await decisions(database) == []


async def test_a_topic_turned_off_while_a_model_writes_is_off(database: Database) -> None:
    shop, writer = await interrupted(database)
    writer.meanwhile.append(lambda: says(database, topics={"newsletter": False}))
    assert (await shop.compose()).reason == "topic_off"


async def test_a_pause_asked_for_while_a_model_writes_defers_the_e_mail_to_its_end(database: Database) -> None:
    shop, writer = await interrupted(database)
    writer.meanwhile.append(lambda: says(database, email_paused_until="2027-01-01"))
    with clock.frozen_at(NOON):
        result = await shop.compose()
    assert (result.reason, result.html) == ("paused", "")
    assert result.defer_until == datetime(2027, 1, 1, tzinfo=UTC)


async def test_who_objects_to_personalisation_while_a_model_writes_gets_a_plain_e_mail_instead(
    database: Database,
) -> None:
    shop, writer = await interrupted(database)
    writer.meanwhile.append(lambda: says(database, purposes={"personalisation": False}))
    with clock.frozen_at(NOON):
        result = await shop.compose()
        assert (result.path, result.reason, result.html, result.defer_until) == (Way.SKIPPED, "objected", "", NOON)
        assert await decisions(database) == [("deferred", "objected")]
        plain = await shop.compose()
    assert plain.html
    assert {fact.partition(":")[0] for block in plain.blocks for fact in block.facts} == {"product"}
