"""Attribution rules over HTTP: shown, set, kept, and everything counted anew where that is asked for."""

from __future__ import annotations

import pytest

from api import audit
from api.attribution import set_rules
from api.house import House
from api.retention import apply
from composer.facts.rules import AttributionRules, BeyondRetention
from composer.facts.updating import FACTS, VERSION, update_facts
from memory.learned import load_learned
from memory.privacy.retention import RetentionSettings
from store import clock
from store.database import Database
from tests.integration.api.conftest import Client

pytestmark = pytest.mark.anyio
URL = "/v1/attribution"


async def actions(house: House) -> list[str]:
    async with house.database.session(readonly=True) as session:
        return [entry.action for entry in await audit.entries(session)]


async def test_a_shop_begins_with_rules_that_nobody_set(client: Client, headers: dict[str, str]) -> None:
    found = (await client.get(URL, headers=headers)).json()
    assert found["current"]["rules"] == AttributionRules().model_dump(mode="json")
    assert (found["current"]["set_at"], found["history"]) == (None, [])


async def test_rules_that_are_set_have_a_version_and_a_line_in_the_audit_log(
    client: Client, headers: dict[str, str], house: House
) -> None:
    body = {"click_days": 3}
    first, again = [(await client.put(URL, json=body, headers=headers)).json() for _ in range(2)]
    assert first == again
    found = (await client.get(URL, headers=headers)).json()
    assert found["current"]["version"] == first["version"] == AttributionRules(click_days=3).version
    assert found["current"]["set_by"].startswith("key:")
    assert [one["version"] for one in found["history"]] == [first["version"]]
    assert (await actions(house)).count("attribution.set") == 1


async def test_rules_that_cannot_be_are_refused(client: Client, headers: dict[str, str]) -> None:
    answer = await client.put(URL, json={"click_days": 400}, headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/click_days")


async def test_rules_that_look_further_back_than_events_are_kept_are_refused(
    sqlite_database: Database,
) -> None:
    kept = RetentionSettings(events=30)
    async with sqlite_database.session() as session:
        with pytest.raises(BeyondRetention, match=r"retention\.events") as refused:
            await set_rules(session, AttributionRules(returns_days=30), kept)
        assert refused.value.pointer == "/returns_days"
        await set_rules(session, AttributionRules(), kept)
        await set_rules(session, AttributionRules(returns_days=30), RetentionSettings())
    with pytest.raises(BeyondRetention):
        await apply(sqlite_database, kept, lambda *_: None)


async def test_a_recount_is_asked_for_and_done_by_the_next_count(
    client: Client, headers: dict[str, str], house: House
) -> None:
    await update_facts(house.database, clock.now())
    answer = await client.post(f"{URL}/recompute", headers=headers)
    assert (answer.status_code, answer.json()["version"]) == (202, AttributionRules().version)
    async with house.database.session(readonly=True) as session:
        assert await load_learned(session, FACTS, VERSION) is None
    assert "attribution.recompute" in await actions(house)
