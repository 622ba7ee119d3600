"""Templates say of a pick what its own reason says: what goes with what, what is like what, and what runs low."""

from __future__ import annotations

from datetime import date

import pytest

from catalog.reason_words import words_for
from composer.reasoned import lead_tied
from composer.template_values import memory_values
from composer.templates import BlockTemplates
from evals.snapshot import OrderFact, Snapshot
from prompts.model import FlowName
from tests.kit.emails import make_fact, make_task
from tests.kit.factories import LIBRARY
from tests.kit.languages import SHELVES, remembering

LANGUAGES = sorted(LIBRARY.languages)
MATCHING = {
    "en": (
        "go well",
        "goes well",
        "goes with",
        "go with",
        "goes together",
        "match for",
        "beside",
        "company",
        "friends",
    ),
    "de": ("passt", "passend", "daneben", "gesellschaft"),
    "fr": ("va bien", "vont bien", "irait bien", "aller avec", "va ensemble", "à côté", "compagnie", "accords"),
    "es": ("va bien", "van bien", "quedaría bien", "a juego", "al lado", "compañía", "va junto", "combina", "acompañ"),
}
"""Words that say that one thing goes with another; what does not fit a reader is another matter."""
language_of = pytest.mark.parametrize("language", LANGUAGES)


def reasoned(language: str, flow: FlowName, key: str, bought: str = "", place: int = 0) -> Snapshot:
    """The product at `place` shown for this reason, about `bought`."""
    snapshot = remembering(language, flow, 3)
    [reason, *_] = words_for(language).say(key, title=bought or SHELVES[language].bought)
    products = list(snapshot.products)
    products[place] = products[place].model_copy(update={"reason": reason})
    return snapshot.model_copy(update={"products": tuple(products)})


def said(snapshot: Snapshot, *blocks: str, seeds: int = 40) -> set[str]:
    """Everything that templates may say in these blocks."""
    flow = LIBRARY.flow(snapshot.flow)
    found: set[str] = set()
    for seed in range(seeds):
        step = flow.steps[seed % len(flow.steps)].name
        task = make_task(snapshot, flow, step=step, angle=flow.angles[seed % len(flow.angles)])
        templates = BlockTemplates(LIBRARY.fallback(flow.name, snapshot.locale), task, seed)
        found |= {templates.block(block, variant).text for block in blocks for variant in range(4)}
    return found


def matching(texts: set[str], language: str) -> set[str]:
    return {text for text in texts if any(word in text.lower() for word in MATCHING[language])}


ALL = ("subject", "preheader", "opening", "cta")


@language_of
@pytest.mark.parametrize("flow", ["cross_sell", "post_purchase", "newsletter"])
def test_what_is_like_something_is_not_said_to_go_with_it(language: str, flow: FlowName) -> None:
    assert matching(said(reasoned(language, flow, "like_bought"), *ALL), language) == set()
    assert matching(said(reasoned(language, flow, "popular"), *ALL), language) == set()
    assert matching(said(reasoned(language, flow, "goes_with_bought"), *ALL), language)


@language_of
def test_what_is_like_something_may_be_said_to_be_close_to_it(language: str) -> None:
    bought = SHELVES[language].bought
    alike = said(reasoned(language, "cross_sell", "like_bought"), "subject", "opening")
    plain = said(reasoned(language, "cross_sell", "popular"), "subject", "opening")
    assert {text for text in alike - plain if bought.casefold() in text.casefold()}


def test_the_purchase_named_is_the_one_that_the_first_pick_is_shown_for() -> None:
    snapshot = reasoned("en", "cross_sell", "goes_with_bought", "Copper Pan")
    orders = (
        OrderFact(product="Tea Towel", date=date(2026, 10, 5)),
        OrderFact(product="Copper Pan", date=date(2026, 9, 1)),
    )
    facts = tuple(make_fact("purchase", order.product) for order in orders)
    person = snapshot.person.model_copy(update={"orders": orders})
    snapshot = snapshot.model_copy(update={"person": person, "facts": facts})
    assert lead_tied(snapshot) == ("goes_with", "Copper Pan")
    texts = said(snapshot, "subject", "opening")
    assert any("copper pan" in text.lower() for text in texts)
    assert not any("tea towel" in text.lower() for text in texts)


