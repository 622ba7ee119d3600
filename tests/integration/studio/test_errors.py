"""What goes wrong in the studio is told in words, on a page, or as a notice where htmx asked."""

from __future__ import annotations

import re

import pytest

from api.house import House
from api.studio import team
from tests.integration.studio.conftest import Browser, SignedIn

pytestmark = pytest.mark.anyio


async def test_an_unknown_address_looks_like_any_other_to_a_stranger(stranger: Browser) -> None:
    for path in ("/no-such-page", "/team", "/runs/unknown/nothing"):
        answer = await stranger.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/studio/sign-in?next=/studio{path}")
    assert (await stranger.client.request("PUT", "/studio")).status_code == 303


async def test_an_unknown_address_is_a_page_to_whoever_is_signed_in(signed_in: SignedIn) -> None:
    answer = await (await signed_in("viewer")).get("/no-such-page")
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "There is no such page." in answer.text


async def test_a_wrong_method_a_large_form_and_a_broken_one_are_pages(signed_in: SignedIn) -> None:
    browser = await signed_in("admin")
    wrong = await browser.client.put("/studio/team")
    large = await browser.post("/account/name", {"name": "x" * 200_000})
    kind = {"Content-Type": "multipart/form-data", "X-CSRF-Token": browser.csrf}
    broken = await browser.client.post("/studio/account/name", content=b"--x\r\nnonsense", headers=kind)
    for answer, status, said in (
        (wrong, 405, "a button on another page"),
        (large, 413, "too much for one form"),
        (broken, 400, "The form cannot be read."),
    ):
        assert (answer.status_code, said in answer.text) == (status, True)
        assert answer.headers["content-type"].startswith("text/html")
        assert re.search(r"<code>req_[0-9a-f]{32}</code>", answer.text)


async def test_fields_that_are_missing_or_too_long_are_named(signed_in: SignedIn) -> None:
    browser = await signed_in("admin")
    missing = await browser.post("/team/unknown/role")
    assert (missing.status_code, "Role is missing." in missing.text) == (422, True)
    long = await browser.post("/audit/verify", {"expected": "x" * 65})
    assert (long.status_code, "Expected is longer than 64 characters." in long.text) == (422, True)


async def test_htmx_gets_a_notice_and_a_stranger_who_was_signed_out_the_page_they_were_on(
    signed_in: SignedIn, stranger: Browser
) -> None:
    browser = await signed_in("admin")
    answer = await browser.post("/team/unknown/enable", **{"HX-Request": "true"})
    assert (answer.status_code, answer.headers["hx-retarget"]) == (404, "#notices")
    assert "<html" not in answer.text
    assert "There is no such account." in answer.text
    here = {"HX-Request": "true", "HX-Current-URL": "http://p/studio/team?x=1"}
    gone = await stranger.get("/runs/x/progress", headers=here)
    assert gone.headers["hx-redirect"] == "/studio/sign-in?next=/studio/team"
    here["HX-Current-URL"] = "http://evil/elsewhere"
    gone = await stranger.get("/runs/x/progress", headers=here)
    assert gone.headers["hx-redirect"] == "/studio/sign-in?next=/studio"


async def test_what_htmx_sent_after_the_session_ended_is_refused_on_the_page_it_was_typed_on(
    signed_in: SignedIn, stranger: Browser
) -> None:
    gone = await stranger.post("/team/x/link", **{"HX-Request": "true"})
    assert (gone.status_code, gone.headers["hx-retarget"]) == (401, "#notices")
    assert "hx-redirect" not in gone.headers
    assert "Sign in in another tab" in gone.text
    again = await signed_in("viewer")
    assert again.account is not None
    answer = await again.get("/token")
    assert answer.json() == {"csrf": again.csrf, "account": again.account.id}
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    ("before", "back"),
    [
        ("http://penfriend/studio/runs/x?status=failed", "/studio/runs/x?status=failed"),
        ("http://evil/studio/runs/x", ""),
        ("http://penfriend/docs", ""),
        ("http://penfriend/studio/no-such-page", ""),
        ("http://[", ""),
        ("", ""),
    ],
)
async def test_an_error_page_leads_back_to_the_page_before_where_that_is_ours(
    signed_in: SignedIn, before: str, back: str
) -> None:
    answer = await (await signed_in("viewer")).get("/no-such-page", headers={"Referer": before})
    assert "Back to the overview" in answer.text
    assert re.findall(r'href="([^"]+)">Back</a>', answer.text) == ([back] if back else [])


async def test_a_bug_is_a_page_with_the_number_that_the_log_has(
    signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_: object) -> None:
        raise RuntimeError("secret of anna@shop.example")

    monkeypatch.setattr(team, "members", broken)
    browser = await signed_in("admin")
    answer = await browser.get("/team", headers={"X-Request-Id": "req-4711-4711"})
    assert answer.status_code == 500
    assert "Something went wrong on our side." in answer.text
    assert "<code>req-4711-4711</code>" in answer.text
    assert "secret" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_elsewhere_programs_still_get_problems(stranger: Browser, house: House) -> None:
    for path in ("/v1/none", "/studiox"):
        answer = await stranger.client.get(path)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
