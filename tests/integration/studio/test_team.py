"""The team page and one's own account: who may do what to whom, and that nobody locks everybody out."""

from __future__ import annotations

import asyncio
import re
from threading import Semaphore

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from api import audit
from api.house import House
from api.studio import passwords, team
from api.studio.accounts import AccountExists, create_account, find_account, fit_name
from api.studio.passwords import BadPassword
from api.studio.sessions import Visitor, find_visitor, make_link, open_session, use_link
from store.database import Database
from store.errors import InvalidInput
from tests.integration.studio.conftest import Browser, SignedIn
from tests.kit.patience import PATIENCE_S

pytestmark = pytest.mark.anyio

PASSWORD = "four words in a row"


async def test_of_two_admins_who_disable_each_other_at_the_same_moment_one_stays(database: Database) -> None:
    async with database.session() as session:
        pair = [await create_account(session, f"{name}@shop.example", name, "admin") for name in ("ada", "bo")]

    async def disable(whom: str, by: str) -> bool:
        async with database.session() as session:
            try:
                return (await team.disable(session, whom, by=by)).disabled
            except team.LastAdmin:
                return False

    ended = await asyncio.gather(disable(pair[0].id, pair[1].id), disable(pair[1].id, pair[0].id))
    assert sorted(ended) == [False, True]


async def test_the_last_admin_stays_one_and_nobody_changes_themselves(sqlite_database: Database) -> None:
    async with sqlite_database.session() as session:
        ada = await create_account(session, "ada@shop.example", "Ada", "admin")
        for change in (team.set_role(session, ada.id, "viewer"), team.disable(session, ada.id)):
            with pytest.raises(team.LastAdmin):
                await change
        await create_account(session, "bo@shop.example", "Bo", "admin")
        for change in (team.set_role(session, ada.id, "viewer", by=ada.id), team.disable(session, ada.id, by=ada.id)):
            with pytest.raises(team.OwnAccount):
                await change
        assert (await team.set_role(session, ada.id, "editor")).role == "editor"


async def test_an_address_has_one_account_whatever_its_case(database: Database) -> None:
    async with database.session() as session:
        await team.invite(session, "Ada@Shop.example", "Ada", "viewer")
        with pytest.raises(AccountExists):
            await team.invite(session, " ada@shop.EXAMPLE", "Ada", "viewer")
        for address in ("", "ada", "a b@shop.example", '"a"@shop.example', f"{'a' * 250}@shop.example"):
            with pytest.raises(InvalidInput):
                await team.invite(session, address, "Ada", "viewer")


def test_a_name_keeps_no_marks_that_turn_or_hide_text() -> None:
    assert fit_name(" Ada\u202egnp.exe \u200b Lovelace\n") == "Adagnp.exe Lovelace"
    for name in ("", "\u202e", "x" * 101):
        with pytest.raises(InvalidInput):
            fit_name(name)


async def test_whoever_is_invited_comes_in_by_the_link_and_chooses_a_password(
    signed_in: SignedIn, stranger: Browser
) -> None:
    admin = await signed_in("admin")
    page = await admin.post("/team/invite", {"address": "zoe@shop.example", "name": "Zoe", "role": "reviewer"})
    link = re.search(r'value="http://penfriend/studio(/link/[^"]+)"', page.text)
    assert link is not None
    entered = await stranger.post(link[1])
    assert entered.headers["location"] == "/studio/account"
    mine = (await stranger.get("/account")).text
    csrf = re.search(r'name="csrf" value="([^"]+)"', mine)
    assert csrf is not None
    assert "Password of now" not in mine
    browser = Browser(stranger.client, None, csrf[1])
    short = await browser.post("/account/password", {"password": "short"})
    assert (short.status_code, "A password has 12 to 1,024 characters." in short.text) == (422, True)
    assert (await browser.post("/account/password", {"password": PASSWORD})).status_code == 303
    await browser.post("/sign-out")
    again = await stranger.post("/sign-in", {"address": "ZOE@shop.example", "password": PASSWORD})
    assert (again.status_code, again.headers["location"]) == (303, "/studio")
    assert "Password of now" in (await stranger.get("/account")).text


async def test_what_an_admin_does_to_somebody_holds_at_once(signed_in: SignedIn) -> None:
    admin, editor = await signed_in("admin"), await signed_in("editor")
    assert editor.account is not None
    whom = f"/team/{editor.account.id}"
    await admin.post(f"{whom}/role", {"role": "viewer"})
    assert "viewer" in (await editor.get("/account")).text
    assert (await admin.post(f"{whom}/sign-out")).status_code == 303
    assert (await editor.get("/account")).status_code == 303
    again = await signed_in("editor")
    await admin.post(f"{whom}/disable")
    assert (await again.get("/account")).status_code == 303
    refused = await admin.post(f"{whom}/link")
    assert (refused.status_code, "This account is disabled." in refused.text) == (409, True)
    await admin.post(f"{whom}/enable")
    assert "/studio/link/" in (await admin.post(f"{whom}/link")).text


async def test_a_new_link_ends_the_older_ones(sqlite_database: Database) -> None:
    async with sqlite_database.session() as session:
        account, first = await team.invite(session, "zoe@shop.example", "Zoe", "viewer")
        _, second = await team.new_link(session, account.id)
        assert await use_link(session, first) is None
        assert await use_link(session, second) is not None


