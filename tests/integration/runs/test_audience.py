"""Who a run is for, over real databases: resolved in a pass that only reads, snapshotted into recipients."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from typing import Any, BinaryIO

import pytest
from pydantic import TypeAdapter
from sqlalchemy import update
from sqlmodel import col, select

from composer.campaigns import save_brand, save_campaign
from composer.runs.audiences.model import Audience
from composer.runs.audiences.resolving import EmptyAudience, FileNotAtHand, kept, resolve, snapshot
from composer.runs.tables import RecipientRow, RunRow
from memory.ingest import ingest
from memory.ledger import Decided, Decision, record_contacts
from memory.predictions.tables import PredictionRow
from memory.recall import customer_id_of
from memory.tables import MemoryState
from store import clock
from store.database import Database
from tests.kit.consents import unsubscribe
from tests.kit.events import APRON, KETTLE, NOW, TEA, identify, order, track
from tests.kit.factories import make_brand, make_campaign

pytestmark = pytest.mark.anyio

AUDIENCE: TypeAdapter[Audience] = TypeAdapter(Audience)


def events() -> list[dict[str, Any]]:
    """Ada buys tea often and lately, Bo bought a kettle long ago, Cy has a cart, Di only signed up; one visitor."""
    consent = {"email_consent": True}
    return [
        identify({**consent, "locale": "de-AT", "address": {"country": "AT"}}, user="ada", days_ago=400),
        *(order(f"a{n}", TEA, user="ada", days_ago=n * 30 + 2, total=12) for n in range(5)),
        track("Email Opened", user="ada", days_ago=5),
        identify({**consent, "locale": "de-DE"}, user="bo", days_ago=400),
        order("b1", KETTLE, user="bo", days_ago=390, total=64.5),
        identify({"locale": "en-GB"}, user="cy", days_ago=50),
        track("Product Added", APRON, user="cy", days_ago=3),
        identify(consent, user="di", days_ago=10),
        track("Product Viewed", TEA, user=None, anonymous="visitor-1", days_ago=1),
    ]


@pytest.fixture
async def shop(database: Database) -> Database:
    """Four customers, one visitor, a campaign and an empty run."""
    with clock.frozen_at(NOW):
        async with database.session() as session:
            await save_brand(session, make_brand())
            await save_campaign(session, make_campaign())
            await ingest(session, events())
            for run in ("run_1", "run_2"):
                session.add(
                    RunRow(
                        id=run,
                        campaign_id="autumn",
                        campaign_version=1,
                        request={},
                        status="running",
                        recipients=0,
                        created_at=NOW,
                        updated_at=NOW,
                    )
                )
    return database


async def meant_by(database: Database, audience: dict[str, Any], content: bytes = b"") -> list[str]:
    """Who is meant, in order."""

    def opened(name: str) -> BinaryIO:
        return io.BytesIO(content)

    with clock.frozen_at(NOW):
        async with database.session(readonly=True) as session:
            with await resolve(session, AUDIENCE.validate_python(audience), open_file=opened) as members:
                return [customer for batch in members.batches(2) for customer in batch]


async def by_rule(database: Database, **where: Any) -> list[str]:
    """Who satisfies one condition or group; `in_`, `is_` and `not_` stand for the words that Python keeps."""
    plain = {name.removesuffix("_"): value for name, value in where.items()}
    return await meant_by(database, {"kind": "rule", "where": plain})


async def recipients(database: Database, run: str = "run_1") -> list[tuple[int, int, str, str]]:
    async with database.session(readonly=True) as session:
        rows = await session.execute(
            select(RecipientRow).where(RecipientRow.run_id == run).order_by(col(RecipientRow.position))
        )
    return [(row.position, row.chunk, row.customer, row.status) for row in rows.scalars()]


async def test_everyone_is_every_customer_with_an_id_and_no_visitor(shop: Database) -> None:
    assert await meant_by(shop, {"kind": "everyone"}) == ["ada", "bo", "cy", "di"]


CASES: dict[str, tuple[dict[str, Any], list[str]]] = {
    "lifecycle": ({"field": "lifecycle", "in_": ["active"]}, ["ada"]),
    "two stages": ({"field": "lifecycle", "in_": ["lapsed", "prospect"]}, ["bo", "cy", "di"]),
    "orders": ({"field": "orders", "at_least": 1}, ["ada", "bo"]),
    "bounds are included": ({"field": "orders", "at_least": 1, "at_most": 4}, ["bo"]),
    "nothing bought": ({"field": "orders", "at_most": 0}, ["cy", "di"]),
    "recency is of who has ordered": ({"field": "recency_days", "at_least": 100}, ["bo"]),
    "never is long ago": ({"field": "days_since_order", "at_least": 100}, ["bo", "cy", "di"]),
    "monetary": ({"field": "monetary", "at_least": 61}, ["bo"]),
    "cadence": ({"field": "cadence_days", "at_most": 30}, ["ada"]),
    "opened lately": ({"field": "days_since_open", "at_most": 7}, ["ada"]),
    "known long": ({"field": "days_known", "at_least": 51}, ["ada", "bo"]),
    "consent": ({"field": "consent", "in_": ["consented"]}, ["ada", "bo", "di"]),
    "language": ({"field": "locale", "in_": ["de"]}, ["ada", "bo"]),
    "language and country": ({"field": "locale", "in_": ["de_at"]}, ["ada"]),
    "country": ({"field": "country", "in_": ["at"]}, ["ada"]),
    "category": ({"field": "category", "in_": ["kettles"]}, ["bo"]),
    "brands": ({"field": "brand", "in_": ["Ippodo", "Hario"]}, ["ada", "bo"]),
    "cart": ({"field": "cart"}, ["cy"]),
    "no cart": ({"field": "cart", "is_": False}, ["ada", "bo", "di"]),
    "engagement": ({"field": "engagement", "in_": ["warm"]}, ["ada"]),
    "not": ({"not_": {"field": "cart"}}, ["ada", "bo", "di"]),
    "any": ({"any": [{"field": "cart"}, {"all": [{"field": "orders", "at_least": 2}]}]}, ["ada", "cy"]),
}


async def test_a_rule_means_those_it_is_true_of(shop: Database) -> None:
    found = {case: await by_rule(shop, **where) for case, (where, _) in CASES.items()}
    assert found == {case: expected for case, (_, expected) in CASES.items()}


async def test_last_contact_counts_what_was_sent_and_nobody_was_written_to_is_long_ago(shop: Database) -> None:
    async with shop.session() as session:
        said: tuple[tuple[str, Decision], ...] = (("ada", "sent"), ("bo", "skipped"))
        for customer, decision in said:
            customer_id = await customer_id_of(session, customer)
            assert customer_id is not None
            at = NOW - timedelta(days=3)
            await record_contacts(session, [Decided(customer, customer_id, "x", decision, "ok", "1", at)])
    assert await by_rule(shop, field="days_since_contact", at_most=7) == ["ada"]
    assert await by_rule(shop, field="days_since_contact", at_least=7) == ["bo", "cy", "di"]


async def test_who_unsubscribed_is_found_by_that(shop: Database) -> None:
    async with shop.session() as session:
        customer_id = await customer_id_of(session, "bo")
        assert customer_id is not None
        await unsubscribe(session, customer_id, at=NOW)
    assert await by_rule(shop, field="consent", in_=["unsubscribed"]) == ["bo"]


async def test_scores_are_quintiles_among_those_who_ordered(shop: Database) -> None:
    async with shop.session() as session:
        await ingest(session, [order(f"q{n}", TEA, user=f"q{n}", days_ago=200 + n, total=n * 10 + 1) for n in range(8)])
    best = await by_rule(shop, field="recency_score", at_least=5)
    assert best == ["ada", "q0"]
    assert await by_rule(shop, field="recency_score", at_most=1) == ["bo", "q7"]
    everyone = await by_rule(shop, field="monetary_score", at_least=1)
    assert everyone == ["ada", "bo", *(f"q{n}" for n in range(8))]


async def _predict(shop: Database, customer: str, at: datetime, **values: Any) -> None:
    async with shop.session() as session:
        customer_id = await customer_id_of(session, customer)
        bases = {f"basis_{ahead}": "model" for ahead in ("30d", "60d", "90d", "12m")}
        session.add(PredictionRow.model_validate({"customer_id": customer_id, "as_of": at, **bases, **values}))


async def test_predictions_choose_those_of_whom_there_are_some(shop: Database) -> None:
    soon = NOW + timedelta(days=9)
    await _predict(shop, "ada", NOW, buy_30d=0.4, buy_60d=0.6, buy_90d=0.7, value_12m=120.0, next_order_at=soon)
    await _predict(shop, "bo", NOW, buy_30d=0.1, buy_60d=0.2, buy_90d=0.25, value_12m=15.0)
    found = {
        "likely": await by_rule(shop, field="buy_probability_30d", at_least=0.3),
        "a month": await by_rule(shop, field="churn_risk_30d", at_least=0.6),
        "two months": await by_rule(shop, field="churn_risk_60d", at_least=0.6),
        "three months": await by_rule(shop, field="churn_risk_90d", at_most=0.75),
        "worth much": await by_rule(shop, field="expected_value_12m", at_least=100),
        "soon": await by_rule(shop, field="next_order_at", at_least=8, at_most=10),
    }
    assert found == {
        "likely": ["ada"],
        "a month": ["ada", "bo"],
        "two months": ["bo"],
        "three months": ["ada", "bo"],
        "worth much": ["ada"],
        "soon": ["ada"],
    }


async def test_a_prediction_made_later_chooses_nobody_in_the_past(shop: Database) -> None:
    await _predict(shop, "ada", NOW, buy_30d=0.4)
    rule = {"kind": "rule", "where": {"field": "buy_probability_30d", "at_least": 0.1}}
    assert await meant_by(shop, {**rule, "as_of": NOW.isoformat()}) == ["ada"]
    assert await meant_by(shop, {**rule, "as_of": (NOW - timedelta(days=1)).isoformat()}) == []


async def test_a_rule_as_of_the_past_sees_memory_as_it_was(shop: Database) -> None:
    then = (NOW - timedelta(days=100)).isoformat()
    rule = {"kind": "rule", "where": {"field": "orders", "at_least": 2}, "as_of": then}
    assert await meant_by(shop, rule) == []
    assert await meant_by(shop, {**rule, "where": {"field": "orders", "at_least": 1}}) == ["ada", "bo"]


async def test_a_state_of_older_rules_is_folded_again(shop: Database) -> None:
    async with shop.session() as session:
        await session.execute(update(MemoryState).values(fold_version=0, state=b"{}"))
    assert await by_rule(shop, field="orders", at_least=1) == ["ada", "bo"]


async def test_a_list_keeps_its_order_and_whom_nobody_knows_and_names_everybody_once(shop: Database) -> None:
    audience = {"kind": "list", "customers": ["cy", "stranger", "ada", "cy"]}
    assert await meant_by(shop, audience) == ["cy", "stranger", "ada"]


async def test_whoever_is_excluded_is_left_out_by_a_rule_or_a_list(shop: Database) -> None:
    rule = {"kind": "rule", "where": {"field": "cart"}}
    assert await meant_by(shop, {"kind": "everyone", "exclude": rule}) == ["ada", "bo", "di"]
    audience = {"kind": "everyone", "exclude": {"kind": "list", "customers": ["ada", "di", "nobody"]}}
    assert await meant_by(shop, audience) == ["bo", "cy"]


async def test_a_limit_draws_the_same_customers_each_time_and_others_by_another_word(shop: Database) -> None:
    ids = [f"c{number}" for number in range(100)]
    drawn = [await meant_by(shop, {"kind": "list", "customers": order, "limit": 10}) for order in (ids, ids[::-1])]
    assert sorted(drawn[0]) == sorted(drawn[1])
    assert len(drawn[0]) == 10
    other = await meant_by(shop, {"kind": "list", "customers": ids, "limit": 10, "draw": "second"})
    assert set(other) != set(drawn[0])


async def test_progress_is_told_to_the_end(shop: Database) -> None:
    heard: list[tuple[int, int]] = []
    audience = AUDIENCE.validate_python({"kind": "rule", "where": {"field": "cart"}})
    async with shop.session(readonly=True) as session:
        with await resolve(session, audience, progress=lambda done, total: heard.append((done, total))):
            pass
    assert heard[-1] == (4, 4)


async def test_a_file_comes_with_its_content_or_not_at_all(shop: Database) -> None:
    audience = {"kind": "file", "name": "/etc/passwd"}
    assert await meant_by(shop, audience, b"customer\nada\nbo\nada\n") == ["ada", "bo"]
    async with shop.session() as session:
        with pytest.raises(FileNotAtHand, match="not at hand"):
            await snapshot(session, "run_1", AUDIENCE.validate_python(audience), chunk_size=2)


@pytest.mark.parametrize(
    "audience",
    [
        {"kind": "everyone"},
        {"kind": "rule", "where": {"field": "days_known", "at_least": 0}},
        {"kind": "list", "customers": ["ada", "bo", "cy", "di"]},
    ],
    ids=lambda audience: str(audience["kind"]),
)
async def test_a_snapshot_is_one_pending_row_each_in_chunks_without_a_gap(
    shop: Database, audience: dict[str, Any]
) -> None:
    async with shop.session() as session:
        written = await snapshot(session, "run_1", AUDIENCE.validate_python(audience), chunk_size=3)
    assert written == 4
    assert await recipients(shop) == [
        (0, 0, "ada", "pending"),
        (1, 0, "bo", "pending"),
        (2, 0, "cy", "pending"),
        (3, 1, "di", "pending"),
    ]


async def test_what_was_resolved_before_is_what_is_written(shop: Database) -> None:
    audience = AUDIENCE.validate_python({"kind": "rule", "where": {"field": "cart"}})
    async with shop.session(readonly=True) as session:
        members = await resolve(session, audience)
    with members:
        async with shop.session() as session:
            await ingest(session, [track("Product Added", APRON, user="late")])
        async with shop.session() as session:
            assert await snapshot(session, "run_1", audience, chunk_size=250, members=members) == 1
    assert [row[2] for row in await recipients(shop)] == ["cy"]


async def test_two_runs_have_their_own_recipients(shop: Database) -> None:
    everyone = AUDIENCE.validate_python({"kind": "everyone"})
    async with shop.session() as session:
        for run in ("run_1", "run_2"):
            assert await snapshot(session, run, everyone, chunk_size=250) == 4
    assert len(await recipients(shop, "run_2")) == 4


@pytest.mark.parametrize(
    "audience",
    [
        {"kind": "rule", "where": {"field": "orders", "at_least": 99}},
        {"kind": "list", "customers": ["ada"], "exclude": {"kind": "everyone"}},
    ],
    ids=["rule", "all excluded"],
)
async def test_an_audience_of_nobody_is_an_error_that_says_so(shop: Database, audience: dict[str, Any]) -> None:
    async with shop.session() as session:
        with pytest.raises(EmptyAudience, match="Nobody is in this audience"):
            await snapshot(session, "run_1", AUDIENCE.validate_python(audience), chunk_size=250)


async def test_what_is_kept_of_a_list_is_its_count_and_can_be_read_again(shop: Database) -> None:
    audience = AUDIENCE.validate_python(
        {"kind": "list", "customers": ["ada", "bo"], "exclude": {"kind": "list", "customers": ["cy"]}}
    )
    document = kept(audience).model_dump(mode="json")
    assert (document["customers"], document["count"]) == ([], 2)
    assert (document["exclude"]["customers"], document["exclude"]["count"]) == ([], 1)
    again = AUDIENCE.validate_python(kept(audience).model_dump(mode="json"))
    assert kept(again) == kept(audience)
