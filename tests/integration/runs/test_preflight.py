"""What a preflight finds before the first recipient, over real databases and through the real composer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pydantic import TypeAdapter

from catalog import products
from catalog.limits import allowed
from catalog.model import Limits, Product
from composer.campaigns import UnknownCampaign, save_brand, save_campaign
from composer.contract import ComposeRequest, ComposeResult, Path, Usage
from composer.documents import Brief, Offer
from composer.json_style import JsonStyle
from composer.model_client import ModelError
from composer.model_writer import ModelWriter
from composer.prices import Price
from composer.runs.audiences.model import Audience
from composer.runs.audiences.resolving import resolve
from composer.runs.model import Tally
from composer.runs.preflight.looking import Preflight
from composer.runs.preflight.model import Level, PreflightFailed, PreflightReport, PreflightRequest, require_ready
from composer.runs.tables import ChunkRow, RunRow
from composer.service import Composer
from memory.ingest import ingest
from memory.recall import customer_id_of
from store import clock
from store.crypto import Keyring
from store.database import Database
from store.errors import InvalidInput
from tests.kit.consents import unsubscribe
from tests.kit.events import identify
from tests.kit.factories import LIBRARY, NOW, make_brand, make_campaign, make_picks, make_product
from tests.kit.models import ScriptedClient
from tests.kit.shelf import TestShelf

pytestmark = pytest.mark.anyio

AUDIENCE: TypeAdapter[Audience] = TypeAdapter(Audience)
SHOP = {
    "url": "https://leaf.shop/",
    "domain": "leaf.shop",
    "public_url": "https://mail.leaf.shop/",
    "sender": {"name": "Leaf", "email": "hello@leaf.shop"},
}


def stock(count: int = 30) -> list[Product]:
    """Three different things, and more tea."""
    shown = [
        pick.product.model_copy(update={"link": f"https://leaf.shop/p/{pick.product.id}"}) for pick in make_picks()
    ]
    more = [
        make_product(f"tea-{number}", title=f"Tea of field {number}", link=f"https://leaf.shop/p/tea-{number}")
        for number in range(count - len(shown))
    ]
    return [one.model_copy(update={"image_link": None}) for one in (shown + more)[:count]]


class Shelf(TestShelf):
    """The shelf, and how much of it fits."""

    __test__ = False

    def count(self, limits: Limits) -> int:
        """As the catalog's."""
        return int(allowed(self.view, limits, NOW).sum())


class Costing:
    """Writes e-mails of nothing that took so much."""

    def __init__(self, **usage: Any) -> None:
        self.usage = Usage(calls=2, input_tokens=1_000, output_tokens=200, model_ms=2_000, own_ms=10, **usage)
        self.asked: list[ComposeRequest] = []

    async def compose(self, request: ComposeRequest) -> ComposeResult:
        """Always an e-mail."""
        self.asked.append(request)
        return ComposeResult(
            id="msg_x",
            path=Path.MODEL,
            campaign=request.campaign,
            campaign_version=1,
            customer=request.customer,
            flow="newsletter",
            created_at=NOW,
            usage=self.usage,
        )


def writer(error: ModelError | None = None, name: str = "openai/some-model") -> ModelWriter:
    """A model that says hello, or fails."""
    return ModelWriter(ScriptedClient(lambda asked: error or "Hello"), JsonStyle(LIBRARY), name=name, rounds=1)


async def two_dollars_a_million(writer: ModelWriter) -> Price | None:
    return Price(1e-6, 5e-6)


async def unknown_price(writer: ModelWriter) -> Price | None:
    return None


