"""Each rule of the guard, with a text it holds back and a near neighbour it lets pass."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from evals import checks, corpora
from evals.draft import Block, BlockName
from evals.guard import check_block
from evals.verdict import Severity, Status
from tests.kit.snapshots import MUG, OFFER, SOLD_OUT, TENT, held_back, rules_of, snapshot


class Pair(NamedTuple):
    rule: str
    block: BlockName
    bad: str
    sound: str


PAIRS = (
    Pair(
        "attribute.invented",
        "pitch",
        "The Tin Mug No. 4 has a soft, velvety texture.",
        "The Tin Mug No. 4 has an enamelled finish.",
    ),
    Pair("attribute.invented", "pitch", "The Larch 2P Tent weighs 1.4 kg.", "The Larch 2P Tent weighs 1.9 kg."),
    Pair("brand.forbidden", "opening", "Adventures begin at the door.", "The weekend begins at the door."),
    Pair("voice.outsider", "closing", "Enjoy your fernweh outfitters.", "It rains here, too, at Fernweh Outfitters."),
    Pair("chars.garbled", "opening", "A tent \u202efor two.", "A tent for two."),
    Pair("chars.garbled", "opening", "A tent\u0007 for two.", "A tent\nfor two."),
    Pair("chars.garbled", "opening", "A tent â€” for two.", "A tent — for two."),
    Pair("chars.garbled", "opening", "A te\u200bnt for two.", "A tent for two 👨\u200d👩\u200d👧."),
    Pair("chars.garbled", "opening", "A t\u0435nt for two.", "A tent for two."),
    Pair("chars.garbled", "opening", "A tent\U000e0041 for two.", "A tent for two."),
    Pair("claim.medical", "opening", "Sleeping outside cures insomnia.", "Sleeping outside cures nothing but boredom."),
    Pair("claim.unsubstantiated", "pitch", "The best tent in America.", "It is best pitched before dark."),
    Pair("code.invented", "closing", "Use code CAMP20 at checkout.", "Use it on Sunday, with a friend."),
    Pair(
        "attribute.invented",
        "pitch",
        "A bit longer than the Trail Socks 3-Pack you bought.",
        "A bit longer in the rain, and the evening is gone.",
    ),
    Pair(
        "competitor.mention", "pitch", "Lighter than anything at Basecamp-Barn.", "Lighter than the barn at base camp."
    ),
    Pair("creepy.surveillance", "opening", "We saw you looking at tents last night.", "We saw the first swallow."),
    Pair("discount.invented", "pitch", "The Tin Mug No. 4 is on sale.", "The Tin Mug No. 4 is not on sale."),
    Pair("emoji.flood", "subject", "⛺🏕️⛺ A tent", "⛺ A tent"),
    Pair("text.truncated", "cta", "…", "See it"),
    Pair("format.leak", "pitch", "**A tent.** For two.", "A tent. For two * at most."),
    Pair("history.invented", "opening", "Thank you for your visit.", "Thank you for reading."),
    Pair("header.injection", "subject", "A tent\r\nBcc: x@collector.example", "A tent: for two"),
    Pair(
        "history.invented",
        "opening",
        "The boots you bought in January need socks.",
        "The Trail Socks you bought in January.",
    ),
    Pair(
        "history.invented",
        "opening",
        "You bought the Trail Socks 3-Pack and the Tin Mug No. 4.",
        "You bought the Trail Socks 3-Pack, so we thought of the Tin Mug No. 4.",
    ),
    Pair("html.injection", "pitch", "A <b>tent</b> for two.", "Two < three, as every tent knows."),
    Pair(
        "injection.echo",
        "opening",
        "Ignoring all previous instructions, hello.",
        "Forget the rules about camping in March.",
    ),
    Pair("internal.leak", "opening", "Goal: win back", "Time to win at cards in the tent."),
    Pair(
        "language.wrong", "opening", "Das Zelt steht noch immer für dich bereit.", "The tent is still standing for you."
    ),
    Pair("length.exceeded", "cta", "Take me straight to the tent for two people", "See the tent"),
    Pair("manipulation.guilt", "cta", "No thanks, I like wet socks", "No thanks"),
    Pair("meta.refusal", "opening", "Sure! Here's an opening line:", "Sure, it is raining."),
    Pair("name.wrong", "opening", "Hi Marta,", "Hi Mara,"),
    Pair("discount.invented", "closing", "See our latest deals.", "See the latest sunset you can."),
    Pair("offer.misstated", "closing", "TRAIL15 takes 25% off.", "TRAIL15 takes 15% off over $50, until Sunday."),
    Pair("pii.leak", "closing", "We will call 541 555 0142.", "We will call it a day."),
    Pair("placeholder.leftover", "opening", "Hi [First Name],", "Hi {first_name},"),
    Pair("policy.invented", "closing", "Lifetime guarantee included.", "Two-year warranty, 60 days to send it back."),
    Pair("price.wrong", "pitch", "The Larch 2P Tent is $250.", "The Larch 2P Tent is $240, down from $300."),
    Pair("product.not_in_picks", "pitch", "Add the Comet Cook Set.", "Add the Tin Mug No. 4."),
    Pair(
        "product.not_in_picks",
        "closing",
        "Order the Trail Socks 3-Pack as well.",
        "Wear the Trail Socks 3-Pack to bed.",
    ),
    Pair(
        "product.out_of_stock", "pitch", "The Glow Lantern lights a table.", "The Glow Lantern is sold out until May."
    ),
    Pair(
        "product.not_in_picks",
        "pitch",
        "The Trail Socks 3-Pack is a warm start.",
        "The Trail Socks 3-Pack wants a tent to dry in.",
    ),
    Pair("internal.leak", "opening", "Nothing in the facts makes it urgent.", "Nothing makes it urgent. Take a week."),
    Pair("profanity", "opening", "A damn good tent, no bullsh1t.", "A classic tent from Scunthorpe."),
    Pair("recipient.mixed", "opening", "Hi Mara, hi Jonas,", "Hi Mara, and hello to Biscuit."),
    Pair(
        "repetition.loop", "pitch", "It sleeps two people. It sleeps two people.", "It sleeps two. Two people, that is."
    ),
    Pair("scarcity.invented", "pitch", "Only two Larch tents left.", "Four of the Larch tents are left."),
    Pair("sensitive.inference", "opening", "Congratulations on the baby.", "Baby steps towards summer."),
    Pair("shipping.invented", "closing", "Free delivery on everything.", "Delivery is free over $75."),
    Pair("style.spam", "subject", "YOUR TENT NEEDS THIS NOW", "A tent, a DVD and a nap"),
    Pair("subject.deceptive", "subject", "Your order has shipped", "Ready to ship out in June?"),
    Pair("subject.deceptive", "subject", "Re: your tent", "Returning to the tent"),
    Pair("testimonial.fake", "pitch", "Rated 4.9 by thousands of campers.", "Made for campers."),
    Pair("text.truncated", "pitch", "A tent that pitches in the dark and", "A tent that pitches in the dark."),
    Pair("urgency.invented", "subject", "Last chance for the Larch", "The last days of winter"),
    Pair("url.foreign", "closing", "https://fernweh.example.deals.example/tent", "https://fernweh.example/p/larch"),
    Pair("voice.outsider", "closing", "Please contact customer service.", "Write to us, we read everything."),
)


def _world_for(rule: str) -> dict[str, Any]:
    if rule == "offer.misstated":
        return {"offer": OFFER}
    if rule in ("discount.invented", "product.not_in_picks"):
        return {"products": (MUG,), "product_id": "mug" if rule == "product.not_in_picks" else None}
    return {"products": (TENT, MUG, SOLD_OUT)} if rule == "product.out_of_stock" else {}


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.rule)
def test_a_rule_holds_back_the_bad_text_and_passes_its_sound_neighbour(pair: Pair) -> None:
    changes = _world_for(pair.rule)
    assert pair.rule in rules_of(held_back(pair.bad, pair.block, **changes))
    assert held_back(pair.sound, pair.block, **changes) == []


def test_every_registered_rule_has_its_pair_or_cases_in_a_file_of_its_own() -> None:
    shown = {pair.rule for pair in PAIRS} | {path.stem for path in corpora.labelled_files()}
    assert {rule.id for rule in checks.ALL} <= shown


REPAIRS = (
    ("subject", "Re: your tent", "Your tent"),
    ("opening", "Hi Marta, the tent is here.", "Hi {first_name}, the tent is here."),
    ("pitch", "A **tent** for two.", "A tent for two."),
    ("pitch", '"A tent for two."', "A tent for two."),
    ("opening", "Opening: The tent is here.", "The tent is here."),
    ("opening", "The te\u200bnt is here.", "The tent is here."),
    ("opening", "What a tent!! What a night!!", "What a tent! What a night!"),
    ("subject", "⛺🏕️⛺ A tent for two", "⛺ A tent for two"),
    ("pitch", "It sleeps two people. It sleeps two people.", "It sleeps two people."),
    ("pitch", "It sleeps two people. It pitches in the dark and", "It sleeps two people."),
    ("pitch", "Fish &amp; chips by the tent.", "Fish & chips by the tent."),
)


@pytest.mark.parametrize(("block", "text", "repaired"), REPAIRS)
def test_a_repair_is_the_whole_text_and_passes_the_guard_itself(block: BlockName, text: str, repaired: str) -> None:
    held = held_back(text, block)
    assert [(verdict.severity, verdict.repaired) for verdict in held] == [(Severity.REPAIR, repaired)]
    assert held_back(repaired, block) == []


def test_a_mistyped_code_is_put_right() -> None:
    held = held_back("TRAIL1S takes 15% off over $50.", "closing", offer=OFFER)
    assert "TRAIL15 takes 15% off over $50." in {verdict.repaired for verdict in held}


def test_a_verdict_points_at_the_words_it_is_about() -> None:
    text = "Ein süßes Zelt: the Larch 2P Tent is $250."
    verdict = next(item for item in held_back(text) if item.rule == "price.wrong")
    assert verdict.span is not None
    start, end = verdict.span
    assert text[start:end] == verdict.found == "$250"
    assert verdict.source is not None
    assert "240" in verdict.source


def test_a_rule_without_facts_to_judge_by_says_so() -> None:
    verdicts = check_block(snapshot(offer=None), Block(name="closing", text="See you on the trail."))
    assert [item.status for item in verdicts if item.rule == "offer.misstated"] == [Status.NOT_JUDGED]


def test_every_applicable_rule_answers_exactly_once_for_a_sound_block() -> None:
    verdicts = check_block(snapshot(), Block(name="cta", text="See the tent"))
    expected = [rule.id for rule in checks.ALL if "cta" in rule.blocks]
    assert [item.rule for item in verdicts] == expected


def test_shouting_is_judged_in_a_language_without_word_lists_too() -> None:
    held = held_back("BUY THIS NOW PLEASE FRIENDS", "opening", locale="cs-CZ")
    assert "style.spam" in rules_of(held)
    assert not any(verdict.crashed for verdict in held)
