"""The whole way of one e-mail over a real database: memory in, one e-mail out, the same bytes for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from composer.campaigns import UnknownCampaign, get_campaign, save_brand, save_campaign
from composer.contract import ComposeRequest, ComposeResult, Path, Rung
from composer.documents import Campaign
from composer.emails import UnknownEmail
from composer.service import Composer
from composer.strangers import UnknownCustomer
from composer.tables import RecordRow
from composer.writing import Writer
from memory.ingest import ingest
from memory.recall import recall
from memory.tables import Contact
from store import clock
from store.crypto import Keyring
from store.database import Database
from tests.kit.consents import unsubscribe
from tests.kit.factories import (
    LIBRARY,
    NOW,
    FixedPicker,
    make_brand,
    make_campaign,
    make_picks,
    make_request,
)
from tests.kit.patience import PATIENCE_S
from tests.kit.writers import BrokenWriter, ScriptedWriter

pytestmark = pytest.mark.anyio

MakeComposer = Callable[..., Composer]
SOUND = {"pitch:sencha": "Sencha from Shizuoka, Japan, with a soft sweetness at the end."}


def sound_writer(delay: float = 0.0) -> ScriptedWriter:
    return ScriptedWriter(lambda key, round_: SOUND.get(key), delay=delay)


def events(customer: str = "c-1", **traits: Any) -> list[dict[str, Any]]:
    at = (NOW - timedelta(days=21)).isoformat()
    given = {"email": f"{customer}@post.example", "first_name": "Maeve", "email_consent": True, **traits}
    line = {"product_id": "gyokuro", "name": "Gyokuro 50 g", "category": "Green tea", "price": 12.5, "quantity": 1}
    order = {"order_id": f"o-{customer}", "total": 12.5, "currency": "GBP", "products": [line]}
    return [
        {"type": "identify", "messageId": f"i-{customer}", "userId": customer, "timestamp": at, "traits": given},
        {
            "type": "track",
            "messageId": f"t-{customer}",
            "userId": customer,
            "timestamp": at,
            "event": "Order Completed",
            "properties": order,
        },
    ]


@pytest.fixture
async def shop(database: Database) -> Database:
    """A brand, a campaign and two customers."""
    async with database.session() as session:
        await save_brand(session, make_brand())
        await save_campaign(session, make_campaign())
        await ingest(session, [*events(), *events("c-2", first_name="Björk")])
    return database


@pytest.fixture
def composer(shop: Database, keyring: Keyring) -> MakeComposer:
    """Composers over the shop."""

    def make(writers: Sequence[Writer] = (), picker: FixedPicker | None = None) -> Composer:
        return Composer(
            database=shop,
            keyring=keyring,
            library=LIBRARY,
            picker=picker or FixedPicker(make_picks()),
            writers=writers,
        )

    return make


async def contacts(database: Database) -> list[tuple[str, str]]:
    async with database.session(readonly=True) as session:
        rows = (await session.execute(select(Contact))).scalars().all()
    return sorted((row.decision, row.reason) for row in rows)


async def test_a_customer_gets_an_e_mail_that_rests_on_their_own_purchase(composer: MakeComposer) -> None:
    result = await composer([sound_writer()]).compose(make_request())
    assert result.path is Path.MODEL
    assert "Maeve" in result.text
    assert any("Gyokuro" in fact["text"] for fact in result.facts)


async def test_two_customers_get_different_e_mails(composer: MakeComposer) -> None:
    one = composer()
    first, second = await asyncio.gather(*(one.compose(make_request(customer=c)) for c in ("c-1", "c-2")))
    assert first.text != second.text
    assert "Björk" in second.text


async def test_asking_twice_gives_the_same_bytes(composer: MakeComposer) -> None:
    first = await composer([sound_writer()]).compose(make_request())
    again = await composer([BrokenWriter("model_timeout")]).compose(make_request())
    assert again.model_dump_json() == first.model_dump_json()


async def test_fifty_at_once_get_the_same_bytes_from_one_model_call(composer: MakeComposer) -> None:
    writer = sound_writer(delay=0.05)
    one = composer([writer])
    results = await asyncio.gather(*(one.compose(make_request()) for _ in range(50)))
    assert {result.model_dump_json() for result in results} == {results[0].model_dump_json()}
    assert len(writer.asked) == 1


async def test_two_processes_at_once_agree_on_one_e_mail(composer: MakeComposer, shop: Database) -> None:
    composers = [composer([sound_writer(delay=0.05)]) for _ in range(4)]
    results = await asyncio.gather(*(one.compose(make_request()) for one in composers))
    assert len({result.id for result in results}) == 1
    assert len({result.html for result in results}) == 1
    assert await contacts(shop) == [("sent", "ok")]


async def test_a_new_version_of_the_campaign_writes_anew(composer: MakeComposer, shop: Database) -> None:
    one = composer()
    first = await one.compose(make_request())
    async with shop.session() as session:
        changed = make_campaign(brief={"message": "The new harvest is in."})
        assert await save_campaign(session, changed) == 2
        assert await save_campaign(session, changed) == 2
    second = await one.compose(make_request())
    assert (first.campaign_version, second.campaign_version) == (1, 2)
    assert first.id != second.id
    assert (await one.replay(second.id)).identical


async def test_an_old_version_keeps_the_brand_it_was_saved_under(composer: MakeComposer, shop: Database) -> None:
    async with shop.session() as session:
        await save_brand(session, make_brand(name="Renamed"))
    assert "Renamed" not in (await composer().compose(make_request())).html
    async with shop.session() as session:
        assert (await get_campaign(session, "autumn", 1)).brand.name == "Harbour & Leaf"


async def test_a_stored_e_mail_replays_to_the_same_bytes(composer: MakeComposer) -> None:
    result = await composer([sound_writer()]).compose(make_request())
    report = await composer().replay(result.id)
    assert (report.campaign_version, report.brand, report.brand_version) == (1, "harbour", 1)
    assert report.identical, report.differences


async def test_the_record_is_stored_under_its_hash(composer: MakeComposer, shop: Database) -> None:
    result = await composer().compose(make_request())
    async with shop.session(readonly=True) as session:
        assert (await session.get(RecordRow, result.record)) is not None


@pytest.mark.parametrize(
    "writer",
    [
        pytest.param(BrokenWriter("model_unreachable"), id="unplugged"),
        pytest.param(ScriptedWriter(lambda key, round_: "x", delay=60), id="hanging"),
        pytest.param(ScriptedWriter(lambda key, round_: "\x00 {{garbage}} 99% OFF"), id="garbage"),
    ],
)
async def test_whatever_the_model_does_there_is_an_e_mail_before_the_deadline_and_a_reason(
    composer: MakeComposer, writer: Writer
) -> None:
    async with asyncio.timeout(PATIENCE_S):
        result = await composer([writer]).compose(make_request(deadline_ms=1500))
    assert result.path is Path.TEMPLATE
    assert result.html
    assert all(block.reason not in {"ok", "no_writer"} for block in result.blocks)
    assert {block.rung for block in result.blocks} == {Rung.TEMPLATE_BLOCK}


async def test_without_consent_nothing_is_written_and_the_ledger_says_so(
    composer: MakeComposer, shop: Database
) -> None:
    async with shop.session() as session:
        await ingest(session, events("c-3", email_consent=False))
    result = await composer().compose(make_request(customer="c-3"))
    assert (result.path, result.reason, result.html) == (Path.SKIPPED, "no_consent", "")
    assert await contacts(shop) == [("skipped", "no_consent")]


async def test_who_unsubscribes_does_not_even_get_the_stored_e_mail(composer: MakeComposer, shop: Database) -> None:
    await composer().compose(make_request())
    async with shop.session() as session:
        memory = await recall(session, "c-1")
        assert memory
        await unsubscribe(session, memory.customer_id)
    assert (await composer().compose(make_request())).reason == "unsubscribed"


async def test_the_weekly_cap_holds_across_campaigns(composer: MakeComposer, shop: Database) -> None:
    async with shop.session() as session:
        for number in range(4):
            await save_campaign(session, make_campaign(id=f"letter-{number}"))
    results = [await composer().compose(make_request(campaign=f"letter-{n}")) for n in range(4)]
    assert [result.reason for result in results] == ["ok", "ok", "ok", "capped"]
    assert (await composer().compose(make_request(campaign="letter-0"))).html == results[0].html


async def test_a_holdout_customer_gets_nothing_and_is_in_the_ledger(composer: MakeComposer, shop: Database) -> None:
    async with shop.session() as session:
        await save_campaign(session, make_campaign(id="held", brief={"holdout": 0.5}))
        customers = [f"h-{number}" for number in range(40)]
        await ingest(session, [event for customer in customers for event in events(customer)])
    one = composer()
    requests = [make_request(campaign="held", customer=customer) for customer in customers]
    results = [await one.compose(request) for request in requests]
    held = sum(result.reason == "holdout" for result in results)
    assert 8 <= held <= 32
    assert (await contacts(shop)).count(("skipped", "holdout")) == held


async def test_a_preview_is_not_stored_and_counts_as_no_contact(composer: MakeComposer, shop: Database) -> None:
    result = await composer().compose(make_request(preview=True))
    assert result.html
    assert await contacts(shop) == []
    with pytest.raises(UnknownEmail):
        await composer().get(result.id)


async def test_picks_of_earlier_e_mails_are_known_to_the_next(composer: MakeComposer, shop: Database) -> None:
    async with shop.session() as session:
        await save_campaign(session, make_campaign(id="second"))
    await composer().compose(make_request())
    picker = FixedPicker(make_picks())
    await composer(picker=picker).compose(make_request(campaign="second"))
    shown = {signal.product_id for signal in picker.asked[0][0].signals if signal.kind == "picked_before"}
    assert shown == {"sencha", "kettle", "cup"}


async def test_an_empty_catalog_is_a_skip_with_its_reason(composer: MakeComposer) -> None:
    assert (await composer(picker=FixedPicker([])).compose(make_request())).reason == "too_few_picks"


async def test_unknown_names_are_errors_that_list_the_known_ones(composer: MakeComposer) -> None:
    with pytest.raises(UnknownCampaign, match="autumn"):
        await composer().compose(make_request(campaign="autum"))
    with pytest.raises(UnknownCustomer):
        await composer().compose(make_request(customer="nobody"))


async def test_a_brand_whose_sender_holds_consent_may_write_to_strangers(
    composer: MakeComposer, shop: Database
) -> None:
    async with shop.session() as session:
        await save_brand(session, make_brand(id="open", consent_required=False))
        await save_campaign(session, Campaign.model_validate({**make_campaign().model_dump(), "brand": "open"}))
    result = await composer().compose(make_request(customer="stranger"))
    assert result.html
    assert "Hello" in result.text


async def test_the_message_is_addressed_and_has_its_unsubscribe_link(composer: MakeComposer) -> None:
    one = composer()
    result = await one.compose(make_request())
    message = await one.message(result.id)
    assert b"To: c-1@post.example\r\n" in message
    assert b"List-Unsubscribe: <https://mail.harbourleaf.example/u/" in message


async def test_steps_and_occasions_are_e_mails_of_their_own(composer: MakeComposer) -> None:
    one = composer()
    requests: list[ComposeRequest] = [make_request(), make_request(occasion="2027")]
    results: list[ComposeResult] = [await one.compose(request) for request in requests]
    assert results[0].id != results[1].id


async def test_time_stands_where_the_clock_says(composer: MakeComposer) -> None:
    with clock.frozen_at(NOW):
        assert (await composer().compose(make_request())).created_at == NOW
