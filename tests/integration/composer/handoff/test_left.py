"""What is left to send, and to try again: nobody who was erased, and nobody whom no hand-off may write to."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.erasing import Eraser
from api.settings import Settings
from composer.handoff import service
from composer.handoff.service import HandoffNotChangeable, NothingToHandOff
from tests.kit.handoffs import HandoffShop

pytestmark = pytest.mark.anyio


async def left(shop: HandoffShop) -> int:
    async with shop.database.session(readonly=True) as session:
        return await service.left(session, shop.run)


async def retryable(shop: HandoffShop, handoff_id: str) -> int:
    async with shop.database.session(readonly=True) as session:
        return await service.retryable(session, handoff_id)


async def test_who_was_erased_is_not_taken_up(shop: HandoffShop, tmp_path: Path) -> None:
    await Eraser(Settings(home=tmp_path), shop.database).ask("c-1")
    assert await left(shop) == 2
    handoff = await shop.start()
    assert [one.customer for one in await shop.deliveries(handoff.id)] == ["c-2", "c-3"]
    assert handoff.emails == 2
    assert await left(shop) == 0
    with pytest.raises(NothingToHandOff):
        await shop.start()


async def test_what_was_held_back_for_good_is_not_left_and_what_a_night_held_back_is(shop: HandoffShop) -> None:
    handoff = await shop.start()
    await shop.settle(handoff, {0: ("suppressed", "rejected"), 1: ("suppressed", "quiet_hours")})
    assert await left(shop) == 1
    await shop.settle(handoff, {0: ("refused", "smtp_address_unknown"), 1: ("refused", "smtp_refused")})
    assert await left(shop) == 1
    await shop.settle(handoff, dict.fromkeys(range(3), ("cancelled", "")))
    assert await left(shop) == 3


async def test_what_another_hand_off_sent_since_or_is_gone_is_not_tried_again(
    shop: HandoffShop, tmp_path: Path
) -> None:
    first = await shop.start()
    failed = {0: ("failed", "smtp_timeout"), 1: ("failed", "smtp_timeout"), 2: ("failed", "unknown_email")}
    await shop.settle(first, failed)
    assert await retryable(shop, first.id) == 2
    await Eraser(Settings(home=tmp_path), shop.database).ask("c-1")
    assert await retryable(shop, first.id) == 1
    second = await shop.start()
    assert await retryable(shop, first.id) == 0
    await shop.settle(second, {1: ("failed", "smtp_timeout")})
    assert await retryable(shop, first.id) == 1
    assert (await shop.retry(first)).tally.pending == 1
    with pytest.raises(HandoffNotChangeable, match="can be tried again"):
        await shop.retry(second)
