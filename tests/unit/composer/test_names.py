"""Names come from forms and feeds: what is not a name is not greeted."""

from __future__ import annotations

import pytest

from composer.names import clean_first_name, fill_first_name


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
