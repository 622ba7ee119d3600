"""What a small model's line is held to."""

from __future__ import annotations

import pytest

from composer.grounding import is_plural, known_words, number_of, turn_of_phrase, why_unfit
from prompts.model import Message

ABOUT = "A stovetop kettle finished in cream enamel, with a beech handle that stays cool."
NAME = "Stovetop Kettle"


def conversation(question: str) -> list[Message]:
    return [
        Message(role="system", content="Retell."),
        Message(role="user", content="Product: Brass Bell\nNote: It rings."),
        Message(role="assistant", content="Good news about the Brass Bell: it rings."),
        Message(role="user", content=question),
    ]


def judge(text: str, *, name: str = NAME, about: str = ABOUT) -> str | None:
    return why_unfit(text, name, known_words(conversation(f"Product: {name}\nNote: {about}"), [name]), about=about)


@pytest.mark.parametrize(
    "text",
    [
        "The Stovetop Kettle is a cream enamel kettle with a beech handle that stays cool.",
        "The Stovetop Kettle has a beech handle that stays cool.",
        "With the Stovetop Kettle you get cream enamel and a beech handle that stays cool.",
    ],
)
def test_a_retelling_of_the_notes_is_offered(text: str) -> None:
    assert judge(text) is None


def test_a_turn_of_phrase_from_the_examples_is_known_but_their_product_is_not() -> None:
    known = known_words(conversation("Product: Stovetop Kettle"), [NAME])
    assert why_unfit("Good news about the Stovetop Kettle.", NAME, known) is None
    assert why_unfit("A bell for the Stovetop Kettle.", NAME, known) == "not in its notes: bell"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("The Stovetop Kettle is a copper kettle.", "not in its notes: copper"),
        ("The Stovetop Kettle is a kettle for 12 cups.", "not in its notes: 12, cups"),
        ("This kettle is in cream enamel.", "does not name the product once"),
        (
            "The Stovetop Kettle is a Stovetop Kettle, and the Stovetop Kettle stays cool.",
            "does not name the product once",
        ),
        ("The Stovetop Kettle has a beech handle, in cream and beech.", "repeats itself"),
        ("The Stovetop Kettle is a finished in enamel.", "has an article without a noun"),
        ("The Stovetop Kettle has a Beech Handle.", "capitalises common words"),
        ("The Stovetop Kettle is made with cream.", "not in its notes: made"),
        ("With the Stovetop Kettle you get stovetop kettle in cream enamel.", "drops the article"),
        ("The Stovetop Kettle, in cream enamel.", "has no verb after the name"),
        (
            "The Stovetop Kettle has a handle that stays cool and a handle that stays cool.",
            "repeats itself",
        ),
        ("The Stovetop Kettle is cool, in beech with a handle, in enamel cream.", "shuffles its notes"),
        ("The Stovetop Kettle is finished in cream enamel, and it handle stays cool.", "has no verb after it"),
        ("The Stovetop Kettle is a beech handle, for a beech handle that stays cool.", "repeats itself"),
        ("the Stovetop Kettle.", "begins in the middle of a sentence"),
        ("The Stovetop Kettle stays cool. so it does.", "begins in the middle of a sentence"),
    ],
)
def test_a_line_that_drifts_is_not(text: str, wrong: str) -> None:
    assert (judge(text) or "").startswith(wrong.replace(", cups", ""))


@pytest.mark.parametrize(
    "text",
    ["The Oat Biscuits is half-dipped in chocolate.", "The Tea Box is a small tins of tea with a card."],
)
def test_singular_and_plural_do_not_mix(text: str) -> None:
    name = "Oat Biscuits" if "Oat" in text else "Tea Box"
    about = "Small tins of tea with a card, half-dipped in chocolate."
    assert judge(text, name=name, about=about) == "mixes singular and plural"


