"""Outgoing webhooks: each endpoint is told once of each event it wants to know of, signed, and patiently."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from composer.handoff.http import Poster
from composer.handoff.webhooks import endpoints, outbox
from composer.handoff.webhooks.deliverer import RETRY_S, Deliverer
from composer.handoff.webhooks.endpoints import UnknownEndpoint
from composer.handoff.webhooks.model import EndpointWithSecret, NewEndpoint, Notice
from composer.runs.tables import RunEventRow
from store import clock
from store.addresses import AddressRefused
from store.database import Database
from store.errors import InvalidInput
from tests.kit.http_receiver import Receiver, Says, http_receiver
from tests.kit.patience import LOOK_S, PATIENCE_S
from tests.kit.runs_rows import add_run

pytestmark = pytest.mark.anyio


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Somebody else's server."""
    async with http_receiver() as receiver:
        yield receiver


@pytest.fixture
async def deliverer(database: Database) -> AsyncIterator[Deliverer]:
    """One process, after a run was started."""
    await add_run(database, "run_1", chunks=1)
    made = Deliverer(database, Poster(private=True, timeout_s=PATIENCE_S, connections=4))
    yield made
    await made.close()


async def add(database: Database, url: str, **fields: object) -> EndpointWithSecret:
    async with database.session() as session:
        return await endpoints.add(session, NewEndpoint.model_validate({"url": url, **fields}), private=True)


async def happens(database: Database, *kinds: str, **data: object) -> None:
    async with database.session() as session:
        for kind in kinds:
            session.add(RunEventRow(run_id="run_1", kind=kind, at=clock.now(), data=data))
            await session.flush()


async def until_delivered(database: Database, endpoint_id: str, number: int) -> None:
    async with asyncio.timeout(PATIENCE_S):
        found = await told(database, endpoint_id)
        while [one.status for one in found] != ["delivered"] * number:
            await asyncio.sleep(LOOK_S)
            found = await told(database, endpoint_id)


async def told(database: Database, endpoint_id: str) -> list[Notice]:
    async with database.session(readonly=True) as session:
        return await outbox.notices(session, endpoint_id)


async def test_what_happens_is_told_signed_and_once(
    database: Database, deliverer: Deliverer, receiver: Receiver
) -> None:
    await happens(database, "started")
    endpoint = await add(database, f"{receiver.url}/hook")
    await happens(database, "paused", reason="requested")
    await happens(database, "handoff_completed", handoff="hof_1")
    assert [await deliverer.once() for _ in range(3)] == [2, 0, 0]
    messages = [one.verified(endpoint.secret) for one in receiver.received]
    # What happened before the endpoint was added is not its business.
    assert sorted(message["type"] for message in messages) == ["handoff.completed", "run.paused"]
    paused = next(message for message in messages if message["type"] == "run.paused")
    assert paused["data"] == {"run": "run_1", "reason": "requested"}
    assert paused["timestamp"].endswith("Z")
    assert {one.path for one in receiver.received} == {"/hook"}
    assert {(one.status, one.code, one.attempts) for one in await told(database, endpoint.id)} == {
        ("delivered", 200, 1)
    }


async def test_an_endpoint_is_told_only_of_the_types_it_asked_for(
    database: Database, deliverer: Deliverer, receiver: Receiver
) -> None:
    endpoint = await add(database, receiver.url, types=["run.completed"])
    await happens(database, "paused", "resumed", "completed")
    await deliverer.once()
    assert [one.type for one in await told(database, endpoint.id)] == ["run.completed"]


async def test_an_event_that_was_committed_late_under_a_lower_number_is_told_too(
    database: Database, deliverer: Deliverer, receiver: Receiver
) -> None:
    endpoint = await add(database, receiver.url)
    await happens(database, "paused", "resumed", "completed")
    async with database.session() as session:
        await session.execute(text("UPDATE run_event SET id = id + 100 WHERE kind <> 'paused'"))
        await session.execute(text("UPDATE run_event SET id = id + 200 WHERE kind = 'paused'"))
    await deliverer.once()
    async with database.session() as session:
        await session.execute(text("UPDATE run_event SET id = 50, kind = 'retried' WHERE id > 200"))
    with clock.frozen_at(clock.now() + timedelta(minutes=1)):
        await deliverer.once()
    kinds = sorted(one.type for one in await told(database, endpoint.id))
    assert kinds == ["run.completed", "run.paused", "run.resumed", "run.retried"]


