"""What reviews taught, over HTTP and on the command line."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from api import audit
from api.house import House
from composer.contract import BlockReport, Rung
from composer.lessons.cases import sound_cases
from composer.lessons.tables import LessonRow
from evals.harness.guarding import run
from evals.harness.loading import load_suites
from store.ids import lesson_id_for
from tests.kit.factories import make_task

pytestmark = pytest.mark.anyio

Client = httpx2.AsyncClient
Authorized = Callable[..., Awaitable[dict[str, str]]]
AT = datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.fixture
async def lessons(house: House) -> list[str]:
    """Ids of an example and a case of one review."""
    block = BlockReport(key="closing", text="Have a quiet look around.", rung=Rung.MODEL, reason="ok")
    bodies: dict[str, dict[str, Any]] = {
        "example": {"text": block.text, "note": "", "before": ""},
        "case": {"cases": sound_cases(make_task(), [block])},
    }
    rows = [
        LessonRow(
            id=lesson_id_for(AT, kind),
            kind=kind,
            review_id="rev_1",
            email_id="msg_1",
            customer="c-1",
            campaign_id="autumn",
            flow="newsletter",
            language="en",
            block="closing",
            body=body,
            reviewer="account:acc_1",
            at=AT,
            changed_at=AT,
        )
        for kind, body in bodies.items()
    ]
    async with house.database.session() as session:
        session.add_all(rows)
    return [row.id for row in rows]


async def test_lessons_are_listed_with_where_they_come_from_and_no_customer(
    client: Client, authorized: Authorized, lessons: list[str]
) -> None:
    headers = await authorized("read")
    first = (await client.get("/v1/lessons?limit=1", headers=headers)).json()
    rest = (await client.get(f"/v1/lessons?cursor={first['next_cursor']}", headers=headers)).json()
    found = [*first["data"], *rest["data"]]
    assert {one["id"] for one in found} == set(lessons)
    assert {(one["review_id"], one["email_id"], one["reviewer"]) for one in found} == {
        ("rev_1", "msg_1", "account:acc_1")
    }
    assert all("customer" not in one for one in found)
    only = (await client.get("/v1/lessons?kind=case", headers=headers)).json()["data"]
    assert [one["kind"] for one in only] == ["case"]


async def test_a_removed_lesson_stays_to_be_seen_and_the_log_says_who(
    client: Client, house: House, authorized: Authorized, lessons: list[str]
) -> None:
    assert (await client.delete(f"/v1/lessons/{lessons[0]}", headers=await authorized("read"))).status_code == 403
    headers = await authorized("read", "write")
    removed = (await client.delete(f"/v1/lessons/{lessons[0]}", headers=headers)).json()
    assert removed["removed_by"].startswith("key:")
    assert len((await client.get("/v1/lessons", headers=headers)).json()["data"]) == 2
    async with house.database.session(readonly=True) as session:
        assert [entry.action for entry in await audit.entries(session, about=lessons[0])] == ["lesson.remove"]
    unknown = await client.delete("/v1/lessons/les_none", headers=headers)
    assert (unknown.status_code, unknown.json()["reason"]) == (404, "unknown_lesson")


async def test_the_file_of_cases_is_a_suite_that_the_guard_passes(
    client: Client, authorized: Authorized, lessons: list[str], tmp_path: Path
) -> None:
    answer = await client.get("/v1/lessons/cases.jsonl", headers=await authorized("read"))
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    assert json.loads(answer.text)["id"] == lessons[1]
    file = tmp_path / "Our reviews.jsonl"
    file.write_text(answer.text, encoding="utf-8")
    [suite] = load_suites([file])
    result = await run(suite, None, lambda done, of: None)
    assert (suite.name, [case.status.value for case in result.cases]) == ("our-reviews", ["pass"])