@pytest.mark.parametrize(
    ("text", "name", "mixed"),
    [
        ("The Blackberry and Bay Candle are still here.", "Blackberry and Bay Candle", True),
        ("Here are the Blackberry and Bay Candle.", "Blackberry and Bay Candle", True),
        ("The Blackberry and Bay Candle is still here.", "Blackberry and Bay Candle", False),
        ("We kept the Tea Box, just as you left them.", "Tea Box", True),
        ("Here is the Cedar Pencils.", "Cedar Pencils", True),
        ("Here is the 60 Cake Cases Garden.", "60 Cake Cases Garden", True),
        ("Here are the Regency Tea Plate Rose.", "Regency Tea Plate Rose", True),
        ("We kept the Jumbo Bag Owls.", "Jumbo Bag Owls", False),
    ],
)
def test_a_line_speaks_of_one_thing_as_of_one(text: str, name: str, *, mixed: bool) -> None:
    known = known_words(conversation(f"Still here, just as you left them. We kept.\nProduct: {name}"), [name])
    assert why_unfit(text, name, known) == ("mixes singular and plural" if mixed else None)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("The Canvas Apron is an olive apron with straps that suits the stove.", "shuffles its notes"),
        ("The Canvas Apron is an olive apron that suits the shed as well as the stove.", None),
        ("The Canvas Apron is an apron with straps that suits the shed as well as the stove.", None),
    ],
)
def test_half_a_phrase_is_not_left_out(text: str, wrong: str | None) -> None:
    about = "An olive apron with straps that suits the shed as well as the stove."
    assert judge(text, name="Canvas Apron", about=about) == wrong


def test_an_opening_may_not_put_another_product_into_the_fact() -> None:
    fact = "You bought the Brass V60 Tongs in November."
    known = known_words(conversation(f"Fact: {fact}\nProduct: Stovetop Kettle"), [NAME])
    swapped = why_unfit("The Stovetop Kettle you bought in November is nice.", NAME, known, fact=fact)
    assert swapped == "leaves out whom or what its fact is about"
    assert why_unfit("You bought the Brass V60 Tongs, so see the Stovetop Kettle.", NAME, known, fact=fact) is None


FACT = "You put the Waffle Towel, Ink on your wish list on 4 May."


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("You put the Waffle Towel, Ink on your wish list on 4 May, and you may like to know that it is back.", None),
        ("The Waffle Towel, Ink on Your Wish List, is back.", "capitalises common words"),
        ("The Waffle Towel, and the Ink, on your wish list is back.", "tears a name apart"),
        ("You put the Waffle Towel, Ink on 4 May on your wish list on 4 May.", "repeats itself"),
    ],
)
def test_an_opening_keeps_to_the_letter_of_its_fact(text: str, wrong: str | None) -> None:
    assert (
        why_unfit(
            text, "Towel", known_words(conversation(f"Fact: {FACT} You may like to know that it is back.")), fact=FACT
        )
        == wrong
    )


def test_a_name_told_again_keeps_what_it_is() -> None:
    about = "Blackberry and bay, with a hedge-bottom note of damp earth."
    headless = "The Blackberry and Bay Candle is a blackberry and bay with a hedge-bottom note of damp earth."
    whole = "The Blackberry and Bay Candle is a bay candle with a hedge-bottom note of damp earth."

    assert judge(headless, name="Blackberry and Bay Candle", about=about) == "has an article without a noun"
    assert judge(whole, name="Blackberry and Bay Candle", about=about) is None


@pytest.mark.parametrize(
    ("text", "name", "fact"),
    [
        (
            "After the Vintage Images Gift Wrap Set, we thought you might like the Retro Images Gift Wrap Set.",
            "Retro Images Gift Wrap Set",
            "You bought the Vintage Images Gift Wrap Set on 2 June.",
        ),
        ("After the Wicker Heart Basket Large, we thought you might like the Wicker Heart Basket Small.",
         "Wicker Heart Basket Small", "You bought the Wicker Heart Basket Large."),
        ("You bought the Quill on 2 June, so see the Feather Pen, Light Pink.", "Feather Pen,Light Pink",
         "You bought the Quill on 2 June."),
        ("Start with the Santoku 17 cm.", "Santoku, 17 cm", ""),
    ],
)  # fmt: skip
def test_names_that_share_words_or_are_spelled_a_little_otherwise_are_no_fault(text: str, name: str, fact: str) -> None:
    known = known_words(conversation(f"Fact: {fact}\nThis: After, we thought you might like. Start.\n{name}"), [name])
    assert why_unfit(text, name, known, fact=fact) is None