class Shop:
    """A shop to look at; each part can be made another one."""

    def __init__(self, database: Database, keyring: Keyring) -> None:
        self.database = database
        self.shelf = Shelf(stock())
        self.composer = Costing()
        self.parts: dict[str, Any] = {"writers": (writer(),), "price": two_dollars_a_million}
        self._keyring = keyring

    async def save(self, *, brand: dict[str, Any] | None = None, **brief: Any) -> None:
        """The brand and the campaign."""
        async with self.database.session() as session:
            await save_brand(session, make_brand(**{**SHOP, **(brand or {})}))
            await save_campaign(session, make_campaign(brief=Brief(**brief)))
            await products.upsert(session, self.shelf.products.values())

    async def look(self, audience: dict[str, Any] | None = None, **request: Any) -> PreflightReport:
        """The report for everyone, or this audience."""
        asked = PreflightRequest.model_validate({"audience": audience or {"kind": "everyone"}, **request})
        templates = Composer(
            database=self.database, keyring=self._keyring, library=LIBRARY, picker=self.shelf, writers=()
        )
        preflight = Preflight(
            database=self.database,
            library=LIBRARY,
            shelf=self.shelf,
            templates=templates,
            composer=self.composer,
            **self.parts,
        )
        async with self.database.session(readonly=True) as session:
            members = await resolve(session, asked.audience)
        with members:
            return await preflight.look("autumn", asked, members)


PEOPLE = (("ada", "en-GB", True), ("bo", "en-GB", True), ("cy", "en-US", True), ("di", "en-GB", False))


async def opened(database: Database, keyring: Keyring) -> Shop:
    """Four customers: two British, one American, one without consent."""
    async with database.session() as session:
        await ingest(
            session,
            [
                identify({"email": f"{user}@post.example", "locale": locale, "email_consent": consent}, user=user)
                for user, locale, consent in PEOPLE
            ],
        )
    shop = Shop(database, keyring)
    await shop.save()
    return shop


@pytest.fixture
async def shop(sqlite_database: Database, keyring: Keyring) -> AsyncIterator[Shop]:
    """For what is decided about what was read."""
    with clock.frozen_at(NOW):
        yield await opened(sqlite_database, keyring)


@pytest.fixture
async def any_shop(database: Database, keyring: Keyring) -> AsyncIterator[Shop]:
    """For what is read: on both databases."""
    with clock.frozen_at(NOW):
        yield await opened(database, keyring)


def told(report: PreflightReport, level: Level) -> dict[str, str]:
    """What the checks of this level say, by name."""
    return {check.name: check.detail for check in report.checks if check.level is level}


async def test_who_would_have_to_wait_is_counted_before_the_start(any_shop: Shop) -> None:
    quiet = {"timezone": "UTC", "quiet_hours": {"start": "09:00", "end": "12:00"}, "caps": {"total": {"day": 1}}}
    await any_shop.save(brand=quiet)
    composer = Composer(
        database=any_shop.database,
        keyring=any_shop.database.keyring,
        library=LIBRARY,
        picker=any_shop.shelf,
        writers=(),
    )
    with clock.frozen_at(NOW + timedelta(hours=3)):
        assert (await composer.compose(ComposeRequest(campaign="autumn", customer="ada"))).html
    with clock.frozen_at(NOW + timedelta(days=1)):
        report = await any_shop.look(occasion="again")
    audience = report.audience
    assert (audience.may_be_written_to, audience.refusals) == (3, {"no_consent": 1})
    assert (audience.deferred, audience.deferred_until) == ({"capped": 1}, NOW + timedelta(hours=27))
    assert audience.quiet_now == 4
    assert told(report, Level.WARN)["contact rules"].startswith("1 customer has to wait (1 capped)")
    assert report.ready
    assert report.estimate is not None
    assert report.estimate.emails == 3


async def test_a_sound_run_is_ready_and_tells_whom_it_reaches_and_what_it_takes(any_shop: Shop) -> None:
    report = await any_shop.look(budget_usd="1")
    assert report.ready, report.checks
    assert told(report, Level.WARN) == {}
    assert (report.audience.customers, report.audience.may_be_written_to) == (4, 3)
    assert report.audience.refusals == {"no_consent": 1}
    assert report.audience.locales == {"en-GB": 3, "en-US": 1}
    assert report.audience.lifecycle == {"prospect": 4}
    assert sorted(report.audience.samples) == ["ada", "bo", "cy", "di"]
    estimate = report.estimate
    assert estimate is not None
    assert (estimate.emails, estimate.calls) == (3, 6)
    assert (estimate.input_tokens, estimate.output_tokens) == (3_000, 600)
    assert estimate.cost_usd == pytest.approx(3_000 * 1e-6 + 600 * 5e-6)
    assert estimate.seconds == pytest.approx(2.01)
    require_ready(report)