async def test_a_password_is_changed_by_whoever_knows_it_and_other_browsers_go(sqlite_database: Database) -> None:
    async with sqlite_database.session() as session:
        account = await create_account(session, "ada@shop.example", "Ada", "admin", password=PASSWORD)
        mine, other = await open_session(session, account.id), await open_session(session, account.id)
        link = await make_link(session, account.id)
    visitor = Visitor(account, "")

    async def change(old: str, new: str) -> None:
        await team.change_password(sqlite_database, visitor, old, new, cookie=mine, client="192.0.2.1")

    for old, new in (("wrong", "another four words"), (PASSWORD, "short"), (PASSWORD, "a" * 20)):
        with pytest.raises(BadPassword):
            await change(old, new)
    async with sqlite_database.session(readonly=True) as session:
        assert await find_visitor(session, other) is not None
    await change(PASSWORD, "another four words")
    async with sqlite_database.session() as session:
        assert await find_visitor(session, mine) is not None
        assert await find_visitor(session, other) is None
        assert await use_link(session, link) is None
    for _ in range(5):
        with pytest.raises(BadPassword, match="not your password"):
            await change("wrong", "yet another four words")
    with pytest.raises(BadPassword, match="Too many"):
        await change("another four words", "yet another four words")


class SlowHasher(Argon2Hasher):
    """Takes as long as the test wants, with the passwords it compares and with those it hashes."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.asked, self.go_on = Semaphore(0), Semaphore(0)
        self.waited: list[bool] = []

    def _wait(self) -> None:
        self.asked.release()
        self.waited.append(self.go_on.acquire(timeout=PATIENCE_S))

    def hash(self, password: str | bytes, *, salt: bytes | None = None) -> str:
        """When it is told to."""
        self._wait()
        return super().hash(password, salt=salt)

    def verify(self, password: str | bytes, hash: str | bytes) -> bool:  # noqa: A002  # as pwdlib calls it
        """When it is told to."""
        self._wait()
        return super().verify(password, hash)


async def test_others_write_while_a_password_is_compared_and_hashed(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    passwords.nobody()
    async with sqlite_database.session() as session:
        account = await create_account(session, "ada@shop.example", "Ada", "viewer", password=PASSWORD)
    slow = SlowHasher()
    monkeypatch.setattr(passwords, "HASHER", PasswordHash((slow,)))
    new = "another four words"
    changing = asyncio.create_task(
        team.change_password(sqlite_database, Visitor(account, ""), PASSWORD, new, cookie="", client="192.0.2.1")
    )
    for name in ("Eve", "Ida"):
        assert await asyncio.to_thread(slow.asked.acquire, timeout=PATIENCE_S)
        async with sqlite_database.session() as session:
            await team.rename(session, account.id, name)
        slow.go_on.release()
    await changing
    assert slow.waited == [True, True]


async def test_one_browser_is_signed_out_from_another_but_never_somebody_elses(signed_in: SignedIn) -> None:
    here, there, else_ = await signed_in("viewer"), await signed_in("viewer"), await signed_in("reviewer")
    handle = re.search(r"/account/browsers/([0-9a-f]{16})/sign-out", (await here.get("/account")).text)
    assert handle is not None
    await else_.post(f"/account/browsers/{handle[1]}/sign-out")
    assert (await there.get("/account")).status_code == 200
    await here.post(f"/account/browsers/{handle[1]}/sign-out")
    assert (await there.get("/account")).status_code == 303
    third = await signed_in("viewer")
    await here.post("/account/browsers/sign-out")
    assert [(await one.get("/account")).status_code for one in (here, third)] == [200, 303]


async def test_hostile_names_show_as_text(signed_in: SignedIn, house: House) -> None:
    admin = await signed_in("admin")
    hostile = "<script>alert(1)</script>{{ 7*7 }}\u202e"
    async with house.database.session() as session:
        account, _ = await team.invite(session, "zoe+<x>@shop.example".replace("<x>", "x"), hostile, "admin")
        await team.rename(session, account.id, "<img src=x onerror=alert(1)>")
        cookie = await open_session(session, account.id)
    page = (await admin.get("/team")).text
    assert "<bdi>&lt;img src=x onerror=alert(1)&gt;</bdi>" in page
    assert "<img src=x" not in page
    admin.client.cookies.set("penfriend_session", cookie)
    for path in ("", "/account", "/audit", "/no-such-page"):
        assert "<img src=x" not in (await admin.get(path)).text


async def test_each_change_is_in_the_audit_log_under_the_name_of_who_made_it(signed_in: SignedIn, house: House) -> None:
    admin = await signed_in("admin")
    await admin.post("/team/invite", {"address": "zoe@shop.example", "name": "Zoe", "role": "viewer"})
    async with house.database.session(readonly=True) as session:
        zoe = await find_account(session, "zoe@shop.example")
    assert zoe is not None
    assert admin.account is not None
    for what, form in (("role", {"role": "editor"}), ("link", {}), ("sign-out", {}), ("disable", {}), ("enable", {})):
        await admin.post(f"/team/{zoe.id}/{what}", form)
    async with house.database.session(readonly=True) as session:
        logged = await audit.entries(session, about=zoe.id)
    assert {entry.actor for entry in logged} == {f"account:{admin.account.id}"}
    assert [entry.action.removeprefix("account.") for entry in logged] == [
        "enable",
        "disable",
        "sign_out_everywhere",
        "link",
        "role",
        "invite",
    ]