def test_an_and_within_a_name_adds_nothing() -> None:
    fact = "You bought the Half and Half."
    known = known_words(conversation(f"Fact: {fact} After, we thought of\nProduct: Evening Decaf"))
    assert (
        why_unfit("After the Half and Half, we thought of the Evening Decaf.", "Evening Decaf", known, fact=fact)
        is None
    )


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("As you often buy soap, start with the Oatmeal and Honey Soap.", None),
        ("You often buy soap, and the Oatmeal and Honey Soap is a start.", None),
        ("As you often buy soap and honey, start with the Oatmeal and Honey Soap.", "adds to its fact"),
    ],
)
def test_a_fact_is_told_without_more_of_its_kind(text: str, wrong: str | None) -> None:
    fact = "You often buy soap."
    known = known_words(conversation(f"Fact: {fact} Start with.\nProduct: Oatmeal and Honey Soap"))
    assert why_unfit(text, "Oatmeal and Honey Soap", known, fact=fact) == wrong


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("It may be time for the Doormat Come In again.", None),
        ("It may be time for another Doormat Come In.", None),
        ("The Doormat Come In again.", "leaves the turn of phrase"),
        ("The Doormat Come In.", "leaves the turn of phrase"),
    ],
)
def test_a_bit_of_a_line_is_none(text: str, wrong: str | None) -> None:
    asked = [Message(role="user", content="Product: Oil"), Message(role="assistant", content="It may be time for Oil.")]
    messages = [*asked, Message(role="user", content="Product: Doormat Come In")]
    known, turn = known_words(messages), turn_of_phrase(messages)
    assert why_unfit(text, "Doormat Come In", known, turn=turn) == wrong


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("Good news: the price of the Santoku went down.", None),
        ("Good news: the price of the Santoku was down.", "not in its notes: was"),
        ("Good news: the price of the Santoku went not down.", "not in its notes: not"),
    ],
)
def test_what_turns_a_statement_round_has_to_be_known(text: str, wrong: str | None) -> None:
    known = known_words(conversation("Good news: the price of it went down.\nProduct: Santoku"))
    assert why_unfit(text, "Santoku", known) == wrong


def test_a_run_that_no_two_names_share_is_still_a_stutter() -> None:
    text = "We thought you might like the Gift Wrap Set of six, we thought you might like it."
    known = known_words(conversation("We thought you might like the Gift Wrap Set of six."), ["Gift Wrap Set"])
    assert why_unfit(text, "Gift Wrap Set", known) == "repeats itself"


