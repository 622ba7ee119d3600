"""Logs tell what happened, not to whom."""

from __future__ import annotations

import pytest

from api.logs import drop_personal_data


@pytest.mark.parametrize("key", ["email", "first_name", "customer", "external_id", "phone", "address"])
def test_keys_that_name_a_person_are_left_out(key: str) -> None:
    assert drop_personal_data(None, "", {"event": "composed", key: "ada"}) == {"event": "composed"}


def test_an_address_inside_any_text_is_blanked() -> None:
    event = drop_personal_data(None, "", {"event": "no such row: ada.l+x@example.co.uk", "args": ["<ada@example.com>"]})
    assert event == {"event": "no such row: <address>", "args": ["<<address>>"]}


def test_an_api_key_is_blanked() -> None:
    event = drop_personal_data(None, "", {"event": "tried pf_live_abcDEF123 twice"})
    assert event["event"] == "tried pf_live_… twice"


def test_ordinary_text_and_numbers_stay() -> None:
    event = {"event": "request", "route": "/v1/compose", "status": 200, "ms": 3.4}
    assert drop_personal_data(None, "", dict(event)) == event
