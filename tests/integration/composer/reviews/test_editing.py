"""Edits of finished e-mails: judged, built in, replayed to the same bytes, kept by rebuilds, and taken back."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from composer.contract import ComposeResult, Path, Rung
from composer.edits import EDIT_DROPPED, EDITED
from composer.emails import get_email
from composer.reviews.deciding import Decided, RevisedMeanwhile, Seen, reject, undo
from composer.reviews.editing import EditRefused, Rewrite, UnchangedText, UnknownBlock, check_edit, edit
from composer.reviews.model import RejectReason
from composer.tables import EmailRevisionRow, EmailRow
from store import clock
from store.database import Database
from tests.integration.composer.reviews.test_deciding import ADA, BEN, hand_off, held, standing
from tests.kit.prepared import PreparedShop
from tests.kit.writers import ScriptedWriter

pytestmark = pytest.mark.anyio
SAID = {
    "opening": "We thought of your mornings, and of green tea.",
    "pitch:cup": "A small stoneware cup with a dark slate finish.",
}
OPENING = "Green tea again, and something to drink it from."


@pytest.fixture
async def shop(database: Database) -> PreparedShop:
    return await PreparedShop.open(database, writers=[ScriptedWriter(lambda key, round_: SAID.get(key))])


@pytest.fixture
async def local(sqlite_database: Database) -> PreparedShop:
    """For what does not depend on the database."""
    return await PreparedShop.open(sqlite_database, writers=[ScriptedWriter(lambda key, round_: SAID.get(key))])


async def edited(
    shop: PreparedShop, email: ComposeResult, key: str = "opening", text: str = OPENING, seen: Seen | None = None
) -> Decided:
    async with shop.database.session() as session:
        return await edit(session, email.id, Rewrite(key, text), seen or Seen(ADA))


async def stored(shop: PreparedShop, email: ComposeResult) -> ComposeResult:
    async with shop.database.session(readonly=True) as session:
        return await get_email(session, email.id)


def texts(email: ComposeResult) -> dict[str, str]:
    return {block.key: block.text for block in email.blocks}


async def test_an_edit_changes_its_block_and_nothing_else(shop: PreparedShop) -> None:
    email = await shop.compose()
    decided = await edited(shop, email)
    after = await stored(shop, email)
    assert after == decided.email
    assert texts(after) == {**texts(email), "opening": OPENING}
    assert {block.key: block.rung for block in after.blocks}["opening"] is Rung.REVIEWER
    assert OPENING in after.text
    assert SAID["opening"] not in after.html + after.text
    assert (after.picks, after.headers, after.facts, after.usage) == (
        email.picks, email.headers, email.facts, email.usage,
    )  # fmt: skip
    assert after.revision == 1
    assert await standing(shop, email) == "edited"
    async with shop.database.session(readonly=True) as session:
        assert (await session.get_one(EmailRevisionRow, (email.id, 1))).why == [EDITED]


async def test_edited_e_mails_replay_to_the_same_bytes_in_every_revision(shop: PreparedShop) -> None:
    email = await shop.compose()
    await edited(shop, email)
    await edited(shop, email, "pitch:cup", "A stoneware cup, dark as slate.", Seen(BEN))
    await edited(shop, email, "opening", "Something to drink your green tea from.")
    for number in range(4):
        report = await shop.composer.replay(email.id, revision=number)
        assert report.identical, (number, report.differences)
    assert texts(await stored(shop, email))["pitch:cup"] == "A stoneware cup, dark as slate."


async def test_an_e_mail_made_of_templates_can_be_edited_too(local: PreparedShop) -> None:
    local = PreparedShop(local.database, local.shelf)
    email = await local.compose()
    assert email.path is Path.TEMPLATE
    after = (await edited(local, email)).email
    assert after.path is Path.TEMPLATE
    assert (await local.composer.replay(email.id)).identical


async def test_an_edit_that_breaks_a_check_is_refused_and_says_what_contradicts_it(local: PreparedShop) -> None:
    email = await local.compose()
    text = "A stoneware cup with a dark slate finish, for £4.00."
    async with local.database.session() as session:
        with pytest.raises(EditRefused) as refused:
            await edit(session, email.id, Rewrite("pitch:cup", text), Seen(ADA))
    [verdict] = [one for one in refused.value.judged.held if one.rule.startswith("price")]
    assert verdict.span is not None
    assert "4.00" in text[slice(*verdict.span)]
    assert verdict.source == "Slate Cup: 9.00 GBP"
    assert await stored(local, email) == email
    assert await standing(local, email) == ""


async def test_checking_an_edit_stores_nothing(local: PreparedShop) -> None:
    email = await local.compose()
    async with local.database.session(readonly=True) as session:
        fine = await check_edit(session, email.id, "opening", OPENING)
        wrong = await check_edit(session, email.id, "opening", "Everything is 70 % off today.")
    assert (fine.held, fine.text) == ((), OPENING)
    assert wrong.held
    assert wrong.output is None
    assert await stored(local, email) == email


async def test_what_another_block_says_already_is_refused(local: PreparedShop) -> None:
    email = await local.compose()
    async with local.database.session(readonly=True) as session:
        judged = await check_edit(session, email.id, "opening", SAID["pitch:cup"])
    assert "repetition.loop" in {verdict.rule for verdict in judged.held}


async def test_undoing_an_edit_brings_the_former_bytes_back(shop: PreparedShop) -> None:
    email = await shop.compose()
    first = await edited(shop, email)
    with clock.frozen_at(clock.now() + timedelta(minutes=1)):
        second = await edited(shop, email, "pitch:cup", "A stoneware cup, dark as slate.")
        for decided, before in ((second, first.email), (first, email)):
            async with shop.database.session() as session:
                await undo(session, decided.review.id, BEN)
            now = await stored(shop, email)
            assert (now.html, now.text, now.subject, now.headers) == (
                before.html, before.text, before.subject, before.headers,
            )  # fmt: skip
    assert now.revision == 4
    assert (await shop.composer.replay(email.id)).identical
    assert await standing(shop, email) == ""


async def test_an_edit_that_was_undone_can_be_made_again(shop: PreparedShop) -> None:
    email = await shop.compose()
    first = await edited(shop, email)
    async with shop.database.session() as session:
        await undo(session, first.review.id, ADA)
    again = await edited(shop, email)
    assert (again.email.html, again.email.revision) == (first.email.html, 3)
    assert (await shop.composer.replay(email.id)).identical


async def test_a_rejected_e_mail_that_is_edited_may_go_out_until_the_edit_is_undone(shop: PreparedShop) -> None:
    email = await shop.compose()
    async with shop.database.session() as session:
        await reject(session, email.id, Seen(ADA), [RejectReason.OFF_VOICE])
    with clock.frozen_at(clock.now() + timedelta(minutes=1)):
        decided = await edited(shop, email)
        assert await held(shop, email) == ""
        async with shop.database.session() as session:
            await undo(session, decided.review.id, ADA)
    assert await held(shop, email) == "rejected"


async def test_an_edit_outlives_a_new_price_that_it_does_not_speak_of(local: PreparedShop) -> None:
    email = await local.compose()
    await edited(local, email)
    local.shelf.change("sencha", price=Decimal("13.75"))
    fresh = await local.now(email)
    assert texts(fresh)["opening"] == OPENING
    assert "£13.75" in fresh.text
    assert fresh.revision == 2
    assert (await local.composer.replay(email.id)).identical


async def test_an_edit_that_a_new_price_makes_untrue_gives_way_and_says_why(shop: PreparedShop) -> None:
    email = await shop.compose()
    await edited(shop, email)
    await edited(shop, email, "pitch:cup", "A stoneware cup with a dark slate finish, for £9.00.")
    shop.shelf.change("cup", price=Decimal("11.00"))
    fresh = await shop.now(email)
    assert texts(fresh)["opening"] == OPENING
    block = next(block for block in fresh.blocks if block.key == "pitch:cup")
    assert (block.text, block.rung) == (SAID["pitch:cup"], Rung.MODEL)
    assert block.reason.startswith("price")
    assert "£9.00" not in fresh.html + fresh.text
    assert (await shop.composer.replay(email.id)).identical
    async with shop.database.session(readonly=True) as session:
        assert (await session.get_one(EmailRevisionRow, (email.id, 3))).why == [EDIT_DROPPED, "price"]


async def test_an_edit_of_a_product_that_is_gone_goes_with_it(local: PreparedShop) -> None:
    email = await local.compose()
    await edited(local, email, "pitch:kettle", "A copper kettle that pours a steady line.")
    local.shelf.remove("kettle")
    fresh = await local.now(email)
    assert "pitch:kettle" not in texts(fresh)
    assert (await local.composer.replay(email.id)).identical


async def test_an_edit_of_an_e_mail_that_has_left_is_kept_and_changes_nothing(shop: PreparedShop) -> None:
    email = await shop.compose()
    await hand_off(shop, email)
    decided = await edited(shop, email)
    assert (decided.left, decided.review.after) == (True, OPENING)
    assert await stored(shop, email) == email
    async with shop.database.session() as session:
        await undo(session, decided.review.id, ADA)
    assert await stored(shop, email) == email


async def test_an_edit_wants_a_block_and_another_text_and_the_e_mail_as_it_is(local: PreparedShop) -> None:
    email = await local.compose()
    async with local.database.session() as session:
        with pytest.raises(UnknownBlock, match="no such block"):
            await edit(session, email.id, Rewrite("pitch:nothing", OPENING), Seen(ADA))
        with pytest.raises(UnchangedText):
            await edit(session, email.id, Rewrite("opening", f"  {SAID['opening']}\r\n"), Seen(ADA))
    await edited(local, email)
    async with local.database.session() as session:
        with pytest.raises(RevisedMeanwhile, match="edited"):
            await edit(session, email.id, Rewrite("opening", "Something else."), Seen(BEN, revision=0))
    async with local.database.session(readonly=True) as session:
        row = await session.get_one(EmailRow, email.id)
    assert row.record == (await stored(local, email)).record
