"""Samples and gates over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import select

from api.house import House
from api.tables import AuditRow
from composer.reviews import gate
from tests.integration.api.conftest import Authorized, Client
from tests.kit.reviews import add_emails, add_run, read_all

pytestmark = pytest.mark.anyio


@pytest.fixture
async def run(house: House) -> str:
    """A run of 200 e-mails behind a gate, done."""
    async with house.database.session() as session:
        await add_run(session, "run_1", review={"gate": True})
        await add_emails(session, 200, run_id="run_1")
        await gate.put_up(session, "run_1", "autumn")
    return "run_1"


async def draw(client: Client, headers: dict[str, str], run: str, **terms: Any) -> Any:
    answer = await client.post(f"/v1/runs/{run}/samples", json=terms or None, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def audited(house: House) -> list[tuple[str, str, str]]:
    async with house.database.session(readonly=True) as session:
        rows = (await session.execute(select(AuditRow).order_by("id"))).scalars()
        return [(row.action, row.about, row.why) for row in rows if row.action != "key.create"]


async def test_a_sample_is_drawn_read_and_accepted_and_the_log_says_who_and_why(
    client: Client, house: House, headers: dict[str, str], run: str
) -> None:
    sample = await draw(client, headers, run)
    assert sample["statement"] == "Read 47: if none is rejected, at most 5 % of 200 are bad, 95 % sure"
    assert sample["terms"]["gate"] is True
    early = await client.post(f"/v1/samples/{sample['id']}/accept", headers=headers)
    assert (early.status_code, early.json()["reason"]) == (409, "sample_not_acceptable")
    async with house.database.session() as session:
        await read_all(session, sample["id"])
    accepted = (await client.post(f"/v1/samples/{sample['id']}/accept", headers=headers)).json()
    assert (accepted["status"], accepted["statement"]) == ("accepted", "0 of 47 rejected: at most 5 % bad, 95 % sure")
    assert accepted["closed_by"].startswith("key:")
    assert await audited(house) == [
        ("sample.draw", sample["id"], f"{sample['emails']} of 200 e-mails"),
        ("sample.accept", sample["id"], "0 of 47 rejected: at most 5 % bad, 95 % sure"),
    ]
    async with house.database.session(readonly=True) as session:
        assert not await gate.shut_for(session, run)


async def test_one_sample_lists_its_e_mails_in_the_order_of_review_with_what_to_look_at(
    client: Client, headers: dict[str, str], run: str
) -> None:
    sample = await draw(client, headers, run, defect_rate=0.04)
    found = (await client.get(f"/v1/samples/{sample['id']}", headers=headers)).json()
    assert len(found["items"]) == found["emails"]
    assert [item["position"] for item in found["items"]] == list(range(found["emails"]))
    assert found["items"][0]["why_words"] == ["A warning stands against it", "A check held a first version back"]
    listed = (await client.get("/v1/samples?run=run_1&status=open", headers=headers)).json()["data"]
    assert [one["id"] for one in listed] == [sample["id"]]
    assert (await client.get("/v1/samples?status=accepted", headers=headers)).json()["data"] == []


async def test_a_refused_sample_makes_room_for_another(client: Client, headers: dict[str, str], run: str) -> None:
    sample = await draw(client, headers, run)
    again = await client.post(f"/v1/runs/{run}/samples", headers=headers)
    assert (again.status_code, again.json()["reason"]) == (409, "sample_still_open")
    refused = await client.post(f"/v1/samples/{sample['id']}/refuse", headers=headers)
    assert refused.json()["status"] == "refused"
    another = await draw(client, headers, run)
    assert another["id"] != sample["id"]
    # Drawing until one looks good gets no cheaper.
    assert another["terms"]["confidence"] == pytest.approx(0.975)
    assert another["random"]["size"] > sample["random"]["size"]
    assert another["statement"].endswith("97.5 % sure, more than usual because 1 of its samples was refused")


async def test_a_repeated_request_with_its_key_finds_the_sample_it_drew(
    client: Client, headers: dict[str, str], run: str
) -> None:
    keyed = headers | {"Idempotency-Key": "once"}
    first, second = [(await client.post(f"/v1/runs/{run}/samples", headers=keyed)).json()["id"] for _ in range(2)]
    assert first == second


async def test_a_run_leaves_without_a_review_only_by_an_admin_with_a_reason(
    client: Client, house: House, headers: dict[str, str], authorized: Authorized, run: str
) -> None:
    writer = await authorized("read", "write")
    where = f"/v1/runs/{run}/release"
    assert (await client.post(where, json={"why": "late"}, headers=writer)).status_code == 403
    admin = await authorized("admin")
    silent = await client.post(where, json={"why": "  "}, headers=admin)
    assert (silent.status_code, silent.json()["reason"]) == (422, "reason_missing")
    released = await client.post(where, json={"why": "Agreed in PF-12"}, headers=admin)
    assert (released.status_code, released.json()["id"]) == (200, run)
    assert await audited(house) == [("run.release", run, "Agreed in PF-12")]
    again = await client.post(where, json={"why": "Agreed in PF-12"}, headers=admin)
    assert (again.status_code, again.json()["reason"]) == (409, "run_not_gated")


async def test_single_e_mails_are_drawn_of_a_campaign_that_there_is(
    client: Client, house: House, headers: dict[str, str]
) -> None:
    async with house.database.session() as session:
        await add_emails(session, 30)
    drawn = await client.post("/v1/samples", json={}, headers=headers)
    assert (drawn.status_code, drawn.json()["population"]) == (201, 30)
    unknown = await client.post("/v1/samples", json={"campaign": "spring"}, headers=headers)
    assert (unknown.status_code, unknown.json()["reason"]) == (404, "unknown_campaign")


@pytest.mark.parametrize(
    ("verb", "path", "body", "status", "reason"),
    [
        ("POST", "/v1/runs/run_x/samples", None, 404, "unknown_run"),
        ("POST", "/v1/runs/run_1/samples", {"defect_rate": 0.0001}, 422, "too_much_to_read"),
        ("POST", "/v1/runs/run_1/samples", {"defect_rate": 0.99}, 422, "looser_terms"),
        ("POST", "/v1/runs/run_1/samples", {"confidence": 0.9}, 422, "looser_terms"),
        ("POST", "/v1/runs/run_1/samples", {"allowed": 1}, 422, "looser_terms"),
        ("POST", "/v1/runs/run_1/samples", {"defect_rate": 5}, 422, "validation"),
        ("GET", "/v1/samples/smp_x", None, 404, "unknown_sample"),
        ("POST", "/v1/samples/smp_x/accept", None, 404, "unknown_sample"),
        ("POST", "/v1/samples/smp_x/refuse", None, 404, "unknown_sample"),
        ("POST", "/v1/runs/run_x/release", {"why": "late"}, 404, "unknown_run"),
        ("GET", "/v1/samples?status=lost", None, 422, "validation"),
    ],
)
@pytest.mark.usefixtures("run")
async def test_what_cannot_be_is_refused_with_its_reason(
    client: Client, authorized: Authorized, verb: str, path: str, body: Any, status: int, reason: str
) -> None:
    answer = await client.request(verb, path, json=body, headers=await authorized("admin"))
    assert (answer.status_code, answer.json()["reason"]) == (status, reason)
