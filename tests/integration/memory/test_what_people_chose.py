"""Topics, purposes, frequency and pauses: heard in events, kept with their proof, followed in memory."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from memory import consent
from memory.account.consents import statements
from memory.consent import Standing
from memory.ingest import ingest
from memory.predictions.learning import learn_predictions
from memory.predictions.tables import PredictionRow
from memory.recall import customer_id_of, recall
from store.database import Database
from tests.kit.buyers import END, fading
from tests.kit.events import NOW, identify, track

FORM: dict[str, Any] = {"method": "preference centre"}


async def _tell(database: Database, *messages: dict[str, Any]) -> Standing:
    async with database.session() as session:
        assert not (await ingest(session, messages, received_at=NOW)).rejected
        customer = await customer_id_of(session, "u1")
        assert customer is not None
        return await consent.status(session, customer)


def _chose(days_ago: float = 0, **said: Any) -> dict[str, Any]:
    return track("Consent Changed", said, days_ago=days_ago)


async def test_a_topic_turned_off_stays_off_whatever_the_shop_exports(database: Database) -> None:
    off = await _tell(database, _chose(3, topics={"offers": False, "newsletter": True}))
    assert off.choices.topics_off == {"offers"}
    exported = await _tell(database, identify({"topics": {"offers": True}}, days_ago=1))
    assert exported.choices.topics_off == {"offers"}
    # Not even an event that claims their yes, unless it says how they gave it.
    assert (await _tell(database, _chose(1, topics={"offers": True}))).choices.topics_off == {"offers"}
    assert (await _tell(database, _chose(0.5, topics={"offers": True}, **FORM))).choices.topics_off == frozenset()


async def test_marketing_as_a_whole_can_be_chosen_with_a_proof(database: Database) -> None:
    yes = await _tell(database, _chose(3, purposes={"marketing_email": True}, **FORM))
    assert yes.allowed
    no = await _tell(database, _chose(2, marketing_email=False))
    assert (no.allowed, no.reason) == (False, "unsubscribed")
    assert not (await _tell(database, _chose(1, marketing_email=True))).allowed
    assert (await _tell(database, _chose(0.5, marketing_email="yes", **FORM))).allowed


async def test_segments_consent_event_is_understood(sqlite_database: Database) -> None:
    event = track("Segment Consent Preference Updated")
    event["context"] = {"consent": {"categoryPreferences": {"New Arrivals": False}}}
    assert (await _tell(sqlite_database, event)).choices.topics_off == {"new_arrivals"}


@pytest.mark.parametrize(
    ("said", "limits"),
    [
        ("weekly", (None, 1, None)),
        ("monthly", (None, None, 1)),
        ({"most": 2, "per": "day"}, (2, None, None)),
        ("no_limit", (None, None, None)),
        ({"most": 0, "per": "week"}, (None, None, None)),
        ({"most": True, "per": "week"}, (None, None, None)),
        ({"most": 1e9, "per": "century"}, (None, None, None)),
        (7, (None, None, None)),
    ],
)
async def test_a_wish_for_fewer_e_mails_is_understood_or_says_nothing(
    sqlite_database: Database, said: Any, limits: tuple[int | None, int | None, int | None]
) -> None:
    wish = (await _tell(sqlite_database, _chose(email_frequency=said, **FORM))).choices.wish.limits
    assert (wish.day, wish.week, wish.month) == limits


@pytest.mark.parametrize(
    ("said", "until"),
    [
        ("2026-08-01", datetime(2026, 8, 1, tzinfo=UTC)),
        ("2026-08-01T10:00:00+02:00", datetime(2026, 8, 1, 8, tzinfo=UTC)),
        ("9999-12-31", datetime(9999, 12, 31, tzinfo=UTC)),
        ("soon", None),
        (20260801, None),
        ("", None),
    ],
)
async def test_a_pause_is_until_a_day_or_nothing(sqlite_database: Database, said: Any, until: datetime | None) -> None:
    assert (await _tell(sqlite_database, _chose(email_paused_until=said))).choices.wish.paused_until == until


async def test_every_statement_is_kept_with_its_proof(database: Database) -> None:
    await _tell(database, _chose(2, topics={"offers": False}, email_frequency="weekly", **FORM), identify({}))
    async with database.session(readonly=True) as session:
        customer = await customer_id_of(session, "u1")
        assert customer is not None
        kept = await statements(session, customer)
    assert {(one.about, one.kind) for one in kept} == {("topic:offers", "withdrawn"), ("frequency", "granted")}
    assert all(one.proof["method"] == FORM["method"] and one.proof["message_id"] for one in kept)


async def test_a_visitor_who_turns_out_to_be_known_brings_their_choices(database: Database) -> None:
    await _tell(database, _chose(3, topics={"offers": False}))
    as_visitor = track("Consent Changed", {"topics": {"reminders": False}}, user=None, anonymous="a1", days_ago=2)
    await _tell(database, as_visitor)
    found = await _tell(database, identify({}, anonymous="a1"))
    assert found.choices.topics_off == {"offers", "reminders"}


async def test_who_objects_to_predictions_has_none_at_once_and_gets_none(sqlite_database: Database) -> None:
    database = sqlite_database
    shop = fading(400, 360, seed=3)
    async with database.session() as session:
        told = [message for number, one in enumerate(shop) for message in one.messages(f"u{number}")]
        await ingest(session, told, received_at=END)
    await learn_predictions(database, END, lambda _, __: None)
    async with database.session() as session:
        before = (await session.execute(select(col(PredictionRow.customer_id)))).scalars().all()
        message = track("Consent Changed", {"purposes": {"predictions": False}}, user="u1")
        await ingest(session, [message | {"timestamp": END.isoformat()}], received_at=END)
        mine = await customer_id_of(session, "u1")
    assert mine in before
    for _ in range(2):
        async with database.session(readonly=True) as session:
            rows = (await session.execute(select(col(PredictionRow.customer_id)))).scalars().all()
            memory = await recall(session, "u1", as_of=END)
        assert {*before} - {*rows} == {mine}
        assert memory is not None
        assert (memory.predictions, memory.objects_to) == (None, ("predictions",))
        await learn_predictions(database, END, lambda _, __: None)
