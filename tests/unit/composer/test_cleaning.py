"""From a raw completion to a text."""

from __future__ import annotations

import pytest

from composer.cleaning import clean, respelled


@pytest.mark.parametrize(
    ("raw", "sentences", "text"),
    [
        pytest.param(" A bell you can hear. ", 2, "A bell you can hear.", id="spaces"),
        pytest.param('"A bell you can hear."', 2, "A bell you can hear.", id="quotes"),
        pytest.param("“A bell.”", 2, "A bell.", id="curly quotes"),
        pytest.param('"Loud" and "clear" it is.', 2, '"Loud" and "clear" it is.', id="quotes inside stay"),
        pytest.param("Subject: A bell for you", None, "A bell for you", id="label"),
        pytest.param("**Subject line:** A bell for you", None, "A bell for you", id="bold label"),
        pytest.param("Sure, here is your text:\nA bell.", 2, "A bell.", id="preamble"),
        pytest.param("Here is the line you wanted: A bell.", 2, "A bell.", id="preamble of three words"),
        pytest.param("Here is an idea for you: the bell.", 2, "Here is an idea for you: the bell.", id="no preamble"),
        pytest.param("```json\nA bell.\n```", 2, "A bell.", id="fence"),
        pytest.param("- A bell.", 2, "A bell.", id="bullet"),
        pytest.param("One. Two! Three? Four.", 2, "One. Two!", id="two sentences"),
        pytest.param("One. And then it was", 2, "One.", id="unfinished last sentence"),
        pytest.param("And then it was", 2, "", id="nothing finished"),
        pytest.param("First line\nSecond line", None, "First line", id="first line"),
        pytest.param("A \x00bell\u200b with\ta ring.", 2, "A bell with a ring.", id="invisible characters"),
        pytest.param("A 0.8 L kettle. Done.", 1, "A 0.8 L kettle.", id="a decimal point ends no sentence"),
        pytest.param("", 2, "", id="empty"),
    ],
)
def test_what_models_wrap_around_their_words_goes(raw: str, sentences: int | None, text: str) -> None:
    assert clean(raw, sentences=sentences) == text


@pytest.mark.parametrize(
    ("text", "name", "others", "mended"),
    [
        ("More of the House Espreso?", "House Espresso", "", "More of the House Espresso?"),
        ("With the cedar pencil in it.", "Cedar Pencils", "", "With the Cedar Pencils in it."),
        ("With the Cedar Pencils in it.", "Cedar Pencils", "", "With the Cedar Pencils in it."),
        ("After the Tea Towels, the Tea Towel.", "Tea Towel", "You bought the Tea Towels.", None),
        ("The Oak Fork is here.", "Oak Pork", "", None),
        ("The Slate is here.", "Plate", "", None),
        ("Of the Haus Espreso.", "House Espresso", "", None),
        ("", "House Espresso", "", None),
        ("More of it.", "", "", None),
    ],
)
def test_a_name_that_is_a_letter_off_is_put_right_and_no_other_word(
    text: str, name: str, others: str, mended: str | None
) -> None:
    assert respelled(text, name, others) == (text if mended is None else mended)
