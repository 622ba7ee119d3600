"""Who may do what, and what the others are told."""

from __future__ import annotations

import base64

import pytest

from api.house import House
from api.keys import LABEL, create_key, list_keys, revoke_key
from tests.integration.api.conftest import Authorized, Client

pytestmark = pytest.mark.anyio

GUARDED = [
    ("POST", "/v1/track", "ingest"),
    ("POST", "/v1/identify", "ingest"),
    ("POST", "/v1/batch", "ingest"),
    ("POST", "/v1/outcomes", "ingest"),
    ("GET", "/v1/products", "read"),
    ("GET", "/v1/products/p1", "read"),
    ("GET", "/v1/products:search?q=tea", "read"),
    ("PUT", "/v1/products/p1", "write"),
    ("DELETE", "/v1/products/p1", "write"),
    ("POST", "/v1/products:batch", "write"),
    ("POST", "/v1/catalog/imports", "write"),
    ("GET", "/v1/catalog/imports/imp_1", "read"),
    ("POST", "/v1/imports", "write"),
    ("GET", "/v1/imports", "read"),
    ("GET", "/v1/imports/imp_1", "read"),
    ("PUT", "/v1/customers/c42", "write"),
    ("GET", "/v1/customers/c42", "read"),
    ("GET", "/v1/customers/c42/memory", "read"),
    ("PUT", "/v1/brands/shop", "write"),
    ("GET", "/v1/brands", "read"),
    ("POST", "/v1/campaigns", "write"),
    ("PUT", "/v1/campaigns/spring", "write"),
    ("GET", "/v1/campaigns", "read"),
    ("POST", "/v1/compose", "compose"),
    ("GET", "/v1/emails/msg_1", "read"),
    ("GET", "/v1/runs/run_1/emails.jsonl", "read"),
    ("GET", "/v1/emails/msg_1/message", "read"),
    ("GET", "/v1/emails/msg_1/html", "read"),
    ("POST", "/v1/emails/msg_1/replay", "read"),
    ("GET", "/v1/content/spring/c42", "compose"),
    ("POST", "/v1/content/spring/c42", "compose"),
    ("GET", "/metrics", "metrics"),
]
OPEN = ["/healthz", "/readyz", "/openapi.json", "/docs"]


@pytest.mark.parametrize(("method", "path", "scope"), GUARDED, ids=[f"{m} {p}" for m, p, _ in GUARDED])
async def test_without_a_key_nothing_is_answered(client: Client, method: str, path: str, scope: str) -> None:
    answer = await client.request(method, path, json={} if method in ("POST", "PUT") else None)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert "Bearer" in answer.headers["www-authenticate"]
    assert answer.json()["reason"] == "unauthenticated"


@pytest.mark.parametrize(("method", "path", "scope"), GUARDED, ids=[f"{m} {p}" for m, p, _ in GUARDED])
async def test_a_key_with_other_scopes_is_told_which_one_it_lacks(
    client: Client, authorized: Authorized, method: str, path: str, scope: str
) -> None:
    others = [known for known in ("ingest", "read", "write", "compose", "metrics") if known != scope]
    answer = await client.request(
        method, path, json={} if method in ("POST", "PUT") else None, headers=await authorized(*others)
    )
    assert answer.status_code == 403
    assert repr(scope) in answer.json()["detail"]


@pytest.mark.parametrize(("method", "path", "scope"), GUARDED, ids=[f"{m} {p}" for m, p, _ in GUARDED])
async def test_the_named_scope_is_enough(
    client: Client, authorized: Authorized, method: str, path: str, scope: str
) -> None:
    body: dict[str, str] | None = {} if method in ("POST", "PUT") else None
    answer = await client.request(method, path, json=body, headers=await authorized(scope))
    assert answer.status_code not in (401, 403)


@pytest.mark.parametrize("path", OPEN)
async def test_health_and_documentation_need_no_key(client: Client, path: str) -> None:
    assert (await client.get(path)).status_code in (200, 503)


async def test_every_route_under_v1_is_guarded(client: Client) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    unguarded = [
        f"{method.upper()} {path}"
        for path, methods in paths.items()
        for method, operation in methods.items()
        if path.startswith("/v1") and "security" not in operation
    ]
    assert unguarded == []


@pytest.mark.parametrize("password", [":", "", ":ignored", ":with:colons"])
@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC "])
async def test_basic_with_the_key_as_user_name_works_as_segment_sources_send_it(
    client: Client, authorized: Authorized, password: str, scheme: str
) -> None:
    """Segment leaves the password empty; some clients leave out its colon or put something behind it (RFC 7617)."""
    token = (await authorized("ingest"))["Authorization"].removeprefix("Bearer ")
    basic = base64.b64encode(f"{token}{password}".encode()).decode()
    track = {"userId": "c42", "event": "Product Viewed", "properties": {"product_id": "p1"}}
    answer = await client.post("/v1/track", json=track, headers={"Authorization": f"{scheme} {basic}"})
    assert answer.status_code == 200


@pytest.mark.parametrize("as_said", ["{token} :", ":{token}", "x{token}:", "{token}"])
async def test_a_key_that_stands_elsewhere_in_basic_credentials_is_no_key(
    client: Client, authorized: Authorized, as_said: str
) -> None:
    """The last of them: not encoded at all."""
    token = (await authorized("ingest"))["Authorization"].removeprefix("Bearer ")
    said = as_said.format(token=token)
    basic = said if said == token else base64.b64encode(said.encode()).decode()
    track = {"userId": "c42", "event": "Product Viewed"}
    answer = await client.post("/v1/track", json=track, headers={"Authorization": f"Basic {basic}"})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer nonsense",
        f"Bearer {LABEL}",
        f"Bearer {LABEL}{'a' * 32}",
        "Basic",
        "Basic !!!",
        "Basic Og==",
        "Basic //79",
        "Digest abc",
        "Bearer \x7f\x80",
    ],
)
async def test_broken_credentials_are_refused_not_choked_on(client: Client, header: str) -> None:
    answer = await client.get("/v1/brands", headers=[(b"authorization", header.encode("latin-1"))])
    assert answer.status_code == 401


async def test_a_token_that_differs_only_at_its_end_is_refused(client: Client, authorized: Authorized) -> None:
    token = (await authorized("read"))["Authorization"]
    other = token[:-1] + ("a" if token[-1] != "a" else "b")
    assert (await client.get("/v1/brands", headers={"Authorization": other})).status_code == 401


async def test_a_revoked_key_is_refused_from_then_on(client: Client, house: House) -> None:
    async with house.database.session() as session:
        key, token = await create_key(session, "old", ["read"])
    header = {"Authorization": f"Bearer {token}"}
    assert (await client.get("/v1/brands", headers=header)).status_code == 200
    async with house.database.session() as session:
        await revoke_key(session, key.prefix)
    assert (await client.get("/v1/brands", headers=header)).status_code == 401


async def test_the_token_itself_is_kept_nowhere(house: House) -> None:
    async with house.database.session() as session:
        key, token = await create_key(session, "shop", ["read"])
    async with house.database.session(readonly=True) as session:
        stored = await list_keys(session)
    assert stored == [key]
    assert token not in repr(stored)


async def test_the_list_says_when_a_key_was_last_used(client: Client, house: House, authorized: Authorized) -> None:
    await client.get("/v1/brands", headers=await authorized("read"))
    async with house.database.session(readonly=True) as session:
        (key,) = await list_keys(session)
    assert key.last_used_at is not None
