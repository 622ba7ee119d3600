"""Contradictory reports, late, repeated, in any order: memory and consent come to the same, through the real ingest."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import count, pairwise
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.hooks import secrets
from api.hooks.receiving import receive
from api.hooks.registry import PROVIDERS
from memory.consent import Standing, status
from memory.parts.mails import mails
from memory.rebuild import load_states
from memory.recall import customer_id_of
from store.crypto import Keyring
from store.database import Database
from tests.kit.database import SqliteFactory
from tests.kit.emails_told import told_email
from tests.kit.hooks import AT, SendGridSender, sendgrid_event

SENDGRID = SendGridSender()
STORY: Sequence[tuple[str, int, dict[str, Any]]] = (
    ("click", 1, {"url": "https://shop.example/p1"}),
    ("delivered", 5, {}),
    ("open", 3_000, {}),
    ("open", 4_000, {"sg_machine_open": True}),
    ("bounce", 9, {"type": "bounce"}),
    ("unsubscribe", 5_000, {}),
    ("spamreport", 5_000, {}),
    ("click", 6_000, {"url": "https://shop.example/p2"}),
)
"""Clicked before it was delivered, delivered and bounced, unsubscribed and complained at one moment."""


class Known(NamedTuple):
    """What is known of somebody who got one e-mail."""

    standing: Standing
    counts: dict[str, int]
    became: list[Any]
    """Of the e-mail: when it arrived, was opened, clicked, made them leave."""


class Shop:
    """One database for all examples; each has a customer of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._numbers = count()

    async def told(self, calls: Sequence[Sequence[int]]) -> Known:
        """What is known of a new customer after these calls, each of some events of the story."""
        customer = f"c-{next(self._numbers)}"
        email = await told_email(self._database, customer)
        for call in calls:
            story = [STORY[place] for place in call]
            events = [
                sendgrid_event(event, email=email.id, at=AT + timedelta(seconds=after), **more)
                for event, after, more in story
            ]
            await receive(self._database, PROVIDERS["sendgrid"], SENDGRID.call(*events))
        async with self._database.session(readonly=True) as session:
            customer_id = await customer_id_of(session, customer)
            assert customer_id is not None
            [state] = (await load_states(session, [customer_id])).values()
            return Known(await status(session, customer_id), state["email"], [one[1:] for one in mails(state)])


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """One event loop for all examples."""
    with asyncio.Runner() as made:
        yield made


@pytest.fixture(scope="module")
def shop(runner: asyncio.Runner, sqlite_factory: SqliteFactory, keyring: Keyring) -> Iterator[Shop]:
    """Where SendGrid is believed."""

    async def open_shop() -> Database:
        database = Database.open(await sqlite_factory.url(), keyring, pool_size=2)
        async with database.session() as session:
            await secrets.add(session, PROVIDERS["sendgrid"], SENDGRID.secret)
        return database

    database = runner.run(open_shop())
    yield Shop(database)
    runner.run(database.close())


@pytest.fixture(scope="module")
def straight(runner: asyncio.Runner, shop: Shop) -> Known:
    """After one call with the whole story, in its order."""
    return runner.run(shop.told([range(len(STORY))]))


_CALLS = st.permutations(range(len(STORY))).flatmap(
    lambda order: st.tuples(
        st.just(order), st.lists(st.sampled_from(order), max_size=4), st.lists(st.integers(0, 12), max_size=4)
    )
)


@settings(max_examples=20)
@given(_CALLS)
def test_whatever_the_order_and_however_often_memory_and_consent_come_to_the_same(
    runner: asyncio.Runner, shop: Shop, straight: Known, drawn: tuple[list[int], list[int], list[int]]
) -> None:
    order, repeated, cuts = drawn
    events = [*order, *repeated]
    places = [0, *sorted(min(cut, len(events)) for cut in cuts), len(events)]
    calls = [events[start:end] for start, end in pairwise(places)]
    assert runner.run(shop.told(calls)) == straight


def test_and_it_is_what_happened(straight: Known) -> None:
    [became] = straight.became
    assert straight.standing.reason == "unsubscribed"
    assert (straight.counts["delivered"], straight.counts["opened"], straight.counts["clicked"]) == (1, 1, 2)
    assert became[-1] is not None
