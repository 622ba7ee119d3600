"""Coming in by password or link: what a stranger learns, how guessing ends, and what a browser gets."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlmodel import col, select

from api import audit
from api.house import House
from api.studio import attempts, entering, team
from api.studio.accounts import Account, create_account
from api.studio.browsers import browser_of
from api.studio.entering import Entered, Knock, Refused
from api.studio.pages.signing_in import _ours
from api.studio.sessions import IDLE, LONGEST, browsers, find_visitor, make_link, note_seen, open_session, use_link
from api.studio.tables import AccountRow, AttemptRow, SessionRow, SignInLinkRow
from store import clock
from store.database import Database
from tests.integration.studio.conftest import Browser, SignedIn

pytestmark = pytest.mark.anyio

PASSWORD = "four words in a row"


def knock(client: str = "192.0.2.1") -> Knock:
    return Knock(client, "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "")


async def made(database: Database, address: str = "ada@shop.example", password: str | None = PASSWORD) -> Account:
    async with database.session() as session:
        return await create_account(session, address, "Ada", "admin", password=password)


async def guess(database: Database, times: int, address: str = "ada@shop.example", client: str = "192.0.2.1") -> str:
    """What the last of so many wrong passwords was answered."""
    said = ""
    for _ in range(times):
        refused = await entering.by_password(database, address, "wrong", knock(client))
        assert isinstance(refused, Refused)
        said = refused.reason
    return said


async def test_the_right_password_opens_and_guessing_ends_for_one_client_but_not_for_others(database: Database) -> None:
    await made(database)
    assert isinstance(await entering.by_password(database, " ADA@shop.example ", PASSWORD, knock()), Entered)
    assert await guess(database, 5) == entering.WRONG
    assert await entering.by_password(database, "ada@shop.example", PASSWORD, knock()) == Refused(entering.TOO_MANY)
    elsewhere = await entering.by_password(database, "ada@shop.example", PASSWORD, knock("192.0.2.2"))
    assert isinstance(elsewhere, Entered)
    with clock.frozen_at(clock.now() + attempts.WINDOW + timedelta(seconds=1)):
        assert isinstance(await entering.by_password(database, "ada@shop.example", PASSWORD, knock()), Entered)
        async with database.session(readonly=True) as session:
            kept = (await session.execute(select(AttemptRow))).scalars().all()
    assert [row.count for row in kept] == [0, 0]


async def test_tries_at_the_same_moment_are_counted_one_by_one(database: Database) -> None:
    await made(database, password=None)
    tries = [entering.by_password(database, "ada@shop.example", "wrong", knock()) for _ in range(9)]
    said = [one.reason for one in await asyncio.gather(*tries) if isinstance(one, Refused)]
    assert said.count(entering.WRONG) == attempts.LIMITS["both"]


async def test_one_client_cannot_keep_anybody_out_and_many_clients_nobody_with_a_link(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert attempts.LIMITS["client"] < attempts.LIMITS["address"]
    monkeypatch.setitem(attempts.LIMITS, "address", 6)
    account = await made(sqlite_database)
    for number in range(6):
        await guess(sqlite_database, 1, client=f"198.51.100.{number}")
    refused = await entering.by_password(sqlite_database, "ada@shop.example", PASSWORD, knock("203.0.113.9"))
    assert refused == Refused(entering.TOO_MANY)
    async with sqlite_database.session() as session:
        token = await make_link(session, account.id)
        assert isinstance(await entering.by_link(session, token, knock()), Entered)


async def test_a_client_is_an_ipv6_network_and_may_not_go_through_addresses(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(attempts.LIMITS, "client", 4)
    for number in range(4):
        await guess(sqlite_database, 1, address=f"{number}@shop.example", client=f"2001:db8:1:2::{number}")
    assert await guess(sqlite_database, 1, "new@shop.example", "2001:db8:1:2:ffff::1") == entering.TOO_MANY
    assert await guess(sqlite_database, 1, "new@shop.example", "2001:db8:1:3::1") == entering.WRONG


async def test_nobody_learns_who_works_here(sqlite_database: Database) -> None:
    await made(sqlite_database)
    await made(sqlite_database, "links-only@shop.example", None)
    gone = await made(sqlite_database, "gone@shop.example")
    async with sqlite_database.session() as session:
        await team.disable(session, gone.id)
    known = ("ada@shop.example", "links-only@shop.example", "gone@shop.example")
    answers = {address: [await guess(sqlite_database, 1, address) for _ in range(6)] for address in known}
    unknown = [await guess(sqlite_database, 1, "nobody@shop.example") for _ in range(6)]
    assert all(answer == unknown for answer in answers.values())
    assert await entering.by_password(sqlite_database, "gone@shop.example", PASSWORD, knock("192.0.2.7")) == Refused(
        entering.WRONG
    )


async def test_an_empty_password_does_not_open_an_account_that_has_none(sqlite_database: Database) -> None:
    await made(sqlite_database, password=None)
    for password in ("", "nobody signs in with this"):
        assert isinstance(await entering.by_password(sqlite_database, "ada@shop.example", password, knock()), Refused)


async def test_a_hash_of_older_parameters_is_renewed_when_its_owner_comes_in(sqlite_database: Database) -> None:
    account = await made(sqlite_database)
    weak = Argon2Hasher(time_cost=1, memory_cost=16, parallelism=1).hash(PASSWORD)
    async with sqlite_database.session() as session:
        (await session.get_one(AccountRow, account.id)).password_hash = weak
    assert isinstance(await entering.by_password(sqlite_database, "ada@shop.example", PASSWORD, knock()), Entered)
    async with sqlite_database.session(readonly=True) as session:
        kept = (await session.get_one(AccountRow, account.id)).password_hash
    assert kept.startswith("$argon2id$v=19$m=8,t=1,p=1$")
    assert isinstance(await entering.by_password(sqlite_database, "ada@shop.example", PASSWORD, knock()), Entered)


async def test_a_link_signs_in_once_also_when_it_is_used_twice_at_the_same_moment(database: Database) -> None:
    account = await made(database, password=None)
    async with database.session() as session:
        token = await make_link(session, account.id)

    async def use() -> bool:
        async with database.session() as session:
            return await use_link(session, token) is not None

    assert sorted(await asyncio.gather(use(), use(), use())) == [False, False, True]


async def test_links_end_with_their_time_and_with_their_account(sqlite_database: Database) -> None:
    account, other = await made(sqlite_database), await made(sqlite_database, "bo@shop.example")
    async with sqlite_database.session() as session:
        late, off = await make_link(session, account.id), await make_link(session, other.id)
        await team.disable(session, other.id)
        assert await use_link(session, off) is None
        with clock.frozen_at(clock.now() + timedelta(minutes=16)):
            assert await use_link(session, late) is None
            await make_link(session, account.id)
        kept = (await session.execute(select(col(SignInLinkRow.hash)))).scalars().all()
    assert len(kept) == 1


async def test_a_browser_is_signed_out_when_it_rests_or_after_a_week_and_its_row_goes(database: Database) -> None:
    account, start = await made(database), clock.now()
    async with database.session() as session:
        cookie = await open_session(session, account.id)
        with clock.frozen_at(start + IDLE + timedelta(seconds=5)):
            assert await find_visitor(session, cookie) is None
        with clock.frozen_at(start + IDLE - timedelta(hours=1)):
            assert await find_visitor(session, cookie) is not None
            await note_seen(session, cookie)
            assert (await session.get_one(AccountRow, account.id)).seen_at == clock.now()
        with clock.frozen_at(start + IDLE + timedelta(hours=1)):
            assert await find_visitor(session, cookie) is not None
        with clock.frozen_at(start + LONGEST + timedelta(seconds=5)):
            await note_seen(session, cookie)
            assert await find_visitor(session, cookie) is None
            assert await browsers(session, account.id) == []
            await open_session(session, account.id)
            assert len((await session.execute(select(SessionRow))).scalars().all()) == 1


async def test_who_comes_and_goes_and_who_fails_is_in_the_audit_log(sqlite_database: Database) -> None:
    account = await made(sqlite_database)
    await guess(sqlite_database, 1)
    await guess(sqlite_database, 1, "nobody@shop.example")
    entered = await entering.by_password(sqlite_database, "ada@shop.example", PASSWORD, knock())
    assert isinstance(entered, Entered)
    async with sqlite_database.session() as session:
        await entering.leave(session, account.id, entered.cookie)
        logged = [(entry.actor, entry.action, entry.about) for entry in await audit.entries(session)]
    assert logged == [
        (f"account:{account.id}", "account.sign_out", account.id),
        (f"account:{account.id}", "account.sign_in", account.id),
        ("visitor", "account.sign_in_refused", ""),
        ("visitor", "account.sign_in_refused", account.id),
    ]


async def test_the_cookie_is_for_the_studio_only_and_a_new_one_replaces_the_old(
    stranger: Browser, signed_in: SignedIn, house: House
) -> None:
    await made(house.database)
    form = {"address": "ada@shop.example", "password": PASSWORD, "next": "/studio/team"}
    first = await stranger.post("/sign-in", form)
    assert (first.status_code, first.headers["location"]) == (303, "/studio/team")
    cookie = first.headers["set-cookie"]
    assert cookie.startswith("penfriend_session=")
    assert all(part in cookie for part in ("HttpOnly", "Path=/studio", "SameSite=lax"))
    old = stranger.client.cookies["penfriend_session"]
    await stranger.post("/sign-in", form)
    assert stranger.client.cookies["penfriend_session"] != old
    async with house.database.session(readonly=True) as session:
        assert await find_visitor(session, old) is None


async def test_behind_tls_only_the_cookie_that_was_set_over_tls_counts(stranger: Browser, house: House) -> None:
    await made(house.database)
    form = {"address": "ada@shop.example", "password": PASSWORD}
    answer = await stranger.client.post("https://penfriend/studio/sign-in", data=form)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-penfriend_session=")
    assert all(part in cookie for part in ("Secure", "HttpOnly", "Path=/;", "SameSite=lax"))
    assert (await stranger.client.get("https://penfriend/studio/account")).status_code == 200
    token = stranger.client.cookies["__Host-penfriend_session"]
    stranger.client.cookies.clear()
    planted = {"Cookie": f"penfriend_session={token}"}
    assert (await stranger.client.get("https://penfriend/studio/account", headers=planted)).status_code == 303


async def test_signing_in_cannot_be_forged_by_another_site(stranger: Browser, house: House) -> None:
    account = await made(house.database)
    async with house.database.session() as session:
        token = await make_link(session, account.id)
    form = {"address": "ada@shop.example", "password": PASSWORD}
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        assert (await stranger.post("/sign-in", form, **headers)).status_code == 403
        assert (await stranger.post(f"/link/{token}", **headers)).status_code == 403
    assert (await stranger.post(f"/link/{token}", **{"Sec-Fetch-Site": "same-origin"})).status_code == 303


async def test_looking_at_a_link_does_not_use_it_up_and_an_old_one_says_what_to_do(
    stranger: Browser, house: House
) -> None:
    account = await made(house.database)
    async with house.database.session() as session:
        token = await make_link(session, account.id)
    for _ in range(2):
        shown = await stranger.get(f"/link/{token}")
        assert (shown.status_code, "Welcome, <bdi>Ada</bdi>" in shown.text) == (200, True)
    assert (await stranger.post(f"/link/{token}")).headers["location"] == "/studio"
    again = await stranger.post(f"/link/{token}")
    assert (again.status_code, "This link no longer works" in again.text) == (401, True)


async def test_signing_out_ends_the_session_itself(signed_in: SignedIn) -> None:
    browser = await signed_in("viewer")
    cookie = browser.client.cookies["penfriend_session"]
    await browser.post("/sign-out")
    browser.client.cookies.set("penfriend_session", cookie)
    assert (await browser.get("/account")).status_code == 303


async def test_the_form_keeps_what_was_typed_as_text(stranger: Browser) -> None:
    answer = await stranger.post("/sign-in", {"address": '"><script>alert(1)</script>', "password": "x"})
    assert answer.status_code == 401
    assert "<script>alert" not in answer.text
    assert re.search(r'value="&#34;&gt;&lt;script&gt;alert', answer.text)


@given(st.one_of(st.text(), st.from_regex(r"/studio[/\\@.:a-z]*", fullmatch=True)))
def test_next_leads_nowhere_but_into_the_studio(target: str) -> None:
    kept = _ours(target)
    assert kept == "/studio" or kept.startswith("/studio/")
    assert not set(kept) & set("\r\n\t\\")


@pytest.mark.parametrize(
    "target", ["https://evil.example", "//evil.example", "/studio.evil.example", "/studio\\evil", "javascript:alert(1)"]
)
def test_addresses_of_elsewhere_are_not_followed(target: str) -> None:
    assert _ours(target) == "/studio"


@pytest.mark.parametrize(
    ("says", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130 Safari/537.36 Edg/130", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18 Safari/604.1", "Safari on iPhone"),
        ("<script>alert(1)</script>", "A browser"),
        ("", "A browser"),
    ],
)
def test_a_browser_is_known_by_words_of_ours(says: str, name: str) -> None:
    assert browser_of(says) == name
