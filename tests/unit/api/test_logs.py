"""Logs tell what happened, not to whom."""

from __future__ import annotations

import json
import logging

import pytest
import structlog

from api.logs import configure_logs, drop_personal_data


@pytest.mark.parametrize("key", ["email", "first_name", "customer", "external_id", "phone", "address"])
def test_keys_that_name_a_person_are_left_out(key: str) -> None:
    assert drop_personal_data(None, "", {"event": "composed", key: "ada"}) == {"event": "composed"}


def test_an_address_inside_any_text_is_blanked() -> None:
    event = drop_personal_data(None, "", {"event": "no such row: ada.l+x@example.co.uk", "args": ["<ada@example.com>"]})
    assert event == {"event": "no such row: <address>", "args": ["<<address>>"]}


@pytest.mark.parametrize("key", ["subject", "html", "prompt", "completion", "recipient", "to"])
def test_keys_that_hold_an_e_mail_or_its_reader_are_left_out(key: str) -> None:
    assert drop_personal_data(None, "", {"event": "sent", key: "Dear Ada"}) == {"event": "sent"}


def test_what_lies_deeper_is_cleaned_too() -> None:
    event = {"event": "x", "rows": ({"customer": "c42", "at": ["ada@example.com"]},), "by": {"email": "ada", "n": 3}}
    assert drop_personal_data(None, "", event) == {"event": "x", "rows": [{"at": ["<address>"]}], "by": {"n": 3}}


def test_a_line_carries_the_run_the_chunk_and_the_worker_it_is_about(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before = root.handlers, root.level
    try:
        configure_logs()
        with structlog.contextvars.bound_contextvars(run="run_1", chunk=3, worker="worker_1", customer="c42"):
            logging.getLogger("some.library").warning("slow for ada@example.com")
            structlog.get_logger("penfriend.test").info("stored", count=40)
    finally:
        root.handlers, root.level = before
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["run"], line["chunk"], line["worker"]) for line in lines] == [("run_1", 3, "worker_1")] * 2
    assert "ada@" not in str(lines)
    assert "c42" not in str(lines)


def test_an_api_key_is_blanked() -> None:
    event = drop_personal_data(None, "", {"event": "tried pf_live_abcDEF123 twice"})
    assert event["event"] == "tried pf_live_… twice"


def test_ordinary_text_and_numbers_stay() -> None:
    event = {"event": "request", "route": "/v1/compose", "status": 200, "ms": 3.4}
    assert drop_personal_data(None, "", dict(event)) == event
