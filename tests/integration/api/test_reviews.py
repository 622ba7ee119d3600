"""Decisions about e-mails over the API."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete, update
from sqlmodel import col

from api.audit import entries
from api.house import House
from composer.contract import ComposeResult
from composer.tables import EmailRow, RecordRow
from tests.integration.api.conftest import Authorized, Client
from tests.kit.prepared import PreparedShop

pytestmark = pytest.mark.anyio


@pytest.fixture
async def email(house: House) -> ComposeResult:
    return await (await PreparedShop.open(house.database)).compose()


async def test_an_e_mail_is_rejected_and_the_decision_taken_back(
    client: Client, headers: dict[str, str], email: ComposeResult, house: House
) -> None:
    body = {"decision": "rejected", "reasons": ["dull"], "words": "Says nothing.", "revision": 0}
    answer = await client.post(f"/v1/emails/{email.id}/review", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    review = answer.json()["review"]
    assert (review["decision"], review["reasons"], review["words"]) == ("rejected", ["dull"], "Says nothing.")
    assert answer.json()["left"] is False
    undone = await client.post(f"/v1/reviews/{review['id']}/undo", headers=headers)
    assert undone.json()["review"]["undone_at"] is not None
    again = await client.post(f"/v1/reviews/{review['id']}/undo", headers=headers)
    assert (again.status_code, again.json()["reason"]) == (409, "nothing_to_undo")
    [kept] = (await client.get(f"/v1/emails/{email.id}/reviews", headers=headers)).json()
    assert kept["reviewer"].startswith("key:")
    async with house.database.session(readonly=True) as session:
        said = [(entry.action, entry.why) for entry in await entries(session, about=email.id)]
    assert said == [("email.undo", "rejected undone"), ("email.reject", "dull")]


async def test_an_edit_is_refused_where_it_breaks_a_check_and_else_made(
    client: Client, headers: dict[str, str], email: ComposeResult
) -> None:
    body = {"decision": "edited", "block": "opening", "text": "Everything for £2.00."}
    refused = await client.post(f"/v1/emails/{email.id}/review", json=body, headers=headers)
    assert (refused.status_code, refused.json()["reason"]) == (422, "edit_refused")
    assert "£2.00" in refused.json()["detail"]
    body["text"] = "Something to drink your green tea from."
    made = await client.post(f"/v1/emails/{email.id}/review", json=body, headers=headers)
    assert made.json()["review"]["after"] == body["text"]
    assert made.json()["review"]["revision"] == 1
    replayed = {"decision": "approved", "revision": 0}
    stale = await client.post(f"/v1/emails/{email.id}/review", json=replayed, headers=headers)
    assert (stale.status_code, stale.json()["reason"]) == (409, "revised_meanwhile")


@pytest.mark.parametrize(("damage", "reason"), [("gone", "unknown_record"), ("changed", "damaged_record")])
async def test_an_e_mail_whose_record_is_lost_is_rejected_and_the_log_says_that_nothing_was_learned(
    client: Client, headers: dict[str, str], email: ComposeResult, house: House, damage: str, reason: str
) -> None:
    async with house.database.session() as session:
        here = col(RecordRow.hash) == email.record
        change = delete(RecordRow) if damage == "gone" else update(RecordRow).values(body=b"{}")
        await session.execute(change.where(here))
    body = {"decision": "rejected", "reasons": ["dull"]}
    answer = await client.post(f"/v1/emails/{email.id}/review", json=body, headers=headers)
    assert answer.status_code == 200, answer.text
    async with house.database.session(readonly=True) as session:
        assert (await session.get_one(EmailRow, email.id)).held == "rejected"
        [entry] = await entries(session, about=email.id)
    assert entry.why == f"dull; nothing learned: {reason}"


async def test_the_reasons_of_an_edit_are_kept(
    client: Client, headers: dict[str, str], email: ComposeResult, house: House
) -> None:
    body = {"decision": "edited", "block": "opening", "text": "Something to drink your green tea from."}
    made = await client.post(f"/v1/emails/{email.id}/review", json={**body, "reasons": ["dull"]}, headers=headers)
    assert made.json()["review"]["reasons"] == ["dull"]
    async with house.database.session(readonly=True) as session:
        assert [entry.why for entry in await entries(session, about=email.id)] == ["dull"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"decision": "approved", "reasons": ["dull"]}, "/reasons"),
        ({"decision": "approved", "block": "opening"}, "/block"),
        ({"decision": "rejected", "reasons": ["dull"], "text": "Hello."}, "/text"),
        ({"decision": "rejected"}, "/reasons"),
        ({"decision": "edited", "text": "Hello."}, "/block"),
        ({"decision": "edited", "block": "nothing", "text": "Hello."}, "/block"),
    ],
)
async def test_what_is_missing_or_does_not_belong_is_named(
    client: Client, headers: dict[str, str], email: ComposeResult, body: dict[str, Any], pointer: str
) -> None:
    answer = await client.post(f"/v1/emails/{email.id}/review", json=body, headers=headers)
    assert answer.status_code == 422
    assert pointer in answer.text


async def test_only_who_may_write_decides(client: Client, authorized: Authorized, email: ComposeResult) -> None:
    reader = await authorized("read")
    answer = await client.post(f"/v1/emails/{email.id}/review", json={"decision": "approved"}, headers=reader)
    assert answer.status_code == 403
    assert (await client.get(f"/v1/emails/{email.id}/reviews", headers=reader)).json() == []
    unknown = await client.get("/v1/emails/msg_nobody/reviews", headers=reader)
    assert unknown.status_code == 404
