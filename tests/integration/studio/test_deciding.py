"""Deciding in the studio, without a browser: who may, what they are told, and what hostile words come to."""

from __future__ import annotations

import pytest
from markupsafe import escape
from sqlalchemy import update
from sqlmodel import col

from api.house import House
from api.studio.desk import pieces_of
from composer.contract import ComposeResult
from composer.record import canonical, deflated
from composer.reviews.deciding import Seen, approve
from composer.reviews.decisions import standing
from composer.reviews.editing import Judged
from composer.tables import EmailRow
from evals.verdict import Status, Verdict
from tests.integration.studio.conftest import SignedIn
from tests.kit.prepared import PreparedShop

pytestmark = pytest.mark.anyio
HOSTILE = (
    "<script>alert(1)</script>",
    "</textarea><img src=x onerror=alert(2)>",
    '"><svg onload=alert(3)>',
    "{{ 7 * 7 }}",
    "' autofocus onfocus='alert(4)",
)


@pytest.fixture
async def shop(house: House) -> PreparedShop:
    return await PreparedShop.open(house.database)


@pytest.fixture
async def email(shop: PreparedShop) -> ComposeResult:
    return await shop.compose()


def form(email: ComposeResult, **more: str) -> dict[str, str]:
    return {"revision": str(email.revision), **more}


async def test_a_viewer_reads_and_does_not_decide(signed_in: SignedIn, email: ComposeResult, house: House) -> None:
    viewer = await signed_in("viewer")
    for what in ("approve", "reject", "undo", "edit", "check-edit"):
        answer = await viewer.post(f"/emails/{email.id}/{what}", form(email, block="opening", text="Hello."))
        assert answer.status_code == 403, what
    async with house.database.session(readonly=True) as session:
        assert await standing(session, email.id) is None


async def test_what_is_known_and_not_in_the_text_is_for_reviewers(signed_in: SignedIn, email: ComposeResult) -> None:
    for role, told in (("viewer", False), ("reviewer", True)):
        answer = await (await signed_in(role)).get(f"/emails/{email.id}")
        assert (answer.status_code, "Known, and not in the text" in answer.text) == (200, told)


async def test_who_decides_second_is_told_what_the_first_said(
    signed_in: SignedIn, email: ComposeResult, house: House
) -> None:
    async with house.database.session() as session:
        await approve(session, email.id, Seen("account:ada"))
    browser = await signed_in("reviewer")
    answer = await browser.post(f"/emails/{email.id}/reject", form(email, reasons="dull", standing=""))
    assert answer.status_code == 409
    assert "Somebody else decided meanwhile: it was approved." in answer.text
    same = await browser.post(f"/emails/{email.id}/approve", form(email, standing=""))
    assert same.headers["location"] == f"/studio/emails/{email.id}?toast=approved"


async def test_a_rejection_without_a_reason_asks_for_one(signed_in: SignedIn, email: ComposeResult) -> None:
    browser = await signed_in("reviewer")
    answer = await browser.post(f"/emails/{email.id}/reject", form(email, words="Hm."))
    assert answer.status_code == 422
    assert "Choose at least one reason" in answer.text


async def test_hostile_words_are_words(signed_in: SignedIn, email: ComposeResult, shop: PreparedShop) -> None:
    words = "\n".join(HOSTILE)
    verdict = Verdict(rule=words, status=Status.FAIL, block=words, reason=words, source=words, repaired=words)
    hostile = email.model_copy(
        update={
            "subject": words,
            "preheader": words,
            "blocks": [block.model_copy(update={"text": words, "reason": words}) for block in email.blocks],
            "picks": [pick.model_copy(update={"title": words, "reason": words}) for pick in email.picks],
            "headers": {**email.headers, "From": f"{HOSTILE[0]} <hello@shop.example>"},
            "verdicts": [verdict],
        }
    )
    body = deflated(canonical(hostile.model_dump(mode="json")))
    async with shop.database.session() as session:
        await session.execute(update(EmailRow).where(col(EmailRow.id) == email.id).values(result=body))
    browser = await signed_in("reviewer")
    typed = form(email, block="opening", text=f"{words} and more")
    pages = [
        await browser.get(f"/emails/{email.id}/edit"),
        await browser.post(f"/emails/{email.id}/edit", typed),
        await browser.post(f"/emails/{email.id}/check-edit", typed),
    ]
    assert [page.status_code for page in pages] == [200, 422, 200]
    for one in HOSTILE:
        assert escape(one) in pages[0].text
        assert [page.text.count(one) for page in pages if "<" in one] in ([], [0, 0, 0])


def test_what_is_marked_is_what_was_found_once_and_in_order() -> None:
    def found(start: int, end: int) -> Verdict:
        return Verdict(rule="price.wrong", status=Status.FAIL, block="opening", span=(start, end))

    judged = Judged("Only £2 today, £3 then", (found(15, 17), found(5, 7), found(6, 13), found(0, 0)), (), None)
    assert [(piece.text, piece.marked) for piece in pieces_of(judged)] == [
        ("Only ", False),
        ("£2", True),
        (" today", True),
        (", ", False),
        ("£3", True),
        (" then", False),
    ]


async def test_a_place_or_a_revision_that_cannot_be_is_refused_as_such(
    signed_in: SignedIn, email: ComposeResult
) -> None:
    browser, huge = await signed_in("reviewer"), str(10**30)
    assert (await browser.get(f"/review/rvs_unknown?at={huge}")).status_code == 422
    for wrong in ({"revision": huge}, {"revision": "0", "at": huge}):
        assert (await browser.post(f"/emails/{email.id}/approve", wrong)).status_code == 422
