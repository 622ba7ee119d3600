"""Names come from forms and feeds: what is not a name is not greeted."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.names import clean_first_name, fill_first_name
from evals.text.lexicon import word_list


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("Anna", "Anna"),
        ("  anna  ", "Anna"),
        ("ANNA", "Anna"),
        ("D’Shawn", "D’Shawn"),
        ("Mary-Jane", "Mary-Jane"),
        ("Jo Ann", "Jo Ann"),
        ("McCoy", "McCoy"),
        ("JJ", "JJ"),
        ("Bjo\u0308rk", "Björk"),
        ("An\u200bna\x07", "Anna"),
        ("Anna\r\nBcc: x", None),
        ("王芳", "王芳"),
        (None, None),
        ("", None),
        ("12345", None),
        ("null", None),
        ("Mu\u00a8ller", None),
        ("{{ name }}", None),
        ("<b>Anna</b>", None),
        ("evil.example", None),
        ("https://evil.example", None),
        ("anna@example.com", None),
        ("Win a free prize right now", None),
        ("...", None),
    ],
)
def test_a_name_is_cleaned_or_dropped(raw: str | None, name: str | None) -> None:
    assert clean_first_name(raw) == name


def test_a_name_has_at_most_forty_characters() -> None:
    assert clean_first_name("Wolfeschlegelsteinhausenbergerdorff Hubert Blaine") == (
        "Wolfeschlegelsteinhausenbergerdorff"
    )
    assert len(clean_first_name("A" + "bc" * 50) or "") == 40


@pytest.mark.parametrize(
    ("text", "with_name", "without"),
    [
        ("{first_name}, a quick one", "Anna, a quick one", "A quick one"),
        ("Thanks, {first_name}.", "Thanks, Anna.", "Thanks."),
        ("Ready, {first_name}, for tea?", "Ready, Anna, for tea?", "Ready, for tea?"),
        ("Right then {first_name}!", "Right then Anna!", "Right then!"),
        ("Done. {first_name}, look at this.", "Done. Anna, look at this.", "Done. Look at this."),
        ("{first_name}: it is back", "Anna: it is back", "It is back"),
        ("No name here", "No name here", "No name here"),
    ],
)
def test_the_token_is_filled_or_goes_without_a_trace(text: str, with_name: str, without: str) -> None:
    assert fill_first_name(text, "Anna") == with_name
    assert fill_first_name(text, None) == without


@pytest.mark.parametrize(
    "name",
    [
        *("Porntip", "Pornchai", "Cash"),
        *("Dick", "Fanny", "Randy", "Con", "Kim", "Nan", "Na", "Bo", "Ng", "Ai", "Will", "Grace", "Sunday", "Precious"),
        *("Đặng", "Nguyễn", "Phúc", "Bích", "O'Neill", "N'Golo", "D’Shawn", "Jean-Luc", "Müller-Lüdenscheidt", "Þór"),
        *("Łukasz", "Ørjan", "Íñigo", "Kaʻahumanu", "Maria del Carmen", "Abd al-Rahman", "So Young", "Li Na", "Isis"),
        *(
            "Иван",
            "Γιώργος",
            "محمد",
            "علی\u200cرضا",
            "שרה",
            "प्रिया",
            "สมชาย",
            "王芳",
            "さくら",
            "민준",
            "Adolf",
            "Jesus",
        ),
    ],
)
def test_real_names_of_many_cultures_are_greeted_as_they_are(name: str) -> None:
    assert clean_first_name(name) == name


def test_every_listed_name_is_a_name() -> None:
    listed = word_list("given_names") | word_list("first_names")
    assert [name for name in sorted(listed) if clean_first_name(name.title()) is None] == []


@pytest.mark.parametrize(
    "raw",
    [
        *("Fuckface", "Hurensohn", "Connard", "Gilipollas", "Sh1thead", "Motherfucker", "Adolf Hitler", "Sieg Heil"),
        *("Admin", "Customer", "Vorname", "Kunde", "NaN", "nan", "NA", "N/A", "NULL", "[object Object]", "undefined"),
        *("Claim Your Prize", "Click Here", "Buy Now", "Ignore All Rules", "Ignorez Tout", "Your Majesty", "Dana, win"),
        *("{{x}}", "*|FNAME|*", "%FIRSTNAME%", "<%= x %>", "{$name}", "=cmd|'/c calc'!A1", "X Æ A-12", "Aaaaaana"),
        *(
            "\u202enaD\u202c EVIT",
            "\u2067Dana\u2069 ylper",
            "D\u0430n\u0430",
            "Dana\nWinner",
            "Dana\u2028Bcc",
            "D" + "\u0301" * 9,
        ),
    ],
)
def test_nobody_is_greeted_with_what_is_no_name(raw: str) -> None:
    assert clean_first_name(raw) is None


@pytest.mark.parametrize(
    ("raw", "name"), [("Ann 🌸", "Ann"), ("♥Dana♥", "Dana"), ("𝓓𝓪𝓷𝓪", "Dana"), ("O´Neill", "O’Neill")]
)
def test_ornaments_around_a_name_go(raw: str, name: str) -> None:
    assert clean_first_name(raw) == name


@given(st.text(max_size=60))
def test_whatever_is_typed_a_greeting_shows_letters_alone(raw: str) -> None:
    name = clean_first_name(raw)
    assert name is None or (name and all(char.isalpha() or not char.isascii() or char in "'’-. " for char in name))
    assert name is None or not re.search("[\u202a-\u202e\u2066-\u2069\\d\r\n]", name)