@pytest.mark.parametrize(
    ("text", "name", "about", "wrong"),
    [
        (
            "The Moka Pot fills three small cups.",
            "Moka Pot",
            "A stovetop pot that fills three small cups.",
            None,
        ),
        (
            "The Wrapping Paper is a block-printed wrapping paper in ink blue.",
            "Wrapping Paper",
            "Three sheets of block-printed wrapping paper in ink blue.",
            "mixes singular and plural",
        ),
        (
            "The Chamomile Flowers are a whole chamomile flower.",
            "Chamomile Flowers",
            "Whole chamomile flowers, picked in June.",
            "mixes singular and plural",
        ),
        (
            "Meet the Fell Mug, a low mug for people who mean it about breakfast.",
            "Fell Mug",
            "A low mug for people who mean it about breakfast.",
            None,
        ),
        (
            "The Journal has a dotted grid, numbered pages and two ribbons.",
            "Journal",
            "a dotted grid, numbered pages and two ribbons.",
            None,
        ),
        (
            "Have a look at the Hand Trowel, forged trowel with an ash handle.",
            "Hand Trowel",
            "A forged trowel with an ash handle.",
            "drops the article",
        ),
        ("The Hand Trowel is forged trowel.", "Hand Trowel", "A forged trowel, with a handle.", "drops the article"),
        (
            "The Cook's Knife has an oak handle, ground thin, and a knife.",
            "Cook's Knife",
            "an oak handle, ground thin behind the edge.",
            "adds a thing",
        ),
        (
            "The Brass Pen has a medium nib, and a weight that slows the hand.",
            "Brass Pen",
            "a medium nib and a weight that slows the hand down.",
            None,
        ),
        ("The Fell Mug earns its shelf.", "Fell Mug", "earns its shelf.", None),
        ("The Chai is a Chopped root.", "Chai", "Chopped root from Kerala.", "capitalises common words"),
        (
            "The Secateurs have a steel spring that can replace.",
            "Secateurs",
            "Secateurs with a steel spring you can replace.",
            "shuffles its notes",
        ),
    ],
)
def test_a_retelling_keeps_number_and_who_does_what(text: str, name: str, about: str, wrong: str | None) -> None:
    assert judge(text, name=name, about=about) == wrong


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("After the Winter Candle, we thought of the Fig Leaf Candle.", None),
        ("After the Fig Leaf Candle, we thought of the Winter Candle.", "swaps what was bought with what is shown"),
        ("After the Winter Leaf, we thought of the Fig Leaf Candle.", "leaves out whom or what its fact is about"),
    ],
)
def test_what_was_bought_and_what_is_shown_do_not_change_places(text: str, wrong: str | None) -> None:
    fact = "You bought the Winter Candle."
    known = known_words(conversation(f"Fact: {fact} After, we thought of\nProduct: Fig Leaf Candle"))
    assert why_unfit(text, "Fig Leaf Candle", known, fact=fact) == wrong


def test_a_name_within_the_name_of_what_was_bought_is_counted_apart() -> None:
    fact = "You bought the Striped Tea Towel."
    known = known_words(conversation(f"Fact: {fact} After, we thought of\nProduct: Tea Towel"))
    text = "After the Striped Tea Towel, we thought of the Tea Towel."
    assert why_unfit(text, "Tea Towel", known, fact=fact) is None
    assert why_unfit("After the Striped Tea Towel, we thought of you.", "Tea Towel", known, fact=fact) is not None


@pytest.mark.parametrize(
    ("name", "several"),
    [
        ("box of 6 mini crackers", False),
        ("jam making set with jars", False),
        ("pairs of socks", True),
        ("plasters in tin strongman", True),
        ("earl grey with bergamot", False),
        ("set/6 pink butterfly lights", False),
        ("set 12 colour pencils", False),
        ("set squares", True),
    ],
)
def test_a_box_of_many_is_one(name: str, several: bool) -> None:
    assert is_plural(name) is several


@pytest.mark.parametrize(
    ("name", "several"),
    [
        ("salad bowl", False),
        ("set of 60 cake cases", False),
        ("cook's knife", False),
        ("secateurs", True),
        ("plasters in tin skulls", True),
        ("4 vanilla botanical candles", True),
        ("sencha 100 g", False),
        ("cedar pencils", None),
        ("jumbo bag owls", None),
        ("60 cake cases vintage christmas", None),
        ("christmas lights 10 reindeer", None),
        ("3 tier cake tin green and cream", None),
        ("rooibos with orange", None),
    ],
)
def test_a_name_tells_whether_it_is_several_or_does_not(name: str, several: bool | None) -> None:
    assert number_of(name) is several


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("Good news: the Secateurs is here again.", "mixes singular and plural"),
        ("Good news: the Secateurs are here again.", None),
        ("Good news: here are the Secateurs again.", None),
        ("Good news: here is the Secateurs again.", "mixes singular and plural"),
        ("Good news: the Secateurs are here again, if you like them.", None),
    ],
)
def test_an_opening_does_not_speak_of_several_as_of_one(text: str, wrong: str | None) -> None:
    known = known_words(conversation("Good news: here again.\nProduct: Secateurs"))
    assert why_unfit(text, "Secateurs", known) == wrong
