"""Webhooks through the real ingest: what is signed is remembered once, in any order; nothing else is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import select
from sqlmodel import col

from api import audit
from api.hooks import counts, secrets
from api.hooks.model import Call, Provider, Unsigned
from api.hooks.receiving import MOST_REPORTS, HookNotSet, HookReport, receive, take
from api.hooks.registry import PROVIDERS
from api.hooks.secrets import TooManyHookSecrets, UnknownHookSecret
from api.hooks.ses import Ses
from api.hooks.tables import HookTokenRow
from api.house import House
from api.outcomes import Outcome, record
from memory.consent import Standing, status
from memory.model import CustomerMemory
from memory.recall import customer_id_of, recall
from store import clock
from store.database import Database
from tests.integration.api.conftest import Client
from tests.kit.emails_told import told_emails
from tests.kit.hooks import (
    AT,
    MAILGUN_KEY,
    POSTMARK_SECRET,
    STANDARD_SECRET,
    TOPIC,
    SendGridSender,
    SnsSender,
    mailgun_call,
    postmark_call,
    resend_event,
    sendgrid_event,
    ses_event,
    standard_call,
)

pytestmark = pytest.mark.anyio

SENDGRID = SendGridSender()
SNS = SnsSender()


async def _add(database: Database, name: str, secret: str) -> None:
    async with database.session() as session:
        await secrets.add(session, PROVIDERS[name], secret)


async def _memory(database: Database, customer: str = "c-0") -> CustomerMemory:
    async with database.session(readonly=True) as session:
        memory = await recall(session, customer)
    assert memory is not None
    return memory


async def _standing(database: Database, customer: str) -> Standing:
    async with database.session(readonly=True) as session:
        customer_id = await customer_id_of(session, customer)
        assert customer_id is not None
        return await status(session, customer_id)


async def _counted(database: Database) -> dict[tuple[str, str], int]:
    async with database.session(readonly=True) as session:
        return {(one.kind, one.reason): one.n for one in await counts.since(session, AT.date())}


async def _sendgrid(database: Database, *events: Any) -> HookReport:
    return await receive(database, PROVIDERS["sendgrid"], SENDGRID.call(*events))


async def test_a_batch_is_remembered_once_however_often_it_comes(database: Database) -> None:
    await _add(database, "sendgrid", SENDGRID.secret)
    [email] = await told_emails(database, 1)
    batch = [sendgrid_event(event, email=email.id) for event in ("delivered", "open", "click")]
    first = await _sendgrid(database, *batch, batch[1])
    again = await _sendgrid(database, *reversed(batch))
    engagement = (await _memory(database)).engagement
    assert (first.accepted, first.duplicates, again.accepted, again.duplicates) == (3, 1, 0, 3)
    assert (engagement.delivered, engagement.opened, engagement.clicked) == (1, 1, 1)


async def test_what_cannot_be_placed_is_counted_and_loses_nothing_beside_it(database: Database) -> None:
    await _add(database, "sendgrid", SENDGRID.secret)
    [email] = await told_emails(database, 1)
    stranger = email.id[:-4] + "zzzz"
    report = await _sendgrid(
        database,
        sendgrid_event("open", email=stranger),
        sendgrid_event("open", email="no id of ours"),
        sendgrid_event("processed", email=email.id),
        None,
        sendgrid_event("open", email=email.id, timestamp=4_000_000_000),
        sendgrid_event("open", email=email.id),
    )
    assert (report.accepted, report.ignored) == (1, 1)
    assert await _counted(database) == {
        ("opened", ""): 1,
        ("opened", "unknown_email"): 1,
        ("opened", "not_ours"): 1,
        ("opened", "future_timestamp"): 1,
        ("processed", "ignored"): 1,
        ("other", "malformed"): 1,
    }
    assert (await _memory(database)).engagement.opened == 1


async def test_counts_of_a_day_add_up(database: Database) -> None:
    await _add(database, "sendgrid", SENDGRID.secret)
    [email] = await told_emails(database, 1)
    for _ in range(2):
        await _sendgrid(database, sendgrid_event("open", email=email.id))
    assert await _counted(database) == {("opened", ""): 2, ("repeated", ""): 1}


async def test_counts_go_after_a_year_and_a_month(sqlite_database: Database) -> None:
    await _add(sqlite_database, "sendgrid", SENDGRID.secret)
    [email] = await told_emails(sqlite_database, 1)
    for days in (0, 300, 410):
        with clock.frozen_at(AT + timedelta(days=days)):
            await _sendgrid(sqlite_database, sendgrid_event("processed", email=email.id))
    assert await _counted(sqlite_database) == {("processed", "ignored"): 2}


async def test_an_id_that_no_database_can_look_for_loses_nothing_beside_it(database: Database) -> None:
    [email] = await told_emails(database, 1)
    said = [
        {"type": "opened", "email_id": "msg_\x00", "at": AT.isoformat()},
        {"type": "opened", "message_id": "\x00 <nothing@of.ours>", "at": AT.isoformat()},
        {"type": "opened", "email_id": email.id, "at": AT.isoformat(), "event_id": "\x00", "url": "\x00"},
    ]
    report = await take(database, PROVIDERS["generic"], Call({}, orjson.dumps({"outcomes": said}), AT))
    assert (report.accepted, report.rejected) == (1, {"unknown_email": 2})
    async with database.session() as session:
        answer = await record(session, [Outcome.model_validate(one) for one in said])
    assert [(one.pointer, one.reason) for one in answer.rejected] == [
        ("/outcomes/0", "unknown_email"),
        ("/outcomes/1", "unknown_email"),
    ]
    assert r"'msg_\x00'" in answer.rejected[0].detail


async def test_a_mailgun_token_is_honoured_once_also_by_two_at_once(database: Database) -> None:
    await _add(database, "mailgun", MAILGUN_KEY)
    one, other = await told_emails(database, 2)
    call = mailgun_call("opened", {"user-variables": {"email_id": one.id}})
    overheard = orjson.loads(call.body)
    overheard["event-data"] |= {"event": "complained", "id": "forged", "user-variables": {"email_id": other.id}}
    reports = await asyncio.gather(*(receive(database, PROVIDERS["mailgun"], call) for _ in range(4)))
    forged = await receive(database, PROVIDERS["mailgun"], Call({}, orjson.dumps(overheard), AT))
    assert sorted(report.accepted for report in reports) == [0, 0, 0, 1]
    assert (forged.accepted, forged.duplicates) == (0, 1)
    assert (await _memory(database, "c-0")).engagement.opened == 1
    async with database.session(readonly=True) as session:
        assert await recall(session, "c-1") is None
    assert await _counted(database) == {("opened", ""): 1, ("repeated", "token"): 4}


async def test_tokens_are_forgotten_once_no_signature_over_them_is_believed(sqlite_database: Database) -> None:
    await _add(sqlite_database, "mailgun", MAILGUN_KEY)
    days = (0, 1, 3)
    for day in days:
        at = AT + timedelta(days=day)
        with clock.frozen_at(at):
            await receive(sqlite_database, PROVIDERS["mailgun"], mailgun_call(token=f"{day}" * 50, at=at))
    async with sqlite_database.session(readonly=True) as session:
        kept = (await session.execute(select(col(HookTokenRow.at)))).scalars().all()
    assert sorted(kept) == [AT + timedelta(days=day) for day in days[1:]]


async def test_a_hard_bounce_ends_the_subscription_and_a_soft_one_does_not(database: Database) -> None:
    await _add(database, "sendgrid", SENDGRID.secret)
    soft, hard = await told_emails(database, 2)
    for email, kind in ((soft, "blocked"), (hard, "bounce")):
        await _sendgrid(database, sendgrid_event("bounce", email=email.id, type=kind))
    assert (await _standing(database, "c-0")).reason != "bounced"
    assert (await _standing(database, "c-1")).reason == "bounced"


async def test_thousands_of_events_come_in_one_call(sqlite_database: Database) -> None:
    await _add(sqlite_database, "sendgrid", SENDGRID.secret)
    emails = await told_emails(sqlite_database, 30)
    batch = [
        sendgrid_event("open", email=email.id, sg_event_id=f"{place}-{email.id}")
        for place in range(50)
        for email in emails
    ]
    assert (await _sendgrid(sqlite_database, *batch)).accepted == len(batch)
    assert (await _memory(sqlite_database, "c-7")).engagement.opened == 50


async def test_every_provider_reaches_memory(sqlite_database: Database) -> None:
    emails = await told_emails(sqlite_database, 6)
    ses = ses_event("Open", {})
    ses["mail"]["tags"]["email_id"] = [emails[3].id]
    made: list[tuple[Provider, str, Call]] = [
        (PROVIDERS["sendgrid"], SENDGRID.secret, SENDGRID.call(sendgrid_event("open", email=emails[0].id))),
        (PROVIDERS["mailgun"], MAILGUN_KEY, mailgun_call("opened", {"user-variables": {"email_id": emails[1].id}})),
        (PROVIDERS["postmark"], POSTMARK_SECRET, postmark_call("Open", Metadata={"email_id": emails[2].id})),
        (Ses(SNS.fetch), TOPIC, SNS.call(ses)),
        (
            PROVIDERS["resend"],
            STANDARD_SECRET,
            standard_call(resend_event("email.opened", tags={"email_id": emails[4].id}), prefix="svix"),
        ),
        (
            PROVIDERS["generic"],
            STANDARD_SECRET,
            standard_call({"outcomes": [{"type": "opened", "email_id": emails[5].id}]}),
        ),
    ]
    for number, (provider, secret, call) in enumerate(made):
        with pytest.raises(HookNotSet):
            await receive(sqlite_database, provider, call)
        await _add(sqlite_database, provider.name, secret)
        assert (await receive(sqlite_database, provider, call)).accepted == 1
        assert (await _memory(sqlite_database, f"c-{number}")).engagement.opened == 1


async def test_what_one_provider_signed_is_not_believed_of_another(sqlite_database: Database) -> None:
    for name, secret in (("resend", STANDARD_SECRET), ("generic", STANDARD_SECRET)):
        await _add(sqlite_database, name, secret)
    with pytest.raises(Unsigned):
        await receive(sqlite_database, PROVIDERS["generic"], standard_call({"outcomes": []}, prefix="svix"))


async def test_a_secret_is_exchanged_without_a_gap_and_each_change_is_in_the_audit_log(database: Database) -> None:
    old, new = SendGridSender(), SendGridSender()
    await _add(database, "sendgrid", old.secret)
    await _add(database, "sendgrid", new.secret)
    for sender in (old, new):
        await receive(database, PROVIDERS["sendgrid"], sender.call())
    async with database.session() as session:
        first, _ = await secrets.every(session)
        await secrets.remove(session, first.id)
    with pytest.raises(Unsigned):
        await receive(database, PROVIDERS["sendgrid"], old.call())
    await receive(database, PROVIDERS["sendgrid"], new.call())
    async with database.session(readonly=True) as session:
        entries = await audit.entries(session)
    assert [entry.action for entry in entries] == ["hook.remove", "hook.add", "hook.add"]
    assert not any(SENDGRID.secret[-8:] in str(entry) for entry in entries)


async def test_too_many_secrets_twice_the_same_and_unknown_ones_are_refused(sqlite_database: Database) -> None:
    for _ in range(secrets.MOST):
        await _add(sqlite_database, "generic", "")
    with pytest.raises(TooManyHookSecrets):
        await _add(sqlite_database, "generic", "")
    await _add(sqlite_database, "mailgun", MAILGUN_KEY)
    with pytest.raises(TooManyHookSecrets):
        await _add(sqlite_database, "mailgun", MAILGUN_KEY)
    async with sqlite_database.session() as session:
        with pytest.raises(UnknownHookSecret):
            await secrets.remove(session, "hok_none")


Post = Callable[..., Awaitable[Any]]


@pytest.fixture
def post(client: Client) -> Post:
    """A call over HTTP; its status and its reason."""

    async def send(name: str, call: Call) -> tuple[int, str]:
        answer = await client.post(f"/v1/hooks/{name}", content=call.body, headers=dict(call.headers))
        return answer.status_code, answer.json().get("reason", "")

    return send


async def test_nothing_is_believed_before_a_secret_was_added(post: Post) -> None:
    assert await post("sendgrid", SENDGRID.call()) == (404, "hook_not_set")
    assert await post("mandrill", SENDGRID.call()) == (404, "unknown_provider")


async def test_over_http_only_what_is_signed_byte_for_byte_is_taken(post: Post, house: House) -> None:
    await _add(house.database, "generic", STANDARD_SECRET)
    call = standard_call({"outcomes": []})
    assert await post("generic", call) == (200, "")
    assert await post("generic", Call(call.headers, call.body + b" ", call.at)) == (403, "bad_signature")
    assert await post("generic", Call({}, call.body, call.at)) == (403, "bad_signature")
    assert await post("generic", standard_call([])) == (400, "malformed_body")


async def test_what_is_too_large_is_refused_in_words(post: Post, house: House) -> None:
    await _add(house.database, "generic", STANDARD_SECRET)
    assert await post("generic", standard_call({"outcomes": [None] * (MOST_REPORTS + 1)})) == (413, "too_large")
    long = Call({}, b" " * 200_000, AT)
    assert (await post("generic", long))[0] == 413


async def test_metrics_say_what_came_and_what_was_refused_and_name_nobody(
    post: Post, client: Client, house: House, headers: dict[str, str]
) -> None:
    await _add(house.database, "generic", STANDARD_SECRET)
    [email] = await told_emails(house.database, 1)
    outcomes = [{"type": "opened", "email_id": email.id}, {"type": "opened", "email_id": "msg_none"}]
    await post("generic", standard_call({"outcomes": outcomes}))
    await post("generic", Call({}, b"{}", AT))
    text = (await client.get("/metrics", headers=headers)).text
    assert 'penfriend_hook_reports_total{provider="generic",result="placed",type="opened"}' in text
    assert 'penfriend_hook_reports_total{provider="generic",result="unknown_email",type="opened"}' in text
    assert 'penfriend_hook_refusals_total{provider="generic",reason="bad_signature"}' in text
    assert email.id not in text