async def test_looking_writes_nothing_and_the_samples_are_previews(shop: Shop) -> None:
    await shop.look(step="", occasion="spring")
    assert {asked.preview for asked in shop.composer.asked} == {True}
    assert {asked.occasion for asked in shop.composer.asked} == {"spring"}
    assert told(await shop.look(occasion="spring"), Level.WARN).keys() == {"budget"}


async def test_every_locale_is_tried_before_a_second_customer_of_one(shop: Shop) -> None:
    await shop.look(samples=2)
    assert {asked.customer for asked in shop.composer.asked} == {"ada", "cy"}


async def test_a_model_that_does_not_answer_stops_the_run(shop: Shop) -> None:
    down = ModelError("model_unreachable", "Connection refused.")
    shop.parts["writers"] = (writer(down),)
    report = await shop.look()
    assert "openai/some-model does not answer: Connection refused." in told(report, Level.STOP)["model"]
    assert not report.ready
    assert report.estimate is None
    assert shop.composer.asked == []
    with pytest.raises(PreflightFailed, match="does not answer"):
        require_ready(report)


async def test_where_templates_are_fine_a_model_that_does_not_answer_stops_nothing(shop: Shop) -> None:
    shop.parts["writers"] = (writer(ModelError("model_unreachable", "Connection refused.")),)
    stopped = await shop.look()
    [way_out] = [check.fix for check in stopped.checks if check.level is Level.STOP]
    assert "--templates" in way_out
    report = await shop.look(tolerance={"model_failures": 1, "fallback": 1})
    assert report.ready
    assert "from templates" in told(report, Level.WARN)["model"]
    assert report.estimate is not None
    assert (report.estimate.calls, report.estimate.cost_usd) == (0, 0)


async def test_a_second_model_that_answers_is_enough_and_said(shop: Shop) -> None:
    shop.parts["writers"] = (writer(ModelError("model_timeout", "Too slow.")), writer(name="openai/other"))
    report = await shop.look()
    assert report.ready
    assert "openai/other answers" in told(report, Level.WARN)["model"]


async def test_without_a_model_templates_are_counted_and_cost_nothing(shop: Shop) -> None:
    shop.parts["writers"] = ()
    report = await shop.look()
    assert report.ready
    assert "from templates" in told(report, Level.WARN)["model"]
    assert report.estimate is not None
    assert (report.estimate.cost_usd, report.estimate.calls) == (0, 0)


async def test_unknown_ids_and_ids_named_twice_are_counted(shop: Shop) -> None:
    report = await shop.look({"kind": "list", "customers": ["ada", "nobody", "ada"]})
    assert (report.audience.unknown, report.audience.duplicates) == (1, 1)
    assert "1 of the ids is not known" in told(report, Level.WARN)["unknown customers"]
    assert report.audience.may_be_written_to == 1


async def test_a_brand_whose_esp_holds_the_consent_may_write_to_strangers(shop: Shop) -> None:
    await shop.save(brand={"consent_required": False})
    async with shop.database.session() as session:
        ada = await customer_id_of(session, "ada")
        assert ada is not None
        await unsubscribe(session, ada, at=NOW)
    report = await shop.look({"kind": "list", "customers": ["nobody", "di", "ada"]})
    assert report.ready, report.checks
    assert report.audience.may_be_written_to == 2
    assert report.audience.refusals == {"unsubscribed": 1}


async def test_an_audience_that_nobody_of_may_be_written_to_stops(any_shop: Shop) -> None:
    async with any_shop.database.session() as session:
        ada = await customer_id_of(session, "ada")
        assert ada is not None
        await unsubscribe(session, ada, at=NOW)
    report = await any_shop.look({"kind": "list", "customers": ["ada", "di"]})
    assert "1 unsubscribed" in told(report, Level.STOP)["consent"]
    assert "1 no consent" in told(report, Level.STOP)["consent"]


async def test_an_audience_of_nobody_stops(shop: Shop) -> None:
    report = await shop.look({"kind": "rule", "where": {"field": "orders", "at_least": 5}})
    stops = told(report, Level.STOP).keys()
    assert "audience" in stops
    assert "consent" not in stops


