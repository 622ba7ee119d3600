"""Pages of runs without a browser: files, who may do what, what is written into the audit log, and hostile text."""

from __future__ import annotations

import orjson
import pytest
from sqlmodel import select

from api.house import House
from api.studio.door import CSRF_HEADER
from api.tables import AuditRow
from composer.handoff.webhooks import endpoints
from composer.handoff.webhooks.model import NewEndpoint
from composer.reviews import gate
from composer.runs import service
from composer.runs.tables import RunRow
from tests.integration.studio.conftest import Browser, SignedIn
from tests.kit.large_runs import add_large_run
from tests.kit.reviews import add_run
from tests.kit.runs import open_shop, start_run

pytestmark = pytest.mark.anyio
FORM = {
    "campaign": "autumn",
    "audience": "file",
    "seconds": "60",
    "defer_days": "3",
    "tolerance.fallback": "80",
    "tolerance.failed": "10",
    "tolerance.check_failures": "90",
    "tolerance.model_failures": "50",
}


async def look(browser: Browser, content: bytes, **changes: str) -> str:
    answer = await browser.client.post(
        "/studio/runs/look",
        data={**FORM, **changes},
        files={"file": ("<b>ids</b>.csv", content, "text/csv")},
        headers={CSRF_HEADER: browser.csrf, "HX-Request": "true"},
    )
    assert answer.status_code == 200
    return answer.text


async def audited(house: House) -> list[str]:
    async with house.database.session(readonly=True) as session:
        return list((await session.execute(select(AuditRow.action).order_by(AuditRow.id))).scalars())  # type: ignore[arg-type]


async def test_a_file_of_ids_is_looked_at_and_what_is_wrong_with_it_is_said(signed_in: SignedIn, house: House) -> None:
    await open_shop(house.database)
    editor = await signed_in("editor")
    report = await look(editor, b"customer\nc-1\nc-2\nc-2\n")
    assert "2 customers. 1 was named more than once and counts once." in report
    assert "has no column" in await look(editor, b"name\nAda\n")
    broken = await look(editor, b"customer\nc-1\n", budget_usd="much", **{"tolerance.failed": "200"})
    assert "Write a number" in broken
    assert "at most 100 %" in broken
    async with house.database.session(readonly=True) as session:
        assert (await session.execute(select(RunRow.id))).first() is None


async def test_every_step_is_an_editors_and_goes_into_the_audit_log(signed_in: SignedIn, house: House) -> None:
    await open_shop(house.database)
    run = await start_run(house.database, 3)
    reviewer, editor = await signed_in("reviewer"), await signed_in("editor")
    assert (await reviewer.post(f"/runs/{run.id}/pause")).status_code == 403
    assert "Cancel the run" in (await editor.get(f"/runs/{run.id}/cancel")).text
    for step in ("pause", "resume", "cancel"):
        assert (await editor.post(f"/runs/{run.id}/{step}", {"budget_usd": "1,000.50"})).status_code == 303
    assert (await audited(house))[-3:] == ["run.pause", "run.resume", "run.cancel"]
    async with house.database.session(readonly=True) as session:
        assert str((await service.get(session, run.id)).request.budget_usd) == "1000.50"
    assert (await editor.post(f"/runs/{run.id}/pause")).status_code == 409


async def test_a_release_whose_reason_may_not_be_kept_does_not_happen_and_keeps_what_was_written(
    signed_in: SignedIn, house: House
) -> None:
    async with house.database.session() as session:
        await add_run(session, "run_1", review={"gate": True})
        await gate.put_up(session, "run_1", "autumn")
    admin = await signed_in("admin")
    for why, said in (("ada@shop.example said so", "The reason has an address in it"), (" ", "Say why this run")):
        refused = await admin.post("/runs/run_1/release", {"why": why})
        assert (refused.status_code, said in refused.text, f'value="{why}"' in refused.text) == (422, True, True)
        assert "run.release" not in await audited(house)
    assert (await admin.post("/runs/run_1/release", {"why": "Agreed in PF-12"})).status_code == 303
    assert (await audited(house))[-1] == "run.release"


async def test_a_run_leaves_as_a_file_and_through_a_webhook(signed_in: SignedIn, house: House) -> None:
    await add_large_run(house.database, "run_1", 1)
    async with house.database.session() as session:
        hook = await endpoints.add(session, NewEndpoint(url="https://shop.example/hook"), private=True)
    editor = await signed_in("editor")
    sending = (await editor.get("/runs/run_1/sending")).text
    assert f"webhook:{hook.id}" in sending
    file = await editor.post("/runs/run_1/export")
    lines = [orjson.loads(line) for line in file.content.splitlines()]
    assert [line["position"] for line in lines] == list(range(250))
    assert file.headers["content-disposition"] == 'attachment; filename="run_1.ndjson"'
    viewer = await signed_in("viewer")
    assert (await viewer.post("/runs/run_1/export")).status_code == 403
    assert "run.export" in await audited(house)


async def test_a_page_of_recipients_is_filtered_and_says_why(signed_in: SignedIn, house: House) -> None:
    await add_large_run(house.database, "run_1", 1)
    viewer = await signed_in("viewer")
    failed = (await viewer.get("/runs/run_1", params={"status": "failed", "reason": "internal_error"})).text
    assert failed.count("Penfriend broke on them; the log says where") > 5
    nobody = (await viewer.get("/runs/run_1/recipients", params={"reason": '"><script>'})).text
    assert "<script>" not in nobody
    assert "Nobody." in nobody
    assert (await viewer.get("/runs/run_none")).status_code == 404


async def test_a_first_visit_shows_three_steps(signed_in: SignedIn, house: House) -> None:
    page = (await (await signed_in("editor")).get("")).text
    assert "in three steps" in page
    await open_shop(house.database)
    assert "Look at the campaign<" in (await (await signed_in("editor")).get("")).text
