"""Comparisons in the studio: who may do what, that nothing gives a side away, and what stands where writing ended."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field

import pytest

from api import audit
from api.house import House
from composer.campaigns import CampaignVersion, save_brand, save_campaign
from composer.comparing.voting import left_of, votes_of
from composer.contract import BlockReport, ComposeRequest, ComposeResult, Path, Rung
from composer.documents import Brief
from memory.ingest import ingest
from store import clock
from store.errors import Unavailable
from tests.integration.studio.conftest import Browser, SignedIn
from tests.kit.factories import NOW, make_brand, make_campaign
from tests.kit.fake_composer import FakeComposer
from tests.kit.patience import LOOK_S, PATIENCE_S

pytestmark = pytest.mark.anyio

HOSTILE = '"><script>alert(1)</script>{{ 7 * 7 }}'


@dataclass
class Composer(FakeComposer):
    """Version 1 says one thing, version 2 another; may be told to fail or to wait."""

    begun: asyncio.Event = field(default_factory=asyncio.Event)

    async def draft(self, request: ComposeRequest, version: CampaignVersion | None = None) -> ComposeResult:
        """An e-mail of that version."""
        assert version is not None
        self.asked.append(request)
        self.begun.set()
        await asyncio.sleep(self.seconds)
        if self.failure is not None:
            raise self.failure
        text = f"{'Dear' if version.version == 1 else 'Hello'} friend {HOSTILE}"
        html = f"<html><head></head><body><p>{text}</p></body></html>"
        block = BlockReport(key="subject", text=text, rung=Rung.MODEL, reason="ok")
        return ComposeResult(
            id="msg_draft",
            path=Path.MODEL,
            campaign=request.campaign,
            campaign_version=version.version,
            customer=request.customer,
            flow="newsletter",
            created_at=clock.now(),
            subject=text,
            html=html,
            blocks=[block],
        )


@pytest.fixture
def composer() -> Composer:
    """In place of the fake one."""
    return Composer()


@pytest.fixture(autouse=True)
async def shop(house: House) -> None:
    """Six customers, and a campaign in two versions."""
    async with house.database.session() as session:
        await save_brand(session, make_brand())
        await save_campaign(session, make_campaign(name="Autumn letter", brief=Brief(message="One.")))
        await save_campaign(session, make_campaign(name="Autumn letter", brief=Brief(message="Two.")))
        for number in range(6):
            event = {"type": "identify", "messageId": f"i-{number}", "userId": f"c-{number}"}
            await ingest(session, [{**event, "timestamp": NOW.isoformat(), "traits": {"email_consent": True}}])


FORM = {"name": "Warmer?", "a.what": "autumn:1", "b.what": "autumn:2", "pairs": "4"}


async def begin(browser: Browser, **changes: str) -> str:
    """Start a comparison; its page."""
    form = {**FORM, **{name.replace("__", "."): value for name, value in changes.items()}}
    answer = await browser.post("/compare", form)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].removeprefix("/studio")


async def text_of(browser: Browser, path: str) -> str:
    answer = await browser.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


async def until(browser: Browser, path: str, said: str) -> str:
    """The page once it says that."""
    async with asyncio.timeout(PATIENCE_S):
        while said not in (found := await text_of(browser, path)):  # noqa: ASYNC110 - pages tell nobody
            await asyncio.sleep(LOOK_S)
    return found


async def test_started_read_blind_shown_and_used(house: House, signed_in: SignedIn) -> None:
    editor, reviewer = await signed_in("editor"), await signed_in("reviewer")
    path = await begin(editor)
    page = await until(reviewer, path, "Ready to be read")
    assert "You decided on 0 of 4" in page
    for position in range(4):
        left = left_of(path.split("/")[-1], position, f"account:{reviewer.account.id if reviewer.account else ''}")
        choice = "left" if left == "b" else "right"
        answer = await reviewer.post(f"{path}/{position}/vote", {"choice": choice})
        ahead = f"/studio{path}/{position + 1}?before={position}" if position < 3 else f"/studio{path}"
        assert (answer.status_code, answer.headers["location"]) == (303, ahead)
    assert "You have decided on all of them" in await text_of(reviewer, path)
    assert (await reviewer.post(f"{path}/show")).status_code == 303
    result = await text_of(reviewer, path)
    assert "Cannot tell yet: 4 of 4 decided pairs are for version 2" in result
    assert "Version 2 is in use now." in result
    assert "Use version 1" not in result
    assert "Use version 1" not in await text_of(editor, path)
    await editor.post(f"{path}/show")
    assert 'action="/studio/campaigns/autumn/versions/1/back"' in await text_of(editor, path)
    async with house.database.session(readonly=True) as session:
        entries = await audit.entries(session, about=path.split("/")[-1])
    assert [(one.action, one.why) for one in reversed(entries)] == [
        ("comparison.start", ""),
        *(("comparison.vote", f"pair {number}") for number in range(1, 5)),
        ("comparison.show", ""),
        ("comparison.show", ""),
    ]


async def test_two_people_on_the_same_pairs_are_two_votes_and_one_decision_each(signed_in: SignedIn) -> None:
    editor, reviewer = await signed_in("editor"), await signed_in("reviewer")
    path = await begin(editor)
    await until(reviewer, path, "Ready to be read")
    for browser in (editor, reviewer):
        left = left_of(path.split("/")[-1], 0, f"account:{browser.account.id if browser.account else ''}")
        await browser.post(f"{path}/0/vote", {"choice": "left" if left == "b" else "right"})
    await reviewer.post(f"{path}/show")
    result = await text_of(reviewer, path)
    assert "Cannot tell yet: 1 of 1 decided pairs are for version 2" in result
    assert "2 votes of 2 people" in result
    assert "Each pair counts once, for the side that most people took" in result


async def test_nothing_on_the_page_of_a_pair_gives_a_side_away(signed_in: SignedIn) -> None:
    reviewer = await signed_in("reviewer")
    path = await begin(await signed_in("editor"), a__model="local", b__model="local")
    await until(reviewer, path, "Ready to be read")
    blind = await text_of(reviewer, f"{path}/0")
    assert not re.search(r"version \d|templates|local|tokens|model", blind, re.IGNORECASE)
    await reviewer.post(f"{path}/show")
    known = await text_of(reviewer, f"{path}/0")
    assert re.search(r"version 1", known, re.IGNORECASE)


async def test_who_knows_which_is_which_is_refused_and_told_why(signed_in: SignedIn) -> None:
    reviewer = await signed_in("reviewer")
    path = await begin(await signed_in("editor"))
    await until(reviewer, path, "Ready to be read")
    await reviewer.post(f"{path}/show")
    answer = await reviewer.post(f"{path}/0/vote", {"choice": "left"})
    assert (answer.status_code, "votes count only from those who do not know" in answer.text) == (409, True)


async def test_undo_brings_the_pair_back_and_by_htmx_only_the_pair(house: House, signed_in: SignedIn) -> None:
    reviewer = await signed_in("reviewer")
    path = await begin(await signed_in("editor"))
    await until(reviewer, path, "Ready to be read")
    answer = await reviewer.post(f"{path}/0/vote", {"choice": "tie"}, **{"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Push-Url"]) == (200, f"/studio{path}/1?before=0")
    assert answer.text.lstrip().startswith('<div id="pair"')
    assert f'action="/studio{path}/0/undo"' in answer.text
    back = await reviewer.post(f"{path}/0/undo")
    assert back.headers["location"] == f"/studio{path}/0"
    async with house.database.session(readonly=True) as session:
        assert await votes_of(session, path.split("/")[-1]) == []


async def test_hostile_text_is_text_on_the_page_and_held_in_the_frame(signed_in: SignedIn) -> None:
    editor = await signed_in("editor")
    path = await begin(editor, name=HOSTILE)
    for page in (path, "/compare", f"{path}/0"):
        await until(editor, path, "Ready to be read")
        text = await text_of(editor, page)
        assert "<script>alert" not in text
        assert "{{ 7 * 7 }}" in text
    frame = await editor.get(f"{path}/0/left/frame")
    assert frame.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    await editor.post(f"{path}/show")
    assert "<script>alert" not in await text_of(editor, path)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"b.what": "autumn:1"}, "Both sides are the same"),
        ({"b.what": "autumn:9"}, "9"),
        ({"b.model": "openai/unheard-of"}, "not one of those that may be compared"),
        ({"b.prompts": "../../etc"}, "no such folder of changed prompts"),
        ({"b.prompts": "/etc"}, "no such folder of changed prompts"),
        ({"a.what": "autumn:2", "b.what": "autumn:"}, "Both sides come to the same"),
        ({"pairs": "0"}, "a number from 1 to 200"),
    ],
)
async def test_what_cannot_be_compared_comes_back_with_the_form(
    signed_in: SignedIn, changes: dict[str, str], said: str
) -> None:
    editor = await signed_in("editor")
    answer = await editor.post("/compare", {**FORM, **changes})
    assert (answer.status_code, said in answer.text, 'value="Warmer?"' in answer.text) == (422, True, True)
    assert "Nothing has been compared yet" in await text_of(editor, "/compare")


async def test_why_writing_stopped_stands_on_the_page_and_it_goes_on(signed_in: SignedIn, composer: Composer) -> None:
    composer.failure = Unavailable("The model is away.", fix="Look whether it runs.")
    editor = await signed_in("editor")
    path = await begin(editor)
    assert "The model is away. Look whether it runs." in await until(editor, path, "Writing has stopped")
    composer.failure = None
    assert (await editor.post(f"{path}/go-on")).status_code == 303
    await until(editor, path, "Ready to be read")
    assert (await editor.post(f"{path}/go-on")).status_code == 409


async def test_a_bug_is_told_without_its_words(signed_in: SignedIn, composer: Composer) -> None:
    composer.failure = RuntimeError("secret of ada@post.example")
    editor = await signed_in("editor")
    path = await begin(editor)
    page = await until(editor, path, "Writing has stopped")
    assert ("Something broke that should not have" in page, "secret" in page) == (True, False)


async def test_what_is_cut_short_by_an_end_can_go_on(house: House, signed_in: SignedIn, composer: Composer) -> None:
    composer.seconds = 60
    editor = await signed_in("editor")
    path = await begin(editor)
    await composer.begun.wait()
    await house.background.close()
    assert "Penfriend was ended while it was written." in await text_of(editor, path)
