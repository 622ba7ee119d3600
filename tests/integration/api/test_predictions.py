"""How good predictions are, over HTTP, and that they are nowhere in what an e-mail may say."""

from __future__ import annotations

import pytest

from api.house import House
from memory.ingest import ingest
from memory.predictions.learning import learn_predictions
from tests.integration.api.conftest import Client
from tests.kit.buyers import END, fading

pytestmark = pytest.mark.anyio

ROUTE = "/v1/predictions/report"


async def test_before_anything_was_learned_it_says_how_to(client: Client, headers: dict[str, str]) -> None:
    answer = await client.get(ROUTE, headers=headers)
    assert answer.status_code == 404
    assert "penfriend learn" in answer.text


async def test_the_report_and_a_customers_predictions_can_be_read(
    client: Client, headers: dict[str, str], house: House
) -> None:
    few = [message for number, one in enumerate(fading(8, 300)) for message in one.messages(f"u{number}")]
    async with house.database.session() as session:
        await ingest(session, few, received_at=END)
    await learn_predictions(house.database, END, lambda job, customers: None)
    report = (await client.get(ROUTE, headers=headers)).json()
    assert report["customers"] == 8
    assert [one["basis"] for one in report["buying"]] == ["too_little_data"] * 3
    memory = (await client.get("/v1/customers/u0/memory", headers=headers)).json()
    assert memory["predictions"]["churn_risk_90d"]["value"] is None
    assert memory["predictions"]["churn_risk_90d"]["reason"].startswith("Needs 200 customers")
