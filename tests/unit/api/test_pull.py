"""What a sender's template gets at send time, whatever happens behind it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest
from fastapi.responses import Response

from api.pull import DEFAULT_DEADLINE_MS, pull
from composer.courtesy import Courtesy
from store import clock
from store.errors import NotFound, PenfriendError, Unavailable
from tests.kit.factories import NOW
from tests.kit.fake_composer import FakeComposer, NothingAhead

pytestmark = pytest.mark.anyio


async def ask(composer: FakeComposer, **changes: Any) -> Response:
    usual = {"campaign": "spring", "customer": "c42", "step": "", "occasion": "", "wanted": "json"}
    return await pull(composer, NothingAhead(), Courtesy(), **(usual | {"deadline": "1200"} | changes))


def body(response: Response) -> dict[str, Any]:
    answer: dict[str, Any] = orjson.loads(bytes(response.body))
    return answer


async def test_json_holds_the_slots_and_says_not_to_abort() -> None:
    response = await ask(FakeComposer())
    answer = body(response)
    assert response.status_code == 200
    assert answer["abort"] is False
    assert answer["blocks"] == {"subject": "Your tea"}
    assert answer["html"] == "<p>Your tea</p>"
    assert response.headers["X-Penfriend-Path"] == "template"


@pytest.mark.parametrize(("wanted", "media_type"), [("html", "text/html"), ("text", "text/plain")])
async def test_html_and_text_come_bare(wanted: str, media_type: str) -> None:
    response = await ask(FakeComposer(), wanted=wanted)
    assert response.headers["content-type"].startswith(media_type)
    assert b"Your tea" in bytes(response.body)


@pytest.mark.parametrize("wanted", ["json", "html", "text"])
async def test_a_skipped_customer_is_an_abort_with_the_reason_in_every_format(wanted: str) -> None:
    response = await ask(FakeComposer(skipped="unsubscribed"), wanted=wanted)
    assert response.status_code == 200
    assert body(response)["abort"] is True
    assert body(response)["reason"] == "unsubscribed"
    assert response.headers["X-Penfriend-Path"] == "abort"


async def test_a_deferred_customer_is_an_abort_that_says_when_to_ask_again() -> None:
    with clock.frozen_at(NOW):
        response = await ask(FakeComposer(skipped="quiet_hours", defer_until=NOW + timedelta(hours=9)))
    assert body(response)["reason"] == "quiet_hours"
    assert datetime.fromisoformat(body(response)["retry_at"]) == NOW + timedelta(hours=9)
    assert response.headers["Retry-After"] == "32400"


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (NotFound("There is no campaign 'x'.", reason="unknown_campaign"), "unknown_campaign"),
        (Unavailable("The disk is full.", reason="disk_full"), "disk_full"),
        (PenfriendError("No."), "error"),
        (RuntimeError("secret detail"), "internal_error"),
        (ValueError("secret detail"), "internal_error"),
        (TimeoutError(), "deadline"),
    ],
)
async def test_every_failure_becomes_an_abort(failure: Exception, reason: str) -> None:
    response = await ask(FakeComposer(failure=failure))
    assert response.status_code == 200
    assert body(response)["abort"] is True
    assert body(response)["reason"] == reason
    assert b"secret detail" not in bytes(response.body)


async def test_a_composer_that_breaks_its_promise_is_not_waited_for() -> None:
    response = await ask(FakeComposer(seconds=30), deadline="50")
    assert body(response)["reason"] == "deadline"


@pytest.mark.parametrize("slip", ["", "fast", "-1", "1.5", "１２", "9" * 30])
async def test_a_slip_in_the_deadline_counts_as_the_default(slip: str) -> None:
    composer = FakeComposer()
    await ask(composer, deadline=slip)
    assert composer.asked[0].deadline_ms == DEFAULT_DEADLINE_MS


@pytest.mark.parametrize(("asked", "granted"), [("1", 50), ("800", 800), ("999999", 120_000)])
async def test_a_deadline_is_kept_within_what_can_be_promised(asked: str, granted: int) -> None:
    composer = FakeComposer()
    await ask(composer, deadline=asked)
    assert composer.asked[0].deadline_ms == granted


async def test_an_impossible_campaign_name_is_an_abort_too() -> None:
    response = await ask(FakeComposer(), campaign="x" * 65)
    assert body(response)["reason"] == "invalid_request"
