"""Runs of any size as rows, put there in bulk: for what must not grow with them."""

from __future__ import annotations

from typing import Any

from composer.runs.model import CHUNK_SIZE, Tally
from composer.runs.outcomes import summed
from composer.runs.tables import ChunkRow, RecipientRow, RunRow
from store import clock
from store.database import Database
from store.upsert import table_of

AT_ONCE = 5_000
OF_A_CHUNK = Tally(
    composed=200, skipped=45, failed=5,
    paths={"model": 180, "template": 20}, rungs={"model": 900, "template_block": 300},
    reasons={"no_consent": 45, "internal_error": 5}, rules={"price.wrong": 12}, examples={"price.wrong": ["msg_1"]},
)  # fmt: skip


async def add_large_run(
    database: Database, run_id: str, chunks: int, *, in_hand: int = 0, moving: bool = False
) -> None:
    """A run of `chunks` full chunks, of which `in_hand` have not posted what they came to."""
    now = clock.now()
    tally = OF_A_CHUNK.model_dump(mode="json")
    posted = summed([OF_A_CHUNK] * (chunks - in_hand)).model_dump(mode="json")
    run = RunRow(
        id=run_id, campaign_id="autumn", campaign_version=1, request={"audience": {"kind": "everyone"}},
        status="running" if moving else "completed", tally=posted, recipients=chunks * CHUNK_SIZE,
        created_at=now, updated_at=now, ended_at=None if moving else now,
    )  # fmt: skip
    rows: list[dict[str, Any]] = [
        {
            "run_id": run_id, "number": number, "first": number * CHUNK_SIZE, "size": CHUNK_SIZE, "turn": number,
            "done": number >= in_hand, "owner": "wrk_1" if number < in_hand else "", "takes": 1, "tally": tally,
            "unposted": tally if number < in_hand else {}, "pace": {},
        }
        for number in range(chunks)
    ]  # fmt: skip
    async with database.session() as session:
        session.add(run)
        await session.flush()
        await session.execute(table_of(ChunkRow).insert(), rows)
        for first in range(0, chunks * CHUNK_SIZE, AT_ONCE):
            some = range(first, min(first + AT_ONCE, chunks * CHUNK_SIZE))
            await session.execute(table_of(RecipientRow).insert(), [_recipient(run_id, place, now) for place in some])


def _recipient(run_id: str, position: int, now: Any) -> dict[str, Any]:
    place = position % CHUNK_SIZE
    status = "composed" if place < 200 else "skipped" if place < 245 else "failed"
    reason = {"composed": "", "skipped": "no_consent", "failed": "internal_error"}[status]
    return {
        "run_id": run_id, "position": position, "chunk": position // CHUNK_SIZE, "customer": f"c-{position:07}",
        "step": "", "occasion": "", "status": status, "reason": reason, "detail": "", "attempts": 1,
        "email_id": "msg_1" if status == "composed" else "", "updated_at": now,
    }  # fmt: skip
