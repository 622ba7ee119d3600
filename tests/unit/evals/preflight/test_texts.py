"""The text rules run once more on the assembled message, wherever its words stand."""

from __future__ import annotations

import pytest

from evals.draft import Block
from evals.guard import check_block, check_message
from evals.preflight.texts import TEXT_RULES
from evals.rules import RULES
from evals.verdict import Status
from tests.kit.messages import (
    HEADERS,
    HTML,
    TEXT,
    UNSUBSCRIBE,
    failures,
    in_both,
    in_headers,
    in_html,
    in_text,
    message,
)
from tests.kit.snapshots import MUG, TENT, snapshot


@pytest.mark.parametrize(
    ("rule", "mime"),
    [
        ("price.wrong", in_both("$14.50", "$13.50")),
        ("placeholder.leftover", in_text("See the mug", "See {{ product }}")),
        ("placeholder.leftover", in_text("-- \n", "-- \nSent to [Your Name]\n")),
        ("placeholder.leftover", in_html('alt="A tin mug"', 'alt="*|PRODUCT|*"')),
        ("placeholder.leftover", in_html("A cup for the road.", "A cup for {{ name }}.")),
        ("discount.invented", in_text("See the mug", "Now half price, see the mug")),
        ("discount.invented", in_html('alt="A tin mug"', 'alt="Now half price"')),
        ("discount.invented", in_html(">See the mug<", ' title="Now half price">See the mug<')),
        ("code.invented", in_both("See the mug", "Use code SAVE20")),
        ("shipping.invented", in_html("A cup for the road.", "Free shipping today.")),
        ("scarcity.invented", in_text("See the mug", "Only 2 left in stock. See the mug")),
        ("urgency.invented", in_text("See the mug", "Ends tonight: see the mug")),
        ("pii.leak", in_text("See the mug", "For mara.lindqvist@mailbox.example, see the mug")),
        ("internal.leak", in_text("See the mug", "For our lapsed-high-ltv friends, see the mug")),
        ("subject.deceptive", in_headers("Subject: A mug", "Subject: Re: A mug")),
    ],
)
def test_what_a_block_may_not_say_the_message_may_not_say_either(rule: str, mime: bytes) -> None:
    found = failures(mime, subject=None)
    assert rule in {verdict.rule for verdict in found}
    assert all(verdict.block == "message" for verdict in found)


def test_a_price_is_held_against_the_product_in_whose_paragraph_it_stands() -> None:
    shown = "* Larch 2P Tent - $240.00\n  Yours for $14.50.\n\n* Tin Mug No. 4 - $14.50\n"
    html = HTML.replace("<h2", "<p>Larch 2P Tent $240.00</p><h2")
    mime = message(html=html, text=TEXT.replace("* Tin Mug No. 4 - $14.50\n", shown))
    assert "price.wrong" in {verdict.rule for verdict in failures(mime, products=(TENT, MUG))}


def test_a_sealed_link_that_spells_a_placeholder_by_chance_passes() -> None:
    sealed = UNSUBSCRIBE.replace("abc123", "gAAA___TODO9")
    assert failures(message(*(part.replace(UNSUBSCRIBE, sealed) for part in (HTML, TEXT, HEADERS)))) == []


def with_pitch(line: str) -> bytes:
    """The message with a line about the mug in both parts."""
    text = TEXT.replace("4 - $14.50", f"4 - $14.50\n  {line}")
    return message(html=HTML.replace("$14.50", f"$14.50 {line}"), text=text)


def test_a_line_of_a_sound_block_passes_in_the_message() -> None:
    world = snapshot(products=(MUG,))
    line = "It holds 350 ml, enough for two cups."
    check_block(world, Block(name="pitch", product_id=MUG.id, text=line))
    in_pitch = message(
        html=HTML.replace("$14.50", f"$14.50 {line}"), text=TEXT.replace("4 - $14.50", f"4 - $14.50\n  {line}")
    )
    assert failures(in_pitch) == []


def test_a_block_that_failed_is_found_again_in_the_message() -> None:
    line = "Now only $9.00."
    check_block(snapshot(products=(MUG,)), Block(name="pitch", product_id=MUG.id, text=line))
    mime = message(
        html=HTML.replace("$14.50", f"$14.50 {line}"), text=TEXT.replace("4 - $14.50", f"4 - $14.50\n  {line}")
    )
    assert "price.wrong" in {verdict.rule for verdict in failures(mime)}


def test_every_rule_named_is_a_rule_of_blocks() -> None:
    assert set(TEXT_RULES) <= set(RULES)


def test_a_rule_without_anything_to_judge_by_says_so() -> None:
    verdicts = check_message(snapshot(products=(MUG,)), message())
    silent = {verdict.rule for verdict in verdicts if verdict.status is Status.NOT_JUDGED}
    assert {"message.address", "message.subject"} <= silent