async def test_a_failing_endpoint_is_tried_ten_times_under_one_id_over_three_days(
    database: Database, deliverer: Deliverer, receiver: Receiver
) -> None:
    endpoint = await add(database, receiver.url)
    receiver.answers = [Says(500)] * 20
    await happens(database, "completed")
    moment = clock.now()
    for wait in (0.0, *RETRY_S):
        moment += timedelta(seconds=wait * 1.1 + 1)
        with clock.frozen_at(moment):
            assert await deliverer.once() == 1
    (notice,) = await told(database, endpoint.id)
    assert (notice.status, notice.reason, notice.code, notice.attempts) == ("failed", "http_500", 500, 10)
    assert len({one.headers["webhook-id"] for one in receiver.received}) == 1
    assert len({one.headers["webhook-timestamp"] for one in receiver.received}) == 10


async def test_an_endpoint_that_wants_to_be_left_alone_is(
    database: Database, deliverer: Deliverer, receiver: Receiver
) -> None:
    endpoint = await add(database, receiver.url)
    receiver.answers = [Says(429, {"Retry-After": "120"})]
    await happens(database, "completed")
    now = clock.now()
    with clock.frozen_at(now):
        await deliverer.once()
    with clock.frozen_at(now + timedelta(seconds=119)):
        assert await deliverer.once() == 0
    with clock.frozen_at(now + timedelta(seconds=121)):
        assert await deliverer.once() == 1
    assert (await told(database, endpoint.id))[0].status == "delivered"


async def test_an_endpoint_that_is_gone_is_told_nothing_more(
    database: Database, deliverer: Deliverer, receiver: Receiver
) -> None:
    endpoint = await add(database, receiver.url)
    receiver.answers = [Says(410)]
    await happens(database, "completed")
    await deliverer.once()
    await happens(database, "retried")
    assert await deliverer.once() == 0
    async with database.session(readonly=True) as session:
        assert (await endpoints.get(session, endpoint.id)).disabled == "gone"
    assert [one.reason for one in await told(database, endpoint.id)] == ["http_410"]


async def test_an_endpoint_that_never_answers_is_given_up_in_time_and_tried_again(
    database: Database, receiver: Receiver
) -> None:
    await add_run(database, "run_1", chunks=1)
    endpoint = await add(database, receiver.url)
    receiver.silent = True
    await happens(database, "completed")
    hasty = Deliverer(database, Poster(private=True, timeout_s=0.2, connections=4))
    await hasty.once()
    await hasty.close()
    (notice,) = await told(database, endpoint.id)
    assert (notice.status, notice.reason, notice.code) == ("pending", "timeout", 0)
    assert notice.next_at is not None


async def test_who_never_answers_keeps_nobody_else_waiting(
    database: Database, deliverer: Deliverer, receiver: Receiver
) -> None:
    receiver.silent_at = "/hangs"
    hangs, answers = await add(database, f"{receiver.url}/hangs"), await add(database, f"{receiver.url}/answers")
    running = asyncio.create_task(deliverer.run())
    for number in range(1, 4):
        await happens(database, "paused")
        await until_delivered(database, answers.id, number)
    assert {one.status for one in await told(database, hangs.id)} == {"pending"}
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_much_that_waits_for_who_never_answers_keeps_nobody_else_waiting_either(
    database: Database, deliverer: Deliverer, receiver: Receiver
) -> None:
    receiver.silent_at = "/hangs"
    hangs = await add(database, f"{receiver.url}/hangs")
    await happens(database, *["paused"] * 60)
    answers = await add(database, f"{receiver.url}/answers")
    await happens(database, *["completed"] * 9)
    running = asyncio.create_task(deliverer.run())
    await until_delivered(database, answers.id, 9)
    # None of them was given up meanwhile, which would have made room.
    assert {(one.status, one.reason) for one in await told(database, hangs.id)} == {("pending", "")}
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_redirect_is_a_failure_and_is_not_followed(
    database: Database, deliverer: Deliverer, receiver: Receiver
) -> None:
    endpoint = await add(database, f"{receiver.url}/a")
    receiver.answers = [Says(307, {"Location": f"{receiver.url}/b"})]
    await happens(database, "completed")
    await deliverer.once()
    assert [one.path for one in receiver.received] == ["/a"]
    assert (await told(database, endpoint.id))[0].reason == "http_307"


