"""What becomes of an e-mail that is made anew: what may come back, what is reckoned again, and what ends it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from catalog.model import BasketPrice
from composer.campaigns import CampaignVersion
from composer.contract import BlockReport, ComposeResult, Rung
from composer.deadline import Deadline
from composer.finish import Finished, Finisher
from composer.ladder import climb
from composer.links import Links
from composer.panel import Judges, Panel
from composer.plan import NothingToSay, make_plan
from composer.refreshing import Outdated, replanned, rewritten, still_offered
from composer.templates import BlockTemplates
from composer.timing import Stopwatch
from evals.draft import Block
from evals.judges import Objection
from evals.snapshot import Snapshot
from prompts.model import FlowName
from store.crypto import Keyring
from store.ids import new_email_id
from tests.kit.factories import LIBRARY, NOW, make_brand, make_campaign, make_memory, make_request
from tests.kit.shelf import TestShelf
from tests.kit.writers import ScriptedWriter

pytestmark = pytest.mark.anyio

FINISHER = Finisher(LIBRARY, Links(Keyring.generate()))
CART = [{"product_id": "sencha", "name": "Sencha 100 g", "price": "12.50", "at": NOW, "event_id": "e-2"}]
NEXT_PRICE = "Sencha from Shizuoka, Japan, for £13.75."


class Approves:
    """A judge who minds nothing."""

    name = "approves"

    def judge(self, snapshot: Snapshot, block: Block) -> Sequence[Objection]:
        """Nothing."""
        return []


async def composed(
    shelf: TestShelf,
    said: dict[str, str],
    *,
    flow: FlowName = "newsletter",
    panel: Panel | None = None,
    **memory: Any,
) -> Outdated:
    """An e-mail for the shelf as it stands now."""
    version = CampaignVersion(make_campaign(flow), make_brand(), 1)
    request = make_request()
    plan = make_plan(request, version, LIBRARY.flow(flow), make_memory(**memory), picker=shelf, shown=(), now=NOW)
    templates, watch = BlockTemplates(LIBRARY.fallback(flow, "en-GB"), plan.task, plan.seed), Stopwatch()
    writer = ScriptedWriter(lambda key, round_: said.get(key))
    climbed = await climb(
        plan.task, plan.keys, writers=[writer], templates=templates, deadline=Deadline(60), watch=watch, panel=panel
    )
    done = FINISHER.finish(request, version, plan, climbed, templates, watch, email_id=new_email_id())
    return Outdated(done.result, done.record, version)


async def made_anew(email: Outdated, shelf: TestShelf) -> Finished:
    plan = replanned(email, still_offered(email, shelf, NOW), shelf, NOW)
    return await rewritten(email, plan, LIBRARY, FINISHER)


def block(done: Finished, key: str) -> BlockReport:
    return {report.key: report for report in done.result.blocks}[key]


@pytest.mark.parametrize("judged", [False, True], ids=["without judges", "with judges"])
async def test_a_text_that_has_become_true_comes_back_unless_judges_never_saw_it(judged: bool) -> None:
    shelf = TestShelf()
    panel = Judges([Approves()]) if judged else None
    email = await composed(shelf, {"pitch:sencha": NEXT_PRICE, "pitch:cup": "A dark slate finish."}, panel=panel)
    assert NEXT_PRICE not in email.result.html
    shelf.change("sencha", price=Decimal("13.75"))
    done = await made_anew(email, shelf)
    assert (block(done, "pitch:sencha").text == NEXT_PRICE) is not judged
    assert block(done, "pitch:cup").rung is Rung.MODEL


async def test_a_cart_e_mail_ends_with_the_last_product_of_the_cart() -> None:
    shelf = TestShelf(kinds={"sencha": "cart", "kettle": "goes_with", "cup": "popular"})
    email = await composed(shelf, {}, flow="abandoned_cart", cart=CART)
    shelf.remove("cup")
    assert [pick.product_id for pick in (await made_anew(email, shelf)).result.picks] == ["sencha", "kettle"]
    shelf.remove("sencha")
    with pytest.raises(NothingToSay) as refused:
        await made_anew(email, shelf)
    assert refused.value.reason == "nothing_to_lead"


async def test_what_reaches_free_delivery_is_reckoned_with_the_new_prices() -> None:
    shelf = TestShelf()
    email = await composed(shelf, {})
    basket = BasketPrice(
        currency="GBP", items=(), cart=Decimal(0), added=("kettle",), total=Decimal("48.00"), free_over=Decimal(30)
    )
    email = Outdated(email.result, email.record.model_copy(update={"basket": basket}), email.version)
    shelf.change("kettle", price=Decimal("52.00"))
    found = (await made_anew(email, shelf)).result.basket
    assert found is not None
    assert (found.added, found.total) == (("kettle",), Decimal("52.00"))
    shelf.change("kettle", price=Decimal("12.00"))
    found = (await made_anew(email, shelf)).result.basket
    assert found is not None
    assert (found.added, found.total) == (("sencha", "kettle", "cup"), Decimal("33.50"))


async def test_what_a_cart_comes_to_is_said_with_the_new_sum_or_not_at_all() -> None:
    shelf = TestShelf(kinds={"sencha": "cart", "kettle": "goes_with", "cup": "popular"})
    email = await composed(shelf, {}, flow="abandoned_cart", cart=CART)
    assert sums(email.result) == ["£60.50"]
    shelf.change("kettle", price=Decimal("52.00"))
    assert sums((await made_anew(email, shelf)).result) == ["£64.50"]
    shelf.remove("kettle")
    shelf.remove("cup")
    assert sums((await made_anew(email, shelf)).result) == []


def sums(result: ComposeResult) -> list[str]:
    return [total for fact in result.facts for total in re.findall(r"together are (\S+)\.", fact["text"])]


async def test_an_e_mail_about_reductions_ends_with_the_reductions() -> None:
    shelf = TestShelf()
    for product_id, sale in (("sencha", "9"), ("kettle", "40"), ("cup", "7")):
        shelf.change(product_id, sale_price=Decimal(sale))
    email = await composed(shelf, {}, flow="price_drop")
    for product_id in ("sencha", "kettle", "cup"):
        shelf.change(product_id, sale_price=None)
    with pytest.raises(NothingToSay) as refused:
        await made_anew(email, shelf)
    assert refused.value.reason == "too_few_picks"


async def test_the_decision_the_date_and_what_the_model_cost_stay_those_of_the_e_mail() -> None:
    shelf = TestShelf()
    email = await composed(shelf, {"pitch:cup": "A dark slate finish."})
    shelf.change("sencha", price=Decimal("13.75"))
    result = (await made_anew(email, shelf)).result
    kept = ("id", "decision", "created_at", "usage", "customer", "campaign_version")
    assert [getattr(result, name) for name in kept] == [getattr(email.result, name) for name in kept]
    assert result.headers["Date"] == email.result.headers["Date"]
    assert result.record != email.result.record