@language_of
def test_only_what_runs_low_by_its_reason_is_told_so(language: str) -> None:
    """Bought before is not used up: a bowl lasts."""
    place, lines = 1, LIBRARY.fallback("replenishment", language).blocks["pitch"]
    leading = {line.text for line in lines if line.needs == ("lead",)}
    bowl = reasoned(language, "replenishment", "buy_again", place=place)
    name = bowl.products[place].name
    orders = (*bowl.person.orders, OrderFact(product=name, date=date(2026, 10, 2)))
    bowl = bowl.model_copy(update={"person": bowl.person.model_copy(update={"orders": orders})})
    pitch = f"pitch:{bowl.products[place].id}"
    assert not said(bowl, pitch) & leading
    low = reasoned(language, "replenishment", "running_low", place=place)
    assert said(low, pitch) & leading


@language_of
def test_a_refill_names_the_first_pick_and_nothing_else_that_was_bought(language: str) -> None:
    snapshot = remembering(language, "replenishment", 3)
    bowl = snapshot.products[1].name
    orders = (OrderFact(product=bowl, date=date(2026, 10, 9)),)
    snapshot = snapshot.model_copy(
        update={
            "person": snapshot.person.model_copy(update={"orders": orders}),
            "facts": (make_fact("purchase", bowl),),
        }
    )
    assert not [text for text in said(snapshot, "subject", "opening") if bowl.casefold() in text.casefold()]


@language_of
@pytest.mark.parametrize(("flow", "block"), [("vip", "subject"), ("vip", "opening"), ("win_back", "subject")])
def test_nothing_is_said_to_be_chosen_for_a_purchase_that_it_is_not_shown_for(
    language: str, flow: FlowName, block: str
) -> None:
    bought = SHELVES[language].bought
    tied = said(reasoned(language, flow, "like_bought"), block)
    plain = said(reasoned(language, flow, "popular"), block)
    assert {text for text in tied - plain if bought.casefold() in text.casefold()}


@language_of
def test_who_is_thanked_for_an_order_is_thanked_for_the_latest(language: str) -> None:
    """Even where the first pick is shown for an earlier one."""
    pan, towel = "Copper Pan", "Tea Towel"
    snapshot = reasoned(language, "post_purchase", "goes_with_bought", pan)
    orders = (OrderFact(product=towel, date=date(2026, 10, 5)), OrderFact(product=pan, date=date(2026, 9, 1)))
    facts = tuple(make_fact("purchase", order.product) for order in orders)
    person = snapshot.person.model_copy(update={"orders": orders})
    snapshot = snapshot.model_copy(update={"person": person, "facts": facts})
    texts = said(snapshot, "subject", "preheader", "opening")
    assert any(towel in text for text in texts)
    assert not any(pan in text for text in texts)
    assert matching(texts, language) == set()


def test_what_was_recorded_before_templates_went_by_reasons_is_told_again_as_it_was() -> None:
    snapshot = reasoned("en", "cross_sell", "goes_with_bought", "Copper Pan")
    orders = (
        OrderFact(product="Tea Towel", date=date(2026, 10, 5)),
        OrderFact(product="Copper Pan", date=date(2026, 9, 1)),
    )
    person = snapshot.person.model_copy(update={"orders": orders})
    facts = tuple(make_fact("purchase", order.product) for order in orders)
    snapshot = snapshot.model_copy(update={"person": person, "facts": facts})
    flow = LIBRARY.flow("cross_sell")
    assert memory_values(snapshot, flow)["last_purchase"] == "Copper Pan"
    assert memory_values(snapshot, flow, by_reasons=False)["last_purchase"] == "Tea Towel"
