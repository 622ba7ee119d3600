"""A run is sent from its page: e-mails arrive at a relay and a webhook, and what does not leave is told with why."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page, expect
from pydantic import TypeAdapter
from sqlmodel import col, select

from api.house import House
from composer.handoff import service as handoffs
from composer.handoff.model import HandoffRequest
from composer.handoff.settings import SmtpSettings, WebhookSettings
from composer.handoff.webhooks import endpoints
from composer.handoff.webhooks.model import NewEndpoint
from composer.runs import service
from composer.runs.audiences.model import Listed
from composer.runs.model import RunRequest
from composer.runs.recipients import look_through
from memory.recall import recall
from memory.tables import Customer
from tests.kit.axe import Axe
from tests.kit.http_receiver import Receiver, http_receiver
from tests.kit.smtp_server import Mailbox, smtp_thread
from tests.kit.studio import Studio, open_studio

CUSTOMERS = 8
WRONG_SENDER = "553 5.1.8 <script>alert(1)</script> is no sender of ours"
REFUSED = "550 5.7.1 <b>We</b> take nothing for this address"
LATER = "451 4.7.1 Greylisted, come back later"


class Written(NamedTuple):
    """A run that is written."""

    id: str
    addresses: dict[str, str]
    """Of those it wrote to, by customer."""


@pytest.fixture(scope="module")
def mailbox() -> Iterator[Mailbox]:
    """The shop's relay."""
    with smtp_thread() as opened:
        yield opened


@pytest.fixture(scope="module")
def studio(
    studio_home: Path, tmp_path_factory: pytest.TempPathFactory, browser: Browser, mailbox: Mailbox
) -> Iterator[Studio]:
    """A studio with ways to send."""
    ways = {
        "smtp": SmtpSettings(host="127.0.0.1", port=mailbox.port, security="plain"),
        "webhooks": WebhookSettings(private=True),
    }
    with open_studio(studio_home, tmp_path_factory.mktemp("sending"), browser, **ways) as opened:
        yield opened


def _written(studio: Studio, page: Page, part: int) -> Written:
    """A run to some customers whom no other `part` writes to; its page is open."""

    async def start(house: House) -> str:
        async with house.database.session() as session:
            everyone = (await session.execute(select(Customer.external_id).order_by(col(Customer.id)))).scalars().all()
            some = [one for one in everyone if one][part * CUSTOMERS :][:CUSTOMERS]
            request = RunRequest(audience=Listed(customers=tuple(some)), occasion=f"sending {part}")
            return (await service.start(session, "newsletter", request)).id

    async def read(house: House) -> dict[str, str]:
        async with house.database.session(readonly=True) as session:
            found = await look_through(session, run_id, size=CUSTOMERS, status=None, reason="", after=-1)
            wrote = [one.customer for one in found.recipients if one.email_id]
            people = [await recall(session, customer) for customer in wrote]
        return {one.external_id: str(one.profile.email) for one in people if one is not None}

    run_id = studio.ask(start)
    page.goto(f"{studio.url}/runs/{run_id}")
    expect(page.locator("#run")).to_contain_text("Completed")
    written = Written(run_id, studio.ask(read))
    assert len(written.addresses) >= 3
    return written


def _sent(studio: Studio, run_id: str) -> None:
    """Begin to send it through the relay."""

    async def start(house: House) -> None:
        asked: HandoffRequest = TypeAdapter(HandoffRequest).validate_python({"channel": "smtp"})
        async with house.database.session() as session:
            await handoffs.start(session, run_id, asked)

    studio.ask(start)


@pytest.fixture(autouse=True)
def _empty(mailbox: Mailbox, receiver: Receiver) -> None:
    """As new: the relay takes everything."""
    mailbox.mails.clear()
    receiver.received.clear()
    mailbox.at_mail, mailbox.at_rcpt = "", {}


@pytest.fixture(scope="module")
def receiver(studio: Studio) -> Iterator[Receiver]:
    """A webhook that e-mails may be sent through."""
    opened = http_receiver()

    async def add(house: House) -> Receiver:
        made = await opened.__aenter__()
        async with house.database.session() as session:
            new = NewEndpoint(url=f"{made.url}/hook", types=(), description="Our own sender")
            await endpoints.add(session, new, private=True)
        return made

    async def close(house: House) -> None:
        await opened.__aexit__(None, None, None)

    yield studio.ask(add)
    studio.ask(close)