async def test_who_has_the_e_mail_already_is_counted_under_the_same_key_only(any_shop: Shop, keyring: Keyring) -> None:
    real = Composer(database=any_shop.database, keyring=keyring, library=LIBRARY, picker=any_shop.shelf, writers=())
    await real.compose(ComposeRequest(campaign="autumn", customer="ada"))
    assert "1 customers have this e-mail already" in told(await any_shop.look(), Level.WARN)["already written"]
    assert "already written" not in told(await any_shop.look(occasion="again"), Level.WARN)


async def test_behind_a_gate_nobody_may_have_the_e_mail_already(shop: Shop, keyring: Keyring) -> None:
    real = Composer(database=shop.database, keyring=keyring, library=LIBRARY, picker=shop.shelf, writers=())
    await real.compose(ComposeRequest(campaign="autumn", customer="ada"))
    gated = await shop.look(review={"gate": True})
    assert "1 customers have this e-mail already" in told(gated, Level.STOP)["already written"]
    assert not gated.ready
    assert (await shop.look(review={"gate": False})).ready


async def test_what_has_to_be_read_before_the_others_leave_is_said_before_the_start(shop: Shop) -> None:
    gated = told(await shop.look(review={"gate": True, "defect_rate": 0.4}), Level.OK)["review"]
    assert gated == "Nothing is sent before about 2 e-mails are read, of which none may be bad."
    looked = told(await shop.look(review={"defect_rate": 0.4}), Level.OK)["review"]
    assert looked.startswith("When it is done, a sample is drawn")
    assert "review" not in told(await shop.look(), Level.OK)


async def test_a_brand_that_cannot_be_reached_or_trusted_is_told(shop: Shop) -> None:
    await shop.save(brand={"public_url": "http://localhost:8000/", "sender": {"name": "L", "email": "a@gmail.com"}})
    warned = [check.detail for check in (await shop.look()).checks if check.name == "brand"]
    assert "nobody but this machine can follow it" in warned[0]
    assert "not of the shop's domain leaf.shop" in warned[1]
    await shop.save(brand={"public_url": "http://mail.leaf.shop/"})
    report = await shop.look()
    assert "not https" in told(report, Level.STOP)["brand"]
    assert "https" in told(report, Level.STOP)["templates"]


async def test_an_offer_must_outlive_the_last_e_mail(shop: Shop) -> None:
    ends = (NOW + timedelta(days=3)).date()
    offer = Offer(id="tenth", kind="percent", value=Decimal(10), code="TEN10", expires=ends)
    await shop.save(offers=(offer,))
    assert told(await shop.look(), Level.OK)["offer tenth"] == f"Valid until {ends}."
    late = await shop.look(send_by=(NOW + timedelta(days=5)).isoformat())
    assert "before the last e-mail goes out on 2026-11-26" in told(late, Level.STOP)["offer tenth"]
    await shop.save(offers=(offer.model_copy(update={"expires": date(2026, 1, 1)}),))
    assert "expired" in told(await shop.look(), Level.WARN)["offer tenth"]
    await shop.save(offers=(offer.model_copy(update={"starts": ends}),))
    assert "starts on" in told(await shop.look(), Level.WARN)["offer tenth"]


async def test_too_few_products_stop_and_few_are_told(shop: Shop) -> None:
    shop.shelf = Shelf(stock(5))
    assert "Only 5 products" in told(await shop.look(), Level.WARN)["products"]
    shop.shelf = Shelf(stock(1))
    report = await shop.look()
    assert "needs" in told(report, Level.STOP)["products"]
    assert "too_few_picks" in told(report, Level.STOP)["templates"]


async def test_an_index_that_is_behind_is_told(shop: Shop) -> None:
    shop.shelf = Shelf(stock(28))
    assert "The index has 28 of 30 products" in told(await shop.look(), Level.WARN)["index"]


async def test_who_reads_another_language_than_the_shops_is_told(shop: Shop) -> None:
    async with shop.database.session() as session:
        await ingest(session, [identify({"locale": "fi-FI", "email_consent": True}, user="eino")])
    said = told(await shop.look(), Level.WARN)["languages"]
    assert said.startswith("1 of ")
    assert "read another language: they are written to in English too" in said