async def test_two_processes_tell_of_each_event_once(database: Database, receiver: Receiver) -> None:
    await add_run(database, "run_1", chunks=1)
    await add(database, receiver.url)
    await happens(database, "paused", "resumed", "completed")
    poster = Poster(private=True, timeout_s=PATIENCE_S, connections=4)
    one, other = Deliverer(database, poster), Deliverer(database, poster)
    assert await one.once() + await other.once() == 3
    await poster.close()
    assert len({message.headers["webhook-id"] for message in receiver.received}) == len(receiver.received) == 3


async def test_a_message_too_large_for_the_specification_is_sent_thin(
    database: Database, deliverer: Deliverer, receiver: Receiver
) -> None:
    await add(database, receiver.url)
    await happens(database, "completed", detail="x" * outbox.MAX_BYTES)
    await deliverer.once()
    (message,) = receiver.received
    assert message.json["data"] == {"run": "run_1"}


async def test_a_test_says_at_once_what_the_endpoint_said(
    database: Database, deliverer: Deliverer, receiver: Receiver
) -> None:
    endpoint = await add(database, receiver.url, types=[])
    assert (await deliverer.test(endpoint.id)).status == "delivered"
    assert receiver.received[0].verified(endpoint.secret)["type"] == "webhook.test"
    receiver.answers = [Says(500)]
    failed = await deliverer.test(endpoint.id)
    assert (failed.status, failed.code) == ("failed", 500)
    assert await deliverer.once() == 0


async def test_the_secret_and_the_address_are_encrypted_and_shown_without_what_may_be_a_secret(
    database: Database,
) -> None:
    added = await add(database, "https://hooks.example/in?token=hush")
    assert added.secret.startswith("whsec_")
    async with database.session(readonly=True) as session:
        shown = await endpoints.get(session, added.id)
        connection = await session.connection()
        row = (await connection.exec_driver_sql("SELECT url, secret FROM webhook_endpoint")).one()
    assert shown.url == "https://hooks.example/in"
    assert not any(b"hush" in bytes(token) or b"whsec" in bytes(token) for token in row)


@pytest.mark.parametrize("url", ["ftp://x.example/", "nonsense", "https://user:pass@x.example/", "https://"])
async def test_what_is_no_address_is_refused(database: Database, url: str) -> None:
    with pytest.raises(InvalidInput, match="not the address"):
        await add(database, url)


async def test_private_addresses_and_plain_http_are_refused_unless_the_settings_allow_them(
    database: Database,
) -> None:
    for url in ("https://127.0.0.1/x", "https://169.254.169.254/latest", "http://shop.example/hook"):
        async with database.session() as session:
            with pytest.raises(AddressRefused, match=r"webhooks\.private"):
                await endpoints.add(session, NewEndpoint(url=url), private=False)


async def test_a_removed_endpoint_is_forgotten_with_what_it_was_told(
    database: Database, deliverer: Deliverer, receiver: Receiver
) -> None:
    endpoint = await add(database, receiver.url)
    await happens(database, "completed")
    await deliverer.once()
    async with database.session() as session:
        await endpoints.remove(session, endpoint.id)
    await happens(database, "retried")
    assert await deliverer.once() == 0
    async with database.session() as session:
        with pytest.raises(UnknownEndpoint):
            await endpoints.remove(session, endpoint.id)
