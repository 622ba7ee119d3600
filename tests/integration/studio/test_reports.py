"""Pages of results: what is said of a campaign, and what is not said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from api.house import House
from api.keys import create_key
from composer.campaigns import save_brand, save_campaign
from memory.ingest import ingest
from memory.privacy.requests import Kind, ask
from memory.recall import customer_id_of
from store import clock
from tests.integration.studio.conftest import SignedIn
from tests.kit.factories import make_brand, make_campaign
from tests.kit.reports import email, episode, keep
from tests.kit.runs import open_shop, start_run
from tests.kit.shop_line import LineShop, named

pytestmark = pytest.mark.anyio
HOSTILE = "<script>alert(1)</script>"


async def counted(house: House, *, holdout: bool = True, name: str = "Autumn letter") -> None:
    """A campaign that plainly sells, with or without somebody held out: half of 300 bought, and a fifth of 300."""
    begins = clock.now() - timedelta(days=30)
    async with house.database.session() as session:
        await save_brand(session, make_brand())
        await save_campaign(session, make_campaign(name=name))
    sides = [("mailed", 150), ("holdout", 60)] if holdout else [("mailed", 150)]
    reached = [
        episode(number + 1_000 * (side == "holdout"), side, 50.0 if number < buyers else 0.0, begins=begins,
                machine_opened=int(side == "mailed"))
        for side, buyers in sides
        for number in range(300)
    ]  # fmt: skip
    await keep(house.database, [*reached])


async def test_a_difference_is_told_with_what_it_may_as_well_be(signed_in: SignedIn, house: House) -> None:
    await counted(house)
    viewer = await signed_in("viewer")
    page = (await viewer.get("/reports/campaigns/autumn")).text
    assert "Sells more" in page
    assert "GBP more than those held out, within 7 days (95 % sure, on whichever day" in page
    assert "You may look every day" in page
    assert "300 more were opened by machines alone" in page
    for path in ("/reports?days=90", "/reports/panel"):
        assert "Autumn letter" in (await viewer.get(path)).text


async def test_the_days_chosen_stand_beside_what_is_claimed_and_claim_nothing(
    signed_in: SignedIn, house: House
) -> None:
    """In the last days those held out bought more; since it began, nobody did."""
    await counted(house)
    late = clock.now() - timedelta(days=10)
    reached = [
        episode(number + 1_000 * (side == "holdout"), side, 50.0 if number < buyers else 0.0, begins=late)
        for side, buyers in (("mailed", 60), ("holdout", 150))
        for number in range(300)
    ]
    await keep(house.database, [*reached])
    viewer = await signed_in("viewer")
    page = (await viewer.get("/reports?days=28")).text
    assert "Cannot tell yet" in page
    assert "Sells less" not in page
    assert "Your days alone, for one look" in page
    assert "-15.00" in page
    assert "Your days alone, for one look" not in (await viewer.get("/reports?days=90")).text
    panel = (await viewer.get("/reports/panel")).text
    assert "Sells" not in panel


async def test_without_a_holdout_no_difference_is_named(signed_in: SignedIn, house: House) -> None:
    await counted(house, holdout=False)
    page = (await (await signed_in("viewer")).get("/reports/campaigns/autumn")).text
    assert "Nobody was held out" in page
    assert "Sells more" not in page


async def test_campaigns_that_can_be_compared_stand_apart_from_those_that_hold_nobody_out(
    signed_in: SignedIn, house: House
) -> None:
    await counted(house)
    begins = clock.now() - timedelta(days=30)
    async with house.database.session() as session:
        for name in ("Alone", HOSTILE):
            await save_campaign(session, make_campaign(id=f"id-{len(name)}", name=name))
    for campaign in ("id-5", f"id-{len(HOSTILE)}"):
        await keep(house.database, [episode(9_000, campaign_id=campaign, begins=begins)])
    await keep(house.database, [episode(7_000, "holdout", 50.0, begins=begins, other_currency=1)])
    viewer = await signed_in("viewer")
    page = (await viewer.get("/reports?days=90")).text
    _table, _, rest = page.partition("</table>")
    assert "No holdout" not in page
    assert "Left out of these comparisons" in rest
    assert "1 order was paid in another currency" in rest
    assert rest.count("Nobody was held out of these, so they cannot be compared") == 1
    assert "/reports/campaigns/id-5" in rest
    assert HOSTILE not in page
    panel = (await viewer.get("/reports/panel")).text
    assert panel.count("Nobody was held out") == 1


async def test_where_no_campaign_holds_anybody_out_that_is_said_once_and_no_table_is_drawn(
    signed_in: SignedIn, house: House
) -> None:
    await counted(house, holdout=False)
    page = (await (await signed_in("viewer")).get("/reports?days=90")).text
    assert "None of this campaign’s customers were held out" in page
    assert 'class="against"' not in page


async def test_before_anything_was_counted_the_pages_say_so(signed_in: SignedIn, house: House) -> None:
    await open_shop(house.database)
    viewer = await signed_in("viewer")
    assert "Nothing to report in these days" in (await viewer.get("/reports")).text
    assert "Nobody has been written to yet" in (await viewer.get("/reports/campaigns/autumn")).text
    assert (await viewer.get("/reports/campaigns/nowhere")).status_code == 404


async def test_a_hostile_name_is_text(signed_in: SignedIn, house: House) -> None:
    await counted(house, name=HOSTILE)
    viewer = await signed_in("viewer")
    for path in ("/reports?days=90", "/reports/panel", "/reports/campaigns/autumn"):
        page = (await viewer.get(path)).text
        assert HOSTILE not in page
        assert "&lt;script&gt;" in page


async def test_the_headline_tells_everything_apart_from_what_fell_into_windows(
    signed_in: SignedIn, house: House
) -> None:
    shop, began = LineShop(house.database), clock.now() - timedelta(days=40)
    held = await shop.hold_out(0.5, began)
    for customer in (*named(held, False, 3), *named(held, True, 2)):
        await shop.joined(customer, began - timedelta(days=1))
        await shop.ordered(customer, began + timedelta(days=3))
    await shop.count(clock.now())
    await counted(house)
    page = (await (await signed_in("viewer")).get("/reports?days=90")).text
    assert "Too few have bought on one of the two sides" in page
    assert "3 customers who may be written to, 50.00 GBP each, against 2 of the shop’s holdout, 50.00 GBP each" in page
    assert "Only in campaigns’ windows" in page
    assert "only the headline has that in it" in page


async def test_programs_get_the_same_figures(signed_in: SignedIn, house: House) -> None:
    await counted(house)
    async with house.database.session() as session:
        _, token = await create_key(session, "reader", ["read"])
    client = (await signed_in("viewer")).client
    answer = await client.get("/v1/campaigns/autumn/results", headers={"Authorization": f"Bearer {token}"})
    assert answer.json()["comparison"]["verdict"] == "more"
    assert answer.json()["mailed"]["revenue"] == 150 * 50 * 10_000
    assert (await client.get("/v1/campaigns/autumn/results")).status_code == 401


async def test_who_asked_to_be_erased_needs_somebody(signed_in: SignedIn, house: House) -> None:
    await counted(house)
    async with house.database.session() as session:
        await ingest(session, [{"type": "identify", "userId": "c-1", "messageId": "i", "traits": {}}])
        customer_id = await customer_id_of(session, "c-1")
        assert customer_id is not None
        await ask(session, customer_id, Kind.ERASE)
    viewer = await signed_in("viewer")
    await start_run(house.database, 1)
    assert "1 customer asks for their data, or to be erased" in (await viewer.get("")).text


async def attributed(house: House, name: str = "Autumn letter") -> None:
    """E-mails of three arms in the last days, some with an order."""
    at = clock.now() - timedelta(days=3)
    async with house.database.session() as session:
        await save_brand(session, make_brand())
        await save_campaign(session, make_campaign(name=name))
    about: dict[str, Any] = {"at": at, "flow": HOSTILE, "lifecycle": HOSTILE, "experiment": HOSTILE, "variant": HOSTILE}
    choices = {"tone": [HOSTILE, 0.5, [HOSTILE, "plain"]], "angle": ["story", 0.5, ["story", HOSTILE]]}
    await keep(
        house.database,
        [
            email(number, 20.0 if number < 5 else 0.0, clicked=number < 9, choices=choices, **about)
            for number in range(90)
        ],
    )


async def test_whatever_a_report_names_is_text(signed_in: SignedIn, house: House) -> None:
    await attributed(house, HOSTILE)
    viewer = await signed_in("viewer")
    for by in ("campaign", "flow", "lifecycle", "variant", "arm"):
        page = (await viewer.get(f"/reports?by={by}")).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page.lower()


async def test_attributed_figures_say_that_they_are_no_proof_and_stand_last(signed_in: SignedIn, house: House) -> None:
    await attributed(house)
    page = (await (await signed_in("viewer")).get("/reports")).text
    assert "not proof that the e-mails caused it" in page
    assert page.index("What the e-mails made") < page.index("Experiments</h2>") < page.index("Attributed</h2>")
    # 9 of 90, as Wilson has it.
    assert "5.4–17.9 %" in page


async def test_the_spreadsheet_runs_no_formula(signed_in: SignedIn, house: House) -> None:
    await attributed(house, "=1+1")
    answer = await (await signed_in("viewer")).get("/reports/csv?days=28&by=campaign")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert ",'=1+1," in answer.text
    assert ",=1+1," not in answer.text


async def test_days_that_do_not_go_together_are_said_and_the_usual_ones_shown(
    signed_in: SignedIn, house: House
) -> None:
    await attributed(house)
    viewer = await signed_in("viewer")
    answer = await viewer.get("/reports?since=2026-05-05&until=2026-05-01")
    assert answer.status_code == 422
    assert "it ends before it begins" in answer.text
    assert "Autumn letter" in answer.text
    one_day = await viewer.get(f"/reports?since={clock.now().date()}&until={clock.now().date()}")
    assert one_day.status_code == 200


async def test_addresses_of_before_lead_to_where_things_are_now(signed_in: SignedIn) -> None:
    viewer = await signed_in("viewer")
    assert (await viewer.get("/results")).headers["location"] == "/studio/reports"
    assert (await viewer.get("/results/autumn")).headers["location"] == "/studio/reports/campaigns/autumn"


async def test_what_could_be_seen_is_said_before_anything_begins(signed_in: SignedIn) -> None:
    viewer = await signed_in("viewer")
    page = (await viewer.get("/reports/power?customers=50000&holdout=10&weeks=4&lift=5")).text
    assert "With 50,000 customers, a tenth of them held out, you will see a lift of" in page
    assert "To see a lift of 5 % it takes" in page
    wrong = await viewer.get("/reports/power?customers=many")
    assert (wrong.status_code, "Customers is not a whole number" in wrong.text) == (422, True)


async def test_programs_get_the_report_as_a_document_and_as_rows(signed_in: SignedIn, house: House) -> None:
    await attributed(house)
    async with house.database.session() as session:
        _, token = await create_key(session, "reader", ["read"])
    viewer = await signed_in("viewer")
    client, headers = viewer.client, {"Authorization": f"Bearer {token}"}
    found = (await client.get("/v1/reports", headers=headers)).json()
    assert (found["total"]["emails"], found["total"]["revenue"], found["currency"]) == (90, 100.0, "GBP")
    rows = (await client.get("/v1/reports", params={"format": "csv", "by": "flow"}, headers=headers)).text
    assert rows.startswith("since,until,section,by,key,name,metric,value,low,high,unit,verdict")
    wrong = await client.get("/v1/reports", params={"since": "2026-05-05", "until": "2026-05-01"}, headers=headers)
    assert (wrong.status_code, "/until" in wrong.text) == (422, True)
    for day in ("0001-01-01", "9999-12-31"):
        far = await client.get("/v1/reports", params={"until": day}, headers=headers)
        assert (far.status_code, "/until" in far.text) == (422, True)
        assert (await viewer.get(f"/reports?since={day}&until={day}")).status_code == 422
    assert (await client.get("/v1/reports")).status_code == 401
