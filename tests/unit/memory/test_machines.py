"""Which opens and clicks are a person's, by hand-made cases: each is what a provider or a scanner is known to do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from memory.fold import remember
from memory.parts.mails import FIRST_CLICKS, Mailed, from_version_2, mails
from memory.state import micros
from tests.kit.events import NOW
from tests.kit.mails import CLICKED, DELIVERED, OPENED, email_id, mail_event

EMAIL = email_id(1)
AT = NOW - timedelta(days=1)
GMAIL = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"


def _clicks(*seconds: float, links: int = 9) -> list[Any]:
    """Clicks so long after delivery, each on another link until there are no more."""
    return [
        mail_event(CLICKED, EMAIL, AT + timedelta(seconds=after), link_url=f"https://shop.example/{place % links}")
        for place, after in enumerate(seconds)
    ]


def _became(events: Sequence[Any]) -> Mailed:
    [found] = mails(remember([mail_event(DELIVERED, EMAIL, AT), *events]))
    return found


def _clicked(*seconds: float, links: int = 9) -> float | None:
    """Seconds after delivery of the first click of a person."""
    found = _became(_clicks(*seconds, links=links)).clicked
    return None if found is None else (found - micros(AT)) / 1e6


@pytest.mark.parametrize(
    ("seconds", "links", "person"),
    [
        ((60,), 9, 60),
        ((60, 61, 62, 63), 9, None),
        ((60, 65, 70), 9, None),
        ((60, 66, 75), 9, 60),
        ((60, 61, 62), 2, 60),
        ((60, 61, 62, 3_600), 9, 3_600),
        ((30, 60, 61, 62), 9, 30),
        ((1, 1.5, 60), 9, 60),
        (tuple(60 + place / 2 for place in range(20)), 20, None),
        ((*(60 + place / 10 for place in range(20)), 3_600), 20, 3_600),
    ],
    ids=[
        "one click", "all links at once", "three links in ten seconds", "three links in fifteen", "two links",
        "a scanner, then a person", "a person, then a scanner", "faster than anybody reads", "more links than are kept",
        "more links than are kept, then a person",
    ],
)  # fmt: skip
def test_a_scanner_clicks_everything_at_once(seconds: tuple[float, ...], links: int, person: float | None) -> None:
    assert _clicked(*seconds, links=links) == person


def test_the_links_of_a_click_are_kept_as_short_hashes_and_few() -> None:
    state = remember(_clicks(*range(60, 6_000, 60)))
    clicks = state["mails"][EMAIL][-1]
    assert len(clicks) == FIRST_CLICKS
    assert all(len(link) == 8 for _, link in clicks)


def test_one_click_that_is_told_under_two_ids_takes_one_place() -> None:
    once, again = _clicks(60)[0], _clicks(60)[0]
    again.message_id = "another"
    assert len(remember([once, again])["mails"][EMAIL][-1]) == 1


def test_clicks_without_a_link_are_one_link() -> None:
    events = [mail_event(CLICKED, EMAIL, AT + timedelta(seconds=60 + place)) for place in range(5)]
    assert _became(events).clicked == micros(events[0].at)


@pytest.mark.parametrize(
    ("said", "machine"),
    [
        ({"user_agent": "Mozilla/5.0"}, True),
        ({"user_agent": GMAIL}, False),
        ({"sg_machine_open": True}, True),
        ({"sg_machine_open": False}, False),
        ({"client-info": {"bot": "apple"}}, True),
        ({"client-info": {"bot": "generic"}}, True),
        ({"client-info": {"bot": "gmail"}}, False),
        ({"client-info": {"bot": ""}}, False),
        ({"client-info": {"bot": 7}}, False),
        ({"is_machine": True}, True),
    ],
)
def test_an_open_that_says_what_it_is(said: dict[str, Any], machine: bool) -> None:
    opened = mail_event(OPENED, EMAIL, AT + timedelta(minutes=9), **said)
    assert (_became([opened]).opened is None) is machine


def test_memory_of_before_links_were_known_keeps_its_clicks() -> None:
    state = remember([mail_event(DELIVERED, EMAIL, AT), *_clicks(60, 3_600)])
    new = next(iter(mails(state)))
    for entry in state["mails"].values():
        entry.pop()
    [old] = mails(from_version_2(state))
    assert old == new
