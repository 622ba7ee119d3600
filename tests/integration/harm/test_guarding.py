"""Alarms on both databases: raised once, told, in force at once, closed by a person or by themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from api import guarding
from api.tables import AuditRow
from composer.bandit.choosing import policy_for
from composer.bandit.policies import Policies
from composer.campaigns import save_brand, save_campaign
from composer.contract import Path
from composer.documents import Brief
from composer.handoff.webhooks.endpoints import add
from composer.handoff.webhooks.model import NewEndpoint
from composer.handoff.webhooks.tables import NoticeRow
from composer.harm import service
from composer.harm.model import Limits
from composer.harm.service import AlarmClosed, Looked, UnknownAlarm
from composer.harm.standing import read_standing
from composer.runs.tables import RunRow
from composer.service import Composer
from memory.ingest import ingest
from store import clock
from store.crypto import Keyring
from store.database import Database
from store.errors import InvalidInput
from tests.kit.decisions import decision
from tests.kit.events import identify
from tests.kit.factories import LIBRARY, NOW, FixedPicker, make_brand, make_campaign, make_picks, make_request

pytestmark = pytest.mark.anyio

LOW = Limits(complaints=0.01)


async def sent(
    database: Database, emails: int, complaints: int, *, days_ago: float, first: int = 0, **row: Any
) -> None:
    at = clock.now() - timedelta(days=days_ago)
    async with database.session() as session:
        for number in range(emails):
            complained = number < complaints
            session.add(decision(first + number, at, complained=complained, final=False, **row))


async def looked(database: Database, limits: Limits = LOW) -> Looked:
    return await guarding.guard(database, limits)


async def policy_of(database: Database, campaign: str, flow: str = "newsletter") -> str:
    async with database.session(readonly=True) as session:
        learned = await Policies().current(session)
        alarms = await read_standing(session)
    return policy_for(Brief(), learned, may_learn=not alarms.over(flow=flow, campaign=campaign)).name


async def test_an_alarm_is_raised_once_and_all_that_it_reaches_falls_back(database: Database) -> None:
    await sent(database, 200, 30, days_ago=1)
    [alarm] = (await looked(database)).raised
    assert (alarm.level, alarm.name) == ("campaign", "spring")
    assert "30 were reported as spam: 15.00 %" in alarm.sentence
    assert (await looked(database)).raised == []
    assert await policy_of(database, "spring") == "reviews-1"
    assert await policy_of(database, "other") == "thompson-1"


async def test_a_flow_falls_back_where_no_single_campaign_explains_it(database: Database) -> None:
    for number in range(12):
        await sent(database, 10, 1, days_ago=1, first=100 * number, campaign_id=f"c{number}")
    [alarm] = (await looked(database)).raised
    assert (alarm.level, alarm.name) == ("flow", "newsletter")
    assert await policy_of(database, "any other of this flow") == "reviews-1"
    assert await policy_of(database, "calm", "welcome") == "thompson-1"


async def test_what_bounced_or_was_not_counted_yet_is_left_out(database: Database) -> None:
    await sent(database, 200, 30, days_ago=1, bounced=True, delivered=False)
    await sent(database, 200, 30, days_ago=1, first=500, counted_at=None)
    assert (await looked(database)).raised == []


async def test_endpoints_are_told_and_the_audit_log_has_it(database: Database) -> None:
    async with database.session() as session:
        await add(session, NewEndpoint(url="http://127.0.0.1:1/told"), private=True)
        await add(session, NewEndpoint(url="http://127.0.0.1:1/runs", types=("run.started",)), private=True)
    await sent(database, 200, 30, days_ago=1)
    raised = (await looked(database)).raised
    async with database.session(readonly=True) as session:
        notices = (await session.execute(select(NoticeRow))).scalars().all()
        actions = (await session.execute(select(AuditRow.action))).scalars().all()  # type: ignore[call-overload]
    assert len(notices) == len(raised)
    told = orjson.loads(notices[0].body)
    assert told["type"] == "learning.alarm"
    assert told["data"]["happened"] == 30
    assert "customer" not in notices[0].body
    assert list(actions).count("alarm.raise") == len(raised)


async def test_a_person_closes_it_with_a_reason_and_what_was_sent_counts_no_more(database: Database) -> None:
    await sent(database, 200, 30, days_ago=1)
    for one in (await looked(database)).raised:
        async with database.session() as session:
            closed = await guarding.close(session, one.id, "  A wrong list was imported.  ")
        assert closed.reason == "A wrong list was imported."
    assert (await looked(database)).raised == []
    assert await policy_of(database, "spring") == "thompson-1"


async def test_closing_needs_a_reason_and_an_alarm_that_stands(database: Database) -> None:
    await sent(database, 200, 30, days_ago=1)
    alarm = (await looked(database)).raised[0]
    async with database.session() as session:
        with pytest.raises(InvalidInput, match="reason"):
            await guarding.close(session, alarm.id, "  ")
        with pytest.raises(UnknownAlarm):
            await guarding.close(session, "alm_nowhere", "why not")
        await guarding.close(session, alarm.id, "seen")
        with pytest.raises(AlarmClosed):
            await guarding.close(session, alarm.id, "seen twice")


async def test_it_closes_by_itself_once_the_rate_is_back(database: Database) -> None:
    await sent(database, 200, 30, days_ago=1)
    raised = (await looked(database)).raised
    with clock.frozen_at(clock.now() + timedelta(days=6)):
        await sent(database, 400, 2, days_ago=4, first=1_000)
        after = await looked(database)
        assert len(after.closed) == len(raised)
        assert after.raised == []
        async with database.session(readonly=True) as session:
            history = await service.alarms(session)
        assert {one.closed_by for one in history} == {"penfriend"}
        assert "2 of 400 e-mails were reported as spam" in history[0].reason
        assert await policy_of(database, "spring") == "thompson-1"


@pytest.mark.parametrize(("pause", "status"), [(True, "paused"), (False, "running")])
async def test_runs_are_paused_only_where_the_shop_wants_it(database: Database, pause: bool, status: str) -> None:
    now = clock.now()
    async with database.session() as session:
        run: dict[str, Any] = {"id": "run_a", "campaign_id": "spring", "campaign_version": 1, "request": {}}
        session.add(RunRow(**run, status="running", recipients=5, created_at=now, updated_at=now))
    await sent(database, 200, 30, days_ago=1)
    await looked(database, LOW.model_copy(update={"pause_runs": pause}))
    async with database.session(readonly=True) as session:
        found = await session.get_one(RunRow, "run_a")
    assert found.status == status
    assert found.reason == ("complaints" if pause else "")


async def test_the_next_e_mail_is_decided_by_the_prior_while_an_alarm_stands(
    database: Database, keyring: Keyring
) -> None:
    async with database.session() as session:
        await save_brand(session, make_brand())
        await save_campaign(session, make_campaign())
        told = {"email": "maeve@post.example", "email_consent": True}
        await ingest(session, [identify(told, user=one) for one in ("c-0", "c-1")])
    picker = FixedPicker(make_picks())
    composer = Composer(database=database, keyring=keyring, library=LIBRARY, picker=picker, writers=[])
    with clock.frozen_at(NOW):
        before = await composer.compose(make_request(customer="c-0"))
        assert before.decision["policy"] == "thompson-1"
        await sent(database, 200, 30, days_ago=1, campaign_id=before.campaign, flow=before.flow)
        assert [one.name for one in (await looked(database)).raised] == [before.campaign]
        after = await composer.compose(make_request(customer="c-1"))
    assert after.path is not Path.SKIPPED
    assert after.decision["policy"] == "reviews-1"
