"""What became of our e-mails, and the hours in which it did: the same however the events arrived."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from memory import merging
from memory.events import Event
from memory.fold import fold, remember
from memory.merging import merge
from memory.parts import mails as part
from memory.parts.hours import READ, WEEK_HOURS, local_hours, shifted
from memory.parts.mails import mails
from memory.state import State, empty
from tests.kit.events import NOW
from tests.kit.mails import CLICKED, DELIVERED, OPENED, email_id, mail_event, mail_histories


def _stored(state: State) -> State:
    loaded: State = orjson.loads(orjson.dumps(state))
    return loaded


def _check(events: list[Event], data: st.DataObject) -> None:
    expected = _stored(remember(events))
    shuffled = data.draw(st.permutations(events))
    cut = data.draw(st.integers(0, len(shuffled)))
    in_two_batches = fold(_stored(fold(empty(), shuffled[:cut])), shuffled[cut:])
    assert _stored(in_two_batches) == expected
    assert _stored(merge(remember(shuffled[:cut]), remember(shuffled[cut:]))) == expected


@given(mail_histories(), st.data())
def test_order_batches_and_merging_change_nothing(events: list[Event], data: st.DataObject) -> None:
    _check(events, data)


def test_nor_do_they_where_only_two_emails_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (part, merging):
        monkeypatch.setattr(module, "MAILS", 2)
        monkeypatch.setattr(module, "MAILS_WITH_PRODUCTS", 1)

    @settings(max_examples=200)
    @given(mail_histories(), st.data())
    def check(events: list[Event], data: st.DataObject) -> None:
        _check(events, data)
        assert len(remember(events)["mails"]) <= 2

    check()


@given(mail_histories())
def test_an_email_shows_the_first_thing_a_person_did_with_it(events: list[Event]) -> None:
    by_person = [one for one in events if one.properties["sg_machine_open"] is False]
    for mail in mails(remember(events)):
        about = [one for one in by_person if one.properties["email_id"] == mail.email_id and one.name == OPENED]
        assert (mail.opened is None) or mail.opened in {
            (one.at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) for one in about
        }


@given(mail_histories())
def test_the_hours_add_up_to_what_persons_did(events: list[Event]) -> None:
    done = [one for one in events if one.name in (OPENED, CLICKED) and one.properties["sg_machine_open"] is False]
    found = local_hours(remember(events)["hours"].get(READ, {}), ZoneInfo("Asia/Kolkata"), NOW)
    decayed = sum(2 ** ((one.at - NOW) / timedelta(days=180)) for one in done)
    assert float(found.sum()) == pytest.approx(decayed, rel=1e-3)


@given(st.integers(-12, 14), st.integers(0, WEEK_HOURS - 1))
def test_shifting_by_whole_hours_moves_an_hour_around_the_week(hours: int, hour: int) -> None:
    week = np.zeros(WEEK_HOURS)
    week[hour] = 1
    assert shifted(week, hours)[(hour + hours) % WEEK_HOURS] == 1


def test_the_state_stays_small_however_many_emails_there_were() -> None:
    def size(count: int) -> int:
        state = empty()
        for number in range(count):
            at = NOW - timedelta(hours=number)
            events = [mail_event(name, email_id(number, at), at) for name in (DELIVERED, OPENED, CLICKED)]
            state = fold(state, events)
        return len(orjson.dumps([state["mails"], state["hours"]]))

    assert size(1_000) == pytest.approx(size(500), rel=0.02)
