"""What outcomes taught, on its page: what is drawn, what it is worth, alarms and closing them; hostile text as text."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from api import guarding
from api.tables import AuditRow
from catalog.merchandising import Merchandising
from catalog.merchandising_store import save
from composer.bandit.learning import learn_decisions
from composer.campaigns import save_brand, save_campaign
from composer.harm.model import Alarm, Limits
from store import clock
from store.database import Database
from tests.integration.studio.conftest import SignedIn
from tests.kit.decisions import decision
from tests.kit.factories import make_brand, make_campaign

pytestmark = pytest.mark.anyio

PAGE = "/lessons/outcomes"
HOSTILE = "<script>alert(1)</script>"


async def taught(database: Database) -> None:
    """Warm is clicked far more often, in a flow that has a campaign; one arm is offered no more."""
    now = clock.now()
    arms = ["plain", "warm", "dropped_tone"]
    async with database.session() as session:
        await save_brand(session, make_brand())
        await save_campaign(session, make_campaign(id="spring", name=HOSTILE, flow="newsletter"))
        for number in range(900):
            arm = arms[number % 3]
            clicked = number % (1 if arm == "warm" else 10) == 0
            row = decision(number, now - timedelta(days=20), arm, clicked=clicked)
            row.choices = {"tone": [arm, 1 / 3, arms]}
            session.add(row)
    await learn_decisions(database, now)


async def alarmed(database: Database) -> Alarm:
    async with database.session() as session:
        for number in range(200):
            at = clock.now() - timedelta(days=1)
            session.add(decision(5_000 + number, at, campaign_id=HOSTILE, complained=number < 30, final=False))
    [alarm] = (await guarding.guard(database, Limits())).raised
    return alarm


async def test_before_anything_was_learned_the_page_says_so(signed_in: SignedIn) -> None:
    text = (await (await signed_in("viewer")).get(PAGE)).text
    assert "Nothing was learned from outcomes yet" in text
    assert "None was ever raised." in text
    assert "Nothing was judged yet" in text


async def test_that_no_alarm_stands_is_told_as_of_the_last_look(signed_in: SignedIn, sqlite_database: Database) -> None:
    with clock.frozen_at(clock.now().replace(hour=14, minute=0)):
        await guarding.guard(sqlite_database, Limits())
    viewer = await signed_in("viewer")
    text = (await viewer.get(PAGE)).text
    assert "14:00 UTC. Complaints and unsubscribes that came in since are judged at the next look" in text
    assert "T14:00" in (await viewer.get(f"{PAGE}.json")).json()["judged_at"]


async def test_it_shows_what_is_best_what_it_rests_on_and_what_is_no_longer_offered(
    signed_in: SignedIn, sqlite_database: Database
) -> None:
    await taught(sqlite_database)
    text = (await (await signed_in("viewer")).get(f"{PAGE}?flow=newsletter&stage=active")).text
    assert "Can be told" in text
    assert "300 e-mails" in text
    assert "1 no longer offered" in text
    assert "Dropped tone" in text
    assert "10 % of e-mails are drawn evenly all the same" in text
    assert HOSTILE not in text
    assert "&lt;script&gt;" in text
    assert "/studio/emails/msg_" in text


async def test_only_what_may_vary_in_a_flow_is_listed(signed_in: SignedIn, sqlite_database: Database) -> None:
    viewer = await signed_in("viewer")
    reminders, newsletters = [
        (await viewer.get(f"{PAGE}?flow={flow}")).text for flow in ("abandoned_cart", "newsletter")
    ]
    # A reminder is due when it is due.
    assert "Time of day" in newsletters
    assert "Time of day" not in reminders
    assert "Tone" in reminders
    # Nothing is left to chance in this shop, until it says so.
    assert "Products left to chance" not in newsletters
    async with sqlite_database.session() as session:
        await save(session, Merchandising(exploration=0.1))
    assert "Products left to chance" in (await viewer.get(f"{PAGE}?flow=newsletter")).text


async def test_an_unknown_flow_or_stage_shows_the_usual(signed_in: SignedIn) -> None:
    answer = await (await signed_in("viewer")).get(f"{PAGE}?flow=nothing&stage=nothing")
    assert answer.status_code == 200


async def test_an_alarm_stands_on_the_page_and_on_the_overview_until_it_is_closed_with_a_reason(
    signed_in: SignedIn, sqlite_database: Database
) -> None:
    await taught(sqlite_database)
    alarm = await alarmed(sqlite_database)
    editor = await signed_in("editor")
    text = (await editor.get(PAGE)).text
    assert "Too many e-mails are reported as spam" in text
    assert HOSTILE not in text
    refused = await editor.post(f"{PAGE}/alarms/{alarm.id}/close", {"reason": " "})
    assert refused.status_code == 422
    assert "A reason" in refused.text
    closed = await editor.post(f"{PAGE}/alarms/{alarm.id}/close", {"reason": f"Wrong list {HOSTILE}"})
    assert closed.status_code == 303
    after = (await editor.get(PAGE)).text
    assert "Closed by" in after
    assert "Wrong list &lt;script&gt;" in after
    assert "Why may it be closed?" not in after
    async with sqlite_database.session(readonly=True) as session:
        actions = (await session.execute(select(AuditRow.action))).scalars().all()  # type: ignore[call-overload]
    assert "alarm.close" in actions


async def test_whoever_may_only_look_sees_no_button(signed_in: SignedIn, sqlite_database: Database) -> None:
    await alarmed(sqlite_database)
    assert "Close the alarm" not in (await (await signed_in("viewer")).get(PAGE)).text


async def test_all_of_it_can_be_downloaded(signed_in: SignedIn, sqlite_database: Database) -> None:
    await taught(sqlite_database)
    alarm = await alarmed(sqlite_database)
    answer = await (await signed_in("viewer")).get(f"{PAGE}.json")
    said = answer.json()
    assert "attachment" in answer.headers["content-disposition"]
    assert said["learned"]["emails"] == 900
    assert said["alarms"][0]["id"] == alarm.id