async def test_a_shop_in_a_language_without_templates_is_told_which_there_are(shop: Shop) -> None:
    await shop.save(brand={"locale": "it-IT"})
    warned = told(await shop.look(), Level.WARN)["languages"]
    assert "This shop writes in Italian; templates exist in de, en" in warned
    shop.parts["writers"] = ()
    report = await shop.look()
    assert not report.ready
    assert "Without a model nothing can be written" in told(report, Level.STOP)["languages"]


async def test_a_budget_is_asked_for_where_the_model_costs_money(shop: Shop) -> None:
    assert "No budget is set" in told(await shop.look(), Level.WARN)["budget"]
    assert "budget is $0.00" in told(await shop.look(budget_usd="0.001"), Level.WARN)["budget"]
    assert "3,600 tokens are needed" in told(await shop.look(budget_tokens=100), Level.WARN)["budget"]
    shop.parts["price"] = unknown_price
    report = await shop.look(budget_usd="5")
    assert report.estimate is not None
    assert report.estimate.cost_usd is None
    assert "price of the model is not known" in told(report, Level.WARN)["budget"]
    assert "budget" in told(await shop.look(budget_tokens=10_000), Level.OK)


async def test_what_providers_charged_goes_before_the_price_list(shop: Shop) -> None:
    shop.composer = Costing(cost_usd=0.25)
    report = await shop.look()
    assert report.estimate is not None
    assert report.estimate.cost_usd == pytest.approx(0.75)


async def test_without_samples_and_earlier_runs_nothing_is_claimed(shop: Shop) -> None:
    report = await shop.look(samples=0)
    assert shop.composer.asked == []
    assert "not known" in told(report, Level.WARN)["budget"]


async def add_earlier_run(shop: Shop, model: str) -> None:
    """A hundred e-mails that this model wrote."""
    usage = Usage(model=model, calls=100, input_tokens=50_000, output_tokens=10_000, model_ms=100_000, own_ms=400)
    run: dict[str, Any] = {
        "campaign_id": "autumn",
        "campaign_version": 1,
        "request": {},
        "status": "completed",
        "recipients": 100,
    }
    async with shop.database.session() as session:
        session.add(RunRow(id="run_0", created_at=NOW, updated_at=NOW, **run))
        await session.flush()
        tally = Tally(composed=100, usage=usage).model_dump(mode="json")
        session.add(ChunkRow(run_id="run_0", number=0, first=0, size=100, turn=0, done=True, tally=tally))


async def test_earlier_runs_of_the_campaign_tell_what_the_next_takes(any_shop: Shop) -> None:
    await add_earlier_run(any_shop, "openai/some-model, openai/another")
    report = await any_shop.look()
    assert any_shop.composer.asked == []
    assert report.estimate is not None
    assert report.estimate.based_on == "earlier runs of this campaign"
    assert (report.estimate.calls, report.estimate.input_tokens) == (3, 1_500)


async def test_runs_that_another_model_wrote_tell_nothing(shop: Shop) -> None:
    await add_earlier_run(shop, "openai/another")
    report = await shop.look()
    assert report.estimate is not None
    assert report.estimate.based_on == "3 sample e-mails"


async def test_links_are_followed_when_asked_for(shop: Shop) -> None:
    async def follow(url: str) -> str | None:
        followed.append(url)
        return "the server answers 404" if url.endswith("/kettle") else None

    followed: list[str] = []
    shop.parts["follow"] = follow
    await shop.look()
    assert followed == []
    report = await shop.look(follow_links=True)
    assert "https://leaf.shop/p/kettle: the server answers 404" in told(report, Level.WARN)["links"]
    assert not any(url.startswith("https://mail.leaf.shop/") for url in followed)


async def test_an_unknown_campaign_or_step_is_named(shop: Shop) -> None:
    with pytest.raises(InvalidInput, match="no step 'ninth'"):
        await shop.look(step="ninth")
    request = PreflightRequest.model_validate({"audience": {"kind": "everyone"}})
    async with shop.database.session(readonly=True) as session:
        members = await resolve(session, request.audience)
    preflight = Preflight(
        database=shop.database, library=LIBRARY, shelf=shop.shelf, templates=shop.composer, composer=shop.composer
    )
    with members, pytest.raises(UnknownCampaign):
        await preflight.look("spring", request, members)
