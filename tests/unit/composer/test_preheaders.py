"""A templated preheader stands beside the subject in every inbox: it says something else, and not the same to all."""

from __future__ import annotations

import re

import pytest

from composer.templates import BlockTemplates
from evals.snapshot import Snapshot
from prompts.environment import short_name
from prompts.library import Library
from prompts.model import Flow, FlowName
from tests.kit.emails import make_task
from tests.kit.languages import language_offer, remembering, worlds

LIBRARY = Library.load()
language_of = pytest.mark.parametrize("language", LIBRARY.languages)


def inbox(snapshot: Snapshot, flow: Flow, seed: int, **changes: object) -> tuple[str, str]:
    """Subject and preheader."""
    task = make_task(snapshot, flow, step=flow.steps[seed % len(flow.steps)].name).model_copy(update=changes)
    templates = BlockTemplates(LIBRARY.fallback(flow.name, snapshot.locale), task, seed)
    return templates.block("subject").text, templates.block("preheader").text


def named(snapshot: Snapshot, offer: str, text: str) -> set[str]:
    """What of the first pick, the purchase and the offer a text names."""
    names = [snapshot.products[0].name, *(order.product for order in snapshot.person.orders)]
    told = [*map(short_name, names), *([offer] if offer else [])]
    return {one for one in told if one.casefold() in text.casefold()}


@language_of
def test_it_does_not_name_again_what_the_subject_names(language: str) -> None:
    twice = []
    for flow in LIBRARY.flows:
        offers = [None, *(language_offer(language, kind) for kind in flow.offers)]
        for seed in range(24):
            snapshot = remembering(language, flow.name, 1 + seed % 4, offer=offers[seed % len(offers)])
            phrase = {"percent": "10", "amount": "5"}.get(snapshot.offer.kind, "") if snapshot.offer else ""
            subject, preheader = inbox(snapshot, flow, seed)
            again = named(snapshot, phrase, subject) & named(snapshot, phrase, preheader)
            twice += [(flow.name, subject, preheader)] if again else []
    assert twice == []


@language_of
def test_beside_a_price_it_names_no_other_product(language: str) -> None:
    for flow in LIBRARY.flows:
        snapshot = remembering(language, flow.name)
        second = short_name(snapshot.products[1].name)
        for seed in range(40):
            subject, preheader = inbox(snapshot, flow, seed, subject="number")
            assert not (re.search(r"\d[.,]\d\d", subject) and second in preheader), (flow.name, subject, preheader)


@language_of
@pytest.mark.parametrize("flow", ["post_purchase", "vip"])
def test_it_leaves_thanking_to_the_subject_and_the_opening(flow: FlowName, language: str) -> None:
    lines = [line.text for line in LIBRARY.fallback(flow, language).blocks["preheader"]]
    assert not [line for line in lines if re.search("thank|dank|merci|graci|agradec", line.casefold())]


@language_of
def test_it_is_not_the_same_for_all(language: str) -> None:
    for flow in LIBRARY.flows:
        snapshot = remembering(language, flow.name)
        said = {inbox(snapshot, flow, seed)[1] for seed in range(60)}
        assert len(said) >= 3, (flow.name, said)


@language_of
def test_all_choices_are_there_and_the_last_is_ours_alone(language: str) -> None:
    """Whatever the subject names, there are lines to go on to, and in the end one without anything from outside."""
    for flow in LIBRARY.flows:
        for snapshot in worlds(language, flow):
            task = make_task(snapshot, flow)
            fallback = LIBRARY.fallback(flow.name, language)
            templates = BlockTemplates(fallback, task, 5)
            ours = {line.text for line in fallback.blocks["preheader"] if not line.needs}
            assert templates.block("preheader", 7).text in ours


def test_it_leaves_the_first_pick_to_a_subject_that_a_model_will_write() -> None:
    """The template has none of that style for a name so long; a model has."""
    flow = LIBRARY.flow("cross_sell")
    snapshot = remembering("en", flow.name)
    first = snapshot.products[0].model_copy(update={"name": "Red Hanging Heart Lantern With A Long Glass Chimney"})
    snapshot = snapshot.model_copy(update={"products": (first, *snapshot.products[1:])})
    said = {
        leads: {inbox(snapshot, flow, seed, subject="product", subject_leads=leads)[1] for seed in range(40)}
        for leads in (False, True)
    }
    assert any(first.name in preheader for preheader in said[False])
    assert not any(first.name in preheader for preheader in said[True])


def test_what_was_recorded_before_is_told_again_as_it_was() -> None:
    flow = LIBRARY.flow("back_in_stock")
    snapshot = remembering("en", "back_in_stock", 1)
    before, after = ({inbox(snapshot, flow, seed, says_once=once) for seed in range(30)} for once in (False, True))
    assert any("Moka Pot" in subject and "Moka Pot" in preheader for subject, preheader in before)
    assert not any("Moka Pot" in subject and "Moka Pot" in preheader for subject, preheader in after)


def test_a_name_with_a_full_stop_ends_a_sentence_with_one() -> None:
    for flow in LIBRARY.flows:
        snapshot = remembering("en", flow.name)
        named = [product.model_copy(update={"name": f"{product.name}."}) for product in snapshot.products]
        snapshot = snapshot.model_copy(update={"products": tuple(named)})
        for seed in range(20):
            assert ".." not in "".join(inbox(snapshot, flow, seed))
