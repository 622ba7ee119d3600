"""Sending from the page of a run without a browser: each step does what its button says, and what is offered is so."""

from __future__ import annotations

import pytest
from sqlmodel import col, select

from api.erasing import Eraser
from api.house import House
from api.studio import sending
from api.tables import AuditRow
from composer.handoff.model import HandoffStatus
from composer.handoff.webhooks import endpoints
from composer.handoff.webhooks.model import NewEndpoint
from composer.runs.model import Tally
from composer.runs.tables import RunRow
from tests.integration.studio.conftest import Browser, SignedIn
from tests.kit.handoffs import HandoffShop

pytestmark = pytest.mark.anyio


async def way_out(house: House, run: str) -> None:
    """A way to send, of a run that says that it wrote something."""
    async with house.database.session() as session:
        (await session.get_one(RunRow, run)).tally = Tally(composed=4).model_dump(mode="json")
        await endpoints.add(session, NewEndpoint(url="https://shop.example/hook"), private=True)


async def read(browser: Browser, run: str) -> str:
    """What its page says of sending."""
    return (await browser.get(f"/runs/{run}/sending")).text


async def test_each_step_does_what_its_button_says(signed_in: SignedIn, house: House) -> None:
    shop = await HandoffShop.open(house.database)
    handoff = await shop.start()
    editor = await signed_in("editor")

    async def take(step: str) -> HandoffStatus:
        where = f"/runs/{shop.run}/handoffs/{handoff.id}/{step}"
        assert f'action="/studio{where}"' in await read(editor, shop.run)
        assert (await editor.post(where)).status_code == 303
        return (await shop.handoff(handoff.id)).status

    assert await take("pause") is HandoffStatus.PAUSED
    assert await take("resume") is HandoffStatus.RUNNING
    await shop.settle(handoff, {1: ("failed", "smtp_timeout")})
    assert await take("retry") is HandoffStatus.RUNNING
    assert (await shop.handoff(handoff.id)).tally.pending == 1
    assert await take("cancel") is HandoffStatus.CANCELLED
    assert (await shop.handoff(handoff.id)).tally.cancelled == 1
    assert "<form" not in (await read(await signed_in("viewer"), shop.run))
    async with house.database.session(readonly=True) as session:
        done = (await session.execute(select(AuditRow.action).order_by(col(AuditRow.id)))).scalars().all()
    assert [one for one in done if one.startswith("handoff.")] == [
        f"handoff.{step}" for step in ("pause", "resume", "retry", "cancel")
    ]


async def test_a_step_that_does_not_exist_and_one_that_cannot_be_taken_are_refused(
    signed_in: SignedIn, house: House
) -> None:
    shop = await HandoffShop.open(house.database)
    handoff = await shop.start()
    editor = await signed_in("editor")
    assert (await editor.post(f"/runs/{shop.run}/handoffs/{handoff.id}/burn")).status_code == 404
    assert (await editor.post(f"/runs/{shop.run}/handoffs/{handoff.id}/resume")).status_code == 409
    assert (await shop.handoff(handoff.id)).status is HandoffStatus.RUNNING


async def test_what_is_offered_leaves_out_whom_nothing_may_be_sent_to(signed_in: SignedIn, house: House) -> None:
    shop = await HandoffShop.open(house.database, customers=4)
    await way_out(house, shop.run)
    handoff = await shop.start()
    ends = {0: ("suppressed", "unsubscribed"), 1: ("refused", "smtp_refused"), 2: ("failed", "smtp_timeout")}
    await shop.settle(handoff, ends)
    editor = await signed_in("editor")
    shown = await read(editor, shop.run)
    assert "Send 2 e-mails" in shown
    assert "Try 1 that failed again" in shown
    await Eraser(house.settings, house.database).ask("c-3")
    shown = await read(editor, shop.run)
    assert "Send 1 e-mail<" in shown
    assert "that failed again" not in shown
    assert "Somebody who was erased: the relay did not answer in time" in shown

    # What failed here went out by another way: there is nothing to try again, nor to send.
    again = await shop.start()
    await shop.settle(again, {})
    shown = await read(editor, shop.run)
    assert "All that may be sent is sent, or on its way." in shown
    assert f"{handoff.id}/retry" not in shown


async def test_who_waits_for_a_night_is_not_asked_for_every_other_second(signed_in: SignedIn, house: House) -> None:
    shop = await HandoffShop.open(house.database)
    handoff = await shop.start()
    viewer = await signed_in("viewer")
    assert f'hx-trigger="every {sending.MOVING_S}s"' in await read(viewer, shop.run)
    await shop.settle(handoff, dict.fromkeys(range(3), ("pending", "quiet_hours")), status="running")
    assert f'hx-trigger="every {sending.WAITING_S}s"' in await read(viewer, shop.run)
    await shop.settle(handoff, {})
    assert "hx-trigger" not in await read(viewer, shop.run)
    told = await viewer.get(f"/runs/{shop.run}/handoffs")
    assert told.headers["HX-Trigger"] == "sending-stands"
