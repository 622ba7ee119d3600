"""What is read off a finished e-mail for memory to learn from."""

from __future__ import annotations

import pytest

from composer.responses import hints_of
from composer.styles import cta_style, subject_style
from memory.email_hints import EmailHints

TITLES = ("Copper Drip Kettle", "Sencha")


@pytest.mark.parametrize(
    ("subject", "style"),
    [
        ("Still thinking about the kettle?", "question"),
        ("{first_name}, something for your kitchen", "name"),
        ("3 teas for the evening", "number"),
        ("The Copper Drip Kettle is back", "product"),
        ("Back on the shelf", "plain"),
        ("お茶はいかがですか？", "question"),
    ],
)
def test_a_subject_has_one_style(subject: str, style: str) -> None:
    assert subject_style(subject, TITLES) == style


@pytest.mark.parametrize(
    ("cta", "style"),
    [("Shop now", "short"), ("See all of our teas", "long"), ("Get the copper drip kettle", "product"), (" ", "")],
)
def test_a_call_to_action_has_one_style(cta: str, style: str) -> None:
    assert cta_style(cta, TITLES) == style


def test_a_stored_email_tells_its_arms_and_its_picks() -> None:
    stored = {
        "flow": "newsletter",
        "subject": "Ada, something new",
        "decision": {"angle": "news", "tone": "warm", "length": "short"},
        "blocks": [{"key": "subject", "text": "{first_name}, something new"}, {"key": "cta", "text": "Shop now"}],
        "picks": [{"product_id": "p1", "title": "Sencha"}],
    }
    assert hints_of("u1", stored) == EmailHints("u1", "newsletter", "news", "warm", "short", "name", "short", ("p1",))


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("The Sencha 100 g, and a few more", "product"),
        ("The Sencha 100 g, at £12.50", "number"),
        ("100 things", "number"),
    ],
)
def test_a_number_in_the_name_of_a_pick_makes_no_subject_a_number(text: str, style: str) -> None:
    assert subject_style(text, ["Sencha 100 g", "Linen Napkins, set of 4"]) == style


def test_a_title_is_named_without_what_follows_its_comma() -> None:
    assert cta_style("See the Linen Napkins", ["Linen Napkins, set of 4"]) == "product"


def test_an_arm_that_was_drawn_is_learned_from_whatever_the_text_came_out_as() -> None:
    stored = {
        "flow": "newsletter",
        "subject": "Something new",
        "decision": {"angle": "news", "tone": "warm", "length": "short", "subject": "question", "cta": "product"},
        "blocks": [{"key": "subject", "text": "Something new"}, {"key": "cta", "text": "Shop now"}],
        "picks": [],
    }
    assert hints_of("u1", stored) == EmailHints("u1", "newsletter", "news", "warm", "short", "question", "product")
