"""Sound plain copy passes everywhere: sentences any shop might write, which claim nothing."""

from __future__ import annotations

import pytest

from evals.corpora import PLAIN_COPY
from evals.draft import BlockName
from tests.kit.snapshots import BRAND, PERSON, TENT, held_back

LINES = [line.split("\t") for line in PLAIN_COPY.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(("locale", "text"), LINES, ids=lambda value: value[:40])
def test_a_sentence_that_claims_nothing_passes_in_every_prose_block(locale: str, text: str) -> None:
    blocks: tuple[BlockName, ...] = ("opening", "closing", "pitch")
    for name in blocks:
        held = held_back(text, name, locale=locale, product_id="tent" if name == "pitch" else None)
        assert [(verdict.rule, verdict.found) for verdict in held] == []


def test_words_in_a_products_name_say_nothing_of_the_writer() -> None:
    tin = TENT.model_copy(update={"id": "tin", "name": "Lunch Box I Love London"})
    assert held_back("Next to your order: the Lunch Box I Love London", "subject", products=(tin,)) == []


def test_a_products_own_description_passes_as_its_pitch() -> None:
    assert held_back(TENT.description, product_id="tent") == []


SMALL_MODEL_SLIPS = (
    ("opening", "I'm so excited to share our new tent with you."),
    ("opening", "Here is a subject line: A tent for two"),
    ("opening", "Dear Customer, the tent is here."),
    ("closing", "Best regards,\n[Your Name]"),
    ("pitch", "The Larch 2P Tent is made with natural ingredients."),
    ("pitch", "The Larch 2P Tent is perfect for sensitive skin."),
    ("pitch", "This pair of mugs keeps you warm."),
    ("pitch", "The Larch 2P Tent is an award-winning, high-quality tent."),
    ("pitch", "The Larch 2P Tent is a tent that is made from canvas and oak."),
    ("opening", "As a loyal customer, you will love it."),
    ("pitch", "The Larch 2P Tent is a great tent. It is also a"),
    ("pitch", "It is a tent. It is a tent. It is a tent."),
    ("pitch", "A tent for two #camping #outdoors"),
    ("subject", "NEW TENT FOR YOU TODAY"),
)


@pytest.mark.parametrize(("block", "text"), SMALL_MODEL_SLIPS)
def test_what_a_small_model_makes_up_is_held_back(block: BlockName, text: str) -> None:
    assert held_back(text, block, product_id="tent" if block == "pitch" else None)


def test_a_word_the_brand_forbids_is_found_without_its_accents_and_in_the_plural() -> None:
    brand = BRAND.model_copy(update={"forbidden_words": ("cliché",)})
    assert [verdict.rule for verdict in held_back("No cliches here.", "opening", brand=brand)] == ["brand.forbidden"]


OTHERS = (
    ("closing", "Stay warm, Brenda!"),
    ("closing", "Thanks again, Terrence, for the kind note."),
    ("opening", "So, Saoirse, the tent is here."),
)


@pytest.mark.parametrize(("block", "text"), OTHERS)
def test_somebody_else_who_is_spoken_to_is_noticed_wherever_the_name_stands(block: BlockName, text: str) -> None:
    assert "name.wrong" in {verdict.rule for verdict in held_back(text, block)}


def test_places_in_a_row_are_nobody() -> None:
    text = "Tested in Oregon, in the rain of Astoria, Florence, Bend and Eugene."
    assert "name.wrong" not in {verdict.rule for verdict in held_back(text, "opening")}


@pytest.mark.parametrize(
    "text",
    [
        "We will send it to 418 NW Cedar Street.",
        "It comes to Cedar St as always.",
        "The card ending in 4417 still works.",
    ],
)
def test_an_address_or_a_card_is_known_in_other_spellings(text: str) -> None:
    assert "pii.leak" in {verdict.rule for verdict in held_back(text, "closing")}


def test_a_number_in_a_products_name_gives_nobody_away() -> None:
    atlas = TENT.model_copy(update={"id": "atlas", "name": "Larch Atlas No. 1985"})
    born = PERSON.model_copy(update={"private": {**PERSON.private, "birthdate": "1985-06-02"}})
    assert held_back("The Larch Atlas No. 1985 is here.", "opening", person=born, products=(atlas,)) == []
    told = held_back(
        "The Larch Atlas No. 1985 is here, and you came in 1985.", "opening", person=born, products=(atlas,)
    )
    assert "pii.leak" in {verdict.rule for verdict in told}


def test_a_segment_is_known_in_other_words() -> None:
    assert "internal.leak" in {item.rule for item in held_back("One for our lapsed campers.", "opening")}
    assert held_back("The rain has lapsed into drizzle.", "opening") == []


def test_what_is_asked_and_denied_is_not_claimed() -> None:
    assert held_back("Last chance? Hardly.", "closing") == []
    assert held_back("Last chance? Today.", "closing")