def test_what_is_sent_arrives_and_what_does_not_leave_is_told_with_why(
    studio: Studio, mailbox: Mailbox, receiver: Receiver
) -> None:
    page: Page = studio.signed_in("editor", viewport={"width": 1280, "height": 900}).new_page()
    theirs = _written(studio, page, 0).addresses
    refused = min(theirs)
    sending = page.get_by_role("region", name="Sending")

    # The relay is set up wrong: nothing is lost, and it says what it is.
    mailbox.at_mail = WRONG_SENDER
    mailbox.at_rcpt = {theirs[refused]: REFUSED}
    sending.get_by_role("combobox").select_option(label="Your mail relay, 127.0.0.1")
    sending.get_by_role("button", name=f"Send {len(theirs)} e-mails").click()
    expect(sending).to_contain_text("The relay takes no mail of this sender: 553 5.1.8.")
    expect(sending).to_contain_text("Paused")
    assert mailbox.mails == []

    # It is mended: everybody is written to, but one whom the relay refuses, with its own words.
    mailbox.at_mail = ""
    sending.get_by_role("button", name="Go on sending").click()
    expect(page.locator("#notices")).to_contain_text("Sending goes on.")
    expect(sending).to_contain_text(f"{len(theirs) - 1} sent of {len(theirs)} · 1 refused")
    expect(sending).to_contain_text(f"{refused}: the relay refused it")
    expect(sending).to_contain_text(REFUSED.removeprefix("550 5.7.1 "))
    assert mailbox.addressees == sorted(address for one, address in theirs.items() if one != refused)
    assert all(mail.message["List-Unsubscribe"] for mail in mailbox.mails)
    assert Axe().run(page).violations_count == 0
    page.set_viewport_size({"width": 390, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    # Who was refused there is left to send, by another way.
    sending.get_by_role("combobox").select_option(label="Webhook: Our own sender")
    sending.get_by_role("button", name="Send 1 e-mail").click()
    expect(sending).to_contain_text("1 sent of 1")
    expect(sending).to_contain_text("All that may be sent is sent, or on its way.")
    assert [one.json["data"]["customer"] for one in receiver.received] == [refused]
    expect(sending.get_by_role("combobox")).to_have_count(0)


def test_what_somebody_chose_and_where_they_are_stays_while_the_list_is_asked_for_again(
    studio: Studio, mailbox: Mailbox, receiver: Receiver
) -> None:
    page = studio.signed_in("editor").new_page()
    written = _written(studio, page, 1)
    refused = min(written.addresses)
    # One is refused, and left to send by another way; the others are tried again later: sending goes on.
    mailbox.at_rcpt = {address: REFUSED if one == refused else LATER for one, address in written.addresses.items()}
    _sent(studio, written.id)
    page.reload()
    sending = page.get_by_role("region", name="Sending")
    expect(sending).to_contain_text("1 refused")
    page.reload()
    way = sending.get_by_role("combobox")
    way.select_option(label="Webhook: Our own sender")
    sending.get_by_role("button", name="Pause sending").focus()
    page.evaluate("window.list = document.getElementById('handoffs')")
    for _ in range(2):
        with page.expect_response("**/handoffs"):
            pass
    page.wait_for_function("!document.body.contains(window.list)")
    expect(way.locator("option:checked")).to_have_text("Webhook: Our own sender")
    expect(sending.get_by_role("button", name="Pause sending")).to_be_focused()

    # Nor is it lost when sending stands still, and more is left.
    studio.ask(lambda house: _cancelled(house, written.id))
    expect(sending).to_contain_text("Cancelled")
    sending.get_by_role("button", name=f"Send {len(written.addresses)} e-mails").click()
    expect(sending).to_contain_text(f"{len(written.addresses)} sent of {len(written.addresses)}")
    assert {one.json["data"]["customer"] for one in receiver.received} == set(written.addresses)


async def _cancelled(house: House, run_id: str) -> None:
    async with house.database.session() as session:
        for one in await handoffs.of_run(session, run_id):
            await handoffs.cancel(session, one.id)


def test_a_viewer_sees_what_did_not_leave_without_the_words_that_may_name_an_address(
    studio: Studio, mailbox: Mailbox
) -> None:
    page = studio.signed_in("viewer").new_page()
    written = _written(studio, page, 2)
    mailbox.at_rcpt = {written.addresses[min(written.addresses)]: REFUSED}
    _sent(studio, written.id)
    page.goto(f"{studio.url}/runs")
    page.get_by_role("link", name="Newsletter · sending 2").click()
    sending = page.get_by_role("region", name="Sending")
    expect(sending).to_contain_text("the relay refused it")
    expect(sending).not_to_contain_text("We take nothing")
    expect(sending.get_by_role("button")).to_have_count(0)
