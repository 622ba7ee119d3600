"""What holds for every route below /studio: who may use it, from where, and with which headers it answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from api.studio.accounts import ROLES, Role
from api.studio.door import Signed
from api.studio.pages import ROUTERS
from tests.integration.studio.conftest import Answer, Browser, SignedIn

pytestmark = pytest.mark.anyio

OPEN = {"GET /sign-in", "POST /sign-in", "GET /link/{token}", "POST /link/{token}"}
"""For whoever is not signed in."""

MAY: dict[str, Role] = {
    "POST /sign-out": "viewer",
    "POST /account/name": "viewer",
    "POST /account/password": "viewer",
    "POST /account/browsers/sign-out": "viewer",
    "POST /account/browsers/{handle}/sign-out": "viewer",
    "POST /review/draw": "reviewer",
    "POST /review/{sample_id}/accept": "editor",
    "POST /review/{sample_id}/refuse": "editor",
    "POST /emails/{email_id}/approve": "reviewer",
    "POST /emails/{email_id}/reject": "reviewer",
    "POST /emails/{email_id}/undo": "reviewer",
    "POST /emails/{email_id}/edit": "reviewer",
    "POST /emails/{email_id}/check-edit": "reviewer",
    "POST /emails/{email_id}/again": "reviewer",
    "POST /campaigns/-/form": "editor",
    "POST /campaigns/-/preview": "viewer",
    "POST /campaigns/-/written": "reviewer",
    "POST /campaigns": "editor",
    "POST /campaigns/{campaign_id}": "editor",
    "POST /campaigns/{campaign_id}/versions/{number}/back": "editor",
    "POST /brand/{brand_id}/preview": "viewer",
    "POST /brand/{brand_id}": "editor",
    "POST /brand/{brand_id}/versions/{number}/back": "editor",
    "POST /runs/look": "editor",
    "POST /runs": "editor",
    "POST /runs/{run_id}/pause": "editor",
    "POST /runs/{run_id}/resume": "editor",
    "POST /runs/{run_id}/retry": "editor",
    "POST /runs/{run_id}/cancel": "editor",
    "POST /runs/{run_id}/sample": "reviewer",
    "POST /runs/{run_id}/release": "admin",
    "POST /runs/{run_id}/handoffs": "editor",
    "POST /runs/{run_id}/handoffs/{handoff_id}/{step}": "editor",
    "POST /runs/{run_id}/export": "editor",
    "POST /compare": "editor",
    "POST /compare/{comparison_id}/show": "viewer",
    "POST /compare/{comparison_id}/go-on": "editor",
    "POST /compare/{comparison_id}/{position}/vote": "reviewer",
    "POST /compare/{comparison_id}/{position}/undo": "reviewer",
    "POST /experiments": "editor",
    "POST /experiments/-/holdout": "editor",
    "POST /experiments/-/holdout/end": "editor",
    "POST /experiments/-/groups": "editor",
    "POST /experiments/-/groups/leave": "editor",
    "POST /experiments/{experiment_id}": "editor",
    "POST /experiments/{experiment_id}/start": "editor",
    "POST /experiments/{experiment_id}/stop": "editor",
    "POST /experiments/{experiment_id}/discard": "editor",
    "POST /customers/find": "viewer",
    "POST /customers/{external_id:path}/preview": "reviewer",
    "POST /customers/{external_id:path}/facts": "reviewer",
    "POST /customers/{external_id:path}/answered": "admin",
    "POST /customers/{external_id:path}/export": "admin",
    "POST /customers/{external_id:path}/erase": "admin",
    "POST /lessons/{lesson_id}/remove": "reviewer",
    "POST /lessons/{lesson_id}/restore": "reviewer",
    "POST /lessons/outcomes/alarms/{alarm_id}/close": "editor",
    "POST /team/invite": "admin",
    "POST /team/{account_id}/role": "admin",
    "POST /team/{account_id}/disable": "admin",
    "POST /team/{account_id}/enable": "admin",
    "POST /team/{account_id}/link": "admin",
    "POST /team/{account_id}/sign-out": "admin",
    "POST /audit/verify": "admin",
}
"""Whoever adds a route that changes something decides here who may: one line, in the order of the pages."""


class Way(NamedTuple):
    """A route as a browser would ask for it."""

    method: str
    path: str
    role: Role | None

    @property
    def key(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def address(self) -> str:
        return re.sub(r"\{[^}]*\}", "unknown", self.path)


def ways() -> Iterator[Way]:
    for router in ROUTERS:
        for route in router.routes:
            assert isinstance(route, APIRoute), route
            roles = [one.call.role for one in route.dependant.dependencies if isinstance(one.call, Signed)]
            for method in sorted(route.methods or ()):
                yield Way(method, route.path, roles[0] if roles else None)


WAYS = [way for way in ways() if way.key not in OPEN]
UNSAFE = [way for way in WAYS if way.method != "GET"]


async def ask(browser: Browser, way: Way, **headers: str) -> Answer:
    return await browser.client.request(way.method, f"/studio{way.address}", headers=headers)


async def test_somebody_decided_who_may_use_each_route_that_changes_something() -> None:
    assert {way.key: way.role for way in UNSAFE} == MAY


async def test_every_route_below_the_studio_is_known_here(app: FastAPI) -> None:
    served = {
        f"{method} {str(route.path).removeprefix('/studio')}"
        for route in iter_route_contexts(app.routes)
        if str(route.path).startswith("/studio") and not str(route.path).startswith("/studio/static")
        for method in route.methods or ()
    }
    assert served == OPEN | {way.key for way in WAYS}


async def test_nobody_comes_in_without_a_session(stranger: Browser) -> None:
    for way in WAYS:
        answer = await ask(stranger, way)
        assert (answer.status_code, answer.headers["location"][:15]) == (303, "/studio/sign-in"), way


async def test_a_cookie_that_nobody_got_is_worth_nothing(stranger: Browser) -> None:
    stranger.client.cookies.set("penfriend_session", "made-up")
    assert (await stranger.get("")).status_code == 303


async def test_nothing_is_changed_without_the_sessions_token(signed_in: SignedIn) -> None:
    browser, other = await signed_in("admin"), await signed_in("viewer")
    for way in UNSAFE:
        for token in ({}, {"X-CSRF-Token": ""}, {"X-CSRF-Token": other.csrf}):
            answer = await ask(browser, way, **token)
            assert (answer.status_code, "another session" in answer.text) == (403, True), way


async def test_nothing_is_changed_from_another_sites_page_token_or_not(signed_in: SignedIn) -> None:
    browser = await signed_in("admin")
    foreign = ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"})
    for way in UNSAFE:
        for headers in foreign:
            answer = await ask(browser, way, **{"X-CSRF-Token": browser.csrf}, **headers)
            assert (answer.status_code, "another site" in answer.text) == (403, True), way


async def test_whoever_may_less_is_told_what_it_needs(signed_in: SignedIn) -> None:
    for way in WAYS:
        assert way.role is not None, way
        if way.role == "viewer":
            continue
        browser = await signed_in(ROLES[ROLES.index(way.role) - 1])
        answer = await ask(browser, way, **{"X-CSRF-Token": browser.csrf})
        assert (answer.status_code, f"needs the role {way.role}" in answer.text) == (403, True), way


async def test_every_answer_has_the_headers(stranger: Browser, signed_in: SignedIn) -> None:
    admin = await signed_in("admin")
    answers = [await ask(browser, way) for way in WAYS for browser in (stranger, admin)]
    addresses = ("/sign-in", "/link/x", "/no/such/page", "/", "/static/css/studio.css", "/static/none.css")
    answers += [await stranger.get(path) for path in addresses]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy, answer.url
        assert "unsafe" not in policy.replace("style-src 'unsafe-inline'", "") or "sandbox" in policy, answer.url
        assert answer.headers["x-content-type-options"] == "nosniff", answer.url
        assert answer.headers["referrer-policy"], answer.url
        assert "cache-control" in answer.headers, answer.url


async def test_programs_send_neither_origin_nor_fetch_metadata_and_are_let_through(signed_in: SignedIn) -> None:
    browser = await signed_in("viewer")
    assert (await browser.post("/account/name", {"name": "Ada"})).status_code == 303
    own = {"Origin": "http://penfriend"}
    assert (await browser.post("/account/name", {"name": "Eve"}, **own)).status_code == 303
    assert (
        await browser.post("/account/name", {"name": "Ida"}, **{"Sec-Fetch-Site": "same-origin"})
    ).status_code == 303
