"""What is read off a finished e-mail for memory to learn from."""

from __future__ import annotations

import pytest

from composer.responses import cta_style, hints_of, subject_style
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
